//! The process's client for questions about topics.

use std::{sync::Arc, time::Duration};

use rdkafka::{
    consumer::{BaseConsumer, Consumer},
    error::RDKafkaErrorCode,
};

use super::super::{client::Settings, errors};
use crate::runtime::log::LogError;

/// Metadata.
pub const QUERY: Duration = Duration::from_secs(2);

/// Asks for watermarks and metadata; one per process is enough.
pub type Surveyor = Arc<BaseConsumer>;

/// Makes the process's watermark client.
///
/// # Errors
/// When the configuration is not one librdkafka takes.
pub fn surveyor(settings: &Settings) -> Result<Surveyor, LogError> {
    settings.surveyor().create().map(Arc::new).map_err(|e| LogError::Stop(errors::creation(&e)))
}

/// How many partitions a topic has; `None` when it does not exist.
///
/// # Errors
/// `Retriable` while the broker does not answer.
pub fn partition_count(surveyor: &Surveyor, topic: &str) -> Result<Option<i32>, LogError> {
    let metadata = surveyor.fetch_metadata(Some(topic), QUERY).map_err(|e| errors::query(&e))?;
    let Some(found) = metadata.topics().iter().find(|t| t.name() == topic) else { return Ok(None) };
    match found.error().map(RDKafkaErrorCode::from) {
        Some(RDKafkaErrorCode::UnknownTopicOrPartition) => Ok(None),
        Some(code) if errors::is_denied(code) => Err(LogError::Stop(format!("topic {topic}: {code}"))),
        Some(code) => Err(LogError::Retriable(format!("topic {topic}: {code}"))),
        None => Ok(Some(i32::try_from(found.partitions().len()).unwrap_or(i32::MAX))),
    }
}
