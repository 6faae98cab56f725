//! Scenarios of the whole runtime over the in-memory log, one per test. The loop is turned by hand; nothing sleeps.

mod arrivals;
mod controls;
mod faults;
mod guards;
mod publishing;
mod rebalance;
mod ring;
mod sides;
mod store;
mod supervisor;
mod toy;
