//! Stage throughput: a stage that copies, on the real runtime, against a plain transactional loop at the same commit interval.
//! Both are watched from outside, by the offsets their group has committed.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use omnichannel_whatsapp::{
    adapters::{
        clock::SystemClock,
        kafka::{
            Settings,
            log::{Identity, KafkaLog, surveyor},
        },
    },
    runtime::{
        Context, Emit, Fault, KeyOrder, Outgoing, Record, Stage,
        controls::Controls,
        supervisor::{self, LogFactory, Shared},
        topics::Directory,
        worker,
    },
    telemetry::Signals,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    producer::{BaseProducer, BaseRecord, Producer},
};
use tokio_util::sync::CancellationToken;

use crate::{
    copy_plain,
    ground::{self, Prefixed},
    kafka,
    report::{Figure, Target},
    stack::Stack,
};

pub const PARTITIONS: i32 = 4;
const RECORDS: u32 = 600_000;
const SIZE: usize = 300;
const KEYS: u32 = 10_000;
const ROUNDS: usize = 5;
const INPUT: &str = "whatsapp.copy.in";
const OUTPUT: &str = "whatsapp.copy.out";
const LIMIT: Duration = Duration::from_secs(60);

/// One copy of all records.
pub struct Run {
    per_second: f64,
    /// From commit to commit, on average.
    interval: Duration,
}

pub async fn measure(stack: &Stack, signals: &Signals) -> Figure {
    let directory = Prefixed("copy".to_owned());
    let input = directory.physical(INPUT).to_string();
    kafka::create_topic(stack, &input, PARTITIONS).await;
    for kind in ["retry", "dlq", "replay"] {
        kafka::create_topic(stack, &directory.physical(&format!("whatsapp.copy.{kind}")), PARTITIONS).await;
    }
    fill(&ground::clients(stack), &input);
    // not counted: the broker's first time, and where the baseline's interval comes from
    let mut interval = ours(stack, signals, &input, "warm-up").await.interval;
    plain(stack, &input, "warm-up", interval).await;
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let name = format!("round-{round}");
        let (a, b);
        if round % 2 == 0 {
            a = ours(stack, signals, &input, &name).await;
            b = plain(stack, &input, &name, interval).await;
        } else {
            b = plain(stack, &input, &name, interval).await;
            a = ours(stack, signals, &input, &name).await;
        }
        interval = a.interval;
        rounds.push((a, b));
    }
    figure(&rounds)
}

fn figure(rounds: &[(Run, Run)]) -> Figure {
    let of = |run: &Run| [format!("{:.0}", run.per_second), format!("{:.1}", run.interval.as_secs_f64() * 1_000.0)];
    let row = |(ours, plain): &(Run, Run)| {
        let mut row = of(ours).to_vec();
        row.extend(of(plain));
        row.push(format!("{:.2}", ours.per_second / plain.per_second));
        row
    };
    let ours = ground::median(rounds.iter().map(|r| r.0.per_second));
    let plain = ground::median(rounds.iter().map(|r| r.1.per_second));
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
        result: format!("medians {ours:.0} and {plain:.0} records/s, ratio {:.2}", ours / plain),
        target: Target::AtLeast { value: ours / plain, bound: 0.5, unit: "" },
    }
}

/// Copies what comes, and remembers when the first came.
struct Copy {
    output: Arc<str>,
    first: Arc<OnceLock<Instant>>,
}

impl Stage for Copy {
    const NAME: &'static str = "copy";
    const ORDER: KeyOrder = KeyOrder::Strict;
    const INPUT: &'static str = INPUT;

    type Input = Outgoing;

    async fn decode(&self, record: &Record) -> Result<Outgoing, Fault> {
        let (key, value) = (record.key.clone(), record.value.clone());
        Ok(Outgoing { topic: self.output.clone(), key, value, headers: record.headers.clone(), partition: None })
    }

    async fn handle(&self, input: Outgoing, _: &Context) -> Result<Emit, Fault> {
        self.first.get_or_init(Instant::now);
        Ok(Emit::record(input))
    }
}

async fn ours(stack: &Stack, signals: &Signals, input: &str, name: &str) -> Run {
    let output = format!("whatsapp.copy.ours-{name}");
    kafka::create_topic(stack, &format!("copy.{output}"), PARTITIONS).await;
    let (settings, shutdown) = (ground::clients(stack), CancellationToken::new());
    let shared = Shared {
        directory: Arc::new(Prefixed("copy".to_owned())),
        clock: Arc::new(SystemClock),
        signals: signals.clone(),
        tasks: tokio::runtime::Handle::current(),
        controls: Controls::default(),
        shutdown: shutdown.clone(),
    };
    let group = format!("copy-ours-{name}");
    let first = Arc::new(OnceLock::new());
    let watch = Watch::new(stack, &group, input);
    let identity =
        Identity { group: group.clone().into(), input: input.into(), transactional_id: group, instance: None };
    let (surveyor, clock) = (surveyor(&settings).expect("a client"), shared.clock.clone());
    let logs: LogFactory<KafkaLog> =
        Arc::new(move |_, waker| KafkaLog::join(&settings, &identity, surveyor.clone(), &clock, waker));
    let stage = Copy { output: output.as_str().into(), first: first.clone() };
    let running =
        supervisor::start(Arc::new(stage), 1, &worker::Settings::default(), &shared, &logs).expect("a thread");
    let done = watch.committed(i64::from(RECORDS)).await;
    shutdown.cancel();
    running.ended().await;
    run_of(stack, &format!("copy.{output}"), *first.get().expect("records came"), done).await
}

async fn plain(stack: &Stack, input: &str, name: &str, interval: Duration) -> Run {
    let output = format!("{OUTPUT}.plain-{name}");
    kafka::create_topic(stack, &output, PARTITIONS).await;
    let group = format!("copy-plain-{name}");
    let watch = Watch::new(stack, &group, input);
    let job = copy_plain::Job {
        settings: ground::clients(stack),
        group,
        input: input.to_owned(),
        output: output.clone(),
        interval,
        records: i64::from(RECORDS),
    };
    let copying = tokio::task::spawn_blocking(move || copy_plain::copy(&job));
    let done = watch.committed(i64::from(RECORDS)).await;
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

/// Looks at a group's committed offsets from outside.
struct Watch {
    consumer: BaseConsumer,
    partitions: TopicPartitionList,
}

impl Watch {
    fn new(stack: &Stack, group: &str, input: &str) -> Self {
        let consumer = kafka::config(stack).set("group.id", group).create().expect("a client");
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition_range(input, 0, PARTITIONS - 1);
        Self { consumer, partitions }
    }

    /// When the committed offsets together covered `records`.
    async fn committed(self, records: i64) -> Instant {
        let deadline = Instant::now() + LIMIT;
        loop {
            let found = self.consumer.committed_offsets(self.partitions.clone(), LIMIT);
            let now = Instant::now();
            let offset = |offset| if let Offset::Offset(at) = offset { at } else { 0 };
            let sum: i64 = found.map_or(0, |list| list.elements().iter().map(|e| offset(e.offset())).sum());
            if sum >= records {
                return now;
            }
            assert!(now < deadline, "{sum} of {records} records within {LIMIT:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn fill(settings: &Settings, topic: &str) {
    let producer: BaseProducer = settings.plain(LIMIT).create().expect("a producer");
    let mut dice = StdRng::seed_from_u64(1);
    let mut value = [0_u8; SIZE];
    for n in 0..RECORDS {
        dice.fill(&mut value[..]);
        let key = format!("{PHONE}:{}", n % KEYS, PHONE = ground::PHONE_NUMBER_ID);
        let mut record = BaseRecord::to(topic).key(&key).payload(&value[..]);
        while let Err((_, again)) = producer.send(record) {
            record = again;
            producer.poll(Duration::from_millis(10));
        }
    }
    producer.flush(LIMIT).expect("the broker takes them");
}
