//! Partitions that go, one by one or all of them: what runs may finish until a deadline, what has ended is published, then
//! they are let go. Starts nothing.

use super::{Ended, Live, Worker, slot::Slot};
use crate::runtime::{log::Log, stage::Stage};

/// Taken partitions that still finish.
pub(super) struct Leaving {
    pub partitions: Vec<i32>,
    pub deadline_ms: i64,
}

impl<S: Stage, L: Log> Worker<S, L> {
    pub(super) fn revoked(&mut self, partitions: Vec<i32>, lost: bool, now: i64) -> Result<(), Ended> {
        let kind = if lost { "lost" } else { "revoked" };
        self.around.signals.rebalanced(S::NAME, kind, &partitions);
        self.arriving.taken(&partitions);
        if lost {
            if let Some(leaving) = &mut self.leaving {
                leaving.partitions.retain(|p| !partitions.contains(p));
            }
            self.leaving.take_if(|l| l.partitions.is_empty());
            // first of all let go: a client that was not told so never closes
            let touched = self.touches(&partitions);
            self.forget(&partitions);
            self.log.unassign(&partitions);
            return if touched { self.abort() } else { Ok(()) };
        }
        for p in &partitions {
            if let Some(live) = self.slots.get_mut(p).and_then(Slot::live_mut) {
                live.leaving = true;
                live.paused = true;
                self.log.pause(&[*p]);
            }
        }
        let drain = i64::try_from(self.settings.drain.as_millis()).unwrap_or(i64::MAX);
        let leaving = self.leaving.get_or_insert_with(|| Leaving { partitions: Vec::new(), deadline_ms: now + drain });
        leaving.partitions.extend(partitions);
        Ok(())
    }

    /// Lets leaving partitions go once nothing of them is unfinished, or their time is up.
    pub(super) fn leave(&mut self, now: i64) -> Result<(), Ended> {
        self.settle();
        let Some(leaving) = &self.leaving else { return Ok(()) };
        let late = now >= leaving.deadline_ms;
        let finished = leaving.partitions.iter().filter_map(|p| self.slots.get(p)?.live()).all(Live::quiet);
        if !(finished || late) {
            return Ok(());
        }
        if late && !finished {
            tracing::warn!(stage = S::NAME, "revoked partitions left with handlers still running");
        }
        if let Some(leaving) = self.leaving.take() {
            let touched = !finished && self.touches(&leaving.partitions);
            self.forget(&leaving.partitions);
            self.log.unassign(&leaving.partitions);
            if touched {
                self.abort()?;
            }
        }
        Ok(())
    }

    /// What has ended in a leaving partition is published whatever stands below it.
    fn settle(&mut self) {
        for live in self.slots.values_mut().filter_map(Slot::live_mut).filter(|l| l.leaving) {
            live.partition.settle();
        }
    }

    fn forget(&mut self, partitions: &[i32]) {
        say_let_go(S::NAME, partitions);
        for p in partitions {
            let Some(slot) = self.slots.remove(p) else { continue };
            let followed: Vec<_> = slot.followed(&self.topics, *p);
            self.log.unfollow(&followed);
            if let Some(live) = slot.live() {
                for id in live.partition.outbox.intents() {
                    self.intents.remove(&id);
                }
            }
        }
    }

    pub(super) fn stop_when_drained(&mut self, now: i64) -> Result<(), Ended> {
        if !self.around.shutdown.is_cancelled() {
            return Ok(());
        }
        let drain = i64::try_from(self.settings.drain.as_millis()).unwrap_or(i64::MAX);
        let deadline = *self.stopping.get_or_insert(now + drain);
        for (p, slot) in &mut self.slots {
            if let Some(live) = slot.live_mut().filter(|l| !l.leaving) {
                live.leaving = true;
                live.paused = true;
                self.log.pause(&[*p]);
            }
        }
        self.settle();
        let quiet = self.slots.values().filter_map(Slot::live).all(Live::quiet);
        if quiet || now >= deadline {
            return Err(Ended::Shutdown);
        }
        Ok(())
    }
}

/// From here on nothing of them is read or written here.
pub(super) fn say_let_go(stage: &'static str, partitions: &[i32]) {
    tracing::debug!(stage, ?partitions, "partitions let go");
}
