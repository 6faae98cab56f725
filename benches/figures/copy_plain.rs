//! The baseline of stage throughput: what somebody writes with rdkafka alone who knows how to await deliveries before a
//! commit. No retry, no order across failures, no state; must not be slowed down by anything of ours.

use std::time::{Duration, Instant};

use omnichannel_whatsapp::adapters::kafka::Settings;
use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    producer::{BaseProducer, BaseRecord, Producer},
};

use crate::copy::PARTITIONS;

const LIMIT: Duration = Duration::from_secs(60);

/// What to copy.
pub struct Job {
    pub settings: Settings,
    pub group: String,
    pub input: String,
    pub output: String,
    /// From commit to commit.
    pub interval: Duration,
    pub records: i64,
}

/// Copies all records; when the first came.
pub fn copy(job: &Job) -> Instant {
    let consumer: BaseConsumer =
        job.settings.member(&job.group).set("auto.offset.reset", "earliest").create().expect("a consumer");
    let producer: BaseProducer = job.settings.transactional(&job.group).create().expect("a producer");
    producer.init_transactions(LIMIT).expect("the coordinator answers");
    consumer.subscribe(&[&job.input]).expect("a topic");
    let (mut first, mut copied) = (None, 0_i64);
    while copied < job.records {
        let Some(message) = consumer.poll(LIMIT).transpose().expect("records come") else { continue };
        first.get_or_insert_with(Instant::now);
        producer.begin_transaction().expect("no transaction is open");
        copied += transaction(job, &consumer, &producer, message, job.records - copied);
    }
    first.expect("a record came")
}

/// One transaction, begun by `message`; how many records it copied.
fn transaction(
    job: &Job,
    consumer: &BaseConsumer,
    producer: &BaseProducer,
    message: rdkafka::message::BorrowedMessage<'_>,
    most: i64,
) -> i64 {
    let began = Instant::now();
    let mut next = vec![-1; usize::try_from(PARTITIONS).expect("few")];
    let mut copied = 0;
    let mut waiting = Some(message);
    while copied < most && began.elapsed() < job.interval {
        let polled =
            waiting.take().or_else(|| consumer.poll(Duration::from_millis(1)).transpose().expect("records come"));
        let Some(message) = polled else { continue };
        send(producer, &job.output, &message);
        next[usize::try_from(message.partition()).expect("not negative")] = message.offset() + 1;
        copied += 1;
        if copied % 1_000 == 0 {
            producer.poll(Duration::ZERO);
        }
    }
    while producer.in_flight_count() > 0 {
        producer.poll(Duration::from_millis(1));
    }
    let mut offsets = TopicPartitionList::new();
    for (partition, offset) in (0..PARTITIONS).zip(next).filter(|(_, offset)| *offset >= 0) {
        offsets.add_partition_offset(&job.input, partition, Offset::Offset(offset)).expect("an offset");
    }
    let group = consumer.group_metadata().expect("a member");
    producer.send_offsets_to_transaction(&offsets, &group, LIMIT).expect("the coordinator answers");
    producer.commit_transaction(LIMIT).expect("the coordinator answers");
    copied
}

fn send(producer: &BaseProducer, output: &str, message: &impl Message) {
    let mut record = BaseRecord::<[u8], [u8]>::to(output);
    record.key = message.key();
    record.payload = message.payload();
    while let Err((_, again)) = producer.send(record) {
        record = again;
        producer.poll(Duration::from_millis(1));
    }
}
