//! What the runtime needs of the world besides a log: time. (The log itself is `runtime::log`.)

use std::sync::Arc;

/// Time as an argument, so that tests own it.
pub trait Clock: Send + Sync + 'static {
    /// Wall clock, milliseconds since the epoch: what goes into records.
    fn unix_ms(&self) -> i64;
    /// Milliseconds since boot, suspended time included: what deadlines are measured with.
    fn boot_ms(&self) -> u64;
}

/// A shared clock.
pub type SharedClock = Arc<dyn Clock>;
