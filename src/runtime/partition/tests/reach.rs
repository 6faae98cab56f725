//! Nothing is stuck: whatever is not final runs, is ready, or waits for a timer or a breaker that will call it.

use super::{
    super::{Partition, lane::LaneKey},
    model::Broken,
};
use crate::runtime::fault::Scope;

pub fn check(partition: &Partition) -> Result<(), Broken> {
    for (key, lane) in &partition.lanes {
        let head = lane.head().ok_or(format!("lane {key:?} is empty"))?;
        let timed = || partition.timers.iter().any(|t| t.0.0 >= head.due_ms && t.0.1 == *key);
        let ready = || partition.ready.contains(key);
        let waits = || partition.breakers.hold(key) || partition.holds.hold(key);
        if head.running.is_none() && !ready() && !timed() && !waits() {
            return Err(format!("lane {key:?} is stuck at {}", head.record.origin));
        }
        let gated = matches!(head.blocked, Some(Scope::Account(_) | Scope::Hold(_)));
        let deadline = head.deadline_ms.filter(|_| gated && head.running.is_none() && !ready());
        let called = |at| partition.timers.iter().any(|t| t.0.0 >= at && t.0.1 == *key);
        let away = || partition.breakers.scopes().any(|scope| matches!(scope, Scope::Dependency(_)));
        if deadline.is_some_and(|at| !called(at) && !away()) {
            return Err(format!("lane {key:?} will not be called at the deadline of {}", head.record.origin));
        }
    }
    let runs = |key: &LaneKey| partition.lanes.get(key).and_then(|l| l.head()).is_some_and(|h| h.running.is_some());
    for probe in partition.breakers.probes() {
        if !runs(probe) && !partition.ready.contains(probe) {
            return Err(format!("probe {probe:?} neither runs nor will"));
        }
    }
    let items = partition.lanes.values().flat_map(|l| l.items());
    let (parked, bytes) =
        items.filter(|i| i.parked && !i.buried).fold((0, 0), |(n, b), i| (n + 1, b + i.record.size()));
    if (parked, bytes) != (partition.parked, partition.parked_bytes) {
        return Err(format!("{parked} are parked and {} are counted", partition.parked));
    }
    let running = partition.lanes.values().filter(|l| l.head().is_some_and(|h| h.running.is_some())).count();
    if running != partition.running {
        return Err(format!("{running} run and {} are counted", partition.running));
    }
    Ok(())
}
