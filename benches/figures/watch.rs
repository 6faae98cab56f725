//! How far a group is, looked at from outside. Joins nothing.

use std::time::{Duration, Instant};

use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
};

use crate::{kafka, stack::Stack};

/// Looks at a group's committed offsets from outside.
pub struct Watch {
    consumer: BaseConsumer,
    partitions: TopicPartitionList,
}

impl Watch {
    pub fn new(stack: &Stack, group: &str, input: &str, count: i32) -> Self {
        let consumer = kafka::config(stack).set("group.id", group).create().expect("a client");
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition_range(input, 0, count - 1);
        Self { consumer, partitions }
    }

    /// When the committed offsets together covered `records`.
    pub async fn committed(self, records: i64, limit: Duration) -> Instant {
        let deadline = Instant::now() + limit;
        loop {
            let found = self.consumer.committed_offsets(self.partitions.clone(), kafka::LIMIT);
            let now = Instant::now();
            let offset = |offset| if let Offset::Offset(at) = offset { at } else { 0 };
            let sum: i64 = found.map_or(0, |list| list.elements().iter().map(|e| offset(e.offset())).sum());
            if sum >= records {
                return now;
            }
            assert!(now < deadline, "{sum} of {records} records within {limit:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
