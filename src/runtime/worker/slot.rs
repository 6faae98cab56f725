//! What a worker holds per assigned partition: being restored, or live. Decides nothing.

use std::{collections::VecDeque, sync::Arc};

use super::restore::Restoring;
use crate::{
    runtime::{partition::Partition, record::Record, tables::Tables, topics::StageTopics},
    telemetry::PartitionLevels,
};

pub(super) enum Slot {
    Restoring(Box<Restoring>),
    Live(Box<Live>),
}

/// A restored partition at work.
pub(super) struct Live {
    pub partition: Partition,
    pub tables: Arc<Tables>,
    pub levels: Arc<PartitionLevels>,
    pub sides: Vec<SideLane>,
    /// Which assignment this is; results of older ones are stale.
    pub epoch: u64,
    pub takeover_ms: i64,
    /// What the last transaction committed for the input.
    pub committed: i64,
    pub paused: bool,
    /// Revoked or stopping: nothing new starts.
    pub leaving: bool,
}

/// A side input of one partition, handled one record at a time.
pub(super) struct SideLane {
    pub topic: Arc<str>,
    pub queue: VecDeque<Record>,
    pub running: bool,
    /// Handled up to here, published or waiting in the outbox.
    pub next: i64,
    /// What the last transaction committed.
    pub committed: i64,
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

    pub fn next_timer_ms(&self) -> Option<i64> {
        let sides = self.sides.iter().filter(|s| !s.queue.is_empty() && !s.running).map(|s| s.retry_at_ms).min();
        [self.partition.next_timer_ms(), sides].into_iter().flatten().min()
    }
}
