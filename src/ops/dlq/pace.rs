//! How fast letters are replayed. Waits for nobody itself.

use std::{str::FromStr, time::Duration};

/// Letters per time: `50/s`, `30/m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Between two letters.
    every: Duration,
}

impl Rate {
    /// How long after the beginning the letter number `n`, counted from 0, is due.
    #[must_use]
    pub fn due(self, n: u32) -> Duration {
        self.every.saturating_mul(n)
    }
}

impl FromStr for Rate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SHAPE: &str = "write letters per second (50/s) or per minute (30/m)";
        let (number, unit) = text.split_once('/').unwrap_or((text, "s"));
        let per = match unit {
            "s" => Duration::from_secs(1),
            "m" => Duration::from_secs(60),
            _ => return Err(SHAPE),
        };
        let number: u32 = number.parse().ok().filter(|number| *number > 0).ok_or(SHAPE)?;
        Ok(Self { every: per / number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_says_when_each_letter_is_due() {
        let due = |rate: &str, n| rate.parse::<Rate>().expect("a rate").due(n).as_millis();
        assert_eq!((due("50/s", 0), due("50/s", 1), due("50", 100)), (0, 20, 2_000));
        assert_eq!(due("30/m", 3), 6_000);
        for bad in ["", "0", "0/s", "5/h", "-1/s", "fast", "1.5/s"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }
}
