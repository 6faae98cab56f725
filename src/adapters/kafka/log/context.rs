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
    client::DefaultClientContext,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol},
};

/// What the group decided.
#[derive(Debug)]
pub(super) enum Rebalance {
    Assigned(Vec<i32>),
    Revoked { partitions: Vec<i32>, lost: bool },
}

/// Passes librdkafka's lines on, and says that there were some: each takes the place of an event in the queue, and the poll that
/// consumed it says there is nothing.
#[derive(Default)]
pub(super) struct Lines(AtomicBool);

impl Lines {
    /// Whether one was consumed since the last call.
    pub fn consumed(&self) -> bool {
        self.0.swap(false, Ordering::SeqCst)
    }
}

impl ClientContext for Lines {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        self.0.store(true, Ordering::SeqCst);
        DefaultClientContext.log(level, facility, line);
    }
}

impl ConsumerContext for Lines {}

/// A group member's callbacks.
#[derive(Default)]
pub(super) struct Member {
    rebalances: Mutex<Vec<Rebalance>>,
    /// Nobody will assign or unassign any more: the callback does, or closing would hang.
    closing: AtomicBool,
    pub lines: Lines,
}

impl Member {
    pub fn take(&self) -> Vec<Rebalance> {
        mem::take(&mut *self.rebalances.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
    }
}

impl ClientContext for Member {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        self.lines.log(level, facility, line);
    }
}

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
