//! Where a partition's committed table entries lie: a port with two implementations, memory here and a disk in
//! `adapters::store`. The changelog is the truth and a store only a copy of it up to a checkpoint: it may lag behind or be
//! thrown away, and must never hold what is not committed.

mod checkpoint;
mod memory;

use std::sync::Arc;

use bytes::Bytes;

pub use self::{
    checkpoint::{Checkpoint, Found, Place, Refused, judge},
    memory::MemoryStores,
};

/// A committed change of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub table: &'static str,
    pub key: String,
    /// `None` deletes the entry.
    pub value: Option<Bytes>,
    /// When the entry is to be looked at again because it may have expired (unix ms).
    pub expires_ms: Option<i64>,
}

/// A date at which an entry may have expired. The entry's own time decides: it may have been put again since.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    pub at_ms: i64,
    pub table: String,
    pub key: String,
}

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No room, no permission, in use elsewhere: nothing is lost, and a person may have to act.
    #[error("the state store is not available: {0}")]
    Unavailable(String),
    /// What it holds cannot be read: it is thrown away when it is opened the next time.
    #[error("the state store is damaged: {0}")]
    Damaged(String),
}

/// The committed entries of one partition. Reads come from any thread and are short: memory, or a block of a file that is
/// usually cached. Writes come from the worker's thread.
pub trait Store: Send + Sync {
    /// # Errors
    /// When it cannot be read; that is not the same as «no such entry».
    fn get(&self, table: &str, key: &str) -> Result<Option<Bytes>, StoreError>;

    /// All of `changes` in this order, and the checkpoint they lead to: all of it or nothing, also after a crash.
    ///
    /// # Errors
    /// When nothing of it is written.
    fn write(&self, changes: &[Change], checkpoint: Option<&Checkpoint>) -> Result<(), StoreError>;

    /// What the last complete [`write`](Self::write) with a checkpoint said.
    ///
    /// # Errors
    /// When it cannot be read.
    fn checkpoint(&self) -> Result<Option<Checkpoint>, StoreError>;

    /// Up to `limit` dates that are not later than `now_ms`, earliest first.
    ///
    /// # Errors
    /// When they cannot be read.
    fn due(&self, now_ms: i64, limit: usize) -> Result<Vec<Due>, StoreError>;

    /// Replaces dates that were looked at: each by the later one its entry has now, or by none.
    ///
    /// # Errors
    /// When nothing of it is written.
    fn redate(&self, dates: &[(Due, Option<i64>)]) -> Result<(), StoreError>;

    /// # Errors
    /// When it cannot be read.
    fn is_empty(&self) -> Result<bool, StoreError>;
}

/// Opens partitions' stores. There is one per process.
pub trait Stores: Send + Sync {
    /// Whether what is written outlives the process: only then are checkpoints worth anything.
    fn lasting(&self) -> bool;

    /// This partition's store as it was left. Whoever opened it before writes to it no more.
    ///
    /// # Errors
    /// `Unavailable`; a damaged one is replaced by an empty one.
    fn open(&self, stage: &str, partition: i32) -> Result<Arc<dyn Store>, StoreError>;

    /// The same, emptied.
    ///
    /// # Errors
    /// `Unavailable`.
    fn anew(&self, stage: &str, partition: i32) -> Result<Arc<dyn Store>, StoreError>;
}
