//! What a worker holds per assigned partition: being restored, or live. Decides nothing.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use super::restore::Restoring;
use crate::{
    runtime::{
        Scope, log::At, partition::Partition, publishing::Frozen, record::Record, store::Checkpoint, tables::Tables,
        topics::StageTopics,
    },
    telemetry::{PartitionLevels, Signals},
};

pub(super) enum Slot {
    Restoring(Box<Restoring>),
    Live(Box<Live>),
}

/// A restored partition at work.
pub(super) struct Live {
    pub partition: Partition,
    pub tables: Arc<Tables>,
    pub sides: Vec<SideLane>,
    /// Which assignment this is; results of older ones are stale.
    pub epoch: u64,
    /// So many units at the front of the outbox have a refused one among them.
    pub suspects: usize,
    pub takeover_ms: i64,
    /// What the last transaction committed for the input and its sides.
    pub committed: Frozen,
    pub paused: bool,
    /// Revoked or stopping: nothing new starts.
    pub leaving: bool,
    /// Where the tables' store stands; `None` where it does not outlive the process.
    pub checkpoint: Option<Checkpoint>,
    /// Dependencies and accounts that something waits for.
    pub down: BTreeSet<Scope>,
    pub levels: Arc<PartitionLevels>,
}

/// A side input of one partition, handled one record at a time.
pub(super) struct SideLane {
    pub topic: Arc<str>,
    pub queue: VecDeque<Record>,
    /// Bytes in the queue.
    pub bytes: usize,
    /// It is being read; not while the queue is full.
    pub following: bool,
    pub running: bool,
    /// Handled up to here, published or waiting in the outbox.
    pub next: i64,
    /// Read up to here.
    pub read: i64,
    pub retry_at_ms: i64,
    pub failures: u32,
}

/// Records of one side input that wait in memory.
const QUEUE: usize = 10_000;
const QUEUE_BYTES: usize = 8 << 20;

impl SideLane {
    pub fn new(topic: &Arc<str>, next: i64) -> Self {
        Self {
            topic: topic.clone(),
            queue: VecDeque::new(),
            bytes: 0,
            following: true,
            running: false,
            next,
            read: next,
            retry_at_ms: 0,
            failures: 0,
        }
    }

    /// Where reading goes on.
    pub fn at(&self, partition: i32) -> At {
        At { topic: self.topic.clone(), partition, offset: self.read }
    }

    pub fn full(&self) -> bool {
        self.queue.len() >= QUEUE || self.bytes >= QUEUE_BYTES
    }

    /// A record arrived; one that was there before is passed over.
    pub fn push(&mut self, record: Record) {
        if record.origin.offset < self.read {
            return;
        }
        self.read = record.origin.offset + 1;
        self.bytes += record.size();
        self.queue.push_back(record);
    }

    pub fn pop(&mut self) -> Option<Record> {
        let record = self.queue.pop_front()?;
        self.bytes -= record.size();
        Some(record)
    }

    /// The same record again, later.
    pub fn put_back(&mut self, record: Record) {
        self.bytes += record.size();
        self.queue.push_front(record);
    }
}

impl Slot {
    pub fn live(&self) -> Option<&Live> {
        match self {
            Self::Live(live) => Some(live),
            Self::Restoring(_) => None,
        }
    }

    pub fn live_mut(&mut self) -> Option<&mut Live> {
        match self {
            Self::Live(live) => Some(live),
            Self::Restoring(_) => None,
        }
    }

    /// What is read by hand for this partition at the moment.
    pub fn followed(&self, topics: &StageTopics, partition: i32) -> Vec<(Arc<str>, i32)> {
        let names = match self {
            Self::Restoring(_) => topics.restored(),
            Self::Live(_) => topics.sides.clone(),
        };
        names.into_iter().map(|t| (t, partition)).collect()
    }
}

impl Live {
    /// Nothing runs and nothing waits to be published.
    pub fn quiet(&self) -> bool {
        self.partition.running() == 0 && self.sides.iter().all(|s| !s.running) && self.partition.outbox.is_empty()
    }

    /// Tells of dependencies and accounts that went away or came back since the last time.
    pub fn tell_dependencies(&mut self, stage: &'static str, signals: &Signals) {
        let waiting: BTreeSet<Scope> = self.partition.waiting_for().cloned().collect();
        for scope in self.down.difference(&waiting) {
            signals.available_again(stage, &scope.to_string());
        }
        for scope in waiting.difference(&self.down) {
            signals.unavailable(stage, &scope.to_string());
        }
        self.down = waiting;
    }

    pub fn tell_levels(&self) {
        self.levels.in_flight(self.partition.running());
        self.levels.parked(self.partition.parked());
        self.levels.outstanding(self.partition.next() - self.committed.input);
    }

    /// When something is due next that can be done (unix ms): starting needs a permit, and a leaving partition or a
    /// resting stage starts nothing.
    pub fn next_timer_ms(&self, permits: bool, rests: bool) -> Option<i64> {
        let sides = self.sides.iter().filter(|s| !s.queue.is_empty() && !s.running).map(|s| s.retry_at_ms).min();
        match (self.leaving || rests, permits) {
            (true, _) => self.partition.next_patience_ms(),
            (false, true) => self.partition.next_timer_ms().into_iter().chain(sides).min(),
            (false, false) => self.partition.next_patience_ms().into_iter().chain(sides).min(),
        }
    }
}
