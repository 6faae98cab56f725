//! How late a delayed retry runs on an otherwise idle worker: every record fails once and is handled again.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use omnichannel_whatsapp::{
    runtime::{
        Context, Emit, Fault, KeyOrder, Record, Stage, partition::Limits, retry::RetryPlan, topics::Directory, worker,
    },
    telemetry::Signals,
};

use crate::{
    ground::{self, Prefixed},
    kafka,
    report::{Figure, Target},
    stack::Stack,
    stage,
};

const PREFIX: &str = "retry";
const INPUT: &str = "whatsapp.again.in";
const RECORDS: usize = 1_000;
/// Between two records.
const PAUSE: Duration = Duration::from_millis(10);
const DELAY: Duration = Duration::from_millis(500);

pub async fn measure(stack: &Stack, signals: &Signals) -> Figure {
    stage::topics::<Again>(stack, PREFIX, 4).await;
    let settings = worker::Settings {
        limits: Limits { retry: RetryPlan { base: DELAY, ..RetryPlan::default() }, ..Limits::default() },
        ..worker::Settings::default()
    };
    let late: &'static Mutex<Late> = Box::leak(Box::default());
    let started = stage::start(stack, signals, (PREFIX, PREFIX), Again(late), &settings);
    while !started.ready() {
        tokio::time::sleep(PAUSE).await;
    }
    let (producer, input) = (kafka::producer(stack), Prefixed(PREFIX.to_owned()).physical(INPUT));
    for n in 0..RECORDS {
        ground::write(&producer, &input, &n.to_string(), b"again");
        tokio::time::sleep(PAUSE).await;
    }
    tokio::time::sleep(DELAY * 4).await;
    started.end().await;
    let late = std::mem::take(&mut late.lock().unwrap_or_else(PoisonError::into_inner).late_ms);
    assert_eq!(late.len(), RECORDS, "every record is handled again once");
    figure(&late)
}

fn figure(late: &[f64]) -> Figure {
    let at = |share| ground::percentile(late.iter().copied(), share);
    let p99 = at(0.99);
    let share = |from: f64, to: f64| late.iter().filter(|ms| (from..to).contains(*ms)).count();
    let row = [at(0.0), at(0.5), at(0.9), p99, at(1.0)].map(|ms| format!("{ms:.1}"));
    let counts = [(f64::MIN, -1.0), (-1.0, 5.0), (5.0, 20.0), (20.0, 50.0), (50.0, f64::MAX)];
    let histogram = counts.map(|(from, to)| share(from, to).to_string());
    Figure {
        title: "Retry lateness",
        what: format!(
            "{RECORDS} records, one every {} ms, each failing once and due {} ms later, on a worker with nothing else to do: how much \
             later than due it was handled again, in milliseconds, by a clock of whole milliseconds.",
            PAUSE.as_millis(),
            DELAY.as_millis()
        ),
        columns: &["first", "p50", "p90", "p99", "last", "early", "up to 5", "up to 20", "up to 50", "later"],
        rows: vec![row.into_iter().chain(histogram).collect()],
        result: format!("p99 {p99:.1} ms late, the earliest {:.1} ms", at(0.0)),
        target: Target::AtMost { value: p99, bound: 50.0, unit: " ms" },
    }
}

#[derive(Default)]
struct Late {
    failed: HashMap<i64, Instant>,
    late_ms: Vec<f64>,
}

/// Fails every record the first time.
struct Again(&'static Mutex<Late>);

impl Stage for Again {
    const NAME: &'static str = "again";
    const ORDER: KeyOrder = KeyOrder::Strict;
    const INPUT: &'static str = INPUT;

    /// Which record, whatever its partition.
    type Input = i64;

    async fn decode(&self, record: &Record) -> Result<i64, Fault> {
        record.key_str().and_then(|key| key.parse().ok()).ok_or_else(|| Fault::poison("no_number"))
    }

    async fn handle(&self, record: i64, _: &Context) -> Result<Emit, Fault> {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(failed) = noted.failed.remove(&record) else {
            noted.failed.insert(record, Instant::now());
            return Err(Fault::transient("later"));
        };
        noted.late_ms.push((failed.elapsed().as_secs_f64() - DELAY.as_secs_f64()) * 1_000.0);
        Ok(Emit::nothing("measured"))
    }
}
