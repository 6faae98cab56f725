//! Topics that every process reads from their beginning: no group, committed records only. Keeps a shared table as its topic
//! says; what a record of it means is the table's.

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
use crate::runtime::{broadcast::Broadcast, log::LogError};

/// One wait for a record; shutdown is noticed within it.
const POLL: Duration = Duration::from_millis(100);
/// Before the topic is tried again.
const REST: Duration = Duration::from_millis(500);
/// It is read anew now and then: brokers forget tombstones after a day, and a reader that was cut off for longer would keep what
/// was taken back.
const ANEW: Duration = Duration::from_secs(3_600);

/// Which topic, and what it must be like.
#[derive(Debug, Clone)]
pub struct Topic {
    /// Physical name.
    pub name: String,
    /// Where its order matters across keys.
    pub one_partition: bool,
}

/// Reads the topic into `table` until shutdown. Blocks; a broker that is away leaves what is known in force.
pub fn follow<B: Broadcast>(
    settings: &Settings,
    surveyor: &Surveyor,
    topic: &Topic,
    table: &B,
    shutdown: &CancellationToken,
) {
    let mut told = None;
    while !shutdown.is_cancelled() {
        let read = Reader::open(settings, surveyor, topic).and_then(|reader| reader.follow(table, shutdown));
        let Err(error) = read else {
            told = None;
            continue;
        };
        let why = error.to_string();
        table.unreadable(&why);
        if told.as_ref() != Some(&why) {
            tracing::warn!(topic = topic.name, why, "the topic cannot be read, what is known stays in force");
            told = Some(why);
        }
        std::thread::park_timeout(REST);
    }
}

struct Reader<'t> {
    consumer: BaseConsumer,
    topic: &'t str,
    /// Partitions in which something lay when it was opened, with their ends.
    ends: Vec<(i32, i64)>,
}

impl<'t> Reader<'t> {
    fn open(settings: &Settings, surveyor: &Surveyor, topic: &'t Topic) -> Result<Self, LogError> {
        let name = topic.name.as_str();
        let count = match partition_count(surveyor, name)? {
            Some(count) if count > 1 && topic.one_partition => {
                return Err(LogError::Stop(format!("topic {name} has {count} partitions and must have one")));
            }
            Some(count) => count,
            None => return Err(LogError::Stop(format!("topic {name} is missing: run `topics apply`"))),
        };
        let (mut list, mut ends) = (TopicPartitionList::new(), Vec::new());
        for partition in 0..count {
            let (low, high) = surveyor.fetch_watermarks(name, partition, QUERY).map_err(|e| errors::query(&e))?;
            let added = list.add_partition_offset(name, partition, Offset::Offset(low));
            added.map_err(|e| LogError::Rebuild(e.to_string()))?;
            if high > low {
                ends.push((partition, high));
            }
        }
        let config = settings.follower("omnichannel-whatsapp-broadcast");
        let consumer: BaseConsumer = config.create().map_err(|e| LogError::Stop(errors::creation(&e)))?;
        consumer.assign(&list).map_err(|e| LogError::Rebuild(e.to_string()))?;
        Ok(Self { consumer, topic: name, ends })
    }

    /// Everything below the high watermarks; `None` when shutdown comes first.
    fn table<B: Broadcast>(&self, table: &B, shutdown: &CancellationToken) -> Result<Option<B::Table>, LogError> {
        let mut read = B::Table::default();
        // markers count, ends of partitions do not
        let left = |(partition, high): &(i32, i64)| {
            position(&self.consumer, self.topic, *partition).is_none_or(|at| at < *high)
        };
        while self.ends.iter().any(left) {
            if shutdown.is_cancelled() {
                return Ok(None);
            }
            self.poll(|key, value| table.put(&mut read, key, value))?;
        }
        Ok(Some(read))
    }

    fn follow<B: Broadcast>(&self, table: &B, shutdown: &CancellationToken) -> Result<(), LogError> {
        let Some(read) = self.table(table, shutdown)? else { return Ok(()) };
        table.replace(read);
        let until = Instant::now() + ANEW;
        while !shutdown.is_cancelled() && Instant::now() < until {
            self.poll(|key, value| table.apply(key, value))?;
        }
        Ok(())
    }

    /// `take` is false for a record that says nothing to this release.
    fn poll(&self, take: impl FnOnce(&str, Option<&[u8]>) -> Result<bool, String>) -> Result<(), LogError> {
        match self.consumer.poll(POLL) {
            None => Ok(()),
            Some(Ok(message)) => {
                let key = message.key().and_then(|key| std::str::from_utf8(key).ok()).unwrap_or_default();
                if !take(key, message.payload()).map_err(LogError::Retriable)? {
                    let (topic, partition, offset) = (self.topic, message.partition(), message.offset());
                    tracing::warn!(topic, partition, offset, "a record of another release is passed over");
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
