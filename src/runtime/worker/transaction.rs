//! Publishing: what is ready goes into one transaction with the offsets it stands for; an abort publishes the same units
//! again. Decides nothing about records.

use std::time::Duration;

use super::{Ended, Worker, outlet::Outlet, slot::Slot};
use crate::runtime::{
    crash::{self, Point},
    entries::Cause,
    fault::FaultKind,
    log::{At, DeliveryFailure, Log, LogError, Refusal},
    publishing::Frozen,
    stage::Stage,
};

/// The open transaction.
pub(super) struct Transaction {
    pub began_ms: u64,
    /// Partition, epoch and the frozen offsets.
    parts: Vec<Part>,
    measured: bool,
}

struct Part {
    partition: i32,
    epoch: u64,
    frozen: Frozen,
    units: usize,
}

/// How often, and for how long, a retriable call is repeated with shutdown checked in between.
const SLICES: u32 = 150;
const PATIENCE_MS: u64 = 30_000;
const SLICE_MS: u64 = 200;
const STOPPING_MS: u64 = 3_000;

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
        if deliveries.pending == 0 {
            self.commit()?;
            return Ok(true);
        }
        // aborted before the coordinator does, which would cost the producer its life
        if self.age_ms() * 10 < self.timeout_ms() * 7 {
            return Ok(false);
        }
        tracing::warn!(
            stage = S::NAME,
            pending = deliveries.pending,
            "a transaction grows too old, its units are published again"
        );
        self.abort()?;
        Ok(true)
    }

    /// Of the open transaction.
    fn age_ms(&self) -> u64 {
        let now = self.around.clock.boot_ms();
        self.transaction.as_ref().map_or(0, |t| now.saturating_sub(t.began_ms))
    }

    fn timeout_ms(&self) -> u64 {
        u64::try_from(self.settings.transaction_timeout.as_millis()).unwrap_or(u64::MAX)
    }

    /// A producer whose transaction outlived its timeout is fenced too, but by nobody who lives.
    fn judge(&self, error: LogError, age_ms: u64) -> LogError {
        match error {
            LogError::Fenced(reason) if age_ms * 10 >= self.timeout_ms() * 9 => {
                LogError::Rebuild(format!("the transaction outlived its timeout: {reason}"))
            }
            other => other,
        }
    }

    fn begin(&mut self, now: i64) -> Result<bool, Ended> {
        self.sliced(L::begin)?;
        let mut transaction = Transaction { began_ms: self.around.clock.boot_ms(), parts: Vec::new(), measured: false };
        let mut refused = None;
        crash::point(Point::BeforeProduce, S::NAME);
        let mut outlet = Outlet {
            log: &mut self.log,
            topics: &self.topics,
            names: &mut self.names,
            directory: self.around.directory.as_ref(),
        };
        // one of these was refused: half of them at a time, and nobody else's
        let suspect = self.slots.iter().find(|(_, s)| s.live().is_some_and(|l| l.suspects > 0)).map(|(p, _)| *p);
        for (p, slot) in &mut self.slots {
            let chosen = suspect.is_none_or(|suspect| suspect == *p);
            let Some(live) = slot.live_mut().filter(|l| chosen && l.partition.outbox.waiting() > 0) else {
                continue;
            };
            let limit = if suspect.is_some() { live.suspects.div_ceil(2) } else { self.settings.batch };
            let mut part = Part { partition: *p, epoch: live.epoch, frozen: live.committed.clone(), units: 0 };
            for unit in live.partition.outbox.take(limit) {
                part.frozen.cover(unit);
                part.units += 1;
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
        crash::point(Point::AfterProduce, S::NAME);
        if let Some(failure) = refused {
            self.delivery_failed(&failure, now)?;
        }
        Ok(true)
    }

    fn commit(&mut self) -> Result<(), Ended> {
        crash::point(Point::BeforeOffsets, S::NAME);
        match self.end() {
            Ok(()) => {
                crash::point(Point::AfterCommit, S::NAME);
                self.committed();
                Ok(())
            }
            Err(LogError::Abortable(reason)) => {
                tracing::warn!(stage = S::NAME, reason, "transaction aborted, its units are published again");
                self.abort()
            }
            Err(error) => Err(self.judge(error, self.age_ms()).into()),
        }
    }

    fn end(&mut self) -> Result<(), LogError> {
        let offsets = self.offsets();
        self.sliced(|log| log.send_offsets(&offsets))?;
        crash::point(Point::BeforeCommit, S::NAME);
        self.sliced(L::commit)
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
        for part in transaction.parts {
            let Some(live) = self.slots.get_mut(&part.partition).and_then(Slot::live_mut) else { continue };
            if live.epoch != part.epoch {
                continue;
            }
            live.committed = part.frozen;
            live.suspects = live.suspects.saturating_sub(part.units);
            for unit in live.partition.outbox.committed() {
                if let Some(reply) = unit.intent.and_then(|id| self.intents.remove(&id)) {
                    // nobody listening means the handler is gone: nothing was promised to it
                    let _ = reply.send(Ok(()));
                }
            }
        }
    }

    fn delivery_failed(&mut self, failure: &DeliveryFailure, now: i64) -> Result<(), Ended> {
        let DeliveryFailure { refusal, reason } = failure;
        tracing::warn!(stage = S::NAME, ?refusal, reason, "a record was not taken");
        let parts =
            self.transaction.as_ref().map(|t| t.parts.iter().map(|p| (p.partition, p.units)).collect::<Vec<_>>());
        self.abort()?;
        match (refusal, parts.unwrap_or_default().as_slice()) {
            (Refusal::Passing, _) => Ok(()),
            (Refusal::Topic(topic), _) => Err(LogError::Missing(topic.clone()).into()),
            (Refusal::Record, [(p, 1)]) => self.refused(*p, reason, now),
            (Refusal::Record, parts) => {
                for (p, units) in parts {
                    if let Some(live) = self.slots.get_mut(p).and_then(Slot::live_mut) {
                        live.suspects = *units;
                    }
                }
                Ok(())
            }
        }
    }

    /// The culprit is known: the first unit of `p`.
    fn refused(&mut self, p: i32, reason: &str, now: i64) -> Result<(), Ended> {
        for live in self.slots.values_mut().filter_map(Slot::live_mut) {
            live.suspects = 0;
        }
        let (class, code, detail) = (FaultKind::Poison.name(), "output_refused".to_owned(), reason.to_owned());
        let cause = Cause { class, code, detail, scope: None, attempt: 0 };
        let live = self.slots.get_mut(&p).and_then(Slot::live_mut);
        match live.is_some_and(|l| l.partition.refused(&cause, now)) {
            true => Ok(()),
            false => Err(LogError::Stop(format!("the broker refuses a record of the runtime: {reason}")).into()),
        }
    }

    pub(super) fn abort(&mut self) -> Result<(), Ended> {
        let age_ms = self.age_ms();
        if self.transaction.take().is_none() {
            return Ok(());
        }
        // the same units again, but not in a loop without a breath
        self.pacer.ended(self.around.clock.boot_ms());
        self.around.signals.transaction_aborted(S::NAME);
        self.sliced(L::abort).map_err(|error| self.judge(error, age_ms))?;
        for live in self.slots.values_mut().filter_map(Slot::live_mut) {
            live.partition.outbox.aborted();
        }
        Ok(())
    }

    /// Whether one of `partitions` is in the open transaction: once they belong to somebody else it must not be committed.
    pub(super) fn touches(&self, partitions: &[i32]) -> bool {
        self.transaction.as_ref().is_some_and(|t| t.parts.iter().any(|p| partitions.contains(&p.partition)))
    }

    /// Repeats a retriable call until it is done, with shutdown checked between slices.
    fn sliced(&mut self, mut call: impl FnMut(&mut L) -> Result<(), LogError>) -> Result<(), LogError> {
        let (mut stopping, clock) = (0, self.around.clock.clone());
        let until = clock.boot_ms().saturating_add(PATIENCE_MS);
        for _ in 0..SLICES {
            let began = clock.boot_ms();
            match call(&mut self.log) {
                Err(LogError::Retriable(reason)) => {
                    if self.around.shutdown.is_cancelled() {
                        stopping += clock.boot_ms().saturating_sub(began).max(SLICE_MS);
                    }
                    // a stopping worker does not wait for a broker that is gone
                    if stopping > STOPPING_MS || clock.boot_ms() > until {
                        return Err(LogError::Rebuild(reason));
                    }
                }
                other => return other,
            }
        }
        Err(LogError::Rebuild("the broker did not end the transaction in time".to_owned()))
    }
}
