//! Token buckets per number and per pair, as Meta limits them. Off unless the behaviour sets them.

use std::collections::HashMap;

use super::behaviour::Behaviour;

/// Pairs remembered before idle ones are forgotten.
const MOST_PAIRS: usize = 100_000;

/// The buckets in use.
#[derive(Debug, Default)]
pub struct Rates {
    numbers: HashMap<String, Bucket>,
    pairs: HashMap<(String, String), Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at_ms: i64,
}

impl Rates {
    /// Takes one message's tokens.
    ///
    /// # Errors
    /// Meta's code of the exhausted limit; then nothing is taken.
    pub fn take(&mut self, number: &str, user: &str, behaviour: &Behaviour, now_ms: i64) -> Result<(), i64> {
        if let Some(burst) = behaviour.pair_burst {
            self.forget_idle(behaviour, now_ms);
            let full = Bucket { tokens: f64::from(burst), at_ms: now_ms };
            let bucket = self.pairs.entry((number.to_owned(), user.to_owned())).or_insert(full);
            let per_ms = 1.0 / ms(behaviour.pair_refill_ms.max(1));
            bucket.refill(f64::from(burst), per_ms, now_ms);
            if bucket.tokens < 1.0 {
                return Err(131_056);
            }
        }
        if let Some(rate) = behaviour.per_second {
            let full = Bucket { tokens: f64::from(rate), at_ms: now_ms };
            let bucket = self.numbers.entry(number.to_owned()).or_insert(full);
            bucket.refill(f64::from(rate), f64::from(rate) / 1_000.0, now_ms);
            if bucket.tokens < 1.0 {
                return Err(130_429);
            }
            bucket.tokens -= 1.0;
        }
        if let Some(bucket) = self.pairs.get_mut(&(number.to_owned(), user.to_owned())) {
            bucket.tokens -= 1.0;
        }
        Ok(())
    }

    /// A bucket that is full again says nothing.
    fn forget_idle(&mut self, behaviour: &Behaviour, now_ms: i64) {
        if self.pairs.len() >= MOST_PAIRS {
            let burst = u64::from(behaviour.pair_burst.unwrap_or_default());
            let full_after = i64::try_from(burst.saturating_mul(behaviour.pair_refill_ms)).unwrap_or(i64::MAX);
            self.pairs.retain(|_, bucket| now_ms - bucket.at_ms < full_after);
        }
    }
}

impl Bucket {
    fn refill(&mut self, most: f64, per_ms: f64, now_ms: i64) {
        let passed = u64::try_from(now_ms - self.at_ms).unwrap_or(0);
        self.tokens = (self.tokens + ms(passed) * per_ms).min(most);
        self.at_ms = now_ms;
    }
}

/// Milliseconds as a float; u32 holds seven weeks of them.
fn ms(value: u64) -> f64 {
    f64::from(u32::try_from(value).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_limited_after_its_burst_and_refills() {
        let behaviour = Behaviour { pair_burst: Some(2), pair_refill_ms: 6_000, ..Behaviour::default() };
        let mut rates = Rates::default();
        let mut take = |user, at| rates.take("7", user, &behaviour, at);
        assert_eq!([take("a", 0), take("a", 0), take("a", 0)], [Ok(()), Ok(()), Err(131_056)]);
        assert_eq!(take("b", 0), Ok(()));
        assert_eq!([take("a", 6_000), take("a", 6_000)], [Ok(()), Err(131_056)]);
    }

    #[test]
    fn a_number_is_limited_per_second() {
        let behaviour = Behaviour { per_second: Some(2), ..Behaviour::default() };
        let mut rates = Rates::default();
        let mut take = |user, at| rates.take("7", user, &behaviour, at);
        assert_eq!([take("a", 0), take("b", 0), take("c", 0)], [Ok(()), Ok(()), Err(130_429)]);
        assert_eq!(take("c", 500), Ok(()));
    }
}
