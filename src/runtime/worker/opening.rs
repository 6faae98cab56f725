//! A partition's tables and their store: opened at an assignment where the checkpoint allows, emptied where it does not, and
//! moved on after each commit. Reads no changelog.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use super::{Ended, Live, Worker};
use crate::runtime::{
    log::{Log, LogError, Nature},
    record::Put,
    stage::{Stage, TableSpec},
    store::{Checkpoint, Found, MemoryStores, Place, Store, StoreError, Stores, judge},
    tables::{Expires, Tables},
};

/// Tables as the store has them, and what is to be read into them.
pub(super) struct Opened {
    pub tables: Tables,
    pub checkpoint: Option<Checkpoint>,
    /// Topic, where to read on, high watermark.
    pub changelogs: Vec<(Arc<str>, i64, i64)>,
}

/// What was asked of changelogs at one assignment.
pub(super) type Natures = HashMap<Arc<str>, Nature>;

/// How soon a store that is not available is tried again.
const AGAIN_MS: i64 = 1_000;
/// A partition that changes nothing moves its checkpoint's time on this often.
const TOUCH_MS: i64 = 60_000;
const DEPENDENCY: &str = "state_store";

/// The worker is made anew, and restores from the changelog what its store did not take.
pub(super) fn unkept(error: StoreError) -> Ended {
    LogError::Rebuild(error.to_string()).into()
}

impl<S: Stage, L: Log> Worker<S, L> {
    pub(super) fn open_tables(&mut self, p: i32, now: i64, natures: &mut Natures) -> Result<Opened, LogError> {
        let mut found = Vec::new();
        for topic in self.topics.changelogs() {
            let (low, high) = self.log.bounds(&topic, p)?;
            found.push(Found { topic, id: None, tombstones_kept_ms: None, low, high });
        }
        let lasting = self.around.stores.lasting() && !found.is_empty();
        if lasting {
            for one in &mut found {
                let nature = match natures.entry(one.topic.clone()) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => new.insert(self.log.nature(&one.topic)?),
                };
                (one.id, one.tombstones_kept_ms) = (nature.id.clone(), nature.tombstones_kept_ms);
            }
        }
        let (store, checkpoint) = match lasting {
            true => self.open_lasting(p, &found, now).map_err(|error| self.store_away(&error, now))?,
            false => (self.open_passing(p).map_err(|error| self.store_away(&error, now))?, None),
        };
        if self.store_again_ms.take().is_some() {
            self.around.signals.available_again(S::NAME, DEPENDENCY);
        }
        let from = |f: &Found| checkpoint.as_ref().and_then(|c| c.places.iter().find(|p| p.topic == f.topic));
        let changelogs = found.iter().map(|f| (f.topic.clone(), from(f).map_or(f.low, |p| p.offset), f.high)).collect();
        Ok(Opened { tables: Tables::new(S::TABLES, self.expires(), store), checkpoint, changelogs })
    }

    /// A stage without tables needs no file.
    fn open_passing(&self, p: i32) -> Result<Arc<dyn Store>, StoreError> {
        match S::TABLES {
            [] => MemoryStores.open(&self.topics.group, p),
            _ => self.around.stores.open(&self.topics.group, p),
        }
    }

    fn open_lasting(
        &self,
        p: i32,
        found: &[Found],
        now: i64,
    ) -> Result<(Arc<dyn Store>, Option<Checkpoint>), StoreError> {
        let (stores, name) = (&self.around.stores, &*self.topics.group);
        let store = stores.open(name, p)?;
        let checkpoint = store.checkpoint()?;
        match judge(checkpoint.as_ref(), found, now) {
            Ok(_) => Ok((store, checkpoint)),
            Err(refused) => {
                self.around.signals.store_emptied(S::NAME, p, checkpoint.is_none(), &refused.to_string());
                drop(store);
                Ok((stores.anew(name, p)?, beginning(found, now)))
            }
        }
    }

    fn expires(&self) -> Expires {
        let stage = self.stage.clone();
        Arc::new(move |spec: &TableSpec, value: &[u8]| {
            Some(stage.entry_time_ms(spec.name, value)?.saturating_add(stage.ttl_ms(spec)?))
        })
    }

    /// Not a reason to give partitions back: they wait here until the store is there again.
    fn store_away(&mut self, error: &StoreError, now: i64) -> LogError {
        if self.store_again_ms.is_none() {
            tracing::error!(stage = S::NAME, %error, "partitions wait for the state store");
            self.around.signals.unavailable(S::NAME, DEPENDENCY);
        }
        self.store_again_ms = Some(now + AGAIN_MS);
        LogError::Retriable(error.to_string())
    }

    /// A handler that was told «no such entry» because a read failed must not be believed.
    pub(super) fn check_tables(&self) -> Result<(), Ended> {
        let failed = self.slots.values().filter_map(|slot| slot.live()?.tables.failed()).next();
        failed.map_or(Ok(()), |error| Err(unkept(error.clone())))
    }
}

/// Nothing is read yet. `None` where the cluster does not say which topics these are: then there is nothing to go on from.
fn beginning(found: &[Found], now: i64) -> Option<Checkpoint> {
    let place = |f: &Found| Some(Place { topic: f.topic.clone(), id: f.id.clone()?, offset: f.low });
    Some(Checkpoint { at_ms: now, places: found.iter().map(place).collect::<Option<_>>()? })
}

impl Live {
    /// What this partition committed, in its order, in the transaction that began at `began_ms` (unix).
    pub(super) fn keep<L: Log>(
        &mut self,
        puts: Vec<Put>,
        log: &mut L,
        partition: i32,
        began_ms: i64,
    ) -> Result<(), StoreError> {
        let Some(checkpoint) = &mut self.checkpoint else { return self.tables.committed(puts, None) };
        if puts.is_empty() && began_ms - checkpoint.at_ms < TOUCH_MS {
            return Ok(());
        }
        checkpoint.at_ms = began_ms;
        for place in &mut checkpoint.places {
            if let Some(next) = log.written(&place.topic, partition) {
                place.offset = place.offset.max(next);
            }
        }
        self.tables.committed(puts, Some(checkpoint))
    }
}
