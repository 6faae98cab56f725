//! Kafka by hand, for what a scenario arranges or checks below the product. Topics of the product are made by `topics apply`.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer},
    message::{BorrowedMessage, Message},
    metadata::Metadata,
    producer::{BaseProducer, BaseRecord, Producer},
    topic_partition_list::{Offset, TopicPartitionList},
};

use super::stack::Stack;

pub const LIMIT: Duration = Duration::from_secs(20);

pub fn config(stack: &Stack) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &stack.bootstrap);
    // less than a test waits, for a broker that hangs
    config.set("socket.timeout.ms", "5000");
    config
}

pub async fn create_topic(stack: &Stack, name: &str, partitions: i32) {
    let admin: AdminClient<DefaultClientContext> = config(stack).create().expect("the configuration is valid");
    let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(-1));
    let options = AdminOptions::new().operation_timeout(Some(LIMIT));
    let outcomes = admin.create_topics([&topic], &options).await.expect("the broker answers");
    for outcome in outcomes {
        outcome.expect("the topic is new");
    }
}

pub async fn delete_topic(stack: &Stack, name: &str) {
    let admin: AdminClient<DefaultClientContext> = config(stack).create().expect("the configuration is valid");
    admin.delete_topics(&[name], &AdminOptions::new()).await.expect("the broker answers");
}

/// A producer with a transactional id, initialised: an older one with this id is fenced.
pub fn transactional_producer(stack: &Stack, id: &str) -> BaseProducer {
    let producer: BaseProducer = config(stack)
        .set("transactional.id", id)
        .set("transaction.timeout.ms", "15000")
        .create()
        .expect("the configuration is valid");
    producer.init_transactions(LIMIT).expect("the coordinator answers");
    producer
}

/// With the partitioner of the other clients here, so that a key of theirs is in the same partition. Idempotent: what it wrote
/// twice while a leader died would be taken for the product's.
pub fn producer(stack: &Stack) -> BaseProducer {
    let mut config = config(stack);
    config
        .set("enable.idempotence", "true")
        .set("partitioner", "murmur2_random")
        .create()
        .expect("the configuration is valid")
}

/// Returns when the broker has the record, or never will: whoever needs to know reads it back.
pub fn write(producer: &BaseProducer, topic: &str, value: &str) {
    let record = BaseRecord::<str, str>::to(topic).payload(value);
    producer.send(record).map_err(|(error, _)| error).expect("the queue has room");
    producer.flush(LIMIT).expect("nothing stays unsent");
}

/// As [`write`], with a key.
pub fn write_keyed(producer: &BaseProducer, topic: &str, key: &str, value: &str) {
    let record = BaseRecord::<str, str>::to(topic).key(key).payload(value);
    producer.send(record).map_err(|(error, _)| error).expect("the queue has room");
    producer.flush(LIMIT).expect("nothing stays unsent");
}

/// As [`write_keyed`], all of them at once.
pub fn write_all(producer: &BaseProducer, topic: &str, records: &[(String, String)]) {
    for (key, value) in records {
        let record = BaseRecord::<str, str>::to(topic).key(key).payload(value);
        producer.send(record).map_err(|(error, _)| error).expect("the queue has room");
    }
    producer.flush(LIMIT).expect("nothing stays unsent");
}

/// Which broker leads this partition.
pub fn leader(stack: &Stack, topic: &str, partition: i32) -> i32 {
    let consumer: BaseConsumer = config(stack).create().expect("the configuration is valid");
    let metadata = metadata(&consumer, Some(topic));
    let found = metadata.topics().iter().find(|entry| entry.name() == topic).expect("the topic exists");
    found.partitions().iter().find(|entry| entry.id() == partition).expect("the partition exists").leader()
}

/// The broker that coordinates this group: the leader of its partition of the offsets topic, which has four here.
pub fn coordinator_of(stack: &Stack, group: &str) -> i32 {
    // Java's String.hashCode
    let hash = group.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
    leader(stack, "__consumer_offsets", (hash & i32::MAX) % 4)
}

/// Deletes what lies below these offsets, as retention does.
pub async fn delete_below(stack: &Stack, topic: &str, partition: i32, offset: i64) {
    let admin: AdminClient<DefaultClientContext> = config(stack).create().expect("the configuration is valid");
    let mut below = TopicPartitionList::new();
    below.add_partition_offset(topic, partition, Offset::Offset(offset)).expect("the offset is valid");
    admin.delete_records(&below, &AdminOptions::new()).await.expect("the broker answers");
}

/// Whether every partition of every topic has so many replicas in sync. A cluster that does not answer is not.
pub fn all_in_sync(consumer: &BaseConsumer, replicas: usize) -> bool {
    let Ok(metadata) = consumer.fetch_metadata(None, Duration::from_secs(2)) else { return false };
    let mut partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
    metadata.brokers().len() == replicas && partitions.all(|partition| partition.isr().len() == replicas)
}

/// Log start and high watermark.
pub fn bounds(stack: &Stack, topic: &str, partition: i32) -> (i64, i64) {
    let consumer: BaseConsumer = config(stack).create().expect("the configuration is valid");
    consumer.fetch_watermarks(topic, partition, LIMIT).expect("the broker answers")
}

/// A consumer assigned by hand to every partition of the topic, from the beginning.
pub fn reader(stack: &Stack, topic: &str, isolation: &str) -> BaseConsumer {
    let consumer: BaseConsumer = config(stack)
        .set("group.id", "by-hand")
        .set("enable.auto.commit", "false")
        .set("isolation.level", isolation)
        .set("fetch.wait.max.ms", "20")
        .create()
        .expect("the configuration is valid");
    let mut partitions = TopicPartitionList::new();
    for partition in partition_ids(&metadata(&consumer, Some(topic)), topic) {
        partitions.add_partition_offset(topic, partition, Offset::Beginning).expect("the offset is valid");
    }
    consumer.assign(&partitions).expect("a topic's own partitions");
    consumer
}

pub fn metadata(consumer: &BaseConsumer, topic: Option<&str>) -> Metadata {
    consumer.fetch_metadata(topic, LIMIT).expect("the broker answers")
}

fn partition_ids(metadata: &Metadata, topic: &str) -> Vec<i32> {
    let found = metadata.topics().iter().find(|entry| entry.name() == topic);
    found.expect("the topic exists").partitions().iter().map(|partition| partition.id()).collect()
}

/// The next record's value as text; none within the limit is `None`.
pub fn next_value(consumer: &BaseConsumer, limit: Duration) -> Option<String> {
    let text =
        |message: BorrowedMessage<'_>| String::from_utf8_lossy(message.payload().unwrap_or_default()).into_owned();
    consumer.poll(limit).map(|polled| text(polled.expect("the broker answers")))
}
