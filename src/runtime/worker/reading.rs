//! Reading on: input, side inputs, and what the group gives and takes, as long as there is room for it.

use super::{Ended, Worker, guards::grown, slot::Slot};
use crate::runtime::{
    log::{Event, Log},
    partition::Load,
    stage::Stage,
};

/// Events taken from the log in one step.
const POLL_BATCH: usize = 500;

impl<S: Stage, L: Log> Worker<S, L> {
    pub(super) fn poll(&mut self, now: i64) -> Result<bool, Ended> {
        let mut busy = false;
        if !self.holding_back() {
            let mut events = std::mem::take(&mut self.events);
            self.log.poll(POLL_BATCH, &mut events)?;
            busy |= !events.is_empty();
            for event in events.drain(..) {
                self.on_event(event, now)?;
            }
            self.events = events;
        }
        let mut records = std::mem::take(&mut self.followed);
        self.log.poll_followed(POLL_BATCH, &mut records)?;
        busy |= !records.is_empty();
        for record in records.drain(..) {
            self.on_followed(record);
        }
        self.followed = records;
        self.balance_input();
        self.balance_sides()?;
        Ok(busy)
    }

    /// A transaction is under way and a partition has its window full: the next poll can wait the few milliseconds, which
    /// is cheaper than a pause that throws away what was fetched.
    fn holding_back(&self) -> bool {
        let young = self.transaction.as_ref().is_some_and(|t| self.around.clock.boot_ms() - t.began_ms < 500);
        if !young {
            return false;
        }
        let load = self.load();
        self.slots.values().filter_map(Slot::live).any(|l| l.partition.full(load))
    }

    fn on_event(&mut self, event: Event, now: i64) -> Result<(), Ended> {
        match event {
            Event::Record(record) => {
                if let Some(live) = self.slots.get_mut(&record.origin.partition).and_then(Slot::live_mut) {
                    live.partition.read(record);
                }
            }
            Event::Assigned(partitions) => {
                if let Some(p) = partitions.iter().find(|p| self.partitions > 0 && **p >= self.partitions) {
                    return Err(grown(&self.topics.input, p + 1, self.partitions));
                }
                self.around.signals.rebalanced(S::NAME, "assigned", &partitions);
                self.arriving.given(&partitions, now);
                self.assigned_once = true;
            }
            Event::Revoked { partitions, lost } => self.revoked(partitions, lost, now)?,
        }
        Ok(())
    }

    pub(super) fn load(&self) -> Load {
        self.slots.values().filter_map(Slot::live).map(|live| live.partition.load()).sum()
    }

    fn balance_input(&mut self) {
        let load = self.load();
        for (p, slot) in &mut self.slots {
            let Some(live) = slot.live_mut() else { continue };
            if !live.paused && (self.halt.is_some() || live.partition.full(load)) {
                live.paused = true;
                self.log.pause(&[*p]);
            } else if live.paused && self.halt.is_none() && live.partition.roomy(load) && !live.leaving {
                live.paused = false;
                self.log.resume(&[*p]);
            }
        }
    }
}
