//! A partition's tables as they will be once everything produced is committed: the store's committed entries, and over them
//! what is on its way. Written by the worker's thread only, read by handlers. An aborted transaction is published again from
//! memory and a lost one drops the tables, so what is here never has to be taken back.
//!
//! An entry leaves the upper layer with its last uncommitted put; from then on the store says what the changelog says,
//! whatever the order in which the handlers ended.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use bytes::Bytes;

use super::{
    record::Put,
    stage::{TableSpec, TableView},
    store::{Change, Checkpoint, Due, Store, StoreError},
};

/// When an entry expires (unix ms); `None` is never.
pub type Expires = Arc<dyn Fn(&TableSpec, &[u8]) -> Option<i64> + Send + Sync>;

/// The tables of one partition.
pub struct Tables {
    specs: &'static [TableSpec],
    expires: Expires,
    store: Arc<dyn Store>,
    uncommitted: RwLock<HashMap<&'static str, HashMap<String, Uncommitted>>>,
    /// The first read that failed. It was answered with «no such entry», so nothing that was made of it may be published.
    failed: OnceLock<StoreError>,
}

/// Puts of one key on their way, in the order in which they were said.
#[derive(Debug)]
struct Uncommitted {
    last: Option<Bytes>,
    before: Vec<Option<Bytes>>,
}

/// Entries found to be past their time.
#[derive(Debug, Default, PartialEq)]
pub struct Expired {
    pub tombstones: Vec<Put>,
    /// There may be more.
    pub more: bool,
}

/// Dates looked at per tombstone asked for: most of them are of entries that were put again later.
const LOOKS: usize = 10;

impl Tables {
    #[must_use]
    pub fn new(specs: &'static [TableSpec], expires: Expires, store: Arc<dyn Store>) -> Self {
        let uncommitted = RwLock::new(specs.iter().map(|s| (s.name, HashMap::new())).collect());
        Self { specs, expires, store, uncommitted, failed: OnceLock::new() }
    }

    fn spec(&self, table: &str) -> Option<&'static TableSpec> {
        self.specs.iter().find(|s| s.name == table)
    }

    /// A put that will be published; `false` for a table nobody declared.
    pub fn apply(&self, put: &Put) -> bool {
        let Some(spec) = self.spec(put.table) else { return false };
        let mut uncommitted = self.uncommitted.write().unwrap_or_else(PoisonError::into_inner);
        let entries = uncommitted.entry(spec.name).or_default();
        match entries.get_mut(&put.key) {
            Some(entry) => {
                let before = std::mem::replace(&mut entry.last, put.value.clone());
                entry.before.push(before);
            }
            None => {
                entries.insert(put.key.clone(), Uncommitted { last: put.value.clone(), before: Vec::new() });
            }
        }
        true
    }

    /// Puts in the order of the changelog: committed, so they go into the store together with where it stands now.
    ///
    /// # Errors
    /// When the store took nothing of it: the changelog has it, and a restore brings it.
    pub fn committed(&self, puts: Vec<Put>, checkpoint: Option<&Checkpoint>) -> Result<(), StoreError> {
        let changes = self.load(puts, checkpoint)?;
        let mut uncommitted = self.uncommitted.write().unwrap_or_else(PoisonError::into_inner);
        for Change { table, key, value, .. } in changes {
            let Some(entries) = uncommitted.get_mut(table) else { continue };
            if entries.get_mut(&key).is_some_and(|entry| entry.settle(&value)) {
                entries.remove(&key);
            }
        }
        Ok(())
    }

    /// Entries read from the changelog, and what they change.
    ///
    /// # Errors
    /// When the store took nothing of it.
    pub fn load(&self, puts: Vec<Put>, checkpoint: Option<&Checkpoint>) -> Result<Vec<Change>, StoreError> {
        let changes: Vec<Change> = puts.into_iter().filter_map(|put| self.change(put)).collect();
        if !changes.is_empty() || checkpoint.is_some() {
            self.store.write(&changes, checkpoint)?;
        }
        Ok(changes)
    }

    fn change(&self, put: Put) -> Option<Change> {
        let spec = self.spec(put.table)?;
        let expires_ms = put.value.as_ref().and_then(|value| (self.expires)(spec, value));
        Some(Change { table: spec.name, key: put.key, value: put.value, expires_ms })
    }

    /// Up to `limit` tombstones of entries that have expired; they are gone here at once.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn expire(&self, now_ms: i64, limit: usize) -> Result<Expired, StoreError> {
        let dates = self.store.due(now_ms, limit * LOOKS)?;
        let mut expired = Expired { more: dates.len() == limit * LOOKS, ..Expired::default() };
        let mut redated = Vec::new();
        for date in dates {
            match self.look(&date, now_ms)? {
                Look::Later(_) | Look::Expired if expired.tombstones.len() == limit => {
                    expired.more = true;
                    break;
                }
                Look::OnItsWay => {}
                Look::Later(later) => redated.push((date, later)),
                Look::Expired => {
                    let Some(spec) = self.spec(&date.table) else { continue };
                    let tombstone = Put::tombstone(spec.name, date.key);
                    self.apply(&tombstone);
                    expired.tombstones.push(tombstone);
                }
            }
        }
        if !redated.is_empty() {
            self.store.redate(&redated)?;
        }
        Ok(expired)
    }

    fn look(&self, date: &Due, now_ms: i64) -> Result<Look, StoreError> {
        let Some(spec) = self.spec(&date.table) else { return Ok(Look::Later(None)) };
        if self.on_its_way(spec.name, &date.key).is_some() {
            return Ok(Look::OnItsWay);
        }
        let value = self.store.get(spec.name, &date.key)?;
        Ok(match value.and_then(|value| (self.expires)(spec, &value)) {
            Some(at_ms) if at_ms <= now_ms => Look::Expired,
            // a newer put has a later date of its own, or none; another configuration may have moved it
            later => Look::Later(later),
        })
    }

    fn on_its_way(&self, table: &str, key: &str) -> Option<Option<Bytes>> {
        let uncommitted = self.uncommitted.read().unwrap_or_else(PoisonError::into_inner);
        Some(uncommitted.get(table)?.get(key)?.last.clone())
    }

    /// Why these tables cannot be trusted any more.
    #[must_use]
    pub fn failed(&self) -> Option<&StoreError> {
        self.failed.get()
    }

    /// # Errors
    /// When the store cannot be read.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        self.store.is_empty()
    }

    /// Keys with puts that are not committed yet.
    #[must_use]
    pub fn uncommitted(&self) -> usize {
        self.uncommitted.read().unwrap_or_else(PoisonError::into_inner).values().map(HashMap::len).sum()
    }
}

/// What a date means when it has come.
enum Look {
    /// A put of this key is not committed yet: again when it is.
    OnItsWay,
    /// The entry is gone or younger; with the date to look at it again.
    Later(Option<i64>),
    Expired,
}

impl Uncommitted {
    /// One put of this key was committed; true when it was the last one on its way.
    fn settle(&mut self, value: &Option<Bytes>) -> bool {
        if let Some(at) = self.before.iter().position(|before| before == value) {
            self.before.remove(at);
            return false;
        }
        if self.last != *value {
            // said by somebody who did not show it here
            return false;
        }
        match self.before.pop() {
            None => true,
            Some(before) => {
                self.last = before;
                false
            }
        }
    }
}

impl TableView for Tables {
    fn get(&self, table: &str, key: &str) -> Option<Bytes> {
        if let Some(value) = self.on_its_way(table, key) {
            return value;
        }
        match self.store.get(table, key) {
            Ok(value) => value,
            Err(error) => {
                let _ = self.failed.set(error);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
