//! The runtime on real Kafka with a toy stage: what the in-memory log can only imitate.

use std::{
    collections::BTreeMap,
    sync::Arc,
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
        Context, Emit, Fault, KeyOrder, Outgoing, Put, Record, Stage,
        stage::{Changelog, TableSpec},
        supervisor::{self, LogFactory, Running, Shared},
        topics::Directory,
        worker,
    },
    telemetry::Signals,
};
use rand::RngCore;
use tokio_util::sync::CancellationToken;

use crate::support::{kafka, scenario::Scenario, stack::Stack};

/// Counts per key in its table, fails the first attempt of values that begin with `retry`; of `grow` makes more than the
/// broker takes.
struct Copy;

/// Bytes of a record, where a topic says nothing else.
const BROKER_TAKES: usize = 1 << 20;

impl Stage for Copy {
    const NAME: &'static str = "copy";
    const ORDER: KeyOrder = KeyOrder::Strict;
    const INPUT: &'static str = "whatsapp.copy.in";
    const TABLES: &'static [TableSpec] = &[TableSpec { name: "counts", changelog: Changelog::Stage, ttl_ms: None }];

    type Input = Record;

    async fn decode(&self, record: &Record) -> Result<Record, Fault> {
        Ok(record.clone())
    }

    async fn handle(&self, input: Record, cx: &Context) -> Result<Emit, Fault> {
        let value = input.value.clone().unwrap_or_default();
        if value.starts_with(b"poison") {
            return Err(Fault::poison("bad"));
        }
        if value.starts_with(b"retry") && cx.attempt() == 0 {
            return Err(Fault::transient("again"));
        }
        let mut grown = vec![0; if value.starts_with(b"grow") { BROKER_TAKES } else { 0 }];
        rand::rng().fill_bytes(&mut grown);
        let key = input.key_str().unwrap_or("none").to_owned();
        let seen = cx.state("counts", &key).map_or(0, |v| String::from_utf8_lossy(&v).parse().unwrap_or(0)) + 1;
        let text = format!("{}#{seen}", String::from_utf8_lossy(&value)).into_bytes();
        let record = Outgoing::new("whatsapp.copy.out", key.clone(), [text, grown].concat());
        let mut emit = Emit::record(record);
        emit.state.push(Put::new("counts", key, seen.to_string()));
        Ok(emit)
    }
}

struct Prefixed(String);

impl Directory for Prefixed {
    fn physical(&self, logical: &str) -> Arc<str> {
        format!("{}{logical}", self.0).into()
    }
    fn max_bytes(&self, _: &str) -> usize {
        // more than the broker: what it refuses is found out by writing it
        2 * BROKER_TAKES
    }
    fn group(&self, stage: &str) -> Arc<str> {
        format!("{}{stage}", self.0).into()
    }
}

struct Toy {
    running: Running,
    shutdown: CancellationToken,
}

impl Toy {
    fn start(stack: &Stack, scenario: &Scenario, worker: &str) -> Self {
        let settings = Settings {
            bootstrap: stack.bootstrap.clone(),
            session_timeout: Duration::from_secs(6),
            properties: BTreeMap::new(),
            ..Settings::default()
        };
        let shutdown = CancellationToken::new();
        let shared = Shared {
            directory: Arc::new(Prefixed(format!("{}.", scenario.id))),
            clock: Arc::new(SystemClock),
            signals: Signals::default(),
            tasks: tokio::runtime::Handle::current(),
            shutdown: shutdown.clone(),
        };
        let surveyor = surveyor(&settings).expect("a client");
        let (clock, directory) = (shared.clock.clone(), shared.directory.clone());
        let id = format!("{}.copy.{worker}", scenario.id);
        let logs: LogFactory<KafkaLog> = Arc::new(move |number, waker| {
            let identity = Identity {
                group: directory.group("copy"),
                input: directory.physical(Copy::INPUT),
                transactional_id: format!("{id}.{number}"),
                instance: None,
            };
            KafkaLog::join(&settings, &identity, surveyor.clone(), &clock, waker)
        });
        let mut settings = worker::Settings::default();
        settings.limits.retry.base = Duration::from_millis(200);
        let running = supervisor::start(Arc::new(Copy), 1, &settings, &shared, &logs).expect("a thread");
        Self { running, shutdown }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(kafka::LIMIT, self.running.ended()).await.expect("its worker ends");
    }
}

impl Drop for Toy {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

async fn topics(stack: &Stack, scenario: &Scenario, partitions: i32) {
    for name in ["whatsapp.copy.in", "whatsapp.copy.out"] {
        kafka::create_topic(stack, &format!("{}.{name}", scenario.id), partitions).await;
    }
    for name in ["retry", "dlq", "replay", "state"] {
        kafka::create_topic(stack, &format!("{}.whatsapp.copy.{name}", scenario.id), partitions).await;
    }
}

fn read(stack: &Stack, topic: &str, count: usize) -> Vec<String> {
    let consumer = kafka::reader(stack, topic, "read_committed");
    (0..count).map(|_| kafka::next_value(&consumer, kafka::LIMIT).expect("a record within the limit")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_copies_retries_in_order_and_remembers_over_a_restart() {
    let _ = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_test_writer()
        .try_init();
    let stack = Stack::shared();
    let scenario = Scenario::new("toy");
    topics(stack, &scenario, 1).await;
    let input = format!("{}.whatsapp.copy.in", scenario.id);
    let output = format!("{}.whatsapp.copy.out", scenario.id);
    let producer = kafka::producer(stack);
    let began = Instant::now();
    let toy = Toy::start(stack, &scenario, "a");
    for value in ["one", "retry two", "three", "poison", "four"] {
        kafka::write_keyed(&producer, &input, "k", value);
    }
    assert_eq!(read(stack, &output, 4), ["one#1", "retry two#2", "three#3", "four#4"]);
    eprintln!("first life: {:?}", began.elapsed());
    assert_eq!(read(stack, &format!("{}.whatsapp.copy.dlq", scenario.id), 1), ["poison"]);
    toy.stop().await;

    let began = Instant::now();
    let toy = Toy::start(stack, &scenario, "b");
    kafka::write_keyed(&producer, &input, "k", "five");
    assert_eq!(read(stack, &output, 5).last().map(String::as_str), Some("five#5"));
    eprintln!("second life: {:?}", began.elapsed());
    toy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_that_the_broker_refuses_dead_letters_its_input_once_and_the_others_go_on() {
    let stack = Stack::shared();
    let scenario = Scenario::new("grow");
    topics(stack, &scenario, 1).await;
    let input = format!("{}.whatsapp.copy.in", scenario.id);
    let producer = kafka::producer(stack);
    for (key, value) in [("a", "one"), ("a", "grow"), ("b", "two"), ("a", "three")] {
        kafka::write_keyed(&producer, &input, key, value);
    }
    let toy = Toy::start(stack, &scenario, "a");
    let output = format!("{}.whatsapp.copy.out", scenario.id);
    // what it remembers of the refused one stays, as it was seen by those behind it
    assert_eq!(read(stack, &output, 3), ["one#1", "two#1", "three#3"]);
    toy.stop().await;
    // a restart finds it done
    let toy = Toy::start(stack, &scenario, "a");
    kafka::write_keyed(&producer, &input, "a", "four");
    assert_eq!(read(stack, &output, 4)[3], "four#4");
    toy.stop().await;
    let letters = kafka::reader(stack, &format!("{}.whatsapp.copy.dlq", scenario.id), "read_committed");
    assert_eq!(kafka::next_value(&letters, kafka::LIMIT).as_deref(), Some("grow"));
    assert_eq!(kafka::next_value(&letters, Duration::from_secs(2)), None);
}
