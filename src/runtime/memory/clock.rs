//! Time that moves when a test says so.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use crate::runtime::ports::Clock;

/// Wall and boot clock in one. Clones share the time.
#[derive(Debug, Clone, Default)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    #[must_use]
    pub fn at(unix_ms: i64) -> Self {
        Self(Arc::new(AtomicI64::new(unix_ms)))
    }

    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn unix_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn boot_ms(&self) -> u64 {
        u64::try_from(self.unix_ms()).unwrap_or(0)
    }
}
