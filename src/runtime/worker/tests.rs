//! Scenarios of the whole runtime over the in-memory log, one per test. The loop is turned by hand; nothing sleeps.

mod arrivals;
mod faults;
mod guards;
mod publishing;
mod rebalance;
mod ring;
mod sides;
mod supervisor;
mod toy;
