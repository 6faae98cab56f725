//! Stage throughput: a stage that copies, on the real runtime, against a plain transactional loop at the same commit interval.
//! Both are watched from outside, by the offsets their group has committed.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use omnichannel_whatsapp::{
    adapters::kafka::Settings,
    runtime::{Context, Emit, Fault, KeyOrder, Outgoing, Record, Stage, topics::Directory, worker},
    telemetry::Signals,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use rdkafka::{
    consumer::Consumer,
    producer::{BaseProducer, Producer},
};

use crate::{
    copy_plain,
    ground::{self, Prefixed},
    kafka,
    report::{Figure, Target},
    stack::Stack,
    stage::{self, Setup},
    watch::Watch,
};

pub const PARTITIONS: i32 = 4;
pub const RECORDS: u32 = 600_000;
const SIZE: usize = 300;
const KEYS: u32 = 10_000;
const ROUNDS: usize = 5;
const PREFIX: &str = "copy";
const INPUT: &str = "whatsapp.copy.in";
const OUTPUT: &str = "whatsapp.copy.out";
const LIMIT: Duration = Duration::from_secs(60);

/// One copy of all records.
pub struct Run {
    per_second: f64,
    /// From commit to commit, on average.
    interval: Duration,
}

pub async fn measure(stack: &Stack, signals: &Signals) -> [Figure; 2] {
    let input = Prefixed(PREFIX.to_owned()).physical(INPUT).to_string();
    stage::topics::<Copy<true>>(stack, PREFIX, PARTITIONS).await;
    fill(&ground::clients(stack), &input);
    [throughput(stack, signals, &input).await, order(stack, signals, &input).await]
}

async fn throughput(stack: &Stack, signals: &Signals, input: &str) -> Figure {
    // not counted: the broker's first time, and where the baseline's interval comes from
    let mut interval = ours::<true>(stack, signals, input, "warm-up").await.interval;
    plain(stack, input, "warm-up", interval).await;
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let name = format!("round-{round}");
        let (a, b);
        if round % 2 == 0 {
            a = ours::<true>(stack, signals, input, &name).await;
            b = plain(stack, input, &name, interval).await;
        } else {
            b = plain(stack, input, &name, interval).await;
            a = ours::<true>(stack, signals, input, &name).await;
        }
        interval = a.interval;
        rounds.push((a, b));
    }
    figure(&rounds)
}

/// The same stage with and without order per key.
async fn order(stack: &Stack, signals: &Signals, input: &str) -> Figure {
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let [strict, relaxed] = [format!("strict-{round}"), format!("relaxed-{round}")];
        let (a, b);
        if round % 2 == 0 {
            a = ours::<true>(stack, signals, input, &strict).await;
            b = ours::<false>(stack, signals, input, &relaxed).await;
        } else {
            b = ours::<false>(stack, signals, input, &relaxed).await;
            a = ours::<true>(stack, signals, input, &strict).await;
        }
        rounds.push((a, b));
    }
    let (strict, relaxed, ratio) = medians(&rounds);
    Figure {
        title: "What order costs",
        what: "The same copying stage with strict order per key and without any, nothing failing.".to_owned(),
        columns: &["in order, records/s", "commit every, ms", "without, records/s", "commit every, ms", "ratio"],
        rows: rounds.iter().map(row).collect(),
        result: format!("medians {strict:.0} and {relaxed:.0} records/s, ratio {ratio:.2}"),
        target: Target::AtLeast { value: ratio, bound: 0.9, unit: "" },
    }
}

fn medians(rounds: &[(Run, Run)]) -> (f64, f64, f64) {
    let first = ground::median(rounds.iter().map(|r| r.0.per_second));
    let second = ground::median(rounds.iter().map(|r| r.1.per_second));
    (first, second, first / second)
}

fn row((first, second): &(Run, Run)) -> Vec<String> {
    let of = |run: &Run| [format!("{:.0}", run.per_second), format!("{:.1}", run.interval.as_secs_f64() * 1_000.0)];
    let ratio = format!("{:.2}", first.per_second / second.per_second);
    of(first).into_iter().chain(of(second)).chain([ratio]).collect()
}

fn figure(rounds: &[(Run, Run)]) -> Figure {
    let (ours, plain, ratio) = medians(rounds);
    Figure {
        title: "Stage throughput",
        what: format!(
            "{RECORDS} records of {SIZE} bytes under {KEYS} keys in {PARTITIONS} partitions, copied by a stage with one worker (strict \
             order per key) and by a plain rdkafka loop: consume, produce, await the deliveries, offsets into the transaction, \
             commit. Same client settings, `fetch.queue.backoff.ms=5` among them. Our commit interval adapts; the baseline commits \
             as often as our run before it did. From the first record until the group's committed offsets cover the last."
        ),
        columns: &["ours, records/s", "commit every, ms", "baseline, records/s", "commit every, ms", "ratio"],
        rows: rounds.iter().map(row).collect(),
        result: format!("medians {ours:.0} and {plain:.0} records/s, ratio {ratio:.2}"),
        target: Target::AtLeast { value: ratio, bound: 0.5, unit: "" },
    }
}

/// Copies what comes, and remembers when the first came.
struct Copy<const STRICT: bool> {
    output: Arc<str>,
    first: Arc<OnceLock<Instant>>,
}

impl<const STRICT: bool> Stage for Copy<STRICT> {
    const NAME: &'static str = "copy";
    const ORDER: KeyOrder = if STRICT { KeyOrder::Strict } else { KeyOrder::Relaxed };
    const INPUT: &'static str = INPUT;

    type Input = Outgoing;

    async fn decode(&self, record: &Record) -> Result<Outgoing, Fault> {
        Ok(ground::copy_of(record, &self.output))
    }

    async fn handle(&self, input: Outgoing, _: &Context) -> Result<Emit, Fault> {
        self.first.get_or_init(Instant::now);
        Ok(Emit::record(input))
    }
}

async fn ours<const STRICT: bool>(stack: &Stack, signals: &Signals, input: &str, name: &str) -> Run {
    let output = format!("whatsapp.copy.ours-{name}");
    kafka::create_topic(stack, &format!("{PREFIX}.{output}"), PARTITIONS).await;
    let group = format!("copy-ours-{name}");
    let first = Arc::new(OnceLock::new());
    let watch = Watch::new(stack, &group, input, PARTITIONS);
    let copy = Copy::<STRICT> { output: output.as_str().into(), first: first.clone() };
    let started = Setup::new(stack, signals, PREFIX, &group).start(copy, &worker::Settings::default());
    let done = watch.committed(i64::from(RECORDS), LIMIT).await;
    started.end().await;
    run_of(stack, &format!("{PREFIX}.{output}"), *first.get().expect("records came"), done).await
}

async fn plain(stack: &Stack, input: &str, name: &str, interval: Duration) -> Run {
    let output = format!("{OUTPUT}.plain-{name}");
    kafka::create_topic(stack, &output, PARTITIONS).await;
    let group = format!("copy-plain-{name}");
    let watch = Watch::new(stack, &group, input, PARTITIONS);
    let job = copy_plain::Job {
        settings: ground::clients(stack),
        group,
        input: input.to_owned(),
        output: output.clone(),
        interval,
        records: i64::from(RECORDS),
    };
    let copying = tokio::task::spawn_blocking(move || copy_plain::copy(&job));
    let done = watch.committed(i64::from(RECORDS), LIMIT).await;
    let first = copying.await.expect("the loop ends");
    run_of(stack, &output, first, done).await
}

/// Every record was copied once; each transaction left a marker in each partition.
async fn run_of(stack: &Stack, output: &str, first: Instant, done: Instant) -> Run {
    let consumer = kafka::reader(stack, output, "read_uncommitted");
    let ends: i64 =
        (0..PARTITIONS).map(|p| consumer.fetch_watermarks(output, p, LIMIT).expect("the broker answers").1).sum();
    let markers = ends - i64::from(RECORDS);
    assert!(markers > 0, "{ends} offsets for {RECORDS} records");
    kafka::delete_topic(stack, output).await;
    let took = done - first;
    let transactions = u32::try_from(markers / i64::from(PARTITIONS)).expect("few").max(1);
    Run { per_second: f64::from(RECORDS) / took.as_secs_f64(), interval: took / transactions }
}

pub fn fill(settings: &Settings, topic: &str) {
    let producer: BaseProducer = settings.plain(LIMIT).create().expect("a producer");
    let mut dice = StdRng::seed_from_u64(1);
    let mut value = [0_u8; SIZE];
    for n in 0..RECORDS {
        dice.fill(&mut value[..]);
        let key = format!("{PHONE}:{}", n % KEYS, PHONE = ground::PHONE_NUMBER_ID);
        ground::write(&producer, topic, &key, &value);
    }
    producer.flush(LIMIT).expect("the broker takes them");
}
