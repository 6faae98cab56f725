//! One record in its lane: what it waits for and how often it was tried. Decides nothing.

use std::sync::Arc;

use super::lane::LaneKey;
use crate::runtime::{
    entries::{Cause, Parked},
    fault::Scope,
    publishing::Write,
    record::Record,
};

/// Tags a run, so that the result of an older one is not taken for it.
pub type RunId = u64;

/// What a run does.
#[derive(Debug, Clone)]
pub enum Phase {
    /// `decode`, then `handle`.
    Handle,
    /// The record is a dead letter: `ending` says what is published besides.
    Ending(Arc<Cause>),
}

#[derive(Debug)]
pub(super) struct Item {
    pub record: Arc<Record>,
    pub attempt: u32,
    pub due_ms: i64,
    /// The scope whose recovery it waits for.
    pub blocked: Option<Scope>,
    pub parked: bool,
    place: Place,
    pub running: Option<RunId>,
    /// Final already, although its run has not ended: the broker refused what it wrote before.
    pub buried: bool,
    /// A side input woke the lane while the head was running.
    pub woken: bool,
    pub joined: i64,
    pub replayed: bool,
    /// Unix ms of its last transient failure: the next one counts if its scope served somebody in between.
    pub failed_ms: Option<i64>,
    /// Unix ms of its first transient failure that cost an attempt.
    pub counted_ms: Option<i64>,
    /// Unix ms: since when it waits in place.
    pub waited_ms: Option<i64>,
    /// How often it was put off because others did not have to wait.
    pub put_off: u32,
    pub phase: Phase,
    /// Said before it became a dead letter, published when it ends.
    pub notes: Vec<Write>,
}

/// When what an item writes may be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// With its offset of the input.
    Slot(i64),
    /// Once everything below this offset is, which was read before it: a replay.
    Behind(i64),
    /// At once: it came out of the retry table.
    Table,
}

impl Place {
    /// Nothing that is read before it can be published after it any more.
    pub fn published(self, low: i64) -> bool {
        match self {
            Self::Slot(offset) => offset < low,
            Self::Behind(offset) => offset <= low,
            Self::Table => true,
        }
    }
}

impl Item {
    pub fn read(record: Record) -> Self {
        let offset = record.origin.offset;
        Self { place: Place::Slot(offset), parked: false, ..Self::restored(Parked::new(record, offset)) }
    }

    /// Joins behind everything that was read so far.
    pub fn replayed(entry: Parked) -> Self {
        Self { place: Place::Behind(entry.joined), ..Self::restored(entry) }
    }

    pub fn restored(entry: Parked) -> Self {
        Self {
            record: Arc::new(entry.record),
            attempt: entry.attempt,
            due_ms: if entry.gate.is_some() { 0 } else { entry.due_ms },
            blocked: entry.gate.map(Scope::Account),
            parked: true,
            place: Place::Table,
            running: None,
            buried: false,
            woken: false,
            joined: entry.joined,
            replayed: entry.replayed,
            failed_ms: entry.failed_ms,
            counted_ms: entry.counted_ms,
            waited_ms: None,
            put_off: 0,
            phase: entry.ending.map_or(Phase::Handle, |cause| Phase::Ending(Arc::new(cause))),
            notes: Vec::new(),
        }
    }

    pub fn place(&self) -> Place {
        self.place
    }

    pub fn entry(&self) -> Parked {
        Parked {
            record: Record::clone(&self.record),
            attempt: self.attempt,
            due_ms: self.due_ms,
            gate: self.blocked.as_ref().and_then(|s| match s {
                Scope::Account(name) => Some(name.clone()),
                Scope::Dependency(_) => None,
            }),
            joined: self.joined,
            replayed: self.replayed,
            failed_ms: self.failed_ms,
            counted_ms: self.counted_ms,
            ending: match &self.phase {
                Phase::Handle => None,
                Phase::Ending(cause) => Some(Cause::clone(cause)),
            },
        }
    }

    pub fn run(&self, id: RunId, lane: LaneKey, closed: Vec<Scope>) -> Run {
        Run {
            closed,
            id,
            lane,
            record: self.record.clone(),
            attempt: self.attempt,
            due_ms: self.due_ms,
            phase: self.phase.clone(),
        }
    }
}

/// A head that may run now.
#[derive(Debug, Clone)]
pub struct Run {
    pub id: RunId,
    pub(super) lane: LaneKey,
    pub record: Arc<Record>,
    pub attempt: u32,
    /// When it was to run again (unix ms); 0: it did not wait for a clock.
    pub due_ms: i64,
    pub phase: Phase,
    /// Scopes that others wait for; empty when this run is to find out.
    pub closed: Vec<Scope>,
}
