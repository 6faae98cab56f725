//! Publishing: what is ready goes into one transaction with the offsets it stands for; an abort publishes the same units
//! again. Decides nothing about records.

use std::time::Duration;

use super::{Ended, Worker, outlet::Outlet, slot::Slot};
use crate::runtime::{
    entries::Cause,
    log::{At, DeliveryFailure, Log, LogError},
    publishing::Frozen,
    stage::Stage,
};

/// The open transaction.
pub(super) struct Transaction {
    pub began_ms: u64,
    /// Partition, epoch and the frozen offsets.
    parts: Vec<Part>,
    measured: bool,
    units: usize,
}

struct Part {
    partition: i32,
    epoch: u64,
    frozen: Frozen,
}

/// How often a retriable call is repeated with shutdown checked in between; each slice takes 200 ms.
const SLICES: u32 = 400;

impl<S: Stage, L: Log> Worker<S, L> {
    pub(super) fn has_units(&self) -> bool {
        self.slots.values().filter_map(Slot::live).any(|l| l.partition.outbox.waiting() > 0)
    }

    /// One step of publishing; true when it moved.
    pub(super) fn publish(&mut self, now: i64) -> Result<bool, Ended> {
        if self.transaction.is_none() {
            if !self.has_units() || self.pacer.wait_ms(self.around.clock.boot_ms()) > 0 {
                return Ok(false);
            }
            return self.begin(now);
        }
        let deliveries = self.log.deliveries();
        let Some(transaction) = &mut self.transaction else { return Ok(false) };
        if let (false, Some(acked)) = (transaction.measured, deliveries.first_ack_ms) {
            transaction.measured = true;
            self.pacer.first_ack(transaction.began_ms, acked);
        }
        if let Some(failure) = deliveries.failed {
            self.delivery_failed(&failure, now)?;
            return Ok(true);
        }
        if deliveries.pending > 0 {
            return Ok(false);
        }
        self.commit()?;
        Ok(true)
    }

    fn begin(&mut self, now: i64) -> Result<bool, Ended> {
        self.sliced(L::begin)?;
        let mut transaction =
            Transaction { began_ms: self.around.clock.boot_ms(), parts: Vec::new(), measured: false, units: 0 };
        let mut refused = None;
        let mut outlet = Outlet {
            log: &mut self.log,
            topics: &self.topics,
            names: &mut self.names,
            directory: self.around.directory.as_ref(),
        };
        for (p, slot) in &mut self.slots {
            let limit = if self.isolate > 0 { 1 - transaction.units.min(1) } else { self.settings.batch };
            let Some(live) = slot.live_mut().filter(|l| limit > 0 && l.partition.outbox.waiting() > 0) else {
                continue;
            };
            let mut part = Part { partition: *p, epoch: live.epoch, frozen: live.committed.clone() };
            for unit in live.partition.outbox.take(limit) {
                part.frozen.cover(unit);
                transaction.units += 1;
                if refused.is_none() {
                    refused = outlet.produce_all(*p, &unit.writes)?;
                }
            }
            transaction.parts.push(part);
            if refused.is_some() {
                break;
            }
        }
        self.transaction = Some(transaction);
        if let Some(failure) = refused {
            self.delivery_failed(&failure, now)?;
        }
        Ok(true)
    }

    fn commit(&mut self) -> Result<(), Ended> {
        let offsets = self.offsets();
        match self.sliced(|log| log.send_offsets(&offsets)).and_then(|()| self.sliced(L::commit)) {
            Ok(()) => {
                self.committed();
                Ok(())
            }
            Err(LogError::Abortable(reason)) => {
                tracing::warn!(stage = S::NAME, reason, "transaction aborted, its units are published again");
                self.abort()
            }
            Err(error) => Err(error.into()),
        }
    }

    fn offsets(&self) -> Vec<At> {
        let Some(transaction) = &self.transaction else { return Vec::new() };
        let mut offsets = Vec::new();
        for part in &transaction.parts {
            let partition = part.partition;
            offsets.push(At { topic: self.topics.input.clone(), partition, offset: part.frozen.input });
            for (topic, offset) in self.topics.sides.iter().zip(&part.frozen.sides) {
                offsets.push(At { topic: topic.clone(), partition, offset: *offset });
            }
        }
        offsets
    }

    fn committed(&mut self) {
        let Some(transaction) = self.transaction.take() else { return };
        let now = self.around.clock.boot_ms();
        self.pacer.ended(now);
        let took = Duration::from_millis(now.saturating_sub(transaction.began_ms));
        self.around.signals.transaction_committed(S::NAME, took);
        self.around.signals.commit_interval(S::NAME, Duration::from_millis(self.pacer.interval_ms()));
        self.isolate = self.isolate.saturating_sub(transaction.units);
        for part in transaction.parts {
            let Some(live) = self.slots.get_mut(&part.partition).and_then(Slot::live_mut) else { continue };
            if live.epoch != part.epoch {
                continue;
            }
            live.committed = part.frozen;
            for unit in live.partition.outbox.committed() {
                if let Some(reply) = unit.intent.and_then(|id| self.intents.remove(&id)) {
                    // nobody listening means the handler is gone: nothing was promised to it
                    let _ = reply.send(Ok(()));
                }
            }
        }
    }

    fn delivery_failed(&mut self, failure: &DeliveryFailure, now: i64) -> Result<(), Ended> {
        tracing::warn!(
            stage = S::NAME,
            permanent = failure.permanent,
            reason = failure.reason,
            "a record was not taken"
        );
        let units = self.transaction.as_ref().map_or(0, |t| t.units);
        let alone = self.transaction.as_ref().filter(|_| units == 1).and_then(|t| t.parts.first()).map(|p| p.partition);
        self.abort()?;
        if !failure.permanent {
            return Ok(());
        }
        let Some(p) = alone else {
            self.isolate = units;
            return Ok(());
        };
        let cause = Cause {
            class: "poison",
            code: "output_refused".to_owned(),
            detail: failure.reason.clone(),
            scope: None,
            attempt: 0,
        };
        let live = self.slots.get_mut(&p).and_then(Slot::live_mut);
        match live.is_some_and(|l| l.partition.refused(&cause, now)) {
            true => Ok(()),
            false => {
                Err(LogError::Stop(format!("the broker refuses a record of the runtime: {}", failure.reason)).into())
            }
        }
    }

    pub(super) fn abort(&mut self) -> Result<(), Ended> {
        if self.transaction.take().is_none() {
            return Ok(());
        }
        // the same units again, but not in a loop without a breath
        self.pacer.ended(self.around.clock.boot_ms());
        self.around.signals.transaction_aborted(S::NAME);
        self.sliced(L::abort)?;
        for live in self.slots.values_mut().filter_map(Slot::live_mut) {
            live.partition.outbox.aborted();
        }
        Ok(())
    }

    /// Aborts if one of `partitions` is in the open transaction: they belong to somebody else now.
    pub(super) fn abort_for(&mut self, partitions: &[i32]) -> Result<(), Ended> {
        let touched =
            self.transaction.as_ref().is_some_and(|t| t.parts.iter().any(|p| partitions.contains(&p.partition)));
        if touched { self.abort() } else { Ok(()) }
    }

    /// Repeats a retriable call until it is done, with shutdown checked between slices.
    fn sliced(&mut self, mut call: impl FnMut(&mut L) -> Result<(), LogError>) -> Result<(), LogError> {
        let mut stopping = 0;
        for _ in 0..SLICES {
            match call(&mut self.log) {
                Err(LogError::Retriable(reason)) => {
                    stopping += u32::from(self.around.shutdown.is_cancelled());
                    // a stopping worker does not wait for a broker that is gone
                    if stopping > 15 {
                        return Err(LogError::Rebuild(reason));
                    }
                }
                other => return other,
            }
        }
        Err(LogError::Rebuild("the broker did not end the transaction in time".to_owned()))
    }
}
