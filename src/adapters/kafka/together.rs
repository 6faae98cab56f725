//! Records written together or not at all, under one transactional id and outside of any group: of two who write under the
//! same id, the later one stops the earlier. For the command line. Blocks.

use std::time::Duration;

use super::{client::Settings, log::producer::TransactionalProducer};
use crate::runtime::{
    Outgoing,
    log::{DeliveryFailure, LogError, Produce, ProduceError, Refusal},
    ports::SharedClock,
};

const SLICE: Duration = Duration::from_millis(200);
const STEP: Duration = Duration::from_millis(2);
/// How long one call of the protocol is repeated before it is given up.
const PATIENCE_MS: u64 = 30_000;
/// How often a transaction is begun anew that could not be committed.
const TRIES: u32 = 5;

/// Why nothing, or nothing that is known of, was written.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// Nothing was.
    #[error("another run took over, or this one stood still for too long")]
    TakenOver,
    /// Nothing was, and trying again does not help: the broker refuses one of the records.
    #[error("the broker refuses a record: {0}")]
    Refused(String),
    /// Nothing was, or all of it; whoever reads it back knows.
    #[error("the broker did not take it: {0}")]
    Failed(String),
}

/// A writer of transactions.
pub struct Together {
    producer: TransactionalProducer,
    clock: SharedClock,
}

impl Together {
    /// Returns when no earlier writer under this id can write any more, and what it left open is undone.
    ///
    /// # Errors
    /// The broker does not answer, or refuses the id.
    pub fn open(settings: &Settings, id: &str, clock: SharedClock) -> Result<Self, NotWritten> {
        let until = clock.boot_ms().saturating_add(PATIENCE_MS);
        loop {
            match TransactionalProducer::new(settings, id, &clock, std::sync::Arc::new(|| ())) {
                Ok(producer) => return Ok(Self { producer, clock }),
                Err(LogError::Retriable(_)) if clock.boot_ms() < until => {}
                Err(error) => return Err(NotWritten::Failed(error.to_string())),
            }
        }
    }

    /// Writes all of `records` (physical topic names) in one transaction.
    ///
    /// # Errors
    /// As [`NotWritten`] says.
    pub fn write(&self, records: &[Outgoing]) -> Result<(), NotWritten> {
        let mut reason = String::new();
        for _ in 0..TRIES {
            match self.attempt(records) {
                Ok(()) => return Ok(()),
                Err(Attempt::Again(why)) => reason = why,
                Err(Attempt::Over(error)) => return Err(error),
            }
        }
        Err(NotWritten::Failed(reason))
    }

    fn attempt(&self, records: &[Outgoing]) -> Result<(), Attempt> {
        self.repeated(|| self.producer.begin()).map_err(|error| self.over(error))?;
        let delivered = records.iter().try_for_each(|record| self.produce(record)).and_then(|()| self.delivered());
        if let Err(failure) = delivered {
            self.undo()?;
            return Err(match failure.refusal {
                Refusal::Passing => Attempt::Again(failure.reason),
                Refusal::Topic(topic) => Attempt::Over(NotWritten::Failed(format!("topic {topic} is not there"))),
                Refusal::Record => Attempt::Over(NotWritten::Refused(failure.reason)),
            });
        }
        match self.repeated(|| self.producer.commit(SLICE)) {
            Ok(()) => Ok(()),
            Err(LogError::Abortable(reason)) => {
                self.undo()?;
                Err(Attempt::Again(reason))
            }
            Err(error) => Err(self.over(error)),
        }
    }

    fn undo(&self) -> Result<(), Attempt> {
        self.repeated(|| self.producer.abort(SLICE)).map_err(|error| self.over(error))
    }

    fn produce(&self, record: &Outgoing) -> Result<(), DeliveryFailure> {
        let produce = Produce {
            topic: &record.topic,
            partition: record.partition,
            key: record.key.as_deref(),
            value: record.value.as_deref(),
            headers: &record.headers,
            changelog: false,
        };
        loop {
            match self.producer.produce(produce) {
                Ok(()) => return Ok(()),
                Err(ProduceError::Full) => std::thread::park_timeout(STEP),
                Err(ProduceError::Refused(failure)) => return Err(failure),
                Err(ProduceError::Other(error)) => {
                    return Err(DeliveryFailure { refusal: Refusal::Passing, reason: error.to_string() });
                }
            }
        }
    }

    /// Waits until the broker has all of them: a commit with records in flight costs 100 ms.
    fn delivered(&self) -> Result<(), DeliveryFailure> {
        loop {
            let deliveries = self.producer.deliveries();
            match (deliveries.failed, deliveries.pending) {
                (Some(failure), _) => return Err(failure),
                (None, 0) => return Ok(()),
                // librdkafka ends it at the latest with the transaction's timeout
                (None, _) => std::thread::park_timeout(STEP),
            }
        }
    }

    fn repeated(&self, mut call: impl FnMut() -> Result<(), LogError>) -> Result<(), LogError> {
        let until = self.clock.boot_ms().saturating_add(PATIENCE_MS);
        loop {
            match call() {
                Err(LogError::Retriable(_)) if self.clock.boot_ms() < until => {}
                other => return other,
            }
        }
    }

    fn over(&self, error: LogError) -> Attempt {
        Attempt::Over(match error {
            LogError::Fenced(_) => NotWritten::TakenOver,
            _ if self.producer.is_fenced() => NotWritten::TakenOver,
            LogError::Retriable(reason)
            | LogError::Abortable(reason)
            | LogError::Rebuild(reason)
            | LogError::Missing(reason)
            | LogError::Stop(reason) => NotWritten::Failed(reason),
        })
    }
}

enum Attempt {
    Again(String),
    Over(NotWritten),
}
