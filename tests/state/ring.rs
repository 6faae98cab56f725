//! The bench: one cluster in memory, one clock, two machines with a disk each. Workers are turned by hand.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use omnichannel_whatsapp::{
    adapters::store::{DiskStores, Settings as Disk},
    runtime::{
        Outgoing,
        controls::Controls,
        log::Log,
        memory::{ManualClock, MemoryCluster, MemoryLog},
        store::{Change, Checkpoint, Due, Store, StoreError, Stores},
        topics::{CONTROL, Directory},
        worker::{Ended, Settings, Surroundings, Worker},
    },
    telemetry::Signals,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::stage::{Look, Toy, text};

pub const IN: &str = "toy.in";
pub const STATE: &str = "whatsapp.toy.state";
pub const GROUP: &str = "toy";

struct Plain;

impl Directory for Plain {
    fn physical(&self, logical: &str) -> Arc<str> {
        logical.into()
    }
    fn max_bytes(&self, _: &str) -> usize {
        10_000
    }
    fn group(&self, stage: &str) -> Arc<str> {
        stage.into()
    }
}

/// What happens to the next write of the store instead of what should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// The process dies before it.
    Before,
    /// The process dies after it.
    After,
}

/// How the runtime's log is made from the memory's: a mutant puts something in between.
pub trait Made: Log {
    fn of(log: MemoryLog) -> Self;
}

impl Made for MemoryLog {
    fn of(log: MemoryLog) -> Self {
        log
    }
}

pub struct Ring {
    pub cluster: MemoryCluster,
    pub clock: ManualClock,
    disks: [TempDir; 2],
    mishap: Arc<Mutex<Option<Mishap>>>,
    tasks: tokio::runtime::Runtime,
}

/// One process on one of the machines.
pub struct Process<L: Log> {
    toy: Arc<Toy>,
    worker: Worker<Toy, L>,
    pub member: u64,
    pub machine: usize,
}

impl Ring {
    pub fn new() -> Self {
        let cluster = MemoryCluster::default();
        for topic in [IN, STATE, CONTROL, "whatsapp.toy.retry", "whatsapp.toy.dlq", "whatsapp.toy.replay"] {
            cluster.create(topic, 1);
        }
        let tasks = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        Self {
            cluster,
            clock: ManualClock::at(1_000_000_000),
            disks: [folder(), folder()],
            mishap: Arc::default(),
            tasks: tasks.expect("a runtime"),
        }
    }

    pub fn disk(&self, machine: usize) -> &Path {
        self.disks[machine].path()
    }

    /// A process on `machine` that is about to get the partition. Its disk must not be in use.
    pub fn process<L: Made>(&self, machine: usize) -> Process<L> {
        let disk = DiskStores::new(Disk { path: self.disk(machine).to_owned(), cache_bytes: 1 << 20 });
        let stores = Arc::new(Accidental { inner: disk, mishap: self.mishap.clone() });
        let log = self.cluster.join(GROUP, IN, &format!("t-{machine}"));
        let (member, toy) = (log.member(), Arc::<Toy>::default());
        self.cluster.rebalance(GROUP, member, &[0]);
        let around = Surroundings {
            directory: Arc::new(Plain),
            clock: Arc::new(self.clock.clone()),
            stores,
            controls: Controls::default(),
            signals: Signals::default(),
            tasks: self.tasks.handle().clone(),
            shutdown: CancellationToken::new(),
            report: Arc::default(),
            waker: Arc::new(|| ()),
        };
        let settings = Settings { batch: 3, ..Settings::default() };
        let worker = Worker::new(toy.clone(), L::of(log), settings, around);
        Process { toy, worker, member, machine }
    }

    /// kill -9.
    pub fn kill<L: Log>(&self, process: Process<L>) {
        self.cluster.throw_out(GROUP, process.member);
        drop(process);
        self.cluster.time_out_transactions();
    }

    pub fn mishap(&self, mishap: Mishap) {
        *self.mishap.lock().expect("not poisoned") = Some(mishap);
    }

    pub fn no_mishap(&self) {
        *self.mishap.lock().expect("not poisoned") = None;
    }

    /// Turns the loop until nothing moves any more.
    pub fn turn<L: Log>(&self, process: &mut Process<L>) -> Result<(), Ended> {
        let mut idle = 0;
        while idle < 60 {
            let pause = process.worker.step()?;
            self.tasks.block_on(tokio::task::yield_now());
            self.clock.advance(i64::from(pause.is_some()));
            idle = if pause.is_some() { idle + 1 } else { 0 };
        }
        Ok(())
    }

    /// A few turns only.
    pub fn step<L: Log>(&self, process: &mut Process<L>, steps: usize) -> Result<(), Ended> {
        for _ in 0..steps {
            process.worker.step()?;
            self.clock.advance(1);
        }
        Ok(())
    }

    pub fn write(&self, what: &str) {
        // one lane: what was written first is counted first
        self.cluster.write(IN, 0, Outgoing::new(IN, "lane", what.to_owned()));
    }

    /// What a handler sees of the tables, and what the whole changelog says, at one moment.
    pub fn look<L: Log>(&self, process: &mut Process<L>) -> Result<(Look, Look), Ended> {
        loop {
            let before = self.changelog();
            self.write("look");
            self.turn(process)?;
            // entries may have expired meanwhile
            if let (true, Some(look)) = (before == self.changelog(), process.toy.last_look()) {
                return Ok((look, before));
            }
        }
    }

    pub fn changelog(&self) -> Look {
        let mut entries = BTreeMap::new();
        for record in self.cluster.read(STATE) {
            let key = record.key_str().expect("text").to_owned();
            match record.value {
                Some(value) => entries.insert(key, text(&value)),
                None => entries.remove(&key),
            };
        }
        entries.into_iter().collect()
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The real stores, with a mishap where one is asked for.
struct Accidental {
    inner: DiskStores,
    mishap: Arc<Mutex<Option<Mishap>>>,
}

struct AccidentalStore {
    inner: Arc<dyn Store>,
    mishap: Arc<Mutex<Option<Mishap>>>,
}

impl Accidental {
    fn with(&self, inner: Arc<dyn Store>) -> Arc<dyn Store> {
        Arc::new(AccidentalStore { inner, mishap: self.mishap.clone() })
    }
}

impl Stores for Accidental {
    fn lasting(&self) -> bool {
        true
    }
    fn open(&self, stage: &str, partition: i32) -> Result<Arc<dyn Store>, StoreError> {
        self.inner.open(stage, partition).map(|store| self.with(store))
    }
    fn anew(&self, stage: &str, partition: i32) -> Result<Arc<dyn Store>, StoreError> {
        self.inner.anew(stage, partition).map(|store| self.with(store))
    }
}

impl Store for AccidentalStore {
    fn write(&self, changes: &[Change], checkpoint: Option<&Checkpoint>) -> Result<(), StoreError> {
        let mishap = self.mishap.lock().expect("not poisoned").take();
        if mishap != Some(Mishap::Before) {
            self.inner.write(changes, checkpoint)?;
        }
        match mishap {
            None => Ok(()),
            Some(mishap) => Err(StoreError::Unavailable(format!("{mishap:?}"))),
        }
    }
    fn get(&self, table: &str, key: &str) -> Result<Option<Bytes>, StoreError> {
        self.inner.get(table, key)
    }
    fn checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        self.inner.checkpoint()
    }
    fn due(&self, now_ms: i64, limit: usize) -> Result<Vec<Due>, StoreError> {
        self.inner.due(now_ms, limit)
    }
    fn redate(&self, dates: &[(Due, Option<i64>)]) -> Result<(), StoreError> {
        self.inner.redate(dates)
    }
    fn is_empty(&self) -> Result<bool, StoreError> {
        self.inner.is_empty()
    }
}
