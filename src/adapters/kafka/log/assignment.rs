//! Taking input partitions and giving them back, under either rebalance protocol: a cooperative group adds and removes, an eager
//! one only knows all or nothing. Decides nothing.

use std::{collections::BTreeMap, sync::Arc};

use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol},
    error::KafkaResult,
};

/// What the member has taken.
pub(super) struct Assignment {
    input: Arc<str>,
    /// Where each began.
    taken: BTreeMap<i32, i64>,
}

impl Assignment {
    pub fn new(input: &Arc<str>) -> Self {
        Self { input: input.clone(), taken: BTreeMap::new() }
    }

    pub fn list(&self, partitions: impl IntoIterator<Item = i32>) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for p in partitions {
            list.add_partition(&self.input, p);
        }
        list
    }

    fn placed(&self, at: impl IntoIterator<Item = (i32, i64)>) -> KafkaResult<TopicPartitionList> {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in at {
            list.add_partition_offset(&self.input, partition, Offset::Offset(offset))?;
        }
        Ok(list)
    }

    /// Takes these, some or all or none of what the group gave.
    pub fn take<C: ConsumerContext>(&mut self, member: &BaseConsumer<C>, at: &[(i32, i64)]) -> KafkaResult<()> {
        let given = at.iter().copied();
        match member.rebalance_protocol() {
            RebalanceProtocol::Cooperative => member.incremental_assign(&self.placed(given)?)?,
            RebalanceProtocol::Eager | RebalanceProtocol::None => {
                // what was taken before goes on where it is
                let now = |(p, began): (&i32, &i64)| (*p, position(member, &self.input, *p).unwrap_or(*began));
                member.assign(&self.placed(self.taken.iter().map(now).chain(given))?)?;
            }
        }
        self.taken.extend(at.iter().copied());
        Ok(())
    }

    /// Gives back what was taken of these; an eager member is only ever asked for all that it has.
    pub fn give_back<C: ConsumerContext>(&mut self, member: &BaseConsumer<C>, partitions: &[i32]) -> KafkaResult<()> {
        let taken: Vec<i32> = partitions.iter().copied().filter(|p| self.taken.remove(p).is_some()).collect();
        match member.rebalance_protocol() {
            // of those never taken librdkafka knows nothing, and would refuse the whole list; it waits for the call all the same
            RebalanceProtocol::Cooperative => member.incremental_unassign(&self.list(taken)),
            RebalanceProtocol::Eager | RebalanceProtocol::None => {
                self.taken.clear();
                member.unassign()
            }
        }
    }
}

/// The next offset to be read, markers counted; `None` before anything was read.
pub(in crate::adapters::kafka) fn position<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &str,
    partition: i32,
) -> Option<i64> {
    match consumer.position().ok()?.find_partition(topic, partition)?.offset() {
        Offset::Offset(offset) => Some(offset),
        _ => None,
    }
}
