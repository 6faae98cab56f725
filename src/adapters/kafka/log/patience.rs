//! How long a question to the broker may take: partitions at work wait for the answer, so it begins small and grows with
//! every question that had none. Asks nothing.

use std::time::Duration;

use rdkafka::error::KafkaResult;

use crate::{adapters::kafka::errors, runtime::log::LogError};

const LEAST: Duration = Duration::from_millis(250);
const MOST: Duration = Duration::from_secs(2);
/// Offsets that an open transaction holds back have no answer however long one waits.
const MOST_FOR_OFFSETS: Duration = Duration::from_secs(1);

pub(super) struct Patience(Duration);

impl Default for Patience {
    fn default() -> Self {
        Self(LEAST)
    }
}

impl Patience {
    pub fn for_offsets(&self) -> Duration {
        self.0.min(MOST_FOR_OFFSETS)
    }

    pub fn for_bounds(&self) -> Duration {
        self.0
    }

    pub fn learn<T>(&mut self, answer: KafkaResult<T>) -> Result<T, LogError> {
        self.0 = if answer.is_ok() { LEAST } else { (self.0 * 2).min(MOST) };
        answer.map_err(|e| errors::query(&e))
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::error::{KafkaError, RDKafkaErrorCode};

    use super::*;

    #[test]
    fn a_broker_that_does_not_answer_gets_more_time_until_it_does() {
        let mut patience = Patience::default();
        let silence = || Err::<(), _>(KafkaError::OffsetFetch(RDKafkaErrorCode::OperationTimedOut));
        for most in [500, 1_000, 2_000, 2_000] {
            assert!(matches!(patience.learn(silence()), Err(LogError::Retriable(_))));
            assert_eq!(patience.for_bounds(), Duration::from_millis(most));
        }
        assert_eq!(patience.for_offsets(), Duration::from_secs(1));
        patience.learn(Ok(())).expect("an answer");
        assert_eq!(patience.for_bounds(), Duration::from_millis(250));
    }
}
