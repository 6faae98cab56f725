//! Topics that are read beside the input: one record of each at a time, in order, and no more in memory than there is room for.
//! Decides nothing about input records.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt;

use super::{
    Ended, Worker,
    inbox::Message,
    slot::{SideLane, Slot},
    trying::panicked,
};
use crate::runtime::{
    fault::{Fault, FaultKind},
    log::{Log, LogError},
    partition::{Load, OwnTopics, side_dead_letter},
    publishing::Write,
    record::Record,
    stage::{Emit, SideEmit, Stage},
};

impl<S: Stage, L: Log> Worker<S, L> {
    /// A side input that is read faster than it is handled is not read for a while: its records wait where they are.
    pub(super) fn balance_sides(&mut self) -> Result<(), Ended> {
        for (p, slot) in &mut self.slots {
            let Some(live) = slot.live_mut().filter(|l| !l.leaving) else { continue };
            for lane in &mut live.sides {
                if lane.following && lane.full() {
                    lane.following = false;
                    self.log.unfollow(&[(lane.topic.clone(), *p)]);
                } else if !lane.following && lane.queue.is_empty() {
                    lane.following = true;
                    self.log.follow(&[lane.at(*p)])?;
                }
            }
        }
        Ok(())
    }

    /// `load`: what all partitions hold, as far as this turn has come.
    pub(super) fn start_sides(&mut self, p: i32, load: Load, now: i64) {
        let replay = self.topics.sides.len() - 1;
        while let Some(live) = self.slots.get_mut(&p).and_then(Slot::live_mut) {
            if self.halt.is_some() || live.leaving || live.partition.full_of_units(load) {
                break;
            }
            let room = !live.partition.full(load);
            let ready = |s: &SideLane| !s.running && !s.queue.is_empty() && s.retry_at_ms <= now;
            // a replay is parked first, and what may be parked is bounded
            let may = |(side, s): (usize, &SideLane)| ready(s) && (side != replay || room);
            let Some(side) = live.sides.iter().enumerate().position(may) else { break };
            let lane = &mut live.sides[side];
            let Some(record) = lane.pop() else { break };
            let next = record.origin.offset + 1;
            if side == replay {
                lane.next = next;
                live.partition.replay(record, (side, next), now);
                continue;
            }
            lane.running = true;
            self.start_side(p, side, record, now);
        }
    }

    fn start_side(&mut self, p: i32, side: usize, record: Record, now: i64) {
        let Some(live) = self.slots.get(&p).and_then(Slot::live) else { return };
        let epoch = live.epoch;
        let input = Arc::new(record.clone());
        let cx = self.context(p, live, input.clone(), None);
        let stage = self.stage.clone();
        let handled = AssertUnwindSafe(async move { stage.side(&input, &cx).await });
        let future = handled.catch_unwind().map(|r| r.unwrap_or_else(|panic| Err(panicked(&*panic)))).boxed();
        match self.poll_once(future) {
            Ok(result) => self.finish_side(p, epoch, side, record, result, now),
            Err(future) => {
                let inbox = self.inbox.clone();
                let task = async move {
                    let result = future.await;
                    inbox.post(Message::SideDone { partition: p, epoch, side, record, result });
                };
                self.pending += 1;
                self.running.spawn_on(task, &self.around.tasks);
            }
        }
    }

    pub(super) fn finish_side(
        &mut self,
        p: i32,
        epoch: u64,
        side: usize,
        record: Record,
        result: Result<SideEmit, Fault>,
        now: i64,
    ) {
        let topics = self.topics.clone();
        let plan = self.settings.limits.retry.clone();
        let result = result.and_then(|said| {
            let emit = Emit { records: said.records, state: said.state, ..Emit::default() };
            self.within_limits(&emit)?;
            Ok(SideEmit { records: emit.records, state: emit.state, wake: said.wake })
        });
        let Some(live) = self.slots.get_mut(&p).and_then(Slot::live_mut).filter(|l| l.epoch == epoch) else { return };
        if live.tables.failed().is_some() {
            // it may have read what is not so: the worker is about to be made anew
            return;
        }
        let lane = &mut live.sides[side];
        lane.running = false;
        let next = record.origin.offset + 1;
        let mut writes = Vec::new();
        match result {
            Ok(emit) => {
                for put in &emit.state {
                    live.tables.apply(put);
                }
                for key in &emit.wake {
                    live.partition.wake(&bytes::Bytes::copy_from_slice(key.as_bytes()), now);
                }
                writes.extend(emit.records.into_iter().map(Write::Record));
                writes.extend(emit.state.into_iter().map(Write::Put));
            }
            Err(fault) if matches!(fault.kind, FaultKind::Poison | FaultKind::Rejected) => {
                let own = OwnTopics {
                    retry: topics.retry.clone(),
                    dead_letters: topics.dead_letters.clone(),
                    group: topics.group.clone(),
                };
                self.around.signals.record(S::NAME, "dead_lettered", &fault.code);
                writes.push(Write::DeadLetter(side_dead_letter(&own, &record, &fault, now)));
            }
            Err(fault) if fault.kind == FaultKind::Fatal => {
                self.ending = Some(LogError::Stop(fault.to_string()).into());
                return;
            }
            Err(_) => {
                // whatever else it is, a side input keeps its order: the same record again, later
                let delay = plan.probe_delay(lane.failures);
                lane.failures = lane.failures.saturating_add(1);
                lane.retry_at_ms = now + i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
                lane.put_back(record);
                return;
            }
        }
        lane.failures = 0;
        lane.next = next;
        live.partition.side(writes, (side, next), Some(record));
    }
}
