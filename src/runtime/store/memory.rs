//! Entries in memory: gone with the process, and read back from the changelog at each assignment. Writes no file.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use bytes::Bytes;

use super::{Change, Checkpoint, Due, Store, StoreError, Stores};

/// Opens stores that are empty each time.
#[derive(Debug, Clone, Copy, Default)]
pub struct MemoryStores;

impl Stores for MemoryStores {
    fn lasting(&self) -> bool {
        false
    }

    fn open(&self, _: &str, _: i32) -> Result<Arc<dyn Store>, StoreError> {
        Ok(Arc::<MemoryStore>::default())
    }

    fn anew(&self, stage: &str, partition: i32) -> Result<Arc<dyn Store>, StoreError> {
        self.open(stage, partition)
    }
}

#[derive(Debug, Default)]
struct MemoryStore(RwLock<Held>);

#[derive(Debug, Default)]
struct Held {
    tables: HashMap<&'static str, HashMap<String, Bytes>>,
    dates: BTreeSet<(i64, &'static str, String)>,
}

impl MemoryStore {
    fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> RwLockWriteGuard<'_, Held> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn get(&self, table: &str, key: &str) -> Result<Option<Bytes>, StoreError> {
        Ok(self.read().tables.get(table).and_then(|entries| entries.get(key)).cloned())
    }

    fn write(&self, changes: &[Change], _: Option<&Checkpoint>) -> Result<(), StoreError> {
        let mut held = self.held();
        for change in changes {
            if let Some(at_ms) = change.expires_ms {
                held.dates.insert((at_ms, change.table, change.key.clone()));
            }
            let entries = held.tables.entry(change.table).or_default();
            match &change.value {
                Some(value) => entries.insert(change.key.clone(), value.clone()),
                None => entries.remove(&change.key),
            };
        }
        Ok(())
    }

    fn checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        Ok(None)
    }

    fn due(&self, now_ms: i64, limit: usize) -> Result<Vec<Due>, StoreError> {
        let held = self.read();
        let due = held.dates.iter().take_while(|(at_ms, ..)| *at_ms <= now_ms).take(limit);
        Ok(due.map(|(at_ms, table, key)| Due { at_ms: *at_ms, table: (*table).to_owned(), key: key.clone() }).collect())
    }

    fn redate(&self, dates: &[(Due, Option<i64>)]) -> Result<(), StoreError> {
        let mut held = self.held();
        for (due, later) in dates {
            let Some(table) = held.tables.keys().find(|table| **table == due.table).copied() else { continue };
            held.dates.remove(&(due.at_ms, table, due.key.clone()));
            if let Some(at_ms) = later {
                held.dates.insert((*at_ms, table, due.key.clone()));
            }
        }
        Ok(())
    }

    fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.read().tables.values().all(HashMap::is_empty))
    }
}
