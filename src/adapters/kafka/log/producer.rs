//! The transactional producer: deliveries counted as they are acknowledged, so that a commit never has to flush (which
//! costs a flat 100 ms while records are in flight).

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use rdkafka::{
    ClientContext, Message as _, TopicPartitionList,
    consumer::ConsumerGroupMetadata,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode as Code},
    message::DeliveryResult,
    producer::{NoCustomPartitioner, Producer, ProducerContext, ThreadedProducer},
};

use super::watched::{Call, Watched};
use crate::{
    adapters::kafka::{client::Settings, errors, records},
    runtime::{
        log::{Deliveries, DeliveryFailure, LogError, Produce, ProduceError, Refusal, Waker},
        ports::SharedClock,
    },
};

/// How long `init_transactions` may take in one slice.
const INIT: Duration = Duration::from_secs(5);

/// One try of sending offsets, as librdkafka is asked for it.
const OFFSETS: Duration = Duration::from_secs(2);
/// While the group's coordinator is gone from the cluster's metadata, sending offsets ignores its timeout and returns when
/// some other broker comes or goes, which may be never (confluentinc/librdkafka#5456 and #5511): after this the client is
/// given up.
const OFFSETS_LIMIT: Duration = Duration::from_secs(5);

pub(in crate::adapters::kafka) struct TransactionalProducer {
    id: String,
    producer: ThreadedProducer<Counting>,
    acks: Arc<Acks>,
    offsets: Watched<(TopicPartitionList, ConsumerGroupMetadata), KafkaResult<()>>,
}

/// How the open transaction's records fare.
#[derive(Default)]
struct Acks {
    pending: AtomicUsize,
    /// Milliseconds since boot; 0 = none yet.
    first_ms: AtomicU64,
    failed: Mutex<Option<DeliveryFailure>>,
    /// Of changelog records: topic, partition, one past the last acknowledged offset. Few at a time.
    written: Mutex<Vec<(String, i32, i64)>>,
}

impl Acks {
    fn wrote(&self, topic: &str, partition: i32, next: i64) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        match written.iter_mut().find(|(t, p, _)| t == topic && *p == partition) {
            Some((.., last)) => *last = (*last).max(next),
            None => written.push((topic.to_owned(), partition, next)),
        }
    }
}

/// What a record carries to its delivery: whether [`Acks::written`] wants its offset.
const PLAIN: usize = 0;
const CHANGELOG: usize = 1;

struct Counting {
    acks: Arc<Acks>,
    clock: SharedClock,
    waker: Waker,
}

impl ClientContext for Counting {}

impl ProducerContext<NoCustomPartitioner> for Counting {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, kind: usize) {
        // a broker that had the record already may not say where
        if let Ok(message) = result
            && kind == CHANGELOG
            && message.offset() >= 0
        {
            self.acks.wrote(message.topic(), message.partition(), message.offset() + 1);
        }
        match result {
            // one clock reading a transaction, not one a record
            Ok(_) if self.acks.first_ms.load(Ordering::SeqCst) > 0 => {}
            Ok(_) => {
                let now = self.clock.boot_ms();
                let _ = self.acks.first_ms.compare_exchange(0, now, Ordering::SeqCst, Ordering::SeqCst);
            }
            Err((error, message)) => {
                let failure = errors::refusal(error, message.topic());
                let mut failed = self.acks.failed.lock().unwrap_or_else(PoisonError::into_inner);
                // the record that is refused says more than the ones that fall with it
                if failed.as_ref().is_none_or(|f| f.refusal == Refusal::Passing) {
                    *failed = Some(failure);
                }
            }
        }
        if self.acks.pending.fetch_sub(1, Ordering::SeqCst) == 1 {
            (self.waker)();
        }
    }
}

impl TransactionalProducer {
    pub fn new(settings: &Settings, id: &str, clock: &SharedClock, waker: Waker) -> Result<Self, LogError> {
        let acks = Arc::new(Acks::default());
        let context = Counting { acks: acks.clone(), clock: clock.clone(), waker };
        let producer: ThreadedProducer<Counting> = settings
            .transactional(id)
            .create_with_context(context)
            .map_err(|e| LogError::Stop(errors::creation(&e)))?;
        let sending = producer.clone();
        let send = move |(offsets, group)| sending.send_offsets_to_transaction(&offsets, &group, OFFSETS);
        let offsets =
            Watched::new("kafka-offsets", OFFSETS_LIMIT, send).map_err(|e| LogError::Rebuild(e.to_string()))?;
        let made = Self { id: id.to_owned(), producer, acks, offsets };
        made.producer.init_transactions(INIT).map_err(|e| made.judge(&e))?;
        Ok(made)
    }

    /// Somebody else has the id now: nothing of this one will be taken any more.
    pub fn is_fenced(&self) -> bool {
        self.producer.client().fatal_error().is_some_and(|(code, _)| errors::is_fenced(code))
    }

    pub fn begin(&self) -> Result<(), LogError> {
        self.reset();
        self.producer.begin_transaction().map_err(|e| self.judge(&e))
    }

    /// Whoever shares the id is found by it.
    fn judge(&self, error: &KafkaError) -> LogError {
        match errors::transaction(error) {
            LogError::Fenced(reason) => LogError::Fenced(format!("transactional id {}: {reason}", self.id)),
            other => other,
        }
    }

    fn reset(&self) {
        self.acks.first_ms.store(0, Ordering::SeqCst);
        self.acks.written.lock().unwrap_or_else(PoisonError::into_inner).clear();
        *self.acks.failed.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub fn produce(&self, record: Produce<'_>) -> Result<(), ProduceError> {
        self.acks.pending.fetch_add(1, Ordering::SeqCst);
        let kind = if record.changelog { CHANGELOG } else { PLAIN };
        let Err((error, _)) = self.producer.send(records::outgoing(&record, kind)) else { return Ok(()) };
        self.acks.pending.fetch_sub(1, Ordering::SeqCst);
        if error.rdkafka_error_code() == Some(Code::QueueFull) {
            return Err(ProduceError::Full);
        }
        Err(match errors::refusal(&error, record.topic) {
            DeliveryFailure { refusal: Refusal::Passing, .. } => ProduceError::Other(self.not_taken(&error)),
            failure => ProduceError::Refused(failure),
        })
    }

    /// A produce call fails when the transaction is already broken: dead, or to be aborted.
    fn not_taken(&self, error: &KafkaError) -> LogError {
        match self.producer.client().fatal_error() {
            Some((_, reason)) => LogError::Rebuild(reason),
            None => LogError::Abortable(error.to_string()),
        }
    }

    pub fn deliveries(&self) -> Deliveries {
        let first = self.acks.first_ms.load(Ordering::SeqCst);
        Deliveries {
            pending: self.acks.pending.load(Ordering::SeqCst),
            first_ack_ms: (first > 0).then_some(first),
            failed: self.acks.failed.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// See `Log::written`.
    pub fn written(&self, topic: &str, partition: i32) -> Option<i64> {
        let written = self.acks.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.iter().find(|(t, p, _)| t == topic && *p == partition).map(|(.., next)| *next)
    }

    pub fn send_offsets(&mut self, offsets: TopicPartitionList, group: ConsumerGroupMetadata) -> Result<(), LogError> {
        match self.offsets.call((offsets, group), OFFSETS) {
            Call::Done(answer) => answer.map_err(|e| self.judge(&e)),
            Call::UnderWay => Err(LogError::Retriable("the offsets are still being sent".to_owned())),
            Call::Hung => Err(LogError::Rebuild("sending offsets does not return: the coordinator is gone".to_owned())),
        }
    }

    pub fn commit(&self, slice: Duration) -> Result<(), LogError> {
        self.producer.commit_transaction(slice).map_err(|e| self.judge(&e))
    }

    pub fn abort(&self, slice: Duration) -> Result<(), LogError> {
        self.producer.abort_transaction(slice).map_err(|e| self.judge(&e))
    }
}
