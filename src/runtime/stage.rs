//! What a stage is: it turns one input into data and says nothing of offsets, producers or retries.

use std::{collections::HashMap, future::Future, sync::Arc};

use bytes::Bytes;

use super::{
    controls::Controls,
    fault::{Fault, Scope},
    ports::SharedClock,
    record::{Origin, Outgoing, Put, Record, Reject},
};

/// Whether records of one key may overtake each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOrder {
    /// A key never overtakes itself, not even through a delayed retry.
    Strict,
    /// Every record is a lane of its own.
    Relaxed,
}

/// A table of a stage: local to each input partition, remembered in a compacted topic's partition of the same number.
#[derive(Debug, Clone, Copy)]
pub struct TableSpec {
    pub name: &'static str,
    pub changelog: Changelog,
    /// Entries older than this get tombstones; `None` keeps them for ever. Judged by [`Stage::entry_time_ms`].
    pub ttl_ms: Option<i64>,
}

/// Where a table's entries are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changelog {
    /// The stage's state topic, keys `<table>/<key>`.
    Stage,
    /// A topic of its own (logical name), plain keys: a table that is also a product.
    Topic(&'static str),
}

/// What a stage returns: everything it wants published, nothing of how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Emit {
    pub records: Vec<Outgoing>,
    pub rejects: Vec<Reject>,
    pub state: Vec<Put>,
    /// Why nothing (more) was emitted, when that is the point: counted as `dropped` with this code.
    pub dropped: Vec<&'static str>,
}

impl Emit {
    /// Nothing to publish, on purpose; `code` names the counter.
    #[must_use]
    pub fn nothing(code: &'static str) -> Self {
        Self { dropped: vec![code], ..Self::default() }
    }

    #[must_use]
    pub fn record(record: Outgoing) -> Self {
        Self { records: vec![record], ..Self::default() }
    }

    pub fn extend(&mut self, other: Self) {
        self.records.extend(other.records);
        self.rejects.extend(other.rejects);
        self.state.extend(other.state);
        self.dropped.extend(other.dropped);
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.rejects.is_empty() && self.state.is_empty()
    }
}

/// What a side record becomes: puts, records, and lane keys whose parked head runs again now.
#[derive(Debug, Default)]
pub struct SideEmit {
    pub records: Vec<Outgoing>,
    pub state: Vec<Put>,
    pub wake: Vec<String>,
}

/// One stage of the pipeline: a consumer group with one input topic.
pub trait Stage: Send + Sync + 'static {
    /// Consumer group, retry, dead-letter, replay and state topics, metric label.
    const NAME: &'static str;
    const ORDER: KeyOrder;
    /// Logical name of the input topic.
    const INPUT: &'static str;
    /// Tables, local to each input partition.
    const TABLES: &'static [TableSpec] = &[];
    /// Logical names of topics read beside the input, partition by partition, after the partition's state is restored.
    const SIDES: &'static [&'static str] = &[];
    /// Logical names of topics the stage writes to partition by partition: they must have as many as the input.
    const ALIGNED: &'static [&'static str] = &[];
    /// The header that carries the id under which a record can be cancelled: its head is called when that happens, and the
    /// stage asks [`Context::is_cancelled`].
    const CANCELLED_BY: Option<&'static str> = None;

    type Input: Send + 'static;

    /// Bytes to meaning. Poison here is a dead letter.
    fn decode(&self, record: &Record) -> impl Future<Output = Result<Self::Input, Fault>> + Send;

    /// Meaning to data. May run again for the same record (after a retry, a restart or a wake-up).
    fn handle(&self, input: Self::Input, cx: &Context) -> impl Future<Output = Result<Emit, Fault>> + Send;

    /// A record of a side topic. Runs in offset order per side partition.
    fn side(&self, record: &Record, cx: &Context) -> impl Future<Output = Result<SideEmit, Fault>> + Send {
        let _ = (record, cx);
        async { Ok(SideEmit::default()) }
    }

    /// What is published when a record ends as a dead letter without `handle` having said it.
    fn ending(&self, record: &Record, fault: &Fault, cx: &Context) -> impl Future<Output = Result<Emit, Fault>> + Send {
        let _ = (record, fault, cx);
        async { Ok(Emit::default()) }
    }

    /// How long entries of a table live after they were last touched; what its declaration says, unless it is configured.
    fn ttl_ms(&self, table: &TableSpec) -> Option<i64> {
        table.ttl_ms
    }

    /// When a table entry was last touched (unix ms), so that expired ones can go; `None` never expires.
    fn entry_time_ms(&self, table: &str, value: &[u8]) -> Option<i64> {
        let _ = (table, value);
        None
    }
}

/// A stage's own tables of one partition, uncommitted puts included.
pub trait TableView: Send + Sync {
    fn get(&self, table: &str, key: &str) -> Option<Bytes>;
}

/// The way from a handler back to its worker.
pub trait WorkerPort: Send + Sync {
    /// Resolves once `put` and the partition's offset are committed together; an error means this worker no longer owns
    /// the partition (or is stopping): nothing may be done in its name.
    fn commit_intent(&self, put: Put) -> futures::future::BoxFuture<'static, Result<(), IntentLost>>;
    fn served(&self, scope: Scope);
    /// See [`Context::outstanding_before`].
    fn outstanding_before(&self) -> usize;
    /// See [`Context::partitions`].
    fn partitions(&self) -> i32;
    /// See [`Context::closed`].
    fn closed(&self, scope: &Scope) -> bool;
    /// What operators said.
    fn controls(&self) -> &Controls;
}

/// The intent was not, and will not be, committed by this worker.
#[derive(Debug, thiserror::Error)]
#[error("the partition was lost before the intent was committed")]
pub struct IntentLost;

/// What a handler knows besides its input.
#[derive(Clone)]
pub struct Context {
    record: Arc<Record>,
    attempt: u32,
    takeover_ms: i64,
    clock: SharedClock,
    tables: Arc<dyn TableView>,
    worker: Arc<dyn WorkerPort>,
}

impl Context {
    #[must_use]
    pub fn new(
        record: Arc<Record>,
        attempt: u32,
        takeover_ms: i64,
        clock: SharedClock,
        tables: Arc<dyn TableView>,
        worker: Arc<dyn WorkerPort>,
    ) -> Self {
        Self { record, attempt, takeover_ms, clock, tables, worker }
    }

    /// A context over plain tables for tests of a stage: intents commit at once, nothing is outstanding.
    #[must_use]
    pub fn for_test(record: &Record, clock: SharedClock, tables: HashMap<(String, String), Bytes>) -> Self {
        Self::new(Arc::new(record.clone()), 0, 0, clock, Arc::new(PlainTables(tables)), Arc::<InstantWorker>::default())
    }

    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.record.origin
    }

    /// The input's key: the lane.
    #[must_use]
    pub fn key(&self) -> Option<&Bytes> {
        self.record.key.as_ref()
    }

    /// Attempts already counted against this record.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// When this worker took the partition over (unix ms): an open entry older than that is somebody else's.
    #[must_use]
    pub fn takeover_ms(&self) -> i64 {
        self.takeover_ms
    }

    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.clock.unix_ms()
    }

    #[must_use]
    pub fn clock(&self) -> &SharedClock {
        &self.clock
    }

    /// This partition's table entry, own uncommitted puts included.
    #[must_use]
    pub fn state(&self, table: &str, key: &str) -> Option<Bytes> {
        self.tables.get(table, key)
    }

    /// Makes `put` durable before an effect.
    ///
    /// # Errors
    /// [`IntentLost`] when the partition is no longer this worker's: call nothing.
    pub async fn commit_intent(&self, put: Put) -> Result<(), IntentLost> {
        self.worker.commit_intent(put).await
    }

    /// A dependency or account answered, so failures of others count.
    pub fn served(&self, scope: Scope) {
        self.worker.served(scope);
    }

    /// Records of this partition that were not final when this run began, itself apart: those that are parked, and those
    /// read before it. Exact for a record without a key; for others, which have their lane's word for what matters, it may
    /// count later ones too.
    #[must_use]
    pub fn outstanding_before(&self) -> usize {
        self.worker.outstanding_before()
    }

    /// Others wait for this scope, and it is not this run that finds out whether it works again: there is no point in asking.
    #[must_use]
    pub fn closed(&self, scope: &Scope) -> bool {
        self.worker.closed(scope)
    }

    /// Whether an operator paused this: `account/main`, `label/campaign=spring` …
    #[must_use]
    pub fn is_paused(&self, subject: &str) -> bool {
        self.worker.controls().is_paused(subject)
    }

    /// Whether an operator cancelled what has this id.
    #[must_use]
    pub fn is_cancelled(&self, id: &str) -> bool {
        self.worker.controls().is_cancelled(id)
    }

    /// Partitions of the input, and so of every topic aligned with it.
    #[must_use]
    pub fn partitions(&self) -> i32 {
        self.worker.partitions()
    }
}

struct PlainTables(HashMap<(String, String), Bytes>);

impl TableView for PlainTables {
    fn get(&self, table: &str, key: &str) -> Option<Bytes> {
        self.0.get(&(table.to_owned(), key.to_owned())).cloned()
    }
}

#[derive(Default)]
struct InstantWorker(Controls);

impl WorkerPort for InstantWorker {
    fn commit_intent(&self, _: Put) -> futures::future::BoxFuture<'static, Result<(), IntentLost>> {
        Box::pin(async { Ok(()) })
    }
    fn served(&self, _: Scope) {}
    fn outstanding_before(&self) -> usize {
        0
    }
    fn partitions(&self) -> i32 {
        1
    }
    fn closed(&self, _: &Scope) -> bool {
        false
    }
    fn controls(&self) -> &Controls {
        &self.0
    }
}
