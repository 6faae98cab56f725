//! What a table costs a stage: one that looks every record up and remembers it, with its table in memory and on disk.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use omnichannel_whatsapp::{
    adapters::store::{DiskStores, Settings as Disk},
    runtime::{
        Context, Emit, Fault, KeyOrder, Put, Record, Stage,
        stage::{Changelog, TableSpec},
        store::{MemoryStores, Stores},
        topics::Directory,
        worker,
    },
    telemetry::Signals,
};

use crate::{
    copy::{self, PARTITIONS, RECORDS},
    ground, kafka,
    report::{Figure, Target},
    stack::{Stack, run_dir},
    stage::Setup,
    watch::Watch,
};

const ROUNDS: usize = 3;
const LIMIT: Duration = Duration::from_secs(60);
const INPUT: &str = "whatsapp.remember.in";
const TABLE: &str = "seen";
/// Longer than a run.
const TTL_MS: i64 = 3_600_000;

pub async fn measure(stack: &Stack, signals: &Signals) -> Figure {
    let input = Names { round: String::new() }.physical(INPUT).to_string();
    kafka::create_topic(stack, &input, PARTITIONS).await;
    copy::fill(&ground::clients(stack), &input);
    run(stack, signals, "warm-up", None).await;
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let folder = run_dir().join(format!("remember-{round}"));
        let (memory, disk);
        if round % 2 == 0 {
            memory = run(stack, signals, &format!("memory-{round}"), None).await;
            disk = run(stack, signals, &format!("disk-{round}"), Some(folder.clone())).await;
        } else {
            disk = run(stack, signals, &format!("disk-{round}"), Some(folder.clone())).await;
            memory = run(stack, signals, &format!("memory-{round}"), None).await;
        }
        // gone with the run's folder at the latest
        let _ = std::fs::remove_dir_all(folder);
        rounds.push((memory, disk));
    }
    figure(&rounds)
}

fn figure(rounds: &[(f64, f64)]) -> Figure {
    let row = |(memory, disk): &(f64, f64)| {
        vec![format!("{memory:.0}"), format!("{disk:.0}"), format!("{:.2}", disk / memory)]
    };
    let memory = ground::median(rounds.iter().map(|r| r.0));
    let disk = ground::median(rounds.iter().map(|r| r.1));
    Figure {
        title: "Tables on disk",
        what: format!(
            "{RECORDS} records in {PARTITIONS} partitions, each looked up in a table under an id of its own, not found, copied and \
             remembered for an hour, by a stage with one worker: `state.store` memory and disk in turn. From the first record until \
             the group's committed offsets cover the last."
        ),
        columns: &["memory, records/s", "disk, records/s", "ratio"],
        rows: rounds.iter().map(row).collect(),
        result: format!("medians {memory:.0} and {disk:.0} records/s, ratio {:.2}", disk / memory),
        target: Target::AtLeast { value: disk / memory, bound: 0.5, unit: "" },
    }
}

/// One input for all rounds, everything else each round's own.
struct Names {
    round: String,
}

impl Directory for Names {
    fn physical(&self, logical: &str) -> Arc<str> {
        match logical == INPUT {
            true => format!("remember.{logical}").into(),
            false => format!("{}.{logical}", self.round).into(),
        }
    }
    fn max_bytes(&self, _: &str) -> usize {
        4 << 20
    }
    fn group(&self, stage: &str) -> Arc<str> {
        format!("{}.{stage}", self.round).into()
    }
}

struct Remember {
    output: Arc<str>,
    first: Arc<OnceLock<Instant>>,
}

impl Stage for Remember {
    const NAME: &'static str = "remember";
    const ORDER: KeyOrder = KeyOrder::Strict;
    const INPUT: &'static str = INPUT;
    const TABLES: &'static [TableSpec] =
        &[TableSpec { name: TABLE, changelog: Changelog::Stage, ttl_ms: Some(TTL_MS) }];

    type Input = Record;

    async fn decode(&self, record: &Record) -> Result<Record, Fault> {
        Ok(record.clone())
    }

    async fn handle(&self, input: Record, cx: &Context) -> Result<Emit, Fault> {
        self.first.get_or_init(Instant::now);
        let id = format!("{}:{}", input.key_str().unwrap_or_default(), input.origin.offset);
        if cx.state(TABLE, &id).is_some() {
            return Ok(Emit::nothing("duplicate"));
        }
        let out = ground::copy_of(&input, &self.output);
        Ok(Emit { state: vec![Put::new(TABLE, id, cx.now_ms().to_string())], ..Emit::record(out) })
    }

    fn entry_time_ms(&self, _: &str, value: &[u8]) -> Option<i64> {
        std::str::from_utf8(value).ok()?.parse().ok()
    }
}

/// Records per second.
async fn run(stack: &Stack, signals: &Signals, round: &str, folder: Option<PathBuf>) -> f64 {
    let directory = Arc::new(Names { round: round.to_owned() });
    for kind in ["retry", "dlq", "replay", "state", "out"] {
        let topic = directory.physical(&format!("whatsapp.remember.{kind}"));
        kafka::create_topic(stack, &topic, PARTITIONS).await;
    }
    let stores: Arc<dyn Stores> = match folder {
        Some(path) => Arc::new(DiskStores::new(Disk { path, cache_bytes: 8 << 20 })),
        None => Arc::new(MemoryStores),
    };
    let group = directory.group(Remember::NAME);
    let watch = Watch::new(stack, &group, &directory.physical(INPUT), PARTITIONS);
    let first = Arc::new(OnceLock::new());
    let stage = Remember { output: "whatsapp.remember.out".into(), first: first.clone() };
    let setup = Setup { stack, signals, directory: directory.clone(), group, stores };
    let started = setup.start(stage, &worker::Settings::default());
    let done = watch.committed(i64::from(RECORDS), LIMIT).await;
    started.end().await;
    for kind in ["state", "out"] {
        kafka::delete_topic(stack, &directory.physical(&format!("whatsapp.remember.{kind}"))).await;
    }
    f64::from(RECORDS) / (done - *first.get().expect("records came")).as_secs_f64()
}
