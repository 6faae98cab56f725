//! What several processes share: topics, transactions, groups, and the faults a test asked for.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

use super::{
    group::{Group, MemberId},
    log::MemoryLog,
    topic::{Outcome, Partition, Txn},
};
use crate::runtime::{
    log::LogError,
    record::{Outgoing, Record},
};

/// A fault that happens once, at the next call it fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// A record of the open transaction is not taken.
    Delivery {
        permanent: bool,
    },
    SendOffsets(LogError),
    /// The commit does not happen.
    Commit(LogError),
    /// The commit happens, and its answer is this.
    CommitAnswer(LogError),
    /// The group gives no stable offsets yet.
    Committed,
    /// The group is of another generation before the offsets come.
    GroupMovesOn,
}

/// Brokers, coordinators and their memory. Clones share all of it.
#[derive(Debug, Clone, Default)]
pub struct MemoryCluster(Arc<Mutex<State>>);

#[derive(Debug, Default)]
pub(super) struct State {
    pub topics: BTreeMap<Arc<str>, Vec<Partition>>,
    pub txns: HashMap<Txn, Outcome>,
    pub groups: HashMap<String, Group>,
    /// The producer that may use a transactional id, and its open transaction.
    pub producers: HashMap<String, (MemberId, Option<Txn>)>,
    /// Offsets and touched partitions of open transactions.
    pub open: HashMap<Txn, Open>,
    pub failures: VecDeque<Failure>,
    /// Values a topic never takes.
    pub refused: Vec<(String, Bytes)>,
    pub undelivered: bool,
    /// Partitions nobody answers for.
    pub leaderless: Vec<(String, i32)>,
    pub next_id: u64,
}

#[derive(Debug, Default)]
pub(super) struct Open {
    pub touched: Vec<(Arc<str>, i32)>,
    pub offsets: Vec<(String, Arc<str>, i32, i64)>,
}

impl State {
    pub fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub fn group(&mut self, name: &str) -> &mut Group {
        self.groups.entry(name.to_owned()).or_default()
    }

    /// Takes the first failure that fits.
    pub fn fails(&mut self, fits: impl Fn(&Failure) -> bool) -> Option<Failure> {
        let at = self.failures.iter().position(fits)?;
        self.failures.remove(at)
    }

    /// Ends a transaction: markers in all it touched, and its offsets if it is committed.
    pub fn end(&mut self, txn: Txn, outcome: Outcome) {
        self.txns.insert(txn, outcome);
        let Some(open) = self.open.remove(&txn) else { return };
        for (topic, p) in open.touched {
            if let Some(partition) = self.partition(&topic, p) {
                partition.mark();
            }
        }
        if outcome == Outcome::Committed {
            for (group, topic, p, offset) in open.offsets {
                self.group(&group).offsets.insert((topic, p), offset);
            }
        }
    }

    pub fn partition(&mut self, topic: &str, p: i32) -> Option<&mut Partition> {
        self.topics.get_mut(topic)?.get_mut(usize::try_from(p).ok()?)
    }
}

impl MemoryCluster {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn create(&self, topic: &str, partitions: usize) {
        let logs = (0..partitions).map(|_| Partition::default()).collect();
        self.state().topics.insert(topic.into(), logs);
    }

    pub fn remove(&self, topic: &str) {
        self.state().topics.remove(topic);
    }

    /// A new member of `group` that reads `input` and writes under `transactional_id`; an older producer of that id is fenced
    /// and its transaction aborted.
    #[must_use]
    pub fn join(&self, group: &str, input: &str, transactional_id: &str) -> MemoryLog {
        let mut state = self.state();
        let member = state.id();
        if let Some((_, Some(txn))) = state.producers.insert(transactional_id.to_owned(), (member, None)) {
            state.end(txn, Outcome::Aborted);
        }
        state.group(group).join(member);
        drop(state);
        MemoryLog::new(self.clone(), group, input, transactional_id, member)
    }

    /// Writes a record outside of any transaction.
    pub fn write(&self, topic: &str, partition: i32, record: Outgoing) -> i64 {
        let mut state = self.state();
        let name: Arc<str> = topic.into();
        state.partition(topic, partition).map_or(-1, |p| p.append(&name, partition, record, 0, None))
    }

    /// Writes a record in a transaction of its own that stays open; the answer ends it.
    #[must_use]
    pub fn write_open(&self, topic: &str, partition: i32, record: Outgoing) -> u64 {
        let mut state = self.state();
        let txn = state.id();
        let name: Arc<str> = topic.into();
        state.txns.insert(txn, Outcome::Open);
        state.open.insert(txn, Open { touched: vec![(name.clone(), partition)], offsets: Vec::new() });
        if let Some(log) = state.partition(topic, partition) {
            log.append(&name, partition, record, 0, Some(txn));
        }
        txn
    }

    /// Ends what [`write_open`](Self::write_open) began.
    pub fn end(&self, transaction: u64, committed: bool) {
        let outcome = if committed { Outcome::Committed } else { Outcome::Aborted };
        self.state().end(transaction, outcome);
    }

    /// Transactions nobody ended time out.
    pub fn time_out_transactions(&self) {
        let mut state = self.state();
        let open: Vec<Txn> = state.open.keys().copied().collect();
        for txn in open {
            state.end(txn, Outcome::Aborted);
        }
    }

    /// `member` shall own exactly `partitions`.
    pub fn rebalance(&self, group: &str, member: u64, partitions: &[i32]) {
        self.state().group(group).rebalance(member, partitions);
    }

    /// The coordinator gives `member` up, which learns of it when it polls.
    pub fn throw_out(&self, group: &str, member: u64) {
        self.state().group(group).throw_out(member);
    }

    pub fn inject(&self, failure: Failure) {
        self.state().failures.push_back(failure);
    }

    /// From now on `topic` refuses records with this value for good.
    pub fn refuse(&self, topic: &str, value: impl Into<Bytes>) {
        self.state().refused.push((topic.to_owned(), value.into()));
    }

    /// Whether records wait for their acknowledgement.
    pub fn hold_deliveries(&self, held: bool) {
        self.state().undelivered = held;
    }

    /// Whether the partition has no leader for now: questions about it are not answered.
    pub fn leaderless(&self, topic: &str, partition: i32, is: bool) {
        let mut state = self.state();
        state.leaderless.retain(|(t, p)| t != topic || *p != partition);
        if is {
            state.leaderless.push((topic.to_owned(), partition));
        }
    }

    pub fn expire(&self, topic: &str, partition: i32, below: i64) {
        if let Some(log) = self.state().partition(topic, partition) {
            log.expire(below);
        }
    }

    pub fn compact(&self, topic: &str) {
        let mut guard = self.state();
        let State { topics, txns, .. } = &mut *guard;
        for partition in topics.get_mut(topic).into_iter().flatten() {
            partition.compact(txns);
        }
    }

    /// What a reader of committed records finds in `topic`, partition by partition.
    #[must_use]
    pub fn read(&self, topic: &str) -> Vec<Record> {
        let state = self.state();
        let mut records = Vec::new();
        for partition in state.topics.get(topic).into_iter().flatten() {
            let mut position = partition.start();
            while let (Some(record), next) = partition.next(position, &state.txns) {
                records.push(record);
                position = next;
            }
        }
        records
    }

    /// The group's committed offset.
    #[must_use]
    pub fn offset(&self, group: &str, topic: &str, partition: i32) -> Option<i64> {
        self.state().group(group).offsets.get(&(Arc::from(topic), partition)).copied()
    }

    /// What an operator does before a start.
    pub fn set_offset(&self, group: &str, topic: &str, partition: i32, offset: i64) {
        self.state().group(group).offsets.insert((topic.into(), partition), offset);
    }
}
