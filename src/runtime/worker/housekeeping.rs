//! What is done once a second beside the records: expiry, markers behind the last record, offsets that must not be forgotten.

use super::{Ended, Worker, opening::unkept};
use crate::runtime::{log::Log, stage::Stage};

const HOUSEKEEPING_MS: i64 = 1_000;
/// Tombstones of expired entries per partition in one go, and how soon the next ones follow.
const EXPIRE: usize = 100;
const EXPIRE_AGAIN_MS: i64 = 20;
/// Brokers forget offsets of topics that nobody subscribes to unless they are committed now and then.
const REFRESH_MS: i64 = 3_600_000;

impl<S: Stage, L: Log> Worker<S, L> {
    /// Once a second: expired table entries, trailing markers, signals.
    pub(super) fn housekeep(&mut self, now: i64) -> Result<(), Ended> {
        if now - self.housekeeping_ms < HOUSEKEEPING_MS {
            return Ok(());
        }
        self.housekeeping_ms = now;
        let refresh = now - self.refreshed_ms >= REFRESH_MS;
        if refresh {
            self.refreshed_ms = now;
        }
        for (p, slot) in &mut self.slots {
            let Some(live) = slot.live_mut().filter(|l| !l.leaving) else { continue };
            live.tell_levels();
            if let Some(position) = self.log.input_position(*p) {
                live.partition.drained_to(position);
            }
            if refresh {
                live.partition.refresh();
            }
            let expired = live.tables.expire(now, EXPIRE).map_err(unkept)?;
            if expired.more {
                // there is more: soon again, a few at a time
                self.housekeeping_ms = now - HOUSEKEEPING_MS + EXPIRE_AGAIN_MS;
            }
            if !expired.tombstones.is_empty() {
                live.partition.housekeeping(expired.tombstones);
            }
        }
        Ok(())
    }
}
