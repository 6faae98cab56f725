//! The consumer of what is read beside the input: changelogs, the retry table, side inputs. Made when it is first needed;
//! member of no group.

use std::{sync::Arc, time::Duration};

use rdkafka::{
    TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
};

use super::{
    super::{client::Settings, errors, records},
    assignment::position,
    context::Lines,
    offsets,
};
use crate::runtime::{
    Record,
    log::{At, LogError, Waker},
};

pub(super) struct Follower {
    settings: Settings,
    group: Arc<str>,
    waker: Waker,
    consumer: Option<BaseConsumer<Lines>>,
    /// One copy of each topic's name for all its records.
    topics: Vec<Arc<str>>,
}

impl Follower {
    pub fn new(settings: &Settings, group: &Arc<str>, waker: &Waker) -> Self {
        let (settings, group, waker) = (settings.clone(), group.clone(), waker.clone());
        Self { settings, group, waker, consumer: None, topics: Vec::new() }
    }

    pub fn poll(&mut self, max: usize, found: &mut Vec<Record>) -> Result<(), LogError> {
        let Some(consumer) = &self.consumer else { return Ok(()) };
        for _ in 0..max {
            match consumer.poll(Duration::ZERO) {
                Some(Ok(message)) => {
                    let topic = name_of(&mut self.topics, rdkafka::Message::topic(&message));
                    found.push(records::owned(&message, topic));
                }
                Some(Err(error)) => errors::consumption(&error).map_or(Ok(()), Err)?,
                None if consumer.context().consumed() => {}
                None => break,
            }
        }
        Ok(())
    }

    pub fn follow(&mut self, at: &[At]) -> Result<(), LogError> {
        if at.is_empty() {
            return Ok(());
        }
        let list = offsets(at)?;
        self.consumer()?.incremental_assign(&list).map_err(|e| LogError::Rebuild(e.to_string()))
    }

    pub fn unfollow(&self, of: &[(Arc<str>, i32)]) {
        let Some(consumer) = &self.consumer else { return };
        let Ok(assigned) = consumer.assignment() else { return };
        let mut list = TopicPartitionList::new();
        for (topic, partition) in of.iter().filter(|(t, p)| assigned.find_partition(t, *p).is_some()) {
            list.add_partition(topic, *partition);
        }
        if list.count() > 0
            && let Err(error) = consumer.incremental_unassign(&list)
        {
            tracing::warn!(%error, "unfollow");
        }
    }

    pub fn position(&self, topic: &str, partition: i32) -> Option<i64> {
        position(self.consumer.as_ref()?, topic, partition)
    }

    fn consumer(&mut self) -> Result<&BaseConsumer<Lines>, LogError> {
        if self.consumer.is_none() {
            let made = self.settings.follower(&self.group).create_with_context(Lines::default());
            let mut consumer: BaseConsumer<Lines> = made.map_err(|e| LogError::Stop(errors::creation(&e)))?;
            let wake = self.waker.clone();
            consumer.set_nonempty_callback(move || wake());
            self.consumer = Some(consumer);
        }
        self.consumer.as_ref().ok_or_else(|| LogError::Rebuild("no follower".to_owned()))
    }
}

fn name_of(topics: &mut Vec<Arc<str>>, topic: &str) -> Arc<str> {
    if let Some(name) = topics.iter().find(|t| &***t == topic) {
        return name.clone();
    }
    let name: Arc<str> = topic.into();
    topics.push(name.clone());
    name
}
