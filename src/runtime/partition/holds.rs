//! Lanes whose heads an operator holds, by what was paused. No probe opens such a gate: only the operator's word does.

use std::collections::{BTreeMap, HashMap};

use super::lane::LaneKey;
use crate::runtime::fault::Scope;

/// By subject, each lane with its place in the order they came.
#[derive(Debug, Default)]
pub(super) struct Holds {
    waiting: BTreeMap<String, HashMap<LaneKey, u64>>,
    next: u64,
}

impl Holds {
    /// What is held.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        self.waiting.keys().map(String::as_str)
    }

    pub fn add(&mut self, subject: &str, lane: &LaneKey) {
        self.next += 1;
        self.waiting.entry(subject.to_owned()).or_default().entry(lane.clone()).or_insert(self.next);
    }

    /// Whether a head must wait. Where nobody waits it may try: the stage knows whether that is still paused.
    pub fn keeps(&mut self, blocked: Option<&Scope>, lane: &LaneKey) -> bool {
        match blocked {
            Some(Scope::Hold(subject)) if self.waiting.contains_key(subject) => {
                self.add(subject, lane);
                true
            }
            Some(_) | None => false,
        }
    }

    /// The head of `lane` runs although it is held.
    pub fn leave(&mut self, blocked: Option<&Scope>, lane: &LaneKey) {
        let Some(Scope::Hold(subject)) = blocked else { return };
        let Some(lanes) = self.waiting.get_mut(subject) else { return };
        lanes.remove(lane);
        if lanes.is_empty() {
            self.waiting.remove(subject);
        }
    }

    /// Takes out the lanes of what is not paused any more, in the order they came.
    pub fn release(&mut self, paused: &dyn Fn(&str) -> bool) -> Vec<(String, LaneKey)> {
        let mut freed = Vec::new();
        self.waiting.retain(|subject, lanes| {
            let keep = paused(subject);
            if !keep {
                freed.extend(lanes.drain().map(|(lane, place)| (place, subject.clone(), lane)));
            }
            keep
        });
        freed.sort_by_key(|(place, ..)| *place);
        freed.into_iter().map(|(_, subject, lane)| (subject, lane)).collect()
    }

    #[cfg(test)]
    pub fn hold(&self, lane: &LaneKey) -> bool {
        self.waiting.values().any(|lanes| lanes.contains_key(lane))
    }
}
