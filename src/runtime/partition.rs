//! One input partition's decisions: who runs next, what is parked, what may be published. Pure: time and results come in
//! as arguments, writes go out through the [`Outbox`]; nothing here waits or calls anybody.
//!
//! Invariants, each a test: every retry entry lies below the committed offset (I1); every offset is in exactly one of
//! unread, lane, retry table, final (I2); units of one key enter transactions in origin order (I3); put, tombstone, outputs
//! and offset are one transaction (I4); attempt and due time survive restarts (I6); an abort changes no decision (I7).
//!
//! How records enter is in `joining`, who runs in `running`, what a result means in `deciding`, what is written in
//! `writing`.

mod breaker;
mod deciding;
mod holds;
mod item;
mod joining;
mod lane;
mod running;
#[cfg(test)]
mod tests;
mod writing;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, VecDeque},
    iter::Sum,
    sync::Arc,
};

use bytes::Bytes;

pub use self::item::{Phase, Run, RunId};
use self::{
    breaker::Breakers,
    holds::Holds,
    lane::{Lane, LaneKey},
};
use super::{
    entries::{Cause, Parked, dead_letter},
    fault::{Fault, Scope},
    publishing::{Outbox, Unit},
    record::{Outgoing, Record},
    retry::RetryPlan,
    stage::KeyOrder,
    trip_wire::Ends,
    watermark::Watermark,
};

/// A header that takes a record out of its key's lane.
pub const UNORDERED: &str = "x-unordered";

/// Bounds of one partition; those of bytes hold for all partitions of a worker together.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Offsets in work at once.
    pub window: i64,
    /// Bytes in work at once, parked ones apart: what was read and is not final, and what waits to be published. Above
    /// it, those partitions read no more that hold more than their share.
    pub window_bytes: usize,
    /// Records parked at once; above it the input is paused.
    pub parked_max: usize,
    /// Bytes parked at once, shared in the same way.
    pub parked_bytes_max: usize,
    /// A head running longer than this parks its lane, so that a slow call does not hold the watermark.
    pub patience_ms: i64,
    pub retry: RetryPlan,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            window: 10_000,
            window_bytes: 12 << 20,
            parked_max: 100_000,
            parked_bytes_max: 64 << 20,
            patience_ms: 1_000,
            retry: RetryPlan::default(),
        }
    }
}

/// What partitions hold in memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Load {
    partitions: usize,
    pub bytes: usize,
    /// Those of them that only wait for their transaction.
    unit_bytes: usize,
    parked_bytes: usize,
}

impl Sum for Load {
    fn sum<I: Iterator<Item = Self>>(loads: I) -> Self {
        loads.fold(Self::default(), |all, one| Self {
            partitions: all.partitions + one.partitions,
            bytes: all.bytes + one.bytes,
            unit_bytes: all.unit_bytes + one.unit_bytes,
            parked_bytes: all.parked_bytes + one.parked_bytes,
        })
    }
}

impl Load {
    /// More than `limit` together, and `own` is more than a share of it.
    fn exceeds(self, together: usize, own: usize, limit: usize) -> bool {
        together >= limit && own >= limit / self.partitions.max(1)
    }
}

/// The names a partition writes to; retry and dead letters are the stage's own topics (physical names).
#[derive(Debug, Clone)]
pub struct OwnTopics {
    pub retry: Arc<str>,
    pub dead_letters: Arc<str>,
    pub group: Arc<str>,
}

/// What a finished run asks of the worker beyond what went into the outbox.
#[derive(Debug, PartialEq)]
pub enum After {
    Nothing,
    /// The stage must stop: the fault's code and detail.
    Stop(String),
    /// The run belongs to an assignment or an attempt that is over.
    Stale,
}

/// How a run ended, for signals.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub kind: &'static str,
    pub code: String,
}

/// One assigned, restored input partition.
#[derive(Debug)]
pub struct Partition {
    order: KeyOrder,
    limits: Limits,
    topics: OwnTopics,
    lanes: HashMap<LaneKey, Lane>,
    /// Lanes of a single record, by the key they are woken by.
    singles: HashMap<Bytes, BTreeSet<u64>>,
    /// Lanes whose head may be runnable.
    ready: VecDeque<LaneKey>,
    timers: BinaryHeap<Reverse<(i64, LaneKey)>>,
    /// Heads in the order they started, for the patience check.
    started: VecDeque<(i64, LaneKey, RunId)>,
    watermark: Watermark<Unit>,
    /// What replays write before everything that was read before them is published, by that offset.
    riders: BTreeMap<i64, Vec<Unit>>,
    pub outbox: Outbox,
    breakers: Breakers,
    holds: Holds,
    parked: usize,
    parked_bytes: usize,
    /// Of records that are in a lane and not parked.
    read_bytes: usize,
    /// Of results that wait for lower offsets.
    result_bytes: usize,
    running: usize,
    next_run: RunId,
    next_own: u64,
    outcomes: Vec<Outcome>,
    done: u64,
    /// The same and the dead letters, replays apart: a known bad record that comes back says nothing of the topic.
    ends: Ends,
    #[cfg(test)]
    pub(crate) mutant: Option<Mutant>,
}

/// Planted bugs that the property tests must find.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutant {
    PublishOnFinish,
    RestoreUnordered,
    DropUnitsOnAbort,
    TombstoneOutside,
    StartBeforeRestore,
}

impl Partition {
    /// A partition whose committed offset is `from` and whose retry table holds `parked`.
    #[must_use]
    pub fn restored(order: KeyOrder, limits: Limits, topics: OwnTopics, from: i64, parked: Vec<Parked>) -> Self {
        let mut partition = Self::empty(order, limits, topics, from);
        partition.fill(parked);
        partition
    }

    /// The same, with a planted bug.
    #[cfg(test)]
    pub(crate) fn mutated(
        order: KeyOrder,
        limits: Limits,
        topics: OwnTopics,
        from: i64,
        parked: Vec<Parked>,
        mutant: Option<Mutant>,
    ) -> Self {
        let mut partition = Self { mutant, ..Self::empty(order, limits, topics, from) };
        partition.outbox.drops_on_abort = mutant == Some(Mutant::DropUnitsOnAbort);
        partition.fill(parked);
        partition
    }

    fn empty(order: KeyOrder, limits: Limits, topics: OwnTopics, from: i64) -> Self {
        Self {
            order,
            limits,
            topics,
            lanes: HashMap::new(),
            singles: HashMap::new(),
            ready: VecDeque::new(),
            timers: BinaryHeap::new(),
            started: VecDeque::new(),
            watermark: Watermark::at(from),
            riders: BTreeMap::new(),
            outbox: Outbox::default(),
            breakers: Breakers::default(),
            holds: Holds::default(),
            parked: 0,
            parked_bytes: 0,
            read_bytes: 0,
            result_bytes: 0,
            running: 0,
            next_run: 0,
            next_own: 0,
            outcomes: Vec::new(),
            done: 0,
            ends: Ends::default(),
            #[cfg(test)]
            mutant: None,
        }
    }

    fn fill(&mut self, mut parked: Vec<Parked>) {
        parked.sort_by(|a, b| a.order().cmp(&b.order()));
        #[cfg(test)]
        match self.mutant {
            Some(Mutant::RestoreUnordered) => parked.reverse(),
            Some(Mutant::StartBeforeRestore) => parked.clear(),
            Some(Mutant::PublishOnFinish | Mutant::DropUnitsOnAbort | Mutant::TombstoneOutside) | None => {}
        }
        for entry in parked {
            self.restore(entry);
        }
    }

    /// What may be committed: every lower offset is published.
    #[must_use]
    pub fn low(&self) -> i64 {
        self.watermark.low()
    }

    /// One past the highest offset read.
    #[must_use]
    pub fn next(&self) -> i64 {
        self.watermark.next()
    }

    #[must_use]
    pub fn parked(&self) -> usize {
        self.parked
    }

    #[must_use]
    pub fn running(&self) -> usize {
        self.running
    }

    #[must_use]
    pub fn load(&self) -> Load {
        let (bytes, unit_bytes) = (self.bytes(), self.outbox.bytes());
        Load { partitions: 1, bytes, unit_bytes, parked_bytes: self.parked_bytes }
    }

    /// No more input for now; `all` is what the worker's partitions hold, this one among them.
    #[must_use]
    pub fn full(&self, all: Load) -> bool {
        self.watermark.len() >= self.limits.window
            || self.parked_full(all)
            || all.exceeds(all.bytes, self.bytes(), self.limits.window_bytes)
            || i64::try_from(self.outbox.len()).unwrap_or(i64::MAX) >= self.limits.window
    }

    fn parked_full(&self, all: Load) -> bool {
        self.parked >= self.limits.parked_max
            || all.exceeds(all.parked_bytes, self.parked_bytes, self.limits.parked_bytes_max)
    }

    fn bytes(&self) -> usize {
        self.read_bytes + self.result_bytes + self.outbox.bytes()
    }

    /// So much waits to be published that handlers had better wait too: what they make of a record takes more memory than
    /// the record. What waits for a lower offset does not count, or that one might wait for it.
    #[must_use]
    pub fn full_of_units(&self, all: Load) -> bool {
        i64::try_from(self.outbox.len()).unwrap_or(i64::MAX) >= self.limits.window.saturating_mul(2)
            || all.exceeds(all.unit_bytes, self.outbox.bytes(), self.limits.window_bytes)
    }

    /// Room enough that resuming the input is worth it.
    #[must_use]
    pub fn roomy(&self, all: Load) -> bool {
        let half = self.limits.window / 2;
        self.watermark.len() <= half
            && i64::try_from(self.outbox.len()).unwrap_or(i64::MAX) <= half
            && !self.parked_full(all)
            && !all.exceeds(all.bytes, self.bytes(), self.limits.window_bytes / 2)
    }

    /// What waits for what, for health: unavailable scopes.
    pub fn waiting_for(&self) -> impl Iterator<Item = &Scope> {
        self.breakers.scopes()
    }

    /// What operators hold that something waits behind.
    pub fn held(&self) -> impl Iterator<Item = &str> {
        self.holds.subjects()
    }

    /// Ends since the last call, for the trip wire.
    pub fn drain_ends(&mut self) -> Ends {
        std::mem::take(&mut self.ends)
    }

    /// Records since the last call that ended well.
    pub fn drain_done(&mut self) -> u64 {
        std::mem::take(&mut self.done)
    }

    /// Outcomes since the last call, one per record that was parked or ended otherwise than well.
    pub fn drain_outcomes(&mut self) -> impl Iterator<Item = Outcome> + '_ {
        self.outcomes.drain(..)
    }
}

/// The dead letter of a side record that cannot be used.
#[must_use]
pub fn side_dead_letter(topics: &OwnTopics, record: &Record, fault: &Fault, now_ms: i64) -> Outgoing {
    let cause = Cause {
        class: fault.kind.name(),
        code: fault.code.to_string(),
        detail: fault.detail(),
        scope: fault.scope.clone(),
        attempt: 0,
    };
    dead_letter(&topics.dead_letters, &topics.group, record, &cause, now_ms)
}

fn ms(d: std::time::Duration) -> i64 {
    i64::try_from(d.as_millis()).unwrap_or(i64::MAX)
}
