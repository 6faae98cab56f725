//! What an operator can set about the sender, checked. Reads no file and no environment.

use crate::domain::ledger::{Timing, WaitTooShort};

/// The sender's settings; see [`Settings::new`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub(super) timing: Timing,
    pub(super) messages_per_second: u32,
    pub(super) question_patience_ms: u64,
}

/// Settings as an operator writes them. The defaults are the product's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Values {
    /// A request leaves within this time of its intent, or not under it.
    pub intent_valid_ms: u64,
    /// The longest a call to Meta may take in total.
    pub request_timeout_ms: u64,
    /// How long a sign of a doubtful send is waited for.
    pub in_doubt_wait_ms: u64,
    /// How long Meta usually takes from a request to its first status.
    pub status_delay_ms: u64,
    /// Messages per second and business number; Meta allows 80 unless it granted more.
    pub messages_per_second: u32,
    /// How long that question waits for its answers before it is asked again.
    pub question_patience_ms: u64,
}

impl Default for Values {
    fn default() -> Self {
        Self {
            intent_valid_ms: 10_000,
            request_timeout_ms: 30_000,
            in_doubt_wait_ms: 120_000,
            status_delay_ms: 50_000,
            messages_per_second: 80,
            question_patience_ms: 5_000,
        }
    }
}

impl Settings {
    /// # Errors
    /// [`WaitTooShort`] when a command could be sent again before a sign of its first request must have been seen.
    pub fn new(values: Values) -> Result<Self, WaitTooShort> {
        let timing = Timing::new(
            values.intent_valid_ms,
            values.request_timeout_ms,
            values.in_doubt_wait_ms,
            values.status_delay_ms,
        )?;
        Ok(Self {
            timing,
            messages_per_second: values.messages_per_second,
            question_patience_ms: values.question_patience_ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_keep_the_promise() {
        assert!(Settings::new(Values::default()).is_ok());
    }

    #[test]
    fn a_wait_that_is_too_short_is_refused_with_the_least_that_is_not() {
        let refused = Settings::new(Values { in_doubt_wait_ms: 90_000, ..Values::default() });
        let error = refused.unwrap_err();
        assert!(error.to_string().contains("90000 ms"), "{error}");
    }
}
