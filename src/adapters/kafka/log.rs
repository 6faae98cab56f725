//! A stage's log on Kafka: one group member, one hand-assigned consumer, one transactional producer. Blocking calls take
//! one bounded slice each. Decides nothing; `runtime::worker` does.

mod assignment;
mod context;
mod follower;
mod nature;
mod patience;
pub(super) mod producer;
mod survey;
mod watched;

use std::{
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
};

pub use self::survey::{Surveyor, surveyor};
use self::{
    assignment::Assignment,
    context::{Member, Rebalance},
    follower::Follower,
    nature::Naturalist,
    patience::Patience,
    producer::TransactionalProducer,
};
pub(super) use self::{
    assignment::position,
    survey::{QUERY, partition_count},
};
use super::{client::Settings, errors, records};
use crate::runtime::{
    Record,
    log::{At, Deliveries, Event, Log, LogError, Nature, Produce, ProduceError, Waker},
    ports::SharedClock,
};

/// One slice of a blocking call.
const SLICE: Duration = Duration::from_millis(200);
/// A topic that was just made may take so long to be known to the broker that is asked.
const NEWS: Duration = Duration::from_secs(30);

/// See [`Log`].
pub struct KafkaLog {
    input: Arc<str>,
    member: BaseConsumer<Member>,
    assignment: Assignment,
    patience: Patience,
    /// It was said that the group does not take this member.
    told: bool,
    follower: Follower,
    producer: TransactionalProducer,
    surveyor: Surveyor,
    naturalist: Naturalist,
    settings: Settings,
    group: Arc<str>,
    /// Its partitions wait for it while it is away.
    is_static: bool,
    since: Instant,
}

/// Who this worker is.
#[derive(Debug, Clone)]
pub struct Identity {
    pub group: Arc<str>,
    pub input: Arc<str>,
    /// `<prefix>.<stage>.<instance>.<worker>`, unique among live workers.
    pub transactional_id: String,
    /// Set for static members.
    pub instance: Option<String>,
}

impl KafkaLog {
    /// Fences a predecessor with the same id (which ends its open transaction), then joins the group.
    ///
    /// # Errors
    /// `Retriable` while the broker does not answer.
    pub fn join(
        settings: &Settings,
        identity: &Identity,
        surveyor: Surveyor,
        clock: &SharedClock,
        waker: Waker,
    ) -> Result<Self, LogError> {
        let producer = TransactionalProducer::new(settings, &identity.transactional_id, clock, waker.clone())?;
        let mut config = settings.member(&identity.group);
        if let Some(instance) = &identity.instance {
            config.set("group.instance.id", instance);
        }
        let mut member: BaseConsumer<Member> =
            config.create_with_context(Member::default()).map_err(|e| LogError::Stop(errors::creation(&e)))?;
        let wake = waker.clone();
        member.set_nonempty_callback(move || wake());
        member.subscribe(&[&identity.input]).map_err(|e| LogError::Stop(e.to_string()))?;
        Ok(Self {
            input: identity.input.clone(),
            member,
            assignment: Assignment::new(&identity.input),
            patience: Patience::default(),
            told: false,
            follower: Follower::new(settings, &identity.group, &waker),
            producer,
            surveyor,
            naturalist: Naturalist::default(),
            settings: settings.clone(),
            group: identity.group.clone(),
            is_static: identity.instance.is_some(),
            since: Instant::now(),
        })
    }

    /// What librdkafka mends by itself is for those who look for it, except for what a person has to end.
    fn tell(&mut self, error: &KafkaError) {
        let other_assignor = error.rdkafka_error_code() == Some(RDKafkaErrorCode::InconsistentGroupProtocol);
        if !other_assignor || std::mem::replace(&mut self.told, true) {
            tracing::debug!(%error, "consumer");
            return;
        }
        let (group, assignor) = (&*self.group, self.settings.assignor.name());
        tracing::warn!(
            group,
            assignor,
            "members of the group use another kafka.assignor: no partition comes here until they have all stopped"
        );
    }

    fn rebalances(&self, events: &mut Vec<Event>) -> bool {
        let mut any = false;
        for rebalance in self.member.context().take() {
            any = true;
            events.push(match rebalance {
                Rebalance::Assigned(partitions) => Event::Assigned(partitions),
                Rebalance::Revoked { partitions, lost } => Event::Revoked { partitions, lost },
            });
        }
        any
    }
}

impl Log for KafkaLog {
    fn poll(&mut self, max: usize, events: &mut Vec<Event>) -> Result<(), LogError> {
        for _ in 0..max {
            match self.member.poll(Duration::ZERO) {
                Some(Ok(message)) => events.push(Event::Record(records::owned(&message, self.input.clone()))),
                Some(Err(error)) => match errors::consumption(&error) {
                    Some(error) => return Err(error),
                    None => self.tell(&error),
                },
                // these are consumed inside poll, which then says there is nothing
                None if self.rebalances(events) || self.member.context().lines.consumed() => {}
                None => break,
            }
        }
        self.rebalances(events);
        Ok(())
    }

    fn poll_followed(&mut self, max: usize, found: &mut Vec<Record>) -> Result<(), LogError> {
        self.follower.poll(max, found)
    }

    fn partitions(&mut self, topic: &str) -> Result<Option<i32>, LogError> {
        match partition_count(&self.surveyor, topic)? {
            None if self.since.elapsed() < NEWS => {
                std::thread::park_timeout(SLICE);
                Err(LogError::Retriable(format!("topic {topic} is not known")))
            }
            found => Ok(found),
        }
    }

    fn committed(&mut self, of: &[(Arc<str>, i32)]) -> Result<Vec<Option<i64>>, LogError> {
        let mut list = TopicPartitionList::with_capacity(of.len());
        for (topic, partition) in of {
            list.add_partition(topic, *partition);
        }
        let found = self.patience.learn(self.member.committed_offsets(list, self.patience.for_offsets()))?;
        of.iter()
            .map(|(topic, partition)| {
                let Some(element) = found.find_partition(topic, *partition) else { return Ok(None) };
                element.error().map_err(|e| errors::query(&e))?;
                Ok(match element.offset() {
                    Offset::Offset(offset) => Some(offset),
                    _ => None,
                })
            })
            .collect()
    }

    fn bounds(&mut self, topic: &str, partition: i32) -> Result<(i64, i64), LogError> {
        self.patience.learn(self.surveyor.fetch_watermarks(topic, partition, self.patience.for_bounds()))
    }

    fn nature(&mut self, topic: &str) -> Result<Nature, LogError> {
        self.naturalist.describe(&self.surveyor, &self.settings, topic)
    }

    fn assign(&mut self, at: &[(i32, i64)]) -> Result<(), LogError> {
        self.assignment.take(&self.member, at).map_err(|e| LogError::Rebuild(e.to_string()))?;
        self.pause(&at.iter().map(|(p, _)| *p).collect::<Vec<_>>());
        Ok(())
    }

    fn unassign(&mut self, partitions: &[i32]) {
        if let Err(error) = self.assignment.give_back(&self.member, partitions) {
            tracing::warn!(%error, "unassign");
        }
    }

    fn pause(&mut self, partitions: &[i32]) {
        if let Err(error) = self.member.pause(&self.assignment.list(partitions.iter().copied())) {
            tracing::warn!(%error, "pause");
        }
    }

    fn resume(&mut self, partitions: &[i32]) {
        if let Err(error) = self.member.resume(&self.assignment.list(partitions.iter().copied())) {
            tracing::warn!(%error, "resume");
        }
    }

    fn follow(&mut self, at: &[At]) -> Result<(), LogError> {
        self.follower.follow(at)
    }

    fn unfollow(&mut self, of: &[(Arc<str>, i32)]) {
        self.follower.unfollow(of);
    }

    fn position(&mut self, topic: &str, partition: i32) -> Option<i64> {
        self.follower.position(topic, partition)
    }

    fn input_position(&mut self, partition: i32) -> Option<i64> {
        let input = self.input.clone();
        position(&self.member, &input, partition)
    }

    fn begin(&mut self) -> Result<(), LogError> {
        self.producer.begin()
    }

    fn produce(&mut self, record: Produce<'_>) -> Result<(), ProduceError> {
        self.producer.produce(record)
    }

    fn deliveries(&mut self) -> Deliveries {
        self.producer.deliveries()
    }

    fn written(&mut self, topic: &str, partition: i32) -> Option<i64> {
        self.producer.written(topic, partition)
    }

    fn send_offsets(&mut self, at: &[At]) -> Result<(), LogError> {
        let list = offsets(at)?;
        let Some(group) = self.member.group_metadata() else {
            return Err(LogError::Abortable("the group gives no metadata".to_owned()));
        };
        self.producer.send_offsets(list.clone(), group)?;
        if self.settings.embedded {
            // the mock broker throws transactional offsets away
            self.member.commit(&list, rdkafka::consumer::CommitMode::Async).map_err(|e| errors::query(&e))?;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), LogError> {
        self.producer.commit(SLICE)
    }

    fn abort(&mut self) -> Result<(), LogError> {
        self.producer.abort(SLICE)
    }

    /// Dropping a consumer blocks until it has left; with the broker gone, that is not waited for.
    fn close(self, patience_ms: u64) {
        self.member.context().close();
        let group = self.group.clone();
        let (done, closed) = mpsc::sync_channel::<()>(1);
        let leaving = std::thread::Builder::new().name("kafka-close".to_owned()).spawn(move || {
            if !self.is_static {
                // librdkafka closes a cooperative member without partitions but does not leave: its group would wait for a session
                self.member.unsubscribe();
            }
            drop(self);
            // nobody waits any more when the patience is over
            let _ = done.send(());
        });
        if leaving.is_err() || closed.recv_timeout(Duration::from_millis(patience_ms)).is_err() {
            tracing::info!(
                group = &*group,
                patience_ms,
                "ended before the group let it go: it is waited for as long as a session"
            );
        }
    }
}

fn offsets(at: &[At]) -> Result<TopicPartitionList, LogError> {
    let mut list = TopicPartitionList::with_capacity(at.len());
    for at in at {
        list.add_partition_offset(&at.topic, at.partition, Offset::Offset(at.offset))
            .map_err(|e| LogError::Rebuild(e.to_string()))?;
    }
    Ok(list)
}
