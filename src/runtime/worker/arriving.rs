//! Given partitions whose place in the log is not known yet: whom to ask about next, and when. Each is asked about by itself,
//! so one without an answer delays no other. Asks nothing itself.

use std::collections::VecDeque;

/// An unanswered question blocks the loop for its time, so this many times as long belongs to everybody else first.
const BREATH: u64 = 4;
const LEAST_BREATH_MS: u64 = 20;

#[derive(Debug, Default)]
pub(super) struct Arriving {
    /// Not asked about yet.
    fresh: VecDeque<Given>,
    /// Had no answer; the one that waits longest for its next question is first.
    unanswered: VecDeque<Given>,
    /// Since boot: nothing is asked again before.
    again_ms: u64,
    /// The group was not told yet that its assignment is taken.
    untold: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Given {
    pub partition: i32,
    /// Unix ms.
    pub since_ms: i64,
}

impl Arriving {
    /// An assignment, of nothing perhaps.
    pub fn given(&mut self, partitions: &[i32], now: i64) {
        self.untold = true;
        self.fresh.extend(partitions.iter().map(|p| Given { partition: *p, since_ms: now }));
    }

    pub fn taken(&mut self, partitions: &[i32]) {
        let stays = |given: &Given| !partitions.contains(&given.partition);
        self.fresh.retain(stays);
        self.unanswered.retain(stays);
    }

    pub fn len(&self) -> usize {
        self.fresh.len() + self.unanswered.len()
    }

    /// Whom to ask about now.
    pub fn next(&mut self, boot_ms: u64) -> Option<Given> {
        let again = |list: &mut VecDeque<Given>| (boot_ms >= self.again_ms).then(|| list.pop_front()).flatten();
        self.fresh.pop_front().or_else(|| again(&mut self.unanswered))
    }

    /// There was no answer, and that took so long.
    pub fn unanswered(&mut self, given: Given, asked_ms: u64, boot_ms: u64) {
        let took = boot_ms.saturating_sub(asked_ms);
        self.again_ms = boot_ms + (took * BREATH).max(LEAST_BREATH_MS);
        self.unanswered.push_back(given);
    }

    /// Whether the group still has to be told, which is now done.
    pub fn tell(&mut self) -> bool {
        std::mem::take(&mut self.untold)
    }

    /// How long there is nothing to ask; `None` when nobody is left.
    pub fn pause_ms(&self, boot_ms: u64) -> Option<u64> {
        match (self.fresh.is_empty(), self.unanswered.is_empty()) {
            (false, _) => Some(0),
            (true, false) => Some(self.again_ms.saturating_sub(boot_ms)),
            (true, true) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(arriving: &mut Arriving, boot_ms: u64) -> Option<i32> {
        arriving.next(boot_ms).map(|given| given.partition)
    }

    #[test]
    fn one_without_an_answer_lets_the_others_go_first_and_waits_four_times_as_long() {
        let mut arriving = Arriving::default();
        arriving.given(&[0, 1], 7);
        let first = arriving.next(1_000).expect("the first");
        arriving.unanswered(first, 1_000, 1_250);
        assert_eq!(asked(&mut arriving, 1_250), Some(1), "a fresh one need not wait");
        assert_eq!((asked(&mut arriving, 2_249), arriving.pause_ms(2_249)), (None, Some(1)));
        assert_eq!(arriving.next(2_250), Some(first));
        assert_eq!(arriving.pause_ms(2_250), None);
    }

    #[test]
    fn those_without_an_answer_take_turns() {
        let mut arriving = Arriving::default();
        arriving.given(&[0, 1], 7);
        for boot_ms in [0, 0] {
            let given = arriving.next(boot_ms).expect("a fresh one");
            arriving.unanswered(given, boot_ms, boot_ms);
        }
        let again = arriving.next(20).expect("the first");
        arriving.unanswered(again, 20, 20);
        assert_eq!(asked(&mut arriving, 40), Some(1));
    }

    #[test]
    fn what_is_taken_is_not_asked_about_and_the_group_is_told_once() {
        let mut arriving = Arriving::default();
        arriving.given(&[0, 1], 7);
        let given = arriving.next(0).expect("the first");
        arriving.unanswered(given, 0, 0);
        arriving.taken(&[0, 1]);
        assert_eq!(arriving.len(), 0);
        assert!(arriving.tell() && !arriving.tell());
    }
}
