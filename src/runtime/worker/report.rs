//! What a worker tells of itself after each turn, for health and readiness.

use std::sync::PoisonError;

use super::{Worker, slot::Slot};
use crate::runtime::{controls::Halt, fault::Scope, log::Log, stage::Stage};

/// What a worker tells of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The group gave an assignment (possibly of nothing), and all of it is restored.
    pub ready: bool,
    pub partitions: usize,
    pub restoring: usize,
    pub parked: usize,
    pub running: usize,
    /// Dependencies, accounts and ends of pauses that something waits for.
    pub waiting_for: Vec<String>,
    /// Why nothing starts.
    pub halt: Option<Halt>,
}

impl<S: Stage, L: Log> Worker<S, L> {
    pub(super) fn tell(&self, alive: bool) {
        let live = || self.slots.values().filter_map(Slot::live);
        let restoring = self.slots.len() - live().count() + self.arriving.len();
        let scopes = live().flat_map(|l| l.partition.waiting_for()).map(ToString::to_string);
        let held = live().flat_map(|l| l.partition.held()).map(|subject| Scope::Hold(subject.to_owned()).to_string());
        let mut waiting_for: Vec<String> = scopes.chain(held).collect();
        waiting_for.sort();
        waiting_for.dedup();
        let unread = matches!(self.halt, Some(Halt::Unread(_)));
        let report = Report {
            ready: alive && self.assigned_once && restoring == 0 && !unread,
            partitions: self.slots.len() + self.arriving.len(),
            restoring,
            parked: live().map(|l| l.partition.parked()).sum(),
            running: live().map(|l| l.partition.running()).sum(),
            waiting_for,
            halt: self.halt.clone(),
        };
        *self.around.report.lock().unwrap_or_else(PoisonError::into_inner) = report;
    }
}
