//! A store that cannot be read or written: nothing that came of it leaves the worker.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;

use super::{
    ring::{GROUP, Process, Ring},
    toy::{Act, IN, STATE},
};
use crate::runtime::{
    log::LogError,
    store::{Change, Checkpoint, Due, MemoryStores, Store, StoreError, Stores},
    worker::Ended,
};

/// Memory that fails when it is told to.
#[derive(Default)]
struct Failing {
    reads: Arc<AtomicBool>,
    writes: Arc<AtomicBool>,
    opening: AtomicBool,
}

struct FailingStore {
    inner: Arc<dyn Store>,
    reads: Arc<AtomicBool>,
    writes: Arc<AtomicBool>,
}

fn fails(when: &AtomicBool, error: StoreError) -> Result<(), StoreError> {
    if when.load(Ordering::SeqCst) { Err(error) } else { Ok(()) }
}

impl Stores for Failing {
    fn lasting(&self) -> bool {
        false
    }
    fn open(&self, stage: &str, partition: i32) -> Result<Arc<dyn Store>, StoreError> {
        fails(&self.opening, StoreError::Unavailable("no room".to_owned()))?;
        let inner = MemoryStores.open(stage, partition)?;
        Ok(Arc::new(FailingStore { inner, reads: self.reads.clone(), writes: self.writes.clone() }))
    }
    fn anew(&self, stage: &str, partition: i32) -> Result<Arc<dyn Store>, StoreError> {
        self.open(stage, partition)
    }
}

impl Store for FailingStore {
    fn get(&self, table: &str, key: &str) -> Result<Option<Bytes>, StoreError> {
        fails(&self.reads, StoreError::Damaged("a block".to_owned()))?;
        self.inner.get(table, key)
    }
    fn write(&self, changes: &[Change], checkpoint: Option<&Checkpoint>) -> Result<(), StoreError> {
        fails(&self.writes, StoreError::Unavailable("no room".to_owned()))?;
        self.inner.write(changes, checkpoint)
    }
    fn checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        self.inner.checkpoint()
    }
    fn due(&self, now_ms: i64, limit: usize) -> Result<Vec<Due>, StoreError> {
        self.inner.due(now_ms, limit)
    }
    fn redate(&self, dates: &[(Due, Option<i64>)]) -> Result<(), StoreError> {
        self.inner.redate(dates)
    }
    fn is_empty(&self) -> Result<bool, StoreError> {
        self.inner.is_empty()
    }
}

fn rig() -> (Ring, Arc<Failing>) {
    let stores = Arc::<Failing>::default();
    let mut ring = Ring::new();
    ring.stores = stores.clone();
    (ring, stores)
}

fn rebuilt(ring: &Ring, process: &mut Process<false>) -> String {
    match ring.end_of(process) {
        Ended::Log(LogError::Rebuild(reason)) => reason,
        other => panic!("{other}"),
    }
}

#[test]
fn what_came_of_a_failed_read_is_neither_published_nor_made_durable() {
    let (ring, stores) = rig();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Settled]]);
    p.toy.plan("b1", &[&[Act::Hold, Act::Intent]]);
    ring.write("b", "b1");
    ring.turn(&mut p);
    stores.reads.store(true, Ordering::SeqCst);
    ring.write("a", "a1");
    p.toy.let_go("b1");
    let reason = rebuilt(&ring, &mut p);
    assert!(reason.contains("damaged: a block"), "{reason}");
    assert!(p.toy.calls().iter().all(|call| !call.starts_with("effect")), "an intent was granted");
    assert_eq!((ring.out(), ring.parked(), ring.values(STATE)), (vec![], vec![], vec![]));
    assert_eq!(ring.offset(), Some(0));
}

#[test]
fn a_failed_write_costs_a_restore_and_no_entry() {
    let (ring, stores) = rig();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Put("ledger")]]);
    stores.writes.store(true, Ordering::SeqCst);
    ring.write("a", "a1");
    let reason = rebuilt(&ring, &mut p);
    assert!(reason.contains("not available: no room"), "{reason}");
    ring.kill(p);
    stores.writes.store(false, Ordering::SeqCst);
    let mut q = ring.process::<false>("t-2");
    q.toy.plan("a2", &[&[Act::Settled]]);
    ring.cluster.rebalance(GROUP, q.member, &[0]);
    ring.cluster.write(IN, 0, crate::runtime::Outgoing::new(IN, "a", "a2"));
    ring.turn(&mut q);
    assert_eq!((ring.out(), ring.offset()), (vec!["a1".to_owned()], Some(2)), "once, and a2 looks for its own entry");
    assert_eq!(ring.values(STATE).len(), 1);
}

#[test]
fn partitions_wait_for_a_store_that_is_away_and_say_so() {
    let (mut ring, stores) = rig();
    let (exposition, _meters) = ring.metered();
    stores.opening.store(true, Ordering::SeqCst);
    let mut p = ring.process::<false>("t-1");
    ring.cluster.rebalance(GROUP, p.member, &[0]);
    ring.write("a", "a1");
    for _ in 0..3 {
        ring.later(&mut p, 1_000);
    }
    assert_eq!((p.report().ready, p.toy.calls()), (false, vec![]));
    let told = exposition.metrics_text().expect("text");
    let line = told.lines().find(|line| line.contains("state_store")).expect("a wait is told");
    assert!(line.ends_with(" 1"), "once: {line}");
    stores.opening.store(false, Ordering::SeqCst);
    ring.later(&mut p, 1_000);
    assert_eq!((p.report().ready, ring.out()), (true, vec!["a1".to_owned()]));
}
