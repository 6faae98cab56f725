//! The control topic, read by every process from its beginning: no group, committed records only. Keeps the shared table as
//! the topic says; what a word of it means is the runtime's.

use std::time::{Duration, Instant};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
};
use tokio_util::sync::CancellationToken;

use super::{
    client::Settings,
    errors,
    log::{QUERY, Surveyor, partition_count, position},
};
use crate::runtime::{
    controls::{Controls, Table},
    log::LogError,
};

/// One wait for a record; shutdown is noticed within it.
const POLL: Duration = Duration::from_millis(100);
/// Before the topic is tried again.
const REST: Duration = Duration::from_millis(500);
/// It is read anew now and then: brokers forget tombstones after a day, and a reader that was cut off for longer would keep what
/// was taken back.
const ANEW: Duration = Duration::from_secs(3_600);

/// Reads the topic (physical name) into `controls` until shutdown. Blocks; a broker that is away leaves what is known in force.
pub fn follow(
    settings: &Settings,
    surveyor: &Surveyor,
    topic: &str,
    controls: &Controls,
    shutdown: &CancellationToken,
) {
    let mut told = None;
    while !shutdown.is_cancelled() {
        let read = Reader::open(settings, surveyor, topic).and_then(|reader| reader.follow(controls, shutdown));
        let Err(error) = read else {
            told = None;
            continue;
        };
        let why = error.to_string();
        controls.unreadable(&why);
        if told.as_ref() != Some(&why) {
            tracing::warn!(topic, why, "the control topic cannot be read, what is known stays in force");
            told = Some(why);
        }
        std::thread::park_timeout(REST);
    }
}

struct Reader<'t> {
    consumer: BaseConsumer,
    topic: &'t str,
    high: i64,
    /// Nothing lies in it.
    empty: bool,
}

impl<'t> Reader<'t> {
    fn open(settings: &Settings, surveyor: &Surveyor, topic: &'t str) -> Result<Self, LogError> {
        match partition_count(surveyor, topic)? {
            Some(1) => {}
            Some(count) => {
                return Err(LogError::Stop(format!("topic {topic} has {count} partitions and must have one")));
            }
            None => return Err(LogError::Stop(format!("topic {topic} is missing: run `topics apply`"))),
        }
        let (low, high) = surveyor.fetch_watermarks(topic, 0, QUERY).map_err(|e| errors::query(&e))?;
        let config = settings.follower("omnichannel-whatsapp-control");
        let consumer: BaseConsumer = config.create().map_err(|e| LogError::Stop(errors::creation(&e)))?;
        let mut list = TopicPartitionList::new();
        let assigned = list.add_partition_offset(topic, 0, Offset::Offset(low)).and_then(|()| consumer.assign(&list));
        assigned.map_err(|e| LogError::Rebuild(e.to_string()))?;
        Ok(Self { consumer, topic, high, empty: high <= low })
    }

    /// Everything below the high watermark; `None` when shutdown comes first.
    fn table(&self, shutdown: &CancellationToken) -> Result<Option<Table>, LogError> {
        let mut table = Table::default();
        // markers count, ends of partitions do not
        while !self.empty && position(&self.consumer, self.topic, 0).is_none_or(|at| at < self.high) {
            if shutdown.is_cancelled() {
                return Ok(None);
            }
            self.poll(|key, value| table.apply(key, value))?;
        }
        Ok(Some(table))
    }

    fn follow(&self, controls: &Controls, shutdown: &CancellationToken) -> Result<(), LogError> {
        let Some(table) = self.table(shutdown)? else { return Ok(()) };
        controls.replace(table);
        let until = Instant::now() + ANEW;
        while !shutdown.is_cancelled() && Instant::now() < until {
            self.poll(|key, value| controls.apply(key, value))?;
        }
        Ok(())
    }

    /// `take` is false for a key that says nothing to this release.
    fn poll(&self, take: impl FnOnce(&str, Option<&[u8]>) -> bool) -> Result<(), LogError> {
        match self.consumer.poll(POLL) {
            None => Ok(()),
            Some(Ok(message)) => {
                let key = message.key().and_then(|key| std::str::from_utf8(key).ok()).unwrap_or_default();
                if !take(key, message.payload()) {
                    tracing::warn!(offset = message.offset(), "a control record of another release is passed over");
                }
                Ok(())
            }
            Some(Err(error)) => self.judge(&error),
        }
    }

    fn judge(&self, error: &KafkaError) -> Result<(), LogError> {
        tracing::debug!(topic = self.topic, %error, "consumer");
        errors::consumption(error).map_or(Ok(()), Err)
    }
}
