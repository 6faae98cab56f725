//! What an account that is held costs another one in the same partition, with many records parked for it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use omnichannel_whatsapp::{
    runtime::{
        Context, Emit, Fault, KeyOrder, Outgoing, Record, Scope, Stage, partition::Limits, topics::Directory, worker,
    },
    telemetry::Signals,
};
use rdkafka::producer::{BaseProducer, Producer};

use crate::{
    binary::resident_of,
    ground::{self, Prefixed},
    kafka,
    reader::{self, Reader},
    report::{Figure, Target},
    stack::Stack,
    stage::{self, Setup, Started},
};

const PREFIX: &str = "held";
const INPUT: &str = "whatsapp.gated.in";
const OUTPUT: &str = "whatsapp.gated.out";
const HELD: usize = 100_000;
const KEYS: usize = 1_000;
const SIZE: usize = 300;
const SAMPLES: usize = 500;
const PAUSE: Duration = Duration::from_millis(10);
const LIMIT: Duration = Duration::from_secs(120);

pub async fn measure(stack: &Stack, signals: &Signals) -> Figure {
    stage::topics::<Gated>(stack, PREFIX, 1).await;
    let directory = Prefixed(PREFIX.to_owned());
    let output = directory.physical(OUTPUT);
    kafka::create_topic(stack, &output, 1).await;
    let gated = Gated { output: OUTPUT.into() };
    let limits = Limits { parked_max: 2 * HELD, parked_bytes_max: 128 << 20, ..Limits::default() };
    let settings = worker::Settings { limits, ..worker::Settings::default() };
    let started = Setup::new(stack, signals, PREFIX, PREFIX).start(gated, &settings);
    wait("the worker", || started.ready()).await;
    let live = Live { producer: kafka::producer(stack), input: directory.physical(INPUT), output };
    // not counted: the first time
    live.series(stack, 0).await;
    let (alone, before) = (live.series(stack, 1).await, resident_of(std::process::id(), "VmRSS"));
    hold(&live.producer, &live.input, &started).await;
    let (beside, after) = (live.series(stack, 2).await, resident_of(std::process::id(), "VmRSS"));
    started.end().await;
    figure(&alone, &beside, after - before)
}

fn figure(alone: &[f64], beside: &[f64], grown: f64) -> Figure {
    let row = |name: &str, took: &[f64]| {
        let at = |share| format!("{:.1}", ground::percentile(took.iter().copied(), share));
        vec![name.to_owned(), at(0.5), at(0.9), at(0.99)]
    };
    let p99 = |took: &[f64]| ground::percentile(took.iter().copied(), 0.99);
    let ratio = p99(beside) / p99(alone);
    Figure {
        title: "Beside an account that is held",
        what: format!(
            "{SAMPLES} records, one every {} ms, from written until an outside read_committed consumer holds their output, first alone and \
             then with {HELD} records of {SIZE} bytes under {KEYS} keys parked in the same partition, whose account is asked for now \
             and then in vain. Milliseconds.",
            PAUSE.as_millis()
        ),
        columns: &["", "p50", "p90", "p99"],
        rows: vec![row("alone", alone), row("beside", beside)],
        result: format!("p99 beside / alone {ratio:.2}; {grown:.0} MiB more resident with them parked"),
        target: Target::AtMost { value: ratio, bound: 1.5, unit: "" },
    }
}

async fn hold(producer: &BaseProducer, input: &str, started: &Started) {
    let value = vec![b'h'; SIZE];
    for n in 0..HELD {
        let key = format!("held-{}", n % KEYS);
        ground::write(producer, input, &key, &value);
    }
    producer.flush(LIMIT).expect("the broker takes them");
    wait("all of them parked", || started.parked() == HELD).await;
    // what parking them costs is over
    tokio::time::sleep(Duration::from_secs(2)).await;
}

struct Live {
    producer: BaseProducer,
    input: Arc<str>,
    output: Arc<str>,
}

impl Live {
    async fn series(&self, stack: &Stack, number: usize) -> Vec<f64> {
        let reader = Reader::start(stack, &self.output);
        tokio::time::sleep(Duration::from_millis(500)).await;
        let mut written = Vec::new();
        let samples = number * SAMPLES..(number + 1) * SAMPLES;
        for n in samples.clone() {
            written.push(Instant::now());
            ground::write(&self.producer, &self.input, "live", reader::id(n).as_bytes());
            tokio::time::sleep(PAUSE).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let seen = reader.seen(samples);
        assert_eq!(seen.len(), SAMPLES, "every live record came through");
        written.iter().zip(&seen).map(|(from, to)| (*to - *from).as_secs_f64() * 1_000.0).collect()
    }
}

async fn wait(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !done() {
        assert!(Instant::now() < deadline, "{what}: not within {LIMIT:?}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Copies the live key's records and finds the account of all others held.
struct Gated {
    output: Arc<str>,
}

impl Stage for Gated {
    const NAME: &'static str = "gated";
    const ORDER: KeyOrder = KeyOrder::Strict;
    const INPUT: &'static str = INPUT;

    type Input = Outgoing;

    async fn decode(&self, record: &Record) -> Result<Outgoing, Fault> {
        Ok(ground::copy_of(record, &self.output))
    }

    async fn handle(&self, input: Outgoing, _: &Context) -> Result<Emit, Fault> {
        if input.key.as_deref() == Some(b"live") {
            return Ok(Emit::record(input));
        }
        Err(Fault::unavailable(Scope::Account("held".to_owned()), "held"))
    }
}
