//! Which heads run, when, and for how long before their lane is parked. Looks at no result.

use bytes::Bytes;

use super::{
    Partition, Reverse, Run,
    item::Item,
    lane::{Lane, LaneKey},
};
use crate::runtime::{fault::Scope, record::Record};

impl Partition {
    /// Records that are not final, `run`'s own apart. To be asked when the run begins, not before: those of its batch that
    /// ran first are final by then. Only a record without a key pays for the exact count.
    #[must_use]
    pub fn outstanding_before(&self, run: &Run) -> usize {
        if run.record.key.is_some() {
            return (self.parked + self.watermark.open()).saturating_sub(1);
        }
        self.parked + self.watermark.open_below(run.record.origin.offset)
    }

    /// Runs that may start now, at most `permits`.
    pub fn dispatch(&mut self, now_ms: i64, permits: usize) -> Vec<Run> {
        self.fire_timers(now_ms);
        let mut runs = Vec::new();
        while runs.len() < permits {
            let Some(key) = self.ready.pop_front() else { break };
            let Some(head) = self.lanes.get_mut(&key).and_then(Lane::head_mut) else {
                self.breakers.skip(&key);
                continue;
            };
            if head.running.is_some() {
                continue;
            }
            if head.due_ms > now_ms {
                self.breakers.skip(&key);
                continue;
            }
            let passes = head.passes(now_ms);
            if !passes && self.holds.keeps(head.blocked.as_ref(), &key) {
                self.breakers.skip(&key);
                continue;
            }
            if self.breakers.holds(head.blocked.as_ref().filter(|_| !passes), &key) {
                continue;
            }
            self.holds.leave(head.blocked.as_ref(), &key);
            self.next_run += 1;
            head.running = Some(self.next_run);
            head.woken = false;
            head.summoned = false;
            self.running += 1;
            let closed = self.breakers.closed_to(&key);
            runs.push(head.run(self.next_run, key, closed));
        }
        runs
    }

    /// `run` did not end at once: from now on its patience counts.
    pub fn pending(&mut self, run: &Run, now_ms: i64) {
        self.started.push_back((now_ms, run.lane.clone(), run.id));
    }

    fn fire_timers(&mut self, now_ms: i64) {
        while let Some(Reverse((due, _))) = self.timers.peek() {
            if *due > now_ms {
                break;
            }
            if let Some(Reverse((_, key))) = self.timers.pop() {
                self.ready.push_back(key);
            }
        }
        self.breakers.probe(now_ms, &mut self.ready);
    }

    /// Heads that run longer than the patience park their lane; they run on.
    pub fn lose_patience(&mut self, now_ms: i64) {
        while let Some((started, _, _)) = self.started.front() {
            if now_ms - started < self.limits.patience_ms {
                break;
            }
            let Some((_, key, run)) = self.started.pop_front() else { break };
            // a parked head too: what was read behind it before it was its turn is not parked
            if self.lanes.get(&key).and_then(Lane::head).is_some_and(|h| h.running == Some(run)) {
                self.park_lane(&key);
            }
        }
        self.advance();
    }

    /// When something is due next (unix ms).
    #[must_use]
    pub fn next_timer_ms(&self) -> Option<i64> {
        let timer = self.timers.peek().map(|Reverse((due, _))| *due);
        [timer, self.next_patience_ms(), self.breakers.next_probe_ms()].into_iter().flatten().min()
    }

    /// When the patience with a running head ends next (unix ms).
    #[must_use]
    pub fn next_patience_ms(&self) -> Option<i64> {
        self.started.front().map(|(started, _, _)| started + self.limits.patience_ms)
    }

    /// Something can run as soon as there is a permit.
    #[must_use]
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// A side input settled something for `key`: its head runs again now, and so do its records without order.
    pub fn wake(&mut self, key: &Bytes, now_ms: i64) {
        self.wake_lane(LaneKey::Key(key.clone()), now_ms);
        let singles: Vec<u64> = self.singles.get(key).into_iter().flatten().copied().collect();
        for own in singles {
            self.wake_lane(LaneKey::Own(own), now_ms);
        }
    }

    /// What is not paused any more may go.
    pub fn release(&mut self, paused: &dyn Fn(&str) -> bool) {
        for (subject, key) in self.holds.release(paused) {
            let held = |head: &&mut Item| matches!(&head.blocked, Some(Scope::Hold(by)) if *by == subject);
            if let Some(head) = self.lanes.get_mut(&key).and_then(Lane::head_mut).filter(held) {
                head.blocked = None;
                head.due_ms = 0;
            }
            self.ready.push_back(key);
        }
    }

    /// The heads that `meant` means run once more now, whatever gate of their own they stand behind. Who stands behind them
    /// has its turn when it comes.
    pub fn summon(&mut self, meant: impl Fn(&Record) -> bool, now_ms: i64) {
        for (key, lane) in &mut self.lanes {
            let Some(head) = lane.head_mut().filter(|head| meant(&head.record)) else { continue };
            head.summoned = true;
            if head.running.is_none() {
                head.due_ms = head.due_ms.min(now_ms);
                self.ready.push_back(key.clone());
            }
        }
    }

    fn wake_lane(&mut self, key: LaneKey, now_ms: i64) {
        let Some(head) = self.lanes.get_mut(&key).and_then(Lane::head_mut) else { return };
        if head.running.is_some() {
            head.woken = true;
        } else if head.blocked.is_none() {
            head.due_ms = head.due_ms.min(now_ms);
            self.ready.push_back(key);
        }
    }
}
