//! Writes on their way to the producer: which topic and partition each goes to. Borrows them; copies no record and decides
//! nothing.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::Ended;
use crate::runtime::{
    Headers,
    log::{DeliveryFailure, Log, LogError, Produce, ProduceError, Refusal},
    publishing::Write,
    record::Outgoing,
    topics::{Directory, StageTopics},
};

/// What producing needs of a worker, apart from the partitions whose units it reads.
pub(super) struct Outlet<'w, L> {
    pub log: &'w mut L,
    pub topics: &'w StageTopics,
    pub names: &'w mut HashMap<Arc<str>, Arc<str>>,
    pub directory: &'w dyn Directory,
}

impl<L: Log> Outlet<'_, L> {
    /// Hands writes of partition `p` to the producer; `Some` is the first record that will not be taken.
    pub fn produce_all(&mut self, p: i32, writes: &[Write]) -> Result<Option<DeliveryFailure>, Ended> {
        for write in writes {
            let refused = self.produce(p, write)?;
            if refused.is_some() {
                return Ok(refused);
            }
        }
        Ok(None)
    }

    fn produce(&mut self, p: i32, write: &Write) -> Result<Option<DeliveryFailure>, Ended> {
        let none = Headers::new();
        match write {
            Write::Record(o) => {
                let topic = self.physical(&o.topic);
                self.hand_over(record(&topic, o.partition, o))
            }
            Write::Park(o) => self.hand_over(record(&o.topic, Some(p), o)),
            Write::DeadLetter(o) => self.hand_over(record(&o.topic, None, o)),
            Write::Unpark(origin) => {
                let (topic, key) = (&self.topics.retry, origin.to_string());
                self.hand_over(Produce {
                    topic,
                    partition: Some(p),
                    key: Some(key.as_bytes()),
                    value: None,
                    headers: &none,
                    changelog: false,
                })
            }
            Write::Put(put) => {
                let Some((topic, key)) = self.topics.changelog_of(put.table, &put.key) else { return Ok(None) };
                let (key, value) = (Some(key.as_bytes()), put.value.as_deref());
                self.hand_over(Produce {
                    topic,
                    partition: Some(p),
                    key,
                    value,
                    headers: &put.headers,
                    changelog: true,
                })
            }
        }
    }

    fn hand_over(&mut self, record: Produce<'_>) -> Result<Option<DeliveryFailure>, Ended> {
        loop {
            match self.log.produce(record) {
                Ok(()) => return Ok(None),
                Err(ProduceError::Full | ProduceError::Other(LogError::Retriable(_))) => {
                    std::thread::park_timeout(Duration::from_millis(1));
                }
                Err(ProduceError::Refused(failure)) => return Ok(Some(failure)),
                Err(ProduceError::Other(LogError::Abortable(reason))) => {
                    return Ok(Some(DeliveryFailure { refusal: Refusal::Passing, reason }));
                }
                Err(ProduceError::Other(error)) => return Err(error.into()),
            }
        }
    }

    fn physical(&mut self, logical: &Arc<str>) -> Arc<str> {
        if let Some(name) = self.names.get(logical) {
            return name.clone();
        }
        let name = self.directory.physical(logical);
        self.names.insert(logical.clone(), name.clone());
        name
    }
}

fn record<'r>(topic: &'r str, partition: Option<i32>, outgoing: &'r Outgoing) -> Produce<'r> {
    let (key, value) = (outgoing.key.as_deref(), outgoing.value.as_deref());
    Produce { topic, partition, key, value, headers: &outgoing.headers, changelog: false }
}
