//! What the receiver needs of the world: a log that acknowledges. Implemented in `adapters`, and by hand in tests.

use futures::future::BoxFuture;

use crate::runtime::Outgoing;

/// Takes raw records for good.
pub trait RawSink: Send + Sync + 'static {
    /// Resolves once every record is acknowledged by all in-sync replicas. Dropping the future takes nothing back: records
    /// may still be written, and Meta's redelivery of them is recognised by ingress.
    fn publish(&self, records: Vec<Outgoing>) -> BoxFuture<'_, Result<(), SinkUnavailable>>;
}

/// At least one record was not acknowledged.
#[derive(Debug, thiserror::Error)]
#[error("the raw records were not acknowledged: {0}")]
pub struct SinkUnavailable(pub String);
