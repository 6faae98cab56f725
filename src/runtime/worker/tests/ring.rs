//! The bench the scenarios run on: one cluster, one clock, workers turned by hand.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use tokio_util::sync::CancellationToken;

use super::toy::{DLQ, ID, IN, OUT, REPLAY, RETRY, SIDE, STATE, Toy};
use crate::{
    runtime::{
        Headers, Outgoing,
        controls::Controls,
        log::LogError,
        memory::{ManualClock, MemoryCluster, MemoryLog},
        partition::Limits,
        retry::RetryPlan,
        store::{MemoryStores, Stores},
        topics::{CONTROL, Directory},
        trip_wire,
        worker::{Ended, Report, Settings, Surroundings, Worker},
    },
    telemetry::{Exposition, Signals},
};

pub const GROUP: &str = "toy";
pub const MAX_BYTES: usize = 10_000;
pub const PARTITIONS: i32 = 2;

#[derive(Default)]
pub struct Plain {
    planned: Option<i32>,
}

impl Directory for Plain {
    fn partitions(&self, _: &str) -> Option<i32> {
        self.planned
    }
    fn physical(&self, logical: &str) -> Arc<str> {
        logical.into()
    }
    fn max_bytes(&self, _: &str) -> usize {
        MAX_BYTES
    }
    fn group(&self, stage: &str) -> Arc<str> {
        stage.into()
    }
}

/// A cluster with the toy's topics, time, and the tasks of all handlers.
pub struct Ring {
    pub cluster: MemoryCluster,
    pub clock: ManualClock,
    pub settings: Settings,
    /// Partitions that the topics were planned with, where somebody knows.
    pub planned: Option<i32>,
    pub signals: Signals,
    pub stores: Arc<dyn Stores>,
    /// What operators say.
    pub controls: Controls,
    tasks: tokio::runtime::Runtime,
}

/// One process.
pub struct Process<const RELAXED: bool> {
    pub toy: Arc<Toy<RELAXED>>,
    pub worker: Worker<Toy<RELAXED>, MemoryLog>,
    pub report: Arc<Mutex<Report>>,
    pub shutdown: CancellationToken,
    pub member: u64,
}

impl Ring {
    pub fn new() -> Self {
        let cluster = MemoryCluster::default();
        for topic in [IN, OUT, SIDE, RETRY, DLQ, REPLAY, STATE] {
            cluster.create(topic, usize::try_from(PARTITIONS).expect("few"));
        }
        cluster.create(CONTROL, 1);
        let retry = RetryPlan {
            quick: Duration::ZERO,
            base: Duration::from_millis(1_000),
            max: Duration::from_millis(8_000),
            attempts: 3,
            max_age: Duration::from_secs(3_600),
            probe: Duration::from_millis(250),
            probe_max: Duration::from_millis(1_000),
        };
        let settings = Settings {
            limits: Limits { window: 100, parked_max: 100, patience_ms: 1_000, retry, ..Limits::default() },
            concurrency: 8,
            batch: 100,
            drain: Duration::from_secs(5),
            transaction_timeout: Duration::from_secs(20),
            // most scenarios have more bad records than good ones
            trip_wire: trip_wire::Plan { dead_letters: 0, ..trip_wire::Plan::default() },
        };
        let tasks =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        Self {
            cluster,
            clock: ManualClock::at(1_000_000),
            settings,
            planned: None,
            signals: Signals::default(),
            stores: Arc::new(MemoryStores),
            controls: Controls::default(),
            tasks,
        }
    }

    /// Where the signals of processes started from now on are read, for as long as the meters live.
    pub fn metered(&mut self) -> (Exposition, SdkMeterProvider) {
        let registry = prometheus::Registry::new();
        let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build();
        let meters = SdkMeterProvider::builder().with_reader(exporter.expect("a registry")).build();
        self.signals = Signals::new(&meters.meter("test"));
        (Exposition::new(registry), meters)
    }

    /// A process that has not been given anything yet.
    pub fn process<const RELAXED: bool>(&self, transactional_id: &str) -> Process<RELAXED> {
        let log = self.cluster.join(GROUP, IN, transactional_id);
        let member = log.member();
        let toy = Arc::<Toy<RELAXED>>::default();
        let (report, shutdown) = (Arc::default(), CancellationToken::new());
        let around = Surroundings {
            directory: Arc::new(Plain { planned: self.planned }),
            clock: Arc::new(self.clock.clone()),
            stores: self.stores.clone(),
            signals: self.signals.clone(),
            tasks: self.tasks.handle().clone(),
            shutdown: shutdown.clone(),
            report: Arc::clone(&report),
            waker: Arc::new(|| ()),
            controls: self.controls.clone(),
        };
        let worker = Worker::new(toy.clone(), log, self.settings.clone(), around);
        Process { toy, worker, report, shutdown, member }
    }

    /// A process that owns partition 0, restored.
    pub fn owner(&self) -> Process<false> {
        let mut process = self.process("t-1");
        self.cluster.rebalance(GROUP, process.member, &[0]);
        self.turn(&mut process);
        process
    }

    /// The process dies: what it holds in memory and its place in the group are gone, its transaction stays open.
    pub fn kill<const RELAXED: bool>(&self, process: Process<RELAXED>) {
        self.cluster.throw_out(GROUP, process.member);
    }

    /// Turns the loop until nothing moves any more at this moment.
    pub fn turn<const RELAXED: bool>(&self, process: &mut Process<RELAXED>) {
        self.try_turn(process).expect("the worker goes on");
    }

    pub fn try_turn<const RELAXED: bool>(&self, process: &mut Process<RELAXED>) -> Result<(), Ended> {
        let mut idle = 0;
        for _ in 0..2_000 {
            let pause = process.worker.step()?;
            self.run_tasks();
            // the pacer holds a transaction back for as long as its last one is young
            self.clock.advance(i64::from(pause.is_some()));
            idle = if pause.is_some() { idle + 1 } else { 0 };
            if idle > 60 {
                return Ok(());
            }
        }
        panic!("the worker never rests");
    }

    /// Handlers go on, and the worker does not turn.
    pub fn run_tasks(&self) {
        self.tasks.block_on(async {
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
        });
    }

    pub fn later<const RELAXED: bool>(&self, process: &mut Process<RELAXED>, ms: i64) {
        self.clock.advance(ms);
        self.turn(process);
    }

    /// Time passes for handlers that sleep.
    pub fn sleep(&self, ms: u64) {
        self.tasks.block_on(tokio::time::advance(Duration::from_millis(ms)));
    }

    /// Why the worker ends.
    pub fn end_of<const RELAXED: bool>(&self, process: &mut Process<RELAXED>) -> Ended {
        self.try_turn(process).expect_err("the worker ends")
    }

    pub fn write(&self, key: &str, value: &str) {
        self.cluster.write(IN, 0, Outgoing::new(IN, key.to_owned(), value.to_owned()));
    }

    pub fn write_with(&self, header: &'static str, key: &str, value: &str) {
        let record = Outgoing::new(IN, key.to_owned(), value.to_owned());
        self.cluster.write(IN, 0, record.with_headers(Headers::new().with(header, "1")));
    }

    /// A record that can be cancelled by its value.
    pub fn write_cancellable(&self, key: &str, value: &str) {
        let record = Outgoing::new(IN, key.to_owned(), value.to_owned());
        self.cluster.write(IN, 0, record.with_headers(Headers::new().with(ID, value.to_owned())));
    }

    /// An operator says something, or takes it back.
    pub fn say(&self, key: &str) {
        assert!(self.controls.apply(key, Some(b"{}")), "{key}");
    }

    pub fn take_back(&self, key: &str) {
        assert!(self.controls.apply(key, None), "{key}");
    }

    pub fn write_to(&self, topic: &str, key: &str, value: &str) {
        self.cluster.write(topic, 0, Outgoing::new(topic, key.to_owned(), value.to_owned()));
    }

    /// Values a reader of committed records finds.
    pub fn values(&self, topic: &str) -> Vec<String> {
        let text = |v: Option<bytes::Bytes>| v.map(|v| String::from_utf8_lossy(&v).into_owned());
        self.cluster.read(topic).into_iter().map(|r| text(r.value).unwrap_or_else(|| "gone".to_owned())).collect()
    }

    pub fn out(&self) -> Vec<String> {
        let out = self.cluster.read(OUT);
        // one partition after the other is no order a reader sees: sort by key, in which order holds
        let mut keyed: Vec<_> = out.into_iter().map(|r| (r.key, r.value)).collect();
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        keyed.into_iter().map(|(_, v)| String::from_utf8_lossy(&v.unwrap_or_default()).into_owned()).collect()
    }

    /// What the retry table holds, compacted.
    pub fn parked(&self) -> Vec<String> {
        self.cluster.compact(RETRY);
        self.values(RETRY)
    }

    pub fn offset(&self) -> Option<i64> {
        self.cluster.offset(GROUP, IN, 0)
    }

    /// The codes of the dead letters.
    pub fn dead(&self) -> Vec<String> {
        let code = |r: crate::runtime::Record| {
            let value = String::from_utf8_lossy(r.value.as_deref().unwrap_or_default()).into_owned();
            format!("{value}: {}", r.headers.get_str("x-error-code").unwrap_or_default())
        };
        self.cluster.read(DLQ).into_iter().map(code).collect()
    }
}

impl<const RELAXED: bool> Process<RELAXED> {
    pub fn report(&self) -> Report {
        self.report.lock().expect("not poisoned").clone()
    }
}

/// The reason a stage was stopped with.
pub fn stop_reason(ended: Ended) -> String {
    match ended {
        Ended::Log(LogError::Stop(reason)) => reason,
        other => panic!("{other}"),
    }
}
