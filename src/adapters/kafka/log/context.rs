//! Rebalances as events: the callback only writes down what happened, the worker assigns after `poll` has returned.

use std::{
    mem,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use rdkafka::{
    ClientContext, TopicPartitionList,
    bindings::rd_kafka_resp_err_t as Code,
    consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol},
};

/// What the group decided.
#[derive(Debug)]
pub(super) enum Rebalance {
    Assigned(Vec<i32>),
    Revoked { partitions: Vec<i32>, lost: bool },
}

/// A group member's callbacks.
#[derive(Default)]
pub(super) struct Member {
    rebalances: Mutex<Vec<Rebalance>>,
    /// Nobody will assign or unassign any more: the callback does, or closing would hang.
    closing: AtomicBool,
}

impl Member {
    pub fn take(&self) -> Vec<Rebalance> {
        mem::take(&mut *self.rebalances.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
    }
}

impl ClientContext for Member {}

impl ConsumerContext for Member {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, code: Code, list: &mut TopicPartitionList) {
        if self.closing.load(Ordering::SeqCst) {
            let left = match consumer.rebalance_protocol() {
                RebalanceProtocol::Cooperative => consumer.incremental_unassign(list),
                RebalanceProtocol::Eager | RebalanceProtocol::None => consumer.unassign(),
            };
            if let Err(error) = left {
                tracing::debug!(%error, "unassign while closing");
            }
            return;
        }
        let partitions = list.elements().iter().map(|e| e.partition()).collect();
        let rebalance = match code {
            Code::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => Rebalance::Assigned(partitions),
            _ => Rebalance::Revoked { partitions, lost: consumer.assignment_lost() },
        };
        self.rebalances.lock().unwrap_or_else(PoisonError::into_inner).push(rebalance);
    }
}
