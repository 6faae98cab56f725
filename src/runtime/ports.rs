//! What the runtime needs of the world besides a log: time. (The log itself is `runtime::log`.)

use std::sync::Arc;

/// Time as an argument, so that tests own it.
pub trait Clock: Send + Sync + 'static {
    /// Wall clock, milliseconds since the epoch: what goes into records.
    fn unix_ms(&self) -> i64;
    /// Milliseconds since boot, suspended time included: what deadlines are measured with.
    fn boot_ms(&self) -> u64;
}

/// Unix ms as they are written for people: RFC 3339 with milliseconds, UTC.
#[must_use]
pub fn rfc3339(unix_ms: i64) -> String {
    let time = chrono::DateTime::from_timestamp_millis(unix_ms).unwrap_or_default();
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// A shared clock.
pub type SharedClock = Arc<dyn Clock>;
