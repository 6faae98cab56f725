//! One process's client of the cluster: a group member, what it reads by hand, and its producer.

use std::{
    collections::{BTreeMap, BTreeSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    sync::Arc,
};

use bytes::Bytes;

use super::{
    cluster::{Failure, MemoryCluster, Open, State},
    group::MemberId,
    topic::{Outcome, Txn},
};
use crate::runtime::{
    log::{At, Deliveries, DeliveryFailure, Event, Log, LogError, Produce, ProduceError, Refusal},
    record::{Outgoing, Record},
};

/// Reads and writes a [`MemoryCluster`]. Dropped without [`Log::close`] it is a process that died.
#[derive(Debug)]
pub struct MemoryLog {
    cluster: MemoryCluster,
    group: String,
    input: Arc<str>,
    transactional_id: String,
    member: MemberId,
    positions: BTreeMap<i32, i64>,
    paused: BTreeSet<i32>,
    followed: BTreeMap<(Arc<str>, i32), i64>,
    failed: Option<DeliveryFailure>,
}

impl MemoryLog {
    pub(super) fn new(cluster: MemoryCluster, group: &str, input: &str, id: &str, member: MemberId) -> Self {
        Self {
            cluster,
            group: group.to_owned(),
            input: input.into(),
            transactional_id: id.to_owned(),
            member,
            positions: BTreeMap::new(),
            paused: BTreeSet::new(),
            followed: BTreeMap::new(),
            failed: None,
        }
    }

    /// For [`MemoryCluster::rebalance`].
    #[must_use]
    pub fn member(&self) -> u64 {
        self.member
    }

    /// The open transaction, if this producer is not fenced.
    fn txn(&self, state: &State) -> Result<Option<Txn>, LogError> {
        match state.producers.get(&self.transactional_id) {
            Some((member, txn)) if *member == self.member => Ok(*txn),
            _ => Err(LogError::Fenced(format!("another producer uses {}", self.transactional_id))),
        }
    }

    fn end(&mut self, outcome: Outcome) -> Result<(), LogError> {
        let mut state = self.cluster.state();
        self.failed = None;
        if let Some(txn) = self.txn(&state)? {
            state.end(txn, outcome);
            state.producers.insert(self.transactional_id.clone(), (self.member, None));
        }
        Ok(())
    }
}

impl Log for MemoryLog {
    fn poll(&mut self, max: usize, events: &mut Vec<Event>) -> Result<(), LogError> {
        let mut state = self.cluster.state();
        let group = state.group(&self.group);
        if !group.contains(self.member) {
            group.join(self.member);
            let partitions = self.positions.keys().copied().collect();
            events.push(Event::Revoked { partitions, lost: true });
        }
        events.extend(group.news(self.member));
        let State { topics, txns, .. } = &*state;
        let Some(partitions) = topics.get(&self.input) else { return Ok(()) };
        for (p, position) in self.positions.iter_mut().filter(|(p, _)| !self.paused.contains(p)) {
            let Some(log) = usize::try_from(*p).ok().and_then(|p| partitions.get(p)) else { continue };
            while events.len() < max {
                let (record, next) = log.next(*position, txns);
                *position = next;
                match record {
                    Some(record) => events.push(Event::Record(record)),
                    None => break,
                }
            }
        }
        Ok(())
    }

    fn poll_followed(&mut self, max: usize, records: &mut Vec<Record>) -> Result<(), LogError> {
        let mut state = self.cluster.state();
        let State { topics, txns, .. } = &mut *state;
        for ((topic, p), position) in &mut self.followed {
            let log = topics.get(topic).and_then(|t| t.get(usize::try_from(*p).ok()?));
            let Some(log) = log else { continue };
            while records.len() < max {
                let (record, next) = log.next(*position, txns);
                *position = next;
                match record {
                    Some(record) => records.push(record),
                    None => break,
                }
            }
        }
        Ok(())
    }

    fn partitions(&mut self, topic: &str) -> Result<Option<i32>, LogError> {
        Ok(self.cluster.state().topics.get(topic).and_then(|t| i32::try_from(t.len()).ok()))
    }

    fn committed(&mut self, of: &[(Arc<str>, i32)]) -> Result<Vec<Option<i64>>, LogError> {
        let mut state = self.cluster.state();
        let unstable = state.open.values().flat_map(|o| &o.offsets).any(|(group, topic, p, _)| {
            *group == self.group && of.iter().any(|(t, partition)| t == topic && partition == p)
        });
        if unstable || state.fails(|f| *f == Failure::Committed).is_some() {
            return Err(LogError::Retriable("an old owner's transaction is open".to_owned()));
        }
        let offsets = &state.group(&self.group).offsets;
        Ok(of.iter().map(|at| offsets.get(at).copied()).collect())
    }

    fn bounds(&mut self, topic: &str, partition: i32) -> Result<(i64, i64), LogError> {
        let mut state = self.cluster.state();
        if state.leaderless.iter().any(|(t, p)| t == topic && *p == partition) {
            return Err(LogError::Retriable(format!("{topic}/{partition} has no leader")));
        }
        let log =
            state.partition(topic, partition).ok_or(LogError::Stop(format!("no partition {topic}/{partition}")))?;
        Ok((log.start(), log.end()))
    }

    fn assign(&mut self, at: &[(i32, i64)]) -> Result<(), LogError> {
        for (p, offset) in at {
            self.positions.insert(*p, *offset);
            self.paused.insert(*p);
        }
        Ok(())
    }

    fn unassign(&mut self, partitions: &[i32]) {
        for p in partitions {
            self.positions.remove(p);
        }
        self.cluster.state().group(&self.group).release(self.member, partitions);
    }

    fn pause(&mut self, partitions: &[i32]) {
        self.paused.extend(partitions);
    }

    fn resume(&mut self, partitions: &[i32]) {
        for p in partitions {
            self.paused.remove(p);
        }
    }

    fn follow(&mut self, at: &[At]) -> Result<(), LogError> {
        for At { topic, partition, offset } in at {
            let (start, _) = self.bounds(topic, *partition)?;
            if *offset < start {
                return Err(LogError::Stop(format!("offset {offset} of {topic}/{partition} is out of range")));
            }
            self.followed.insert((topic.clone(), *partition), *offset);
        }
        Ok(())
    }

    fn unfollow(&mut self, of: &[(Arc<str>, i32)]) {
        for at in of {
            self.followed.remove(at);
        }
    }

    fn position(&mut self, topic: &str, partition: i32) -> Option<i64> {
        self.followed.get(&(Arc::from(topic), partition)).copied()
    }

    fn input_position(&mut self, partition: i32) -> Option<i64> {
        self.positions.get(&partition).copied()
    }

    fn begin(&mut self) -> Result<(), LogError> {
        let mut state = self.cluster.state();
        if self.txn(&state)?.is_some() {
            return Err(LogError::Stop("a transaction is open already".to_owned()));
        }
        let txn = state.id();
        state.txns.insert(txn, Outcome::Open);
        state.open.insert(txn, Open::default());
        state.producers.insert(self.transactional_id.clone(), (self.member, Some(txn)));
        Ok(())
    }

    fn produce(&mut self, record: Produce<'_>) -> Result<(), ProduceError> {
        let mut state = self.cluster.state();
        let txn = self.txn(&state).map_err(ProduceError::Other)?;
        let count = state.topics.get(record.topic).map_or(0, Vec::len);
        if count == 0 {
            return Err(missing(record.topic));
        }
        let value = record.value.map(Bytes::copy_from_slice);
        if state.refused.iter().any(|(topic, refused)| topic == record.topic && value.as_ref() == Some(refused)) {
            let reason = "not taken".to_owned();
            self.failed.get_or_insert(DeliveryFailure { refusal: Refusal::Record, reason });
        }
        if let Some(Failure::Delivery { permanent }) = state.fails(|f| matches!(f, Failure::Delivery { .. })) {
            let refusal = if permanent { Refusal::Record } else { Refusal::Passing };
            self.failed.get_or_insert(DeliveryFailure { refusal, reason: "injected".to_owned() });
        }
        let topic: Arc<str> = record.topic.into();
        let p = record.partition.unwrap_or_else(|| by_key(record.key, count));
        let (key, headers) = (record.key.map(Bytes::copy_from_slice), record.headers.clone());
        let out = Outgoing { topic: topic.clone(), key, value, headers, partition: None };
        let open = txn.and_then(|t| state.open.get_mut(&t));
        if let Some(open) = open.filter(|o| !o.touched.contains(&(topic.clone(), p))) {
            open.touched.push((topic.clone(), p));
        }
        match state.partition(record.topic, p) {
            Some(log) => {
                log.append(&topic, p, out, 0, txn);
                Ok(())
            }
            None => Err(missing(record.topic)),
        }
    }

    fn deliveries(&mut self) -> Deliveries {
        let pending = usize::from(self.cluster.state().undelivered);
        Deliveries { pending, first_ack_ms: None, failed: self.failed.clone() }
    }

    fn send_offsets(&mut self, at: &[At]) -> Result<(), LogError> {
        let mut state = self.cluster.state();
        let txn = self.txn(&state)?;
        if let Some(Failure::SendOffsets(error)) = state.fails(|f| matches!(f, Failure::SendOffsets(_))) {
            return Err(error);
        }
        // without a valid offset nothing is sent, and so nothing is fenced
        if at.is_empty() {
            return Ok(());
        }
        if state.fails(|f| *f == Failure::GroupMovesOn).is_some() {
            state.group(&self.group).move_on();
        }
        if let Some(refusal) = state.group(&self.group).refusal(self.member) {
            return Err(LogError::Abortable(refusal.to_owned()));
        }
        let group = self.group.clone();
        if let Some(open) = txn.and_then(|t| state.open.get_mut(&t)) {
            open.offsets.extend(at.iter().map(|a| (group.clone(), a.topic.clone(), a.partition, a.offset)));
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), LogError> {
        let failure = self.cluster.state().fails(|f| matches!(f, Failure::Commit(_) | Failure::CommitAnswer(_)));
        match failure {
            Some(Failure::Commit(error)) => Err(error),
            Some(Failure::CommitAnswer(error)) => {
                self.end(Outcome::Committed)?;
                Err(error)
            }
            _ => self.end(Outcome::Committed),
        }
    }

    fn abort(&mut self) -> Result<(), LogError> {
        self.end(Outcome::Aborted)
    }

    fn close(self, _patience_ms: u64) {
        self.cluster.state().group(&self.group).throw_out(self.member);
    }
}

fn missing(topic: &str) -> ProduceError {
    let refusal = Refusal::Topic(topic.to_owned());
    ProduceError::Refused(DeliveryFailure { refusal, reason: format!("topic {topic} is missing") })
}

/// Any fixed choice will do: nobody else writes with another partitioner.
fn by_key(key: Option<&[u8]>, count: usize) -> i32 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let count = u64::try_from(count).unwrap_or(1);
    i32::try_from(hasher.finish() % count).unwrap_or(0)
}
