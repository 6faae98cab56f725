//! How fast one business number may send: a bucket of tokens that are taken ahead of their time, and that can be told to
//! pause. Reads no clock and remembers no command; times are milliseconds since boot.

/// A token that was taken ahead: the moment at which its holder may go (microseconds since boot).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot(u64);

/// When the next request may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// A token is taken: wait this long, then go.
    In { wait_ms: u64 },
    /// A token is taken for later than the caller's patience reaches: come again after this long, with the slot.
    Later { wait_ms: u64, slot: Slot },
    /// No token is of use to the caller any more, so none is taken.
    TooLate,
}

/// How long a slot is kept for a holder that is late. Long enough for a worker that is busy, and short enough that a
/// process which stood still does not send everything it missed at once.
const LATE_US: u64 = 10_000_000;

/// The tokens of one number, kept as the moment at which the bucket is full again (microseconds, so that no rate drifts).
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Between two tokens.
    interval_us: u64,
    /// How long a burst may run ahead of the rate.
    ahead_us: u64,
    full_at_us: u64,
    paused_until_us: u64,
}

impl Bucket {
    /// A full bucket that holds one second's tokens. Meta counts 80 messages a second per number unless it granted more; a
    /// rate of 0 becomes 1.
    #[must_use]
    pub fn new(per_second: u32) -> Self {
        let per_second = u64::from(per_second.max(1));
        let interval_us = 1_000_000 / per_second;
        Self { interval_us, ahead_us: interval_us * (per_second - 1), full_at_us: 0, paused_until_us: 0 }
    }

    /// The turn of a caller that holds `booked` from an earlier one, or else gets the next token. It waits up to
    /// `patience_ms` where it is, and has `left_ms` until it need not go any more.
    pub fn turn(&mut self, now_ms: u64, booked: Option<Slot>, patience_ms: u64, left_ms: u64) -> Turn {
        let now_us = now_ms.saturating_mul(1_000);
        let booked = booked.filter(|slot| self.stands(*slot, now_ms));
        let full_at_us = self.full_at_us.max(now_us);
        let slot = booked.unwrap_or(Slot(full_at_us.saturating_sub(self.ahead_us)));
        let wait_ms = slot.0.saturating_sub(now_us).div_ceil(1_000);
        if wait_ms >= left_ms {
            return Turn::TooLate;
        }
        if booked.is_none() {
            self.full_at_us = full_at_us.saturating_add(self.interval_us);
        }
        if wait_ms > patience_ms { Turn::Later { wait_ms, slot } } else { Turn::In { wait_ms } }
    }

    /// Whether a slot is still its holder's: not when a pause reached beyond it, nor when it is long past.
    #[must_use]
    pub fn stands(&self, slot: Slot, now_ms: u64) -> bool {
        slot.0 >= self.paused_until_us && now_ms.saturating_mul(1_000) <= slot.0.saturating_add(LATE_US)
    }

    /// Meta said that the number is too fast: nobody goes for this long, and then without a burst.
    pub fn pause(&mut self, now_ms: u64, wait_ms: u64) {
        let until_us = now_ms.saturating_add(wait_ms).saturating_mul(1_000);
        self.paused_until_us = self.paused_until_us.max(until_us);
        self.full_at_us = self.full_at_us.max(until_us.saturating_add(self.ahead_us));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Turn = Turn::In { wait_ms: 0 };
    const EVER: u64 = u64::MAX;

    fn take(bucket: &mut Bucket, now_ms: u64, patience_ms: u64) -> Turn {
        bucket.turn(now_ms, None, patience_ms, EVER)
    }

    fn booked(turn: Turn) -> (u64, Slot) {
        match turn {
            Turn::Later { wait_ms, slot } => (wait_ms, slot),
            Turn::In { .. } | Turn::TooLate => panic!("not for later: {turn:?}"),
        }
    }

    #[test]
    fn a_burst_goes_at_once_and_the_rest_in_turn() {
        let mut bucket = Bucket::new(2);
        assert_eq!([take(&mut bucket, 0, 5_000), take(&mut bucket, 0, 5_000)], [NOW, NOW]);
        assert_eq!(take(&mut bucket, 0, 5_000), Turn::In { wait_ms: 500 });
        assert_eq!(take(&mut bucket, 0, 5_000), Turn::In { wait_ms: 1_000 });
        assert_eq!(take(&mut bucket, 600, 5_000), Turn::In { wait_ms: 900 });
    }

    #[test]
    fn a_full_bucket_does_not_overflow() {
        let mut bucket = Bucket::new(1);
        assert_eq!(take(&mut bucket, 3_600_000, 0), NOW);
        assert_eq!(booked(take(&mut bucket, 3_600_000, 0)).0, 1_000);
    }

    #[test]
    fn a_token_beyond_patience_is_kept_for_its_holder() {
        let mut bucket = Bucket::new(1);
        assert_eq!(take(&mut bucket, 0, 100), NOW);
        let (wait_ms, slot) = booked(take(&mut bucket, 0, 100));
        assert_eq!(wait_ms, 1_000);
        assert_eq!(booked(take(&mut bucket, 0, 100)).0, 2_000, "the next one is another's");
        assert_eq!(booked(bucket.turn(300, Some(slot), 100, EVER)), (700, slot), "woken early, it keeps its own");
        assert_eq!(bucket.turn(950, Some(slot), 100, EVER), Turn::In { wait_ms: 50 });
        assert_eq!(booked(take(&mut bucket, 950, 100)).0, 2_050, "nothing more was taken");
    }

    #[test]
    fn a_thousand_go_one_after_another_in_at_most_two_turns() {
        let mut bucket = Bucket::new(80);
        let turns: Vec<Turn> = (0..1_000).map(|_| take(&mut bucket, 0, 900)).collect();
        let waits: Vec<u64> = turns
            .iter()
            .map(|turn| match turn {
                Turn::In { wait_ms } | Turn::Later { wait_ms, .. } => *wait_ms,
                Turn::TooLate => panic!("nobody is in a hurry"),
            })
            .collect();
        assert!(waits[..80].iter().all(|wait| *wait == 0), "one second's burst");
        assert!(waits[79..].windows(2).all(|pair| pair[0] < pair[1]), "{waits:?}");
        assert_eq!(waits[999], 11_500);
        for turn in turns {
            if let Turn::Later { wait_ms, slot } = turn {
                assert_eq!(bucket.turn(wait_ms, Some(slot), 0, EVER), NOW);
            }
        }
    }

    #[test]
    fn a_holder_that_is_too_late_queues_again() {
        let mut bucket = Bucket::new(1);
        take(&mut bucket, 0, 0);
        let (_, slot) = booked(take(&mut bucket, 0, 0));
        assert_eq!(bucket.turn(11_000, Some(slot), 0, EVER), NOW);
        let second = take(&mut bucket, 11_000, 0);
        assert_eq!(second, NOW, "the token was its own, and the bucket had filled again");
        assert_eq!(bucket.turn(11_001, Some(slot), 0, EVER), Turn::Later { wait_ms: 999, slot: Slot(12_000_000) });
    }

    #[test]
    fn who_has_no_time_left_takes_no_token() {
        let mut bucket = Bucket::new(1);
        take(&mut bucket, 0, 0);
        assert_eq!(bucket.turn(0, None, 5_000, 1_000), Turn::TooLate);
        assert_eq!(bucket.turn(0, None, 5_000, 1_001), Turn::In { wait_ms: 1_000 });
    }

    #[test]
    fn a_pause_holds_everybody_and_leaves_no_burst() {
        let mut bucket = Bucket::new(2);
        bucket.pause(0, 10_000);
        assert_eq!(booked(take(&mut bucket, 1_000, 500)).0, 9_000);
        assert_eq!(booked(take(&mut bucket, 10_000, 0)).0, 500);
    }

    #[test]
    fn a_pause_makes_earlier_slots_void_and_keeps_those_behind_it() {
        let mut bucket = Bucket::new(1);
        take(&mut bucket, 0, 0);
        let slots: Vec<Slot> = (0..3).map(|_| booked(take(&mut bucket, 0, 0)).1).collect();
        bucket.pause(500, 2_000);
        assert_eq!(slots.iter().map(|slot| bucket.stands(*slot, 500)).collect::<Vec<_>>(), [false, false, true]);
        let (wait_ms, moved) = booked(bucket.turn(1_000, Some(slots[0]), 0, EVER));
        assert_eq!(wait_ms, 3_000, "behind those who still stand");
        assert!(bucket.stands(moved, 1_000));
        assert_eq!(bucket.turn(3_000, Some(slots[2]), 0, EVER), NOW);
    }
}
