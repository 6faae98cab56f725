//! The log as the worker sees it: one subscribed input, other topics assigned by hand, one transactional producer. All
//! calls come from the worker's thread. Implemented over Kafka in `adapters::kafka`, in memory in `runtime::memory`.

use std::sync::Arc;

use super::record::Record;

/// What polling brings.
#[derive(Debug)]
pub enum Event {
    /// A record of the subscribed input.
    Record(Record),
    /// Partitions are given; nothing arrives before [`Log::assign`].
    Assigned(Vec<i32>),
    /// Partitions are taken; the group waits for [`Log::unassign`]. `lost`: they already belong to somebody else.
    Revoked { partitions: Vec<i32>, lost: bool },
}

/// What is wrong with the log, by what must be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// Call the same function again.
    #[error("not yet: {0}")]
    Retriable(String),
    /// Abort the transaction and publish the same units again.
    #[error("the transaction must be aborted: {0}")]
    Abortable(String),
    /// Producer or consumer are dead: drop everything, rejoin, restore.
    #[error("the client must be rebuilt: {0}")]
    Rebuild(String),
    /// Another live worker uses the same transactional id.
    #[error("fenced: {0}")]
    Fenced(String),
    /// A topic that was there is not: looked for once more, and then a person must act.
    #[error("topic {0} is gone")]
    Missing(String),
    /// A person must act: topic missing, not authorised, partition counts changed.
    #[error("{0}")]
    Stop(String),
}

/// A record on its way out, by physical topic name.
#[derive(Debug, Clone, Copy)]
pub struct Produce<'a> {
    pub topic: &'a str,
    pub partition: Option<i32>,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    pub headers: &'a super::Headers,
}

/// Why a record could not be handed to the producer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProduceError {
    /// The local queue is full: again in a moment.
    Full,
    /// It will not be taken as it is.
    Refused(DeliveryFailure),
    Other(LogError),
}

/// How the open transaction's records fare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deliveries {
    pub pending: usize,
    /// Milliseconds since boot of the first acknowledgement.
    pub first_ack_ms: Option<u64>,
    pub failed: Option<DeliveryFailure>,
}

/// A record the broker did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryFailure {
    pub refusal: Refusal,
    pub reason: String,
}

/// What was wrong with a record that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing: trying again can help.
    Passing,
    /// Its topic (physical name) or partition is not there.
    Topic(String),
    /// Itself: trying again cannot help.
    Record,
}

/// Lets others wake the worker's thread.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// Position `offset` in `partition` of `topic` (physical name).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    pub topic: Arc<str>,
    pub partition: i32,
    pub offset: i64,
}

/// A consumer group member with one input and a transactional producer.
pub trait Log: Sized {
    /// Appends up to `max` events of the input; never blocks.
    ///
    /// # Errors
    /// When the client is dead or not allowed.
    fn poll(&mut self, max: usize, events: &mut Vec<Event>) -> Result<(), LogError>;
    /// Appends up to `max` records of the topics assigned by hand; never blocks.
    ///
    /// # Errors
    /// When the client is dead or not allowed.
    fn poll_followed(&mut self, max: usize, records: &mut Vec<Record>) -> Result<(), LogError>;

    /// How many partitions a topic has; `None` when it does not exist.
    ///
    /// # Errors
    /// When the broker does not answer.
    fn partitions(&mut self, topic: &str) -> Result<Option<i32>, LogError>;
    /// The group's committed offsets, stable (waits out an old owner's open transaction, one bounded slice a call).
    ///
    /// # Errors
    /// `Retriable` while there is no stable answer.
    fn committed(&mut self, of: &[(Arc<str>, i32)]) -> Result<Vec<Option<i64>>, LogError>;
    /// Log start and high watermark, open transactions included.
    ///
    /// # Errors
    /// `Retriable` while the broker does not answer.
    fn bounds(&mut self, topic: &str, partition: i32) -> Result<(i64, i64), LogError>;

    /// Takes given input partitions, some or all or none of them: they start at these offsets, paused. The first call after
    /// an [`Event::Assigned`] lets the group go on.
    ///
    /// # Errors
    /// When the assignment is not valid any more.
    fn assign(&mut self, at: &[(i32, i64)]) -> Result<(), LogError>;
    /// Completes [`Event::Revoked`], also of partitions that were never taken.
    fn unassign(&mut self, partitions: &[i32]);
    fn pause(&mut self, partitions: &[i32]);
    fn resume(&mut self, partitions: &[i32]);
    /// Starts reading these besides the input.
    ///
    /// # Errors
    /// When the client is dead.
    fn follow(&mut self, at: &[At]) -> Result<(), LogError>;
    fn unfollow(&mut self, of: &[(Arc<str>, i32)]);
    /// The next offset of a followed partition, markers counted; `None` before anything was read.
    fn position(&mut self, topic: &str, partition: i32) -> Option<i64>;
    /// The next offset of an input partition, markers counted.
    fn input_position(&mut self, partition: i32) -> Option<i64>;

    /// # Errors
    /// As [`LogError`] says.
    fn begin(&mut self) -> Result<(), LogError>;
    /// # Errors
    /// As [`ProduceError`] says.
    fn produce(&mut self, record: Produce<'_>) -> Result<(), ProduceError>;
    fn deliveries(&mut self) -> Deliveries;
    /// The offsets, fenced by the group's present generation.
    ///
    /// # Errors
    /// As [`LogError`] says.
    fn send_offsets(&mut self, at: &[At]) -> Result<(), LogError>;
    /// # Errors
    /// As [`LogError`] says.
    fn commit(&mut self) -> Result<(), LogError>;
    /// # Errors
    /// As [`LogError`] says.
    fn abort(&mut self) -> Result<(), LogError>;
    /// Leaves the group, within `patience_ms`.
    fn close(self, patience_ms: u64);
}
