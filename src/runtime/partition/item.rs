//! One record in its lane: what it waits for and how often it was tried. Decides nothing.

use std::sync::Arc;

use super::lane::LaneKey;
use crate::runtime::{
    entries::{Cause, Parked},
    fault::Scope,
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
    pub record: Record,
    pub attempt: u32,
    pub due_ms: i64,
    /// The scope whose recovery it waits for.
    pub blocked: Option<Scope>,
    pub parked: bool,
    /// The input offset that must be released before this item counts as published; `None`: it came out of the retry table.
    input_offset: Option<i64>,
    pub running: Option<RunId>,
    /// A side input woke the lane while the head was running.
    pub woken: bool,
    pub joined: i64,
    pub first_failure_ms: Option<i64>,
    pub phase: Phase,
}

impl Item {
    pub fn read(record: Record) -> Self {
        let offset = record.origin.offset;
        Self {
            record,
            attempt: 0,
            due_ms: 0,
            blocked: None,
            parked: false,
            input_offset: Some(offset),
            running: None,
            woken: false,
            joined: offset,
            first_failure_ms: None,
            phase: Phase::Handle,
        }
    }

    pub fn restored(entry: Parked) -> Self {
        Self {
            record: entry.record,
            attempt: entry.attempt,
            due_ms: if entry.gate.is_some() { 0 } else { entry.due_ms },
            blocked: entry.gate.map(Scope::Account),
            parked: true,
            input_offset: None,
            running: None,
            woken: false,
            joined: entry.joined,
            first_failure_ms: entry.first_failure_ms,
            phase: Phase::Handle,
        }
    }

    /// Its put or result has been released below the watermark.
    pub fn published(&self, low: i64) -> bool {
        self.input_offset.is_none_or(|o| o < low)
    }

    pub fn entry(&self) -> Parked {
        Parked {
            record: self.record.clone(),
            attempt: self.attempt,
            due_ms: self.due_ms,
            gate: self.blocked.as_ref().and_then(|s| match s {
                Scope::Account(name) => Some(name.clone()),
                Scope::Dependency(_) => None,
            }),
            joined: self.joined,
            first_failure_ms: self.first_failure_ms,
        }
    }

    pub fn run(&self, id: RunId, lane: LaneKey, outstanding: usize) -> Run {
        Run {
            id,
            lane,
            record: self.record.clone(),
            attempt: self.attempt,
            due_ms: self.due_ms,
            phase: self.phase.clone(),
            outstanding,
        }
    }
}

/// A head that may run now.
#[derive(Debug, Clone)]
pub struct Run {
    pub id: RunId,
    pub(super) lane: LaneKey,
    pub record: Record,
    pub attempt: u32,
    /// When it was to run again (unix ms); 0: it did not wait for a clock.
    pub due_ms: i64,
    pub phase: Phase,
    /// Records of this partition that were not final when the run began, itself apart.
    pub outstanding: usize,
}
