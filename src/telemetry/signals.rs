//! The closed list of operational events: each method emits the metric and, where a person needs it, the log line
//! together. No event carries a message body, a phone number or a secret.

mod instruments;

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use opentelemetry::{
    KeyValue,
    metrics::{Meter, MeterProvider as _, NoopMeterProvider},
};

use self::instruments::Instruments;
use super::levels::{Levels, PartitionLevels};

/// Where every signal goes. Cheap to clone.
#[derive(Clone)]
pub struct Signals(Arc<Inner>);

struct Inner {
    instruments: Instruments,
    levels: Levels,
    ends: Ends,
}

/// Attribute sets of record ends, made once: they are counted for every record.
#[derive(Default)]
struct Ends(RwLock<HashMap<StageAndOutcome, Codes>>);

type StageAndOutcome = (&'static str, &'static str);
type Codes = HashMap<Box<str>, EndLabels>;
type EndLabels = Arc<[KeyValue; 3]>;

impl Ends {
    fn labels(&self, stage: &'static str, outcome: &'static str, code: &str) -> EndLabels {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(labels) = known.get(&(stage, outcome)).and_then(|codes| codes.get(code)) {
            return Arc::clone(labels);
        }
        drop(known);
        let labels = Arc::new([
            KeyValue::new("stage", stage),
            KeyValue::new("outcome", outcome),
            KeyValue::new("code", code.to_owned()),
        ]);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.entry((stage, outcome)).or_default().insert(code.into(), Arc::clone(&labels));
        labels
    }
}

impl Default for Signals {
    /// Log lines only; measurements go nowhere.
    fn default() -> Self {
        Self::new(&NoopMeterProvider::new().meter("unmeasured"))
    }
}

impl Signals {
    #[must_use]
    pub fn new(meter: &Meter) -> Self {
        let (instruments, levels) = (Instruments::new(meter), Levels::new(meter));
        Self(Arc::new(Inner { instruments, levels, ends: Ends::default() }))
    }

    /// A record of `stage` ended: `outcome` is `done`, `dead_lettered`, `dropped`, `rejected` or `parked`.
    pub fn record(&self, stage: &'static str, outcome: &'static str, code: &str) {
        if outcome == "dead_lettered" {
            tracing::warn!(stage, code, "record dead-lettered");
        }
        self.0.instruments.records.add(1, &self.0.ends.labels(stage, outcome, code)[..]);
    }

    /// `count` records of `stage` ended well.
    pub fn records_done(&self, stage: &'static str, count: u64) {
        self.0.instruments.records.add(count, &self.0.ends.labels(stage, "done", "")[..]);
    }

    /// A webhook was taken; `after` the request's first byte.
    pub fn webhook_accepted(&self, after: Duration) {
        self.webhook("accepted", "ok", after);
    }

    pub fn webhook_refused(&self, code: &'static str, after: Duration) {
        self.webhook("refused", code, after);
    }

    fn webhook(&self, outcome: &'static str, code: &'static str, after: Duration) {
        let outcome = KeyValue::new("outcome", outcome);
        self.0.instruments.webhook_duration.record(after.as_secs_f64(), std::slice::from_ref(&outcome));
        self.0.instruments.webhooks.add(1, &[outcome, KeyValue::new("code", code)]);
    }

    pub fn transaction_committed(&self, stage: &'static str, took: Duration) {
        let stage = KeyValue::new("stage", stage);
        self.0.instruments.transaction_duration.record(took.as_secs_f64(), std::slice::from_ref(&stage));
        self.0.instruments.transactions.add(1, &[stage, KeyValue::new("outcome", "committed")]);
    }

    /// Its units are published again. The worker logs why.
    pub fn transaction_aborted(&self, stage: &'static str) {
        let labels = [KeyValue::new("stage", stage), KeyValue::new("outcome", "aborted")];
        self.0.instruments.transactions.add(1, &labels);
    }

    pub fn commit_interval(&self, stage: &'static str, interval: Duration) {
        self.0.instruments.commit_interval.record(interval.as_secs_f64(), &[KeyValue::new("stage", stage)]);
    }

    /// Levels of a partition that was given to us; drop them when it is taken.
    #[must_use]
    pub fn partition(&self, stage: &'static str, partition: i32) -> Arc<PartitionLevels> {
        self.0.levels.hold(stage, partition)
    }

    pub fn retry_ran(&self, stage: &'static str, late: Duration) {
        self.0.instruments.retry_lateness.record(late.as_secs_f64(), &[KeyValue::new("stage", stage)]);
    }

    /// A Graph API call ended. `outcome` is from a bounded set: `ok`, `not_sent`, `uncertain`, an error code.
    pub fn graph_request(&self, operation: &'static str, outcome: Cow<'static, str>, took: Duration) {
        let operation = KeyValue::new("operation", operation);
        self.0.instruments.graph_duration.record(took.as_secs_f64(), std::slice::from_ref(&operation));
        self.0.instruments.graph_requests.add(1, &[operation, KeyValue::new("outcome", outcome)]);
    }

    /// How much of its limit Meta says is used; `of` is `app` or `business`.
    pub fn graph_usage(&self, of: &'static str, percent: u64) {
        self.0.instruments.graph_usage.record(percent, &[KeyValue::new("of", of)]);
    }

    pub fn in_doubt_opened(&self, command_id: &str) {
        tracing::warn!(command_id, "send in doubt");
        self.0.instruments.in_doubt_opened.add(1, &[]);
    }

    /// `by` is `receipt`, `resend` or `report`.
    pub fn in_doubt_settled(&self, command_id: &str, by: &'static str) {
        tracing::info!(command_id, by, "doubt settled");
        self.0.instruments.in_doubt_settled.add(1, &[KeyValue::new("by", by)]);
    }

    /// `kind` is `assigned`, `revoked` or `lost`.
    pub fn rebalanced(&self, stage: &'static str, kind: &'static str, partitions: &[i32]) {
        tracing::info!(stage, kind, ?partitions, "partitions changed");
        self.0.instruments.rebalances.add(1, &[KeyValue::new("stage", stage), KeyValue::new("kind", kind)]);
    }

    /// A partition's state is there: so many parked records, so many table entries read for it.
    pub fn restored(&self, stage: &'static str, partition: i32, parked: usize, read: u64, took: Duration) {
        tracing::info!(stage, partition, parked, read, took_ms = millis(took), "partition restored");
        let stage = [KeyValue::new("stage", stage)];
        self.0.instruments.restore_duration.record(took.as_secs_f64(), &stage);
        self.0.instruments.restore_read.add(read, &stage);
    }

    /// A partition's store on disk is not gone on from; `new` when there was none.
    pub fn store_emptied(&self, stage: &'static str, partition: i32, new: bool, reason: &str) {
        match new {
            true => tracing::info!(stage, partition, reason, "state is read from the changelog's beginning"),
            false => tracing::warn!(stage, partition, reason, "state is read from the changelog's beginning"),
        }
        let reason = if new { "new" } else { "refused" };
        let labels = [KeyValue::new("stage", stage), KeyValue::new("reason", reason)];
        self.0.instruments.store_emptied.add(1, &labels);
    }

    /// A worker begins to wait for a dependency or an account; not for every record that does.
    pub fn unavailable(&self, stage: &'static str, dependency: &str) {
        tracing::warn!(stage, dependency, "waits for a dependency");
        let labels = [KeyValue::new("stage", stage), KeyValue::new("dependency", dependency.to_owned())];
        self.0.instruments.unavailable.add(1, &labels);
    }

    pub fn available_again(&self, stage: &'static str, dependency: &str) {
        tracing::info!(stage, dependency, "dependency is back");
    }

    pub fn lost_to_retention(&self, stage: &'static str, partition: i32, records: u64) {
        tracing::error!(stage, partition, records, "records were lost to retention");
        self.0.instruments.lost.add(records, &[KeyValue::new("stage", stage)]);
    }

    /// The supervisor logs why.
    pub fn worker_rebuilt(&self, stage: &'static str) {
        self.0.instruments.rebuilt.add(1, &[KeyValue::new("stage", stage)]);
    }

    /// Nothing of the stage starts; `why` is `paused`, `tripped` or `unread`.
    pub fn stage_rests(&self, stage: &'static str, why: &'static str, reason: &str) {
        tracing::warn!(stage, why, reason, "stage rests");
        self.halted(stage, Some(why));
    }

    /// After a pause or a trip.
    pub fn stage_resumed(&self, stage: &'static str) {
        tracing::info!(stage, "stage goes on");
        self.halted(stage, None);
    }

    /// From its beginning.
    pub fn stage_runs(&self, stage: &'static str) {
        self.halted(stage, None);
    }

    fn halted(&self, stage: &'static str, by: Option<&'static str>) {
        for why in ["paused", "tripped", "unread"] {
            let labels = [KeyValue::new("stage", stage), KeyValue::new("why", why)];
            self.0.instruments.halted.record(u64::from(by == Some(why)), &labels);
        }
    }

    /// The stage stopped itself until a person resumes it.
    pub fn tripped(&self, stage: &'static str, reason: &str) {
        tracing::error!(stage, reason, "trip wire touched");
        self.0.instruments.trips.add(1, &[KeyValue::new("stage", stage)]);
    }

    /// `reason` is for a person: no body, no phone number.
    pub fn stage_stopped(&self, stage: &'static str, reason: &str) {
        tracing::error!(stage, reason, "stage stopped");
        self.0.instruments.stopped.add(1, &[KeyValue::new("stage", stage)]);
    }
}

fn millis(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
