//! The pace of each business number in this process. Waits; how long is the bucket's decision.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    domain::pace::{Bucket, Turn},
    runtime::{Fault, FaultKind, ports::SharedClock},
};

/// A command waits this long for its token where it is; beyond that its lane is parked.
const PATIENCE_MS: u64 = 900;

pub(super) struct Pace {
    per_second: u32,
    buckets: Mutex<HashMap<String, Bucket>>,
}

impl Pace {
    pub(super) fn new(per_second: u32) -> Self {
        Self { per_second, buckets: Mutex::default() }
    }

    /// Returns when the number may send one more message.
    ///
    /// # Errors
    /// Throttled, when that is not soon.
    pub(super) async fn turn(&self, phone_number_id: &str, clock: &SharedClock) -> Result<(), Fault> {
        let turn = self.with(phone_number_id, |bucket| bucket.take(clock.boot_ms(), PATIENCE_MS));
        match turn {
            Turn::In { wait_ms: 0 } => Ok(()),
            Turn::In { wait_ms } => {
                tokio::time::sleep(Duration::from_millis(wait_ms)).await;
                Ok(())
            }
            Turn::Later { wait_ms } => {
                Err(Fault::new(FaultKind::Throttled(Duration::from_millis(wait_ms)), "number_pace"))
            }
        }
    }

    /// Meta refused a message of this number as one too many.
    pub(super) fn slow_down(&self, phone_number_id: &str, wait_ms: u64, clock: &SharedClock) {
        self.with(phone_number_id, |bucket| bucket.pause(clock.boot_ms(), wait_ms));
    }

    fn with<T>(&self, phone_number_id: &str, change: impl FnOnce(&mut Bucket) -> T) -> T {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        change(buckets.entry(phone_number_id.to_owned()).or_insert_with(|| Bucket::new(self.per_second)))
    }
}
