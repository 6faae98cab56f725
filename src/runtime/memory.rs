//! The in-memory log of the tests: topics with transactions and control markers, a consumer group that fences, rebalances
//! and faults the test triggers. Several processes share one [`MemoryCluster`]. Waits for nothing and wakes nobody: a test
//! turns the loop by hand.

mod clock;
mod cluster;
mod group;
mod log;
mod topic;

pub use self::{
    clock::ManualClock,
    cluster::{Failure, MemoryCluster, TOMBSTONES_KEPT_MS},
    log::MemoryLog,
};
