//! What a worker holds per assigned partition: being restored, or live. Decides nothing.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use super::restore::Restoring;
use crate::{
    runtime::{Scope, partition::Partition, publishing::Frozen, record::Record, tables::Tables, topics::StageTopics},
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
    pub takeover_ms: i64,
    /// What the last transaction committed for the input and its sides.
    pub committed: Frozen,
    pub paused: bool,
    /// Revoked or stopping: nothing new starts.
    pub leaving: bool,
    /// Dependencies that something waits for, and since when (unix ms).
    pub down: BTreeMap<&'static str, i64>,
    pub levels: Arc<PartitionLevels>,
}

/// A side input of one partition, handled one record at a time.
pub(super) struct SideLane {
    pub topic: Arc<str>,
    pub queue: VecDeque<Record>,
    pub running: bool,
    /// Handled up to here, published or waiting in the outbox.
    pub next: i64,
    pub retry_at_ms: i64,
    pub failures: u32,
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

    /// Tells of dependencies that went away or came back since the last time.
    pub fn tell_dependencies(&mut self, stage: &'static str, signals: &Signals, now: i64) {
        let waits = |name: &'static str| {
            self.partition.waiting_for().any(|scope| matches!(scope, Scope::Dependency(n) if *n == name))
        };
        let back: Vec<_> = self.down.iter().filter(|(name, _)| !waits(name)).map(|(n, s)| (*n, *s)).collect();
        for (name, since) in back {
            self.down.remove(name);
            let waited = Duration::from_millis(u64::try_from(now - since).unwrap_or_default());
            signals.available_again(stage, name, waited);
        }
        for scope in self.partition.waiting_for() {
            let Scope::Dependency(name) = scope else { continue };
            if !self.down.contains_key(name) {
                self.down.insert(name, now);
                signals.unavailable(stage, name);
            }
        }
    }

    pub fn tell_levels(&self) {
        self.levels.in_flight(self.partition.running());
        self.levels.parked(self.partition.parked());
        self.levels.outstanding(self.partition.next() - self.committed.input);
    }

    /// When something is due next that can be done (unix ms): starting needs a permit, and a leaving partition starts nothing.
    pub fn next_timer_ms(&self, permits: bool) -> Option<i64> {
        let sides = self.sides.iter().filter(|s| !s.queue.is_empty() && !s.running).map(|s| s.retry_at_ms).min();
        match (self.leaving, permits) {
            (true, _) => self.partition.next_patience_ms(),
            (false, true) => self.partition.next_timer_ms().into_iter().chain(sides).min(),
            (false, false) => self.partition.next_patience_ms().into_iter().chain(sides).min(),
        }
    }
}
