//! Records published outside of any transaction: what the receiver takes from Meta and what `send` publishes. Each call
//! resolves when every record is acknowledged by all in-sync replicas.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, TryFutureExt, future::BoxFuture};
use rdkafka::{
    ClientContext,
    error::KafkaError,
    message::DeliveryResult,
    producer::{NoCustomPartitioner, ProducerContext, ThreadedProducer},
};
use tokio::sync::oneshot;

use super::{client::Settings, errors, records};
use crate::{
    http::ports::{RawSink, SinkUnavailable},
    runtime::{Outgoing, log::Produce, topics::Directory},
};

/// Kafka did not take a record in time.
#[derive(Debug, thiserror::Error)]
#[error("the broker did not take the record: {0}")]
pub struct NotTaken(pub String);

/// An idempotent producer with acks=all.
#[derive(Clone)]
pub struct Sink {
    producer: ThreadedProducer<Answering>,
    directory: Arc<dyn Directory>,
}

#[derive(Clone, Copy)]
struct Answering;

impl ClientContext for Answering {}

impl ProducerContext<NoCustomPartitioner> for Answering {
    type DeliveryOpaque = Box<oneshot::Sender<Result<(), KafkaError>>>;

    fn delivery(&self, result: &DeliveryResult<'_>, answer: Self::DeliveryOpaque) {
        let result = result.as_ref().map(|_| ()).map_err(|(error, _)| error.clone());
        // a caller that gave up does not want to know
        let _ = answer.send(result);
    }
}

impl Sink {
    /// `delivery`: how long a record may wait for its acknowledgements.
    ///
    /// # Errors
    /// When the configuration is not one librdkafka takes.
    pub fn new(settings: &Settings, directory: Arc<dyn Directory>, delivery: Duration) -> Result<Self, NotTaken> {
        let mut config = settings.plain(delivery);
        config.set("linger.ms", "0");
        let producer = config.create_with_context(Answering).map_err(|e| NotTaken(errors::creation(&e)))?;
        Ok(Self { producer, directory })
    }

    /// Publishes all of `records`.
    pub fn publish(&self, records: Vec<Outgoing>) -> BoxFuture<'static, Result<(), NotTaken>> {
        let answers: Vec<_> = records.iter().map(|record| self.send(record)).collect();
        async move {
            for answer in answers {
                answer?.await.map_err(|_| NotTaken("the producer is gone".to_owned()))?.map_err(|e| not_taken(&e))?;
            }
            Ok(())
        }
        .boxed()
    }

    fn send(&self, record: &Outgoing) -> Result<oneshot::Receiver<Result<(), KafkaError>>, NotTaken> {
        let (answer, receiver) = oneshot::channel();
        let topic = self.directory.physical(&record.topic);
        let produce = Produce {
            topic: &topic,
            partition: record.partition,
            key: record.key.as_deref(),
            value: record.value.as_deref(),
            headers: &record.headers,
            changelog: false,
        };
        self.producer.send(records::outgoing(&produce, Box::new(answer))).map_err(|(e, _)| not_taken(&e))?;
        Ok(receiver)
    }
}

fn not_taken(error: &KafkaError) -> NotTaken {
    NotTaken(error.to_string())
}

impl RawSink for Sink {
    fn publish(&self, records: Vec<Outgoing>) -> BoxFuture<'_, Result<(), SinkUnavailable>> {
        Sink::publish(self, records).map_err(|e| SinkUnavailable(e.to_string())).boxed()
    }
}
