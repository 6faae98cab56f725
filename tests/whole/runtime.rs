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
        controls::Controls,
        stage::{Changelog, TableSpec},
        supervisor::{self, LogFactory, Running, Shared},
        topics::Directory,
        worker,
    },
    telemetry::Signals,
};
use tokio_util::sync::CancellationToken;

use crate::support::{kafka, scenario::Scenario, stack::Stack};

/// Counts per key in its table, fails the first attempt of values that begin with `retry`.
struct Copy;

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
        let key = input.key_str().unwrap_or("none").to_owned();
        let seen = cx.state("counts", &key).map_or(0, |v| String::from_utf8_lossy(&v).parse().unwrap_or(0)) + 1;
        let record =
            Outgoing::new("whatsapp.copy.out", key.clone(), format!("{}#{seen}", String::from_utf8_lossy(&value)));
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
        1 << 20
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
            controls: Controls::default(),
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
