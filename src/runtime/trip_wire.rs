//! When a stage that turns a healthy topic into dead letters must stop by itself. Pure: ends are told with their time;
//! stopping is the worker's.

use std::{collections::VecDeque, time::Duration};

/// Where the wire is stretched.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Dead letters within the window from which on it can be touched; 0 takes it down.
    pub dead_letters: u32,
    /// And so many of all records that ended, 0 to 1.
    pub share: f64,
    pub window: Duration,
}

impl Default for Plan {
    fn default() -> Self {
        Self { dead_letters: 20, share: 0.5, window: Duration::from_secs(60) }
    }
}

/// Ends of a short time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ends {
    pub well: u64,
    pub dead: u64,
}

impl Ends {
    fn add(&mut self, other: Self) {
        self.well += other.well;
        self.dead += other.dead;
    }

    #[must_use]
    pub fn none(self) -> bool {
        self == Self::default()
    }
}

/// The ends of the last window of one worker.
#[derive(Debug)]
pub struct TripWire {
    plan: Plan,
    /// By the slice of time they fell into.
    slices: VecDeque<(i64, Ends)>,
}

/// A window is forgotten in so many steps.
const SLICES: i64 = 60;

impl TripWire {
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        Self { plan, slices: VecDeque::new() }
    }

    /// Records ended. What the window holds, if that touches the wire.
    pub fn note(&mut self, ends: Ends, now_ms: i64) -> Option<Ends> {
        if self.plan.dead_letters == 0 || ends.none() {
            return None;
        }
        let window_ms = i64::try_from(self.plan.window.as_millis()).unwrap_or(i64::MAX);
        let slice = now_ms / (window_ms / SLICES).max(1);
        while self.slices.front().is_some_and(|(at, _)| *at <= slice - SLICES) {
            self.slices.pop_front();
        }
        match self.slices.back_mut().filter(|(at, _)| *at == slice) {
            Some((_, last)) => last.add(ends),
            None => self.slices.push_back((slice, ends)),
        }
        let mut all = Ends::default();
        self.slices.iter().for_each(|(_, ends)| all.add(*ends));
        // far below 2^53
        #[allow(clippy::cast_precision_loss)]
        let share = all.dead as f64 / (all.dead + all.well) as f64;
        (all.dead >= u64::from(self.plan.dead_letters) && share >= self.plan.share).then_some(all)
    }

    /// The stage goes on: what was before is not counted again.
    pub fn clear(&mut self) {
        self.slices.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire() -> TripWire {
        TripWire::new(Plan { dead_letters: 20, share: 0.5, window: Duration::from_secs(60) })
    }

    fn ends(well: u64, dead: u64) -> Ends {
        Ends { well, dead }
    }

    #[test]
    fn many_dead_letters_among_few_good_ends_touch_it() {
        let mut wire = wire();
        assert_eq!(wire.note(ends(0, 19), 0), None);
        assert_eq!(wire.note(ends(20, 0), 100), None);
        assert_eq!(wire.note(ends(0, 1), 200), Some(ends(20, 20)));
    }

    #[test]
    fn as_many_among_more_good_ends_do_not() {
        let mut wire = wire();
        assert_eq!(wire.note(ends(100, 0), 0), None);
        assert_eq!(wire.note(ends(0, 90), 100), None);
        assert_eq!(wire.note(ends(0, 10), 59_000), Some(ends(100, 100)));
    }

    #[test]
    fn what_is_older_than_the_window_counts_no_more() {
        let mut wire = wire();
        assert_eq!(wire.note(ends(0, 19), 0), None);
        assert_eq!(wire.note(ends(0, 1), 60_000), None);
        assert_eq!(wire.note(ends(0, 18), 61_000), None);
        assert_eq!(wire.note(ends(0, 1), 62_000), Some(ends(0, 20)));
    }

    #[test]
    fn after_a_fresh_start_nothing_is_held_against_it() {
        let mut wire = wire();
        assert!(wire.note(ends(0, 20), 0).is_some());
        wire.clear();
        assert_eq!(wire.note(ends(0, 1), 1), None);
    }

    #[test]
    fn without_a_limit_there_is_no_wire() {
        let mut wire = TripWire::new(Plan { dead_letters: 0, ..Plan::default() });
        assert_eq!(wire.note(ends(0, 1_000), 0), None);
    }
}
