//! One partition's entries in the database. Every call is short: a batch into the journal's buffer, or a block that is
//! usually cached. Nothing is synced to the disk here: after a machine's crash an older checkpoint is there, and is right.

use std::sync::{
    Arc, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use bytes::Bytes;
use fjall::{Keyspace, OwnedWriteBatch};

use super::{Disk, Owner, layout};
use crate::runtime::store::{Change, Checkpoint, Due, Store, StoreError};

/// So that emptying needs little memory.
const EMPTIED_AT_ONCE: usize = 10_000;

pub(super) struct DiskStore {
    // closed before the database
    keyspace: Keyspace,
    disk: Arc<Disk>,
    name: String,
    owner: Owner,
    lease: u64,
    /// No date lies before this (unix ms): what was deleted there need not be passed over each time.
    dates_from: AtomicI64,
}

impl DiskStore {
    pub fn new(disk: Arc<Disk>, keyspace: Keyspace, name: String, (owner, lease): (Owner, u64)) -> Self {
        let dates_from = AtomicI64::new(i64::MIN);
        Self { keyspace, disk, name, owner, lease, dates_from }
    }

    /// Removes everything, entry by entry. A keyspace is never deleted: fjall 3.1 numbers what it does from the living
    /// keyspaces at each start, so a deletion can get an older number than what it deletes, and the journal then replays the
    /// old entries into the new keyspace of that name.
    pub fn empty(&self) -> Result<(), StoreError> {
        // the checkpoint lies before all others: what says that they may be gone on from goes with the first of them
        let mut entries = self.read(|| Ok(self.keyspace.iter()))?.map(fjall::Guard::key);
        loop {
            let keys: Vec<_> = self.read(|| entries.by_ref().take(EMPTIED_AT_ONCE).collect())?;
            if keys.is_empty() {
                return Ok(());
            }
            let mut batch = self.batch(keys.len());
            for key in keys {
                batch.remove(&self.keyspace, key);
            }
            self.commit(batch)?;
        }
    }

    fn batch(&self, capacity: usize) -> OwnedWriteBatch {
        OwnedWriteBatch::with_capacity(self.disk.database.clone(), capacity)
            .durability(Some(fjall::PersistMode::Buffer))
    }

    pub fn read<T>(&self, call: impl FnOnce() -> fjall::Result<T>) -> Result<T, StoreError> {
        self.disk.guarded(call).inspect_err(|error| {
            if let StoreError::Damaged(_) = error {
                self.disk.damaged.store(true, Ordering::SeqCst);
                self.fail();
            }
        })
    }

    /// Only by who opened the partition last: another worker of this process may have got it meanwhile.
    fn commit(&self, batch: OwnedWriteBatch) -> Result<(), StoreError> {
        let current = self.owner.lock().unwrap_or_else(PoisonError::into_inner);
        if *current != self.lease {
            return Err(StoreError::Unavailable(format!("{} was opened anew", self.name)));
        }
        self.disk.guarded(|| batch.commit()).inspect_err(|_| self.fail())
    }

    /// The database takes no more after a failed write.
    pub fn fail(&self) {
        self.disk.failed.store(true, Ordering::SeqCst);
    }

    fn dated(&self, at_ms: i64) {
        self.dates_from.fetch_min(at_ms, Ordering::SeqCst);
    }
}

impl Store for DiskStore {
    fn get(&self, table: &str, key: &str) -> Result<Option<Bytes>, StoreError> {
        let found = self.read(|| self.keyspace.get(layout::entry(table, key)))?;
        Ok(found.map(Bytes::from))
    }

    fn write(&self, changes: &[Change], checkpoint: Option<&Checkpoint>) -> Result<(), StoreError> {
        let mut batch = self.batch(changes.len() * 2 + 1);
        for Change { table, key, value, expires_ms } in changes {
            if let Some(at_ms) = expires_ms {
                self.dated(*at_ms);
                batch.insert(&self.keyspace, layout::date(*at_ms, table, key), Bytes::new());
            }
            let entry = layout::entry(table, key);
            match value {
                Some(value) => batch.insert(&self.keyspace, entry, value.clone()),
                None => batch.remove(&self.keyspace, entry),
            }
        }
        if let Some(checkpoint) = checkpoint {
            batch.insert(&self.keyspace, layout::CHECKPOINT, checkpoint.to_string());
        }
        self.commit(batch)
    }

    fn checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        let found = self.read(|| self.keyspace.get(layout::CHECKPOINT))?;
        // one of another version is none
        Ok(found.and_then(|bytes| Checkpoint::parse(std::str::from_utf8(&bytes).ok()?)))
    }

    fn due(&self, now_ms: i64, limit: usize) -> Result<Vec<Due>, StoreError> {
        if self.disk.failed.load(Ordering::SeqCst) {
            // a partition that writes nothing must let go of it too
            return Err(StoreError::Unavailable("a write failed".to_owned()));
        }
        let from = self.dates_from.load(Ordering::SeqCst);
        if from > now_ms {
            return Ok(Vec::new());
        }
        let range = layout::dates_from(from)..layout::dates_from(now_ms.saturating_add(1));
        let due: Vec<Due> = self.read(|| {
            let keys = self.keyspace.range(range).take(limit).map(fjall::Guard::key);
            Ok(keys.collect::<fjall::Result<Vec<_>>>()?.iter().filter_map(|key| layout::due(key)).collect())
        })?;
        self.dates_from.store(due.first().map_or(now_ms, |first| first.at_ms), Ordering::SeqCst);
        Ok(due)
    }

    fn redate(&self, dates: &[(Due, Option<i64>)]) -> Result<(), StoreError> {
        let mut batch = self.batch(dates.len() * 2);
        for (Due { at_ms, table, key }, later) in dates {
            batch.remove(&self.keyspace, layout::date(*at_ms, table, key));
            if let Some(at_ms) = later {
                self.dated(*at_ms);
                batch.insert(&self.keyspace, layout::date(*at_ms, table, key), Bytes::new());
            }
        }
        self.commit(batch)
    }

    fn is_empty(&self) -> Result<bool, StoreError> {
        let [from, to] = layout::ENTRIES;
        self.read(|| self.keyspace.range(from..to).next().map(fjall::Guard::key).transpose()).map(|key| key.is_none())
    }
}
