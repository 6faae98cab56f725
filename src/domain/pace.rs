//! How fast one business number may send: a bucket of tokens that can be told to pause. Reads no clock; times are
//! milliseconds since boot.

/// When the next request may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// A token is taken: wait this long, then go.
    In { wait_ms: u64 },
    /// No token within the caller's patience, none is taken: come again after this long.
    Later { wait_ms: u64 },
}

/// The tokens of one number, kept as the moment at which the bucket is full again (microseconds, so that no rate drifts).
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Between two tokens.
    interval_us: u64,
    /// How long a burst may run ahead of the rate.
    ahead_us: u64,
    full_at_us: u64,
}

impl Bucket {
    /// A full bucket that holds one second's tokens. Meta counts 80 messages a second per number unless it granted more; a
    /// rate of 0 becomes 1.
    #[must_use]
    pub fn new(per_second: u32) -> Self {
        let per_second = u64::from(per_second.max(1));
        let interval_us = 1_000_000 / per_second;
        Self { interval_us, ahead_us: interval_us * (per_second - 1), full_at_us: 0 }
    }

    /// Takes a token, ahead of time if need be, unless the wait for it exceeds `patience_ms`.
    pub fn take(&mut self, now_ms: u64, patience_ms: u64) -> Turn {
        let now_us = now_ms.saturating_mul(1_000);
        let full_at_us = self.full_at_us.max(now_us);
        let wait_ms = full_at_us.saturating_sub(self.ahead_us).saturating_sub(now_us).div_ceil(1_000);
        if wait_ms > patience_ms {
            return Turn::Later { wait_ms };
        }
        self.full_at_us = full_at_us.saturating_add(self.interval_us);
        Turn::In { wait_ms }
    }

    /// Meta said that the number is too fast: nobody goes for this long, and then without a burst.
    pub fn pause(&mut self, now_ms: u64, wait_ms: u64) {
        let until_us = now_ms.saturating_add(wait_ms).saturating_mul(1_000);
        self.full_at_us = self.full_at_us.max(until_us.saturating_add(self.ahead_us));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Turn = Turn::In { wait_ms: 0 };

    #[test]
    fn a_burst_goes_at_once_and_the_rest_in_turn() {
        let mut bucket = Bucket::new(2);
        assert_eq!([bucket.take(0, 5_000), bucket.take(0, 5_000)], [NOW, NOW]);
        assert_eq!(bucket.take(0, 5_000), Turn::In { wait_ms: 500 });
        assert_eq!(bucket.take(0, 5_000), Turn::In { wait_ms: 1_000 });
        assert_eq!(bucket.take(600, 5_000), Turn::In { wait_ms: 900 });
    }

    #[test]
    fn beyond_patience_no_token_is_taken() {
        let mut bucket = Bucket::new(1);
        assert_eq!(bucket.take(0, 100), NOW);
        assert_eq!(bucket.take(0, 100), Turn::Later { wait_ms: 1_000 });
        assert_eq!(bucket.take(950, 100), Turn::In { wait_ms: 50 });
    }

    #[test]
    fn a_full_bucket_does_not_overflow() {
        let mut bucket = Bucket::new(1);
        assert_eq!(bucket.take(3_600_000, 0), NOW);
        assert_eq!(bucket.take(3_600_000, 0), Turn::Later { wait_ms: 1_000 });
    }

    #[test]
    fn a_pause_holds_everybody_and_leaves_no_burst() {
        let mut bucket = Bucket::new(2);
        bucket.pause(0, 10_000);
        assert_eq!(bucket.take(1_000, 500), Turn::Later { wait_ms: 9_000 });
        assert_eq!(bucket.take(10_000, 0), NOW);
        assert_eq!(bucket.take(10_000, 0), Turn::Later { wait_ms: 500 });
    }
}
