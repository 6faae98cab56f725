//! One input partition's decisions: who runs next, what is parked, what may be published. Pure: time and results come in
//! as arguments, writes go out through the [`Outbox`]; nothing here waits or calls anybody.
//!
//! Invariants, each a test: every retry entry lies below the committed offset (I1); every offset is in exactly one of
//! unread, lane, retry table, final (I2); units of one key enter transactions in origin order (I3); put, tombstone, outputs
//! and offset are one transaction (I4); attempt and due time survive restarts (I6); an abort changes no decision (I7).

mod breaker;
mod item;
mod lane;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
    sync::Arc,
};

use bytes::Bytes;

pub use self::item::{Phase, Run, RunId};
use self::{
    breaker::Breakers,
    item::Item,
    lane::{Lane, LaneKey},
};
use super::{
    entries::{Cause, Parked, dead_letter},
    fault::{Fault, Scope},
    publishing::{Outbox, Unit, Write},
    record::{Origin, Outgoing, Put, Record},
    retry::{Disposition, Failure, RetryPlan, decide},
    stage::{Emit, KeyOrder},
    watermark::Watermark,
};

/// A header that takes a record out of its key's lane.
pub const UNORDERED: &str = "x-unordered";

/// Bounds of one partition.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Offsets in work at once.
    pub window: i64,
    /// Records parked at once; above it the input is paused.
    pub parked_max: usize,
    /// Bytes parked at once.
    pub parked_bytes_max: usize,
    /// A head running longer than this parks its lane, so that a slow call does not hold the watermark.
    pub patience_ms: i64,
    pub retry: RetryPlan,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            window: 10_000,
            parked_max: 100_000,
            parked_bytes_max: 64 << 20,
            patience_ms: 1_000,
            retry: RetryPlan::default(),
        }
    }
}

/// The names a partition writes to; retry and dead letters are the stage's own topics (physical names).
#[derive(Debug, Clone)]
pub struct OwnTopics {
    pub retry: Arc<str>,
    pub dead_letters: Arc<str>,
    pub group: Arc<str>,
}

/// What a finished run asks of the worker beyond what went into the outbox.
#[derive(Debug, PartialEq)]
pub enum After {
    Nothing,
    /// The stage must stop: the fault's code and detail.
    Stop(String),
    /// The run belongs to an assignment or an attempt that is over.
    Stale,
}

/// How a run ended, for signals.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub kind: &'static str,
    pub code: String,
}

/// One assigned, restored input partition.
#[derive(Debug)]
pub struct Partition {
    order: KeyOrder,
    limits: Limits,
    topics: OwnTopics,
    lanes: HashMap<LaneKey, Lane>,
    /// Lanes whose head may be runnable.
    ready: VecDeque<LaneKey>,
    timers: BinaryHeap<Reverse<(i64, LaneKey)>>,
    /// Heads in the order they started, for the patience check.
    started: VecDeque<(i64, LaneKey, RunId)>,
    watermark: Watermark<Unit>,
    pub outbox: Outbox,
    breakers: Breakers,
    parked: usize,
    parked_bytes: usize,
    running: usize,
    next_run: RunId,
    next_own: u64,
    outcomes: Vec<Outcome>,
    #[cfg(test)]
    pub(crate) mutant: Option<Mutant>,
}

/// Planted bugs that the property tests must find.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutant {
    PublishOnFinish,
    RestoreUnordered,
    DropUnitsOnAbort,
    TombstoneOutside,
    StartBeforeRestore,
}

impl Partition {
    /// A partition whose committed offset is `from` and whose retry table holds `parked`.
    #[must_use]
    pub fn restored(
        order: KeyOrder,
        limits: Limits,
        topics: OwnTopics,
        from: i64,
        mut parked: Vec<Parked>,
        #[cfg(test)] mutant: Option<Mutant>,
    ) -> Self {
        let mut partition = Self {
            order,
            limits,
            topics,
            lanes: HashMap::new(),
            ready: VecDeque::new(),
            timers: BinaryHeap::new(),
            started: VecDeque::new(),
            watermark: Watermark::at(from),
            outbox: Outbox::default(),
            breakers: Breakers::default(),
            parked: 0,
            parked_bytes: 0,
            running: 0,
            next_run: 0,
            next_own: 0,
            outcomes: Vec::new(),
            #[cfg(test)]
            mutant,
        };
        #[cfg(test)]
        if mutant == Some(Mutant::RestoreUnordered) {
            parked.sort_by(|a, b| b.order().cmp(&a.order()));
        } else {
            parked.sort_by(|a, b| a.order().cmp(&b.order()));
        }
        #[cfg(not(test))]
        parked.sort_by(|a, b| a.order().cmp(&b.order()));
        for entry in parked {
            partition.restore(entry);
        }
        partition
    }

    fn restore(&mut self, entry: Parked) {
        self.parked += 1;
        self.parked_bytes += entry.record.size();
        let key = self.lane_key(&entry.record);
        if let Some(account) = &entry.gate {
            self.breakers.close(&Scope::Account(account.clone()), &key, entry.due_ms);
        }
        self.timers.push(Reverse((entry.due_ms, key.clone())));
        self.lanes.entry(key).or_default().push(Item::restored(entry));
    }

    /// What may be committed: every lower offset is published.
    #[must_use]
    pub fn low(&self) -> i64 {
        self.watermark.low()
    }

    /// One past the highest offset read.
    #[must_use]
    pub fn next(&self) -> i64 {
        self.watermark.next()
    }

    #[must_use]
    pub fn parked(&self) -> usize {
        self.parked
    }

    #[must_use]
    pub fn running(&self) -> usize {
        self.running
    }

    /// No more input for now.
    #[must_use]
    pub fn full(&self) -> bool {
        self.watermark.len() >= self.limits.window
            || self.parked >= self.limits.parked_max
            || self.parked_bytes >= self.limits.parked_bytes_max
            || i64::try_from(self.outbox.len()).unwrap_or(i64::MAX) >= self.limits.window
    }

    /// So much waits to be published that handlers had better wait too.
    #[must_use]
    pub fn full_of_units(&self) -> bool {
        i64::try_from(self.outbox.len()).unwrap_or(i64::MAX) >= self.limits.window.saturating_mul(2)
    }

    /// Room enough that resuming the input is worth it.
    #[must_use]
    pub fn roomy(&self) -> bool {
        let half = self.limits.window / 2;
        self.watermark.len() <= half
            && i64::try_from(self.outbox.len()).unwrap_or(i64::MAX) <= half
            && self.parked < self.limits.parked_max
            && self.parked_bytes < self.limits.parked_bytes_max
    }

    /// What waits for what, for health: unavailable scopes.
    pub fn waiting_for(&self) -> impl Iterator<Item = &Scope> {
        self.breakers.scopes()
    }

    /// Outcomes since the last call, one per ended or parked record.
    pub fn drain_outcomes(&mut self) -> impl Iterator<Item = Outcome> + '_ {
        self.outcomes.drain(..)
    }

    /// An input record arrived.
    pub fn read(&mut self, record: Record) {
        if !self.watermark.receive(record.origin.offset) {
            return;
        }
        let item = Item::read(record);
        self.join(item);
        self.advance();
    }

    /// A record of the replay topic: first into the retry table with its side offset, at the tail, then like any other.
    pub fn replay(&mut self, record: Record, side: (usize, i64), now_ms: i64) {
        let entry =
            Parked { record, attempt: 0, due_ms: now_ms, gate: None, joined: self.next(), first_failure_ms: None };
        let write = Write::Park(entry.to_entry(&self.topics.retry));
        self.outbox.push(Unit { writes: vec![write], side: Some(side), ..Unit::default() });
        self.restore(entry);
    }

    /// Input offsets below `position` will never arrive (markers at the end of a drained partition).
    pub fn drained_to(&mut self, position: i64) {
        if self.watermark.is_empty() && position > self.low() {
            self.watermark.skip_to(position);
        }
    }

    fn join(&mut self, item: Item) {
        let key = self.lane_key(&item.record);
        let lane = self.lanes.entry(key.clone()).or_default();
        let behind_parked = self.order == KeyOrder::Strict && lane.head().is_some_and(|h| h.parked);
        lane.push(item);
        if behind_parked {
            let last = lane.len() - 1;
            self.park(&key, last);
        } else if lane.len() == 1 {
            self.ready.push_back(key);
        }
    }

    fn lane_key(&mut self, record: &Record) -> LaneKey {
        let own = self.order == KeyOrder::Relaxed || record.headers.get(UNORDERED).is_some();
        match &record.key {
            Some(key) if !own => LaneKey::Key(key.clone()),
            _ => {
                self.next_own += 1;
                LaneKey::Own(self.next_own)
            }
        }
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
            if self.breakers.holds(head.blocked.as_ref(), &key) {
                continue;
            }
            self.next_run += 1;
            head.running = Some(self.next_run);
            self.running += 1;
            let outstanding = (self.parked + self.watermark.open()).saturating_sub(1);
            runs.push(head.run(self.next_run, key, outstanding));
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
            let Some(lane) = self.lanes.get(&key) else { continue };
            if lane.head().is_some_and(|h| h.running == Some(run) && !h.parked) {
                self.park_lane(&key);
            }
        }
        self.advance();
    }

    /// When something is due next (unix ms).
    #[must_use]
    pub fn next_timer_ms(&self) -> Option<i64> {
        let timer = self.timers.peek().map(|Reverse((due, _))| *due);
        let patience = self.started.front().map(|(s, _, _)| s + self.limits.patience_ms);
        [timer, patience, self.breakers.next_probe_ms()].into_iter().flatten().min()
    }

    /// Something can run as soon as there is a permit.
    #[must_use]
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// A side input settled something for `key`: its parked head runs again now.
    pub fn wake(&mut self, key: &Bytes, now_ms: i64) {
        let key = LaneKey::Key(key.clone());
        if let Some(head) = self.lanes.get_mut(&key).and_then(Lane::head_mut) {
            if head.running.is_none() && head.blocked.is_none() {
                head.due_ms = head.due_ms.min(now_ms);
                self.ready.push_back(key);
            } else if head.running.is_some() {
                head.woken = true;
            }
        }
    }

    /// A run ended. `served` says whether the fault's scope answered somebody since `since_ms`.
    pub fn done(
        &mut self,
        run: &Run,
        result: Result<Emit, Fault>,
        served: impl Fn(&Scope, i64) -> bool,
        now_ms: i64,
    ) -> After {
        let Some(head) = self.lanes.get_mut(&run.lane).and_then(Lane::head_mut) else { return After::Stale };
        if head.running != Some(run.id) {
            return After::Stale;
        }
        head.running = None;
        self.running -= 1;
        match result {
            Ok(emit) => {
                self.works_again(run);
                self.finish(run, emit, now_ms);
                After::Nothing
            }
            Err(fault) => self.failed(run, fault, served, now_ms),
        }
    }

    fn failed(&mut self, run: &Run, fault: Fault, served: impl Fn(&Scope, i64) -> bool, now_ms: i64) -> After {
        let plan = self.limits.retry.clone();
        let Some(head) = self.lanes.get_mut(&run.lane).and_then(Lane::head_mut) else { return After::Stale };
        let first = *head.first_failure_ms.get_or_insert(now_ms);
        let served_since = fault.scope.as_ref().is_some_and(|s| served(s, first));
        let failure = Failure { attempt: head.attempt, served_since, now_ms };
        let disposition = match (&head.phase, decide(&fault, failure, &plan)) {
            // a fault while saying how a record ended must not hide that it ended
            (Phase::Ending(_), Disposition::Reject | Disposition::DeadLetter) => {
                self.finish(run, Emit::default(), now_ms);
                return After::Nothing;
            }
            (_, disposition) => disposition,
        };
        match disposition {
            Disposition::Stop => return After::Stop(fault.to_string()),
            Disposition::Reject => {
                self.works_again(run);
                self.finish(run, fault.notes, now_ms);
            }
            Disposition::DeadLetter => {
                self.works_again(run);
                self.end(run, &fault);
            }
            Disposition::Park { due_ms, attempt } => {
                self.works_again(run);
                self.postpone(run, due_ms, attempt, &fault, now_ms);
            }
            Disposition::Gate(scope) => self.block(run, &scope, fault.notes, true, now_ms),
            Disposition::Wait(scope) => self.block(run, &scope, fault.notes, false, now_ms),
        }
        After::Nothing
    }

    /// The scope this run was the probe of answered: everybody who waits for it may go.
    fn works_again(&mut self, run: &Run) {
        let Some(head) = self.lanes.get_mut(&run.lane).and_then(Lane::head_mut) else { return };
        head.blocked = None;
        for key in self.breakers.open_by(&run.lane) {
            if let Some(head) = self.lanes.get_mut(&key).and_then(Lane::head_mut) {
                head.blocked = None;
                head.due_ms = 0;
            }
            self.ready.push_back(key);
        }
    }

    /// The head stays a dead letter: run again in its last phase, in which the stage says what is published.
    fn end(&mut self, run: &Run, fault: &Fault) {
        let Some(head) = self.lanes.get_mut(&run.lane).and_then(Lane::head_mut) else { return };
        head.phase = Phase::Ending(Arc::new(Cause {
            class: fault.kind.name(),
            code: fault.code.to_string(),
            detail: fault.detail(),
            scope: fault.scope.clone(),
            attempt: head.attempt,
        }));
        head.due_ms = 0;
        self.ready.push_front(run.lane.clone());
    }

    fn postpone(&mut self, run: &Run, due_ms: i64, attempt: u32, fault: &Fault, now_ms: i64) {
        let Some(head) = self.lanes.get_mut(&run.lane).and_then(Lane::head_mut) else { return };
        head.attempt = attempt;
        head.due_ms = if std::mem::take(&mut head.woken) { now_ms } else { due_ms };
        let due_ms = head.due_ms;
        self.outcomes.push(Outcome { kind: "parked", code: fault.code.to_string() });
        self.timers.push(Reverse((due_ms, run.lane.clone())));
        self.park_head_with(run, fault.notes.clone());
        self.park_lane(&run.lane);
        self.advance();
    }

    fn block(&mut self, run: &Run, scope: &Scope, notes: Emit, park: bool, now_ms: i64) {
        let delay = self.limits.retry.clone();
        self.breakers.failed(scope, &run.lane, now_ms, |n| ms(delay.probe_delay(n)));
        let Some(head) = self.lanes.get_mut(&run.lane).and_then(Lane::head_mut) else { return };
        let first_time = head.blocked.is_none();
        head.blocked = Some(scope.clone());
        head.due_ms = 0;
        if park {
            if first_time {
                self.outcomes.push(Outcome { kind: "parked", code: "gated".into() });
            }
            if first_time || !notes.is_empty() {
                self.park_head_with(run, notes);
                self.park_lane(&run.lane);
                self.advance();
            }
        }
    }

    /// Parks the head anew (a newer entry) together with its notes.
    fn park_head_with(&mut self, run: &Run, notes: Emit) {
        let low = self.low();
        let Some(head) = self.lanes.get_mut(&run.lane).and_then(Lane::head_mut) else { return };
        if !head.parked {
            head.parked = true;
            self.parked += 1;
            self.parked_bytes += head.record.size();
        }
        let mut writes = vec![Write::Park(head.entry().to_entry(&self.topics.retry))];
        writes.extend(notes.records.into_iter().map(Write::Record));
        writes.extend(notes.state.into_iter().map(Write::Put));
        let published = head.published(low);
        let (offset, source) = (head.record.origin.offset, head.record.clone());
        self.emit(published, offset, Unit { writes, source: Some(source), ..Unit::default() });
    }

    fn park_lane(&mut self, key: &LaneKey) {
        let len = self.lanes.get(key).map_or(0, Lane::len);
        for index in 0..len {
            self.park(key, index);
        }
    }

    /// Parks one item that is not parked yet.
    fn park(&mut self, key: &LaneKey, index: usize) {
        let low = self.low();
        let Some(item) = self.lanes.get_mut(key).and_then(|l| l.get_mut(index)) else { return };
        if item.parked {
            return;
        }
        item.parked = true;
        self.parked += 1;
        self.parked_bytes += item.record.size();
        let writes = vec![Write::Park(item.entry().to_entry(&self.topics.retry))];
        let published = item.published(low);
        let (offset, source) = (item.record.origin.offset, item.record.clone());
        self.emit(published, offset, Unit { writes, source: Some(source), ..Unit::default() });
    }

    /// The head is final: its writes, its tombstone where it was parked, and the next one's turn.
    fn finish(&mut self, run: &Run, emit: Emit, now_ms: i64) {
        let low = self.low();
        let Some(lane) = self.lanes.get_mut(&run.lane) else { return };
        let Some(item) = lane.pop() else { return };
        let published = item.published(low);
        let mut writes = Vec::with_capacity(emit.records.len() + emit.state.len() + 1);
        self.causes(&item, &emit, now_ms, &mut writes);
        writes.extend(emit.records.into_iter().map(Write::Record));
        writes.extend(emit.state.into_iter().map(Write::Put));
        if item.parked {
            self.parked -= 1;
            self.parked_bytes -= item.record.size();
            if published {
                writes.push(Write::Unpark(item.record.origin.clone()));
            }
        }
        self.turn_of_next(&run.lane);
        let offset = item.record.origin.offset;
        #[cfg(test)]
        if self.mutant == Some(Mutant::TombstoneOutside) {
            if let Some(last) = writes.pop_if(|w| matches!(w, Write::Unpark(_))) {
                self.outbox.push(Unit { writes: vec![last], ..Unit::default() });
            }
        }
        self.emit(published, offset, Unit { writes, source: Some(item.record), ..Unit::default() });
        self.advance();
    }

    /// Dead letters and counters of a final item.
    fn causes(&mut self, item: &Item, emit: &Emit, now_ms: i64, writes: &mut Vec<Write>) {
        let mut outcome = Outcome { kind: "done", code: String::new() };
        let letter = |cause: &Cause| {
            Write::DeadLetter(dead_letter(&self.topics.dead_letters, &self.topics.group, &item.record, cause, now_ms))
        };
        if let Phase::Ending(cause) = &item.phase {
            writes.push(letter(cause));
            outcome = Outcome { kind: "dead_lettered", code: cause.code.clone() };
        } else if let Some(first) = emit.rejects.first() {
            let detail = emit.rejects.iter().map(|r| r.detail.as_str()).collect::<Vec<_>>().join("; ");
            let (class, attempt) = ("poison", item.attempt);
            writes.push(letter(&Cause { class, code: first.code.to_owned(), detail, scope: None, attempt }));
            outcome = Outcome { kind: "dead_lettered", code: first.code.to_owned() };
        }
        self.outcomes.push(outcome);
        self.outcomes.extend(emit.dropped.iter().map(|c| Outcome { kind: "dropped", code: (*c).to_owned() }));
    }

    /// A follower waited for its head, not for a clock: its own due time is 0 unless it failed itself.
    fn turn_of_next(&mut self, key: &LaneKey) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        match lane.head() {
            None => {
                self.lanes.remove(key);
            }
            Some(next) if next.due_ms > 0 => self.timers.push(Reverse((next.due_ms, key.clone()))),
            Some(_) => self.ready.push_back(key.clone()),
        }
    }

    fn emit(&mut self, published: bool, offset: i64, mut unit: Unit) {
        #[cfg(test)]
        if self.mutant == Some(Mutant::PublishOnFinish) {
            self.outbox.push(unit);
            if !published {
                self.watermark.finish(offset, Unit::default());
            }
            return;
        }
        if published {
            self.outbox.push(unit);
            return;
        }
        // an unreleased park is superseded, the notes published with it are not
        let notes = self.watermark.take(offset).map_or_else(Vec::new, |old| old.writes);
        if !notes.is_empty() {
            let kept = notes.into_iter().filter(|w| !matches!(w, Write::Park(_)));
            unit.writes = kept.chain(std::mem::take(&mut unit.writes)).collect();
        }
        self.watermark.finish(offset, unit);
    }

    /// Publishes what has no gap below it.
    fn advance(&mut self) {
        while let Some((offset, result)) = self.watermark.release() {
            let unit = result.unwrap_or_default();
            self.outbox.push(Unit { input: Some(offset + 1), ..unit });
        }
    }

    /// An intent to make durable: it may enter the next transaction although its offset has no result yet.
    pub fn intent(&mut self, put: Put, id: u64) {
        self.outbox.push(Unit { writes: vec![Write::Put(put)], intent: Some(id), ..Unit::default() });
    }

    /// What a side record became.
    pub fn side(&mut self, writes: Vec<Write>, side: (usize, i64), source: Option<Record>) {
        self.outbox.push(Unit { writes, side: Some(side), source, ..Unit::default() });
    }

    /// Tombstones and other housekeeping that depend on no offset.
    pub fn housekeeping(&mut self, puts: Vec<Put>) {
        self.outbox.push(Unit { writes: puts.into_iter().map(Write::Put).collect(), ..Unit::default() });
    }

    /// The broker refused what the first unit writes, for good: its source becomes a dead letter. `false` where there is no
    /// source to blame.
    pub fn refused(&mut self, cause: &Cause, now_ms: i64) -> bool {
        let Some(unit) = self.outbox.first() else { return false };
        let Some(record) = unit.source.clone() else { return false };
        let mut writes: Vec<Write> = unit.writes.iter().filter(|w| matches!(w, Write::Unpark(_))).cloned().collect();
        let letter = dead_letter(&self.topics.dead_letters, &self.topics.group, &record, cause, now_ms);
        writes.push(Write::DeadLetter(letter));
        self.outcomes.push(Outcome { kind: "dead_lettered", code: cause.code.clone() });
        self.outbox.replace_first(writes);
        true
    }
}

/// The dead letter of a side record that cannot be used.
#[must_use]
pub fn side_dead_letter(topics: &OwnTopics, record: &Record, fault: &Fault, now_ms: i64) -> Outgoing {
    let cause = Cause {
        class: fault.kind.name(),
        code: fault.code.to_string(),
        detail: fault.detail(),
        scope: fault.scope.clone(),
        attempt: 0,
    };
    dead_letter(&topics.dead_letters, &topics.group, record, &cause, now_ms)
}

/// The retry table's key of a record, as its tombstone needs it.
#[must_use]
pub fn retry_key(origin: &Origin) -> Bytes {
    origin.to_string().into()
}

fn ms(d: std::time::Duration) -> i64 {
    i64::try_from(d.as_millis()).unwrap_or(i64::MAX)
}
