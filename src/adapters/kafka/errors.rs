//! librdkafka's errors in the runtime's words, by what must be done about them.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use crate::runtime::log::{DeliveryFailure, LogError, Refusal};

/// An error of a transactional call, in librdkafka's own order of tests.
pub(super) fn transaction(error: &KafkaError) -> LogError {
    let text = error.to_string();
    match error {
        KafkaError::Transaction(e) if is_fenced(e.code()) => LogError::Fenced(text),
        KafkaError::Transaction(e) if is_denied(e.code()) => LogError::Stop(text),
        KafkaError::Transaction(e) if e.is_fatal() => LogError::Rebuild(text),
        KafkaError::Transaction(e) if e.txn_requires_abort() => LogError::Abortable(text),
        KafkaError::Transaction(e) if e.is_retriable() => LogError::Retriable(text),
        KafkaError::Flush(_) => LogError::Retriable(text),
        _ => LogError::Rebuild(text),
    }
}

/// An error that polling brings; `None` for those that librdkafka mends by itself.
pub(super) fn consumption(error: &KafkaError) -> Option<LogError> {
    let text = error.to_string();
    match error {
        KafkaError::MessageConsumptionFatal(code) if is_fenced(*code) => Some(LogError::Fenced(text)),
        KafkaError::MessageConsumptionFatal(_) => Some(LogError::Rebuild(text)),
        KafkaError::MessageConsumption(code) if is_denied(*code) => Some(LogError::Stop(text)),
        // the position fell out of the log: the restore counts what was lost and goes on at the log's start
        KafkaError::MessageConsumption(Code::AutoOffsetReset | Code::OffsetOutOfRange) => Some(LogError::Rebuild(text)),
        _ => None,
    }
}

/// Why a client could not be made. librdkafka's own words for a property repeat its value, which may be a secret.
pub(super) fn creation(error: &KafkaError) -> String {
    match error {
        KafkaError::ClientConfig(_, _, property, _) => {
            format!("kafka.properties.{property} is not one librdkafka takes")
        }
        other => other.to_string(),
    }
}

/// An error of a bounded question to the broker: asked again, unless nobody may ask.
pub(super) fn query(error: &KafkaError) -> LogError {
    let text = error.to_string();
    match error.rdkafka_error_code() {
        Some(code) if is_denied(code) => LogError::Stop(text),
        _ => LogError::Retriable(text),
    }
}

pub(super) fn is_fenced(code: Code) -> bool {
    matches!(code, Code::ProducerFenced | Code::InvalidProducerEpoch | Code::Fenced | Code::FencedInstanceId)
}

pub(super) fn is_denied(code: Code) -> bool {
    matches!(
        code,
        Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
            | Code::SaslAuthenticationFailed
            | Code::Authentication
    )
}

/// What was wrong with a record for `topic` that was not taken.
pub(super) fn refusal(error: &KafkaError, topic: &str) -> DeliveryFailure {
    let refusal = match error.rdkafka_error_code() {
        Some(Code::MessageSizeTooLarge | Code::InvalidRecord | Code::InvalidMessage | Code::MessageBatchTooLarge) => {
            Refusal::Record
        }
        Some(Code::UnknownTopic | Code::UnknownPartition | Code::UnknownTopicOrPartition | Code::InvalidTopic) => {
            Refusal::Topic(topic.to_owned())
        }
        _ => Refusal::Passing,
    };
    DeliveryFailure { refusal, reason: format!("{topic}: {error}") }
}
