//! What operators and the trip wire say, as this worker obeys it: nothing new starts while the stage rests, what runs ends and
//! is published. Decides no record's fate.

use std::collections::HashSet;

use super::{
    Worker,
    slot::{Live, Slot},
};
use crate::runtime::{
    controls::{Halt, Word, trip_record},
    log::Log,
    record::Record,
    stage::Stage,
};

impl<S: Stage, L: Log> Worker<S, L> {
    /// Takes note of what was said since the last turn, and lets go what is held no longer.
    pub(super) fn hear(&mut self, now: i64) {
        let controls = self.around.controls.clone();
        let version = controls.version();
        if self.heard != Some(version) {
            self.rest(controls.halted(S::NAME));
            let cancelled = self.heard.map_or_else(HashSet::new, |heard| controls.cancelled_since(heard));
            self.heard = Some(version);
            self.summon(&cancelled, now);
        }
        if matches!(self.halt, Some(Halt::Unread(_))) {
            return;
        }
        // each turn: a record may be held by a word that was taken back while its handler ran
        for live in self.slots.values_mut().filter_map(Slot::live_mut) {
            live.partition.release(&|subject| controls.is_paused(subject));
        }
    }

    fn summon(&mut self, cancelled: &HashSet<String>, now: i64) {
        if cancelled.is_empty() {
            return;
        }
        for live in self.slots.values_mut().filter_map(Slot::live_mut) {
            live.partition.summon(|record| id_of::<S>(record).is_some_and(|id| cancelled.contains(id)), now);
        }
    }

    fn rest(&mut self, halt: Option<Halt>) {
        if halt == self.halt {
            return;
        }
        match (&halt, &self.halt) {
            (Some(halt), _) => self.around.signals.stage_rests(S::NAME, halt.name(), &halt.to_string()),
            (None, Some(Halt::Paused(_) | Halt::Tripped(_))) => self.around.signals.stage_resumed(S::NAME),
            (None, Some(Halt::Unread(_)) | None) => self.around.signals.stage_runs(S::NAME),
        }
        if halt.is_none() {
            self.trip_wire.clear();
        }
        self.halt = halt;
    }

    /// What was cancelled while nobody had the partition.
    pub(super) fn summon_cancelled(&self, live: &mut Live, now: i64) {
        let controls = &self.around.controls;
        live.partition.summon(|record| id_of::<S>(record).is_some_and(|id| controls.is_cancelled(id)), now);
    }

    /// Records ended. Where too many of them became dead letters the stage stops here at once, and everywhere by a record that
    /// is published with the letters.
    pub(super) fn watch(&mut self, p: i32, now: i64) {
        let Some(live) = self.slots.get_mut(&p).and_then(Slot::live_mut) else { return };
        let ends = live.partition.drain_ends();
        let Some(seen) = self.trip_wire.note(ends, now).filter(|_| self.halt.is_none()) else { return };
        let window_s = self.settings.trip_wire.window.as_secs();
        let reason = format!("{} of {} records in {window_s} s became dead letters", seen.dead, seen.dead + seen.well);
        self.around.signals.tripped(S::NAME, &reason);
        let word = Word::new("trip wire", now, Some(reason));
        live.partition.say(trip_record(S::NAME, &word));
        self.around.controls.trip(S::NAME, word);
        self.hear(now);
    }
}

/// The id under which a record can be cancelled.
fn id_of<S: Stage>(record: &Record) -> Option<&str> {
    record.headers.get_str(S::CANCELLED_BY?)
}
