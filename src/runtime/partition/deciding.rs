//! What the end of a run means for its record, its lane and the scopes it spoke of. Publishes nothing itself.

use std::{cmp::Reverse, sync::Arc};

use super::{
    After, Outcome, Partition, Phase, Run,
    item::Item,
    lane::{Lane, LaneKey},
    ms,
    writing::writes_of,
};
use crate::runtime::{
    entries::Cause,
    fault::{Fault, FaultKind, Scope},
    retry::{Disposition, Failure, decide},
    stage::Emit,
};

impl Partition {
    /// Whether `run` is what its lane waits for: not one of another attempt or of a record that is final.
    #[must_use]
    pub fn expects(&self, run: &Run) -> bool {
        let head = self.lanes.get(&run.lane).and_then(Lane::head);
        head.is_some_and(|h| h.running == Some(run.id) && !h.buried)
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
        if head.buried {
            self.breakers.skip(&run.lane);
            self.drop_head(&run.lane);
            return After::Stale;
        }
        match result {
            Ok(emit) => {
                let freed = self.breakers.open_by(&run.lane, &served, now_ms);
                self.free(freed);
                self.finish(run, emit, now_ms);
                After::Nothing
            }
            Err(fault) => self.failed(run, fault, &served, now_ms),
        }
    }

    fn failed(&mut self, run: &Run, fault: Fault, served: &dyn Fn(&Scope, i64) -> bool, now_ms: i64) -> After {
        let Some(head) = self.lanes.get_mut(&run.lane).and_then(Lane::head_mut) else { return After::Stale };
        let before = head.failed_ms;
        if fault.kind == FaultKind::Transient {
            head.failed_ms = Some(now_ms);
        }
        let served_since = before.is_some_and(|before| fault.scope.as_ref().is_some_and(|s| served(s, before)));
        let failure = Failure { attempt: head.attempt, served_since, counted_ms: head.counted_ms, now_ms };
        if fault.kind == FaultKind::Transient && failure.counts(&fault) {
            head.counted_ms.get_or_insert(now_ms);
        }
        let ending = matches!(head.phase, Phase::Ending(_));
        match decide(&fault, failure, &self.limits.retry) {
            Disposition::Stop => return After::Stop(fault.to_string()),
            Disposition::Reject => {
                self.works_again(run, served, now_ms);
                self.finish(run, fault.notes, now_ms);
            }
            // a fault while saying how a record ended must not hide that it ended
            Disposition::DeadLetter if ending => {
                self.works_again(run, served, now_ms);
                self.finish(run, fault.notes, now_ms);
            }
            Disposition::DeadLetter => {
                self.works_again(run, served, now_ms);
                self.end(run, fault);
            }
            Disposition::Park { due_ms, attempt } => {
                self.works_again(run, served, now_ms);
                self.postpone(run, due_ms, attempt, fault, now_ms);
            }
            Disposition::Gate(scope) => self.gate(run, &scope, fault.notes, now_ms),
            // nothing is published while it waits in place: what it said, it says again
            Disposition::Wait(scope) => match self.put_off(run, &scope, now_ms) {
                None => self.block(run, &scope, now_ms),
                Some(due_ms) => self.postpone(run, due_ms, failure.attempt, fault, now_ms),
            },
        }
        After::Nothing
    }

    /// When a record that waited in place is tried again from the retry table: others have been served meanwhile, so it is
    /// this record that has to wait, not its partition.
    fn put_off(&mut self, run: &Run, scope: &Scope, now_ms: i64) -> Option<i64> {
        let head = self.lanes.get_mut(&run.lane).and_then(Lane::head_mut)?;
        let since = *head.waited_ms.get_or_insert(now_ms);
        let others_go = since < now_ms && self.breakers.opened_since(scope, since);
        if !others_go || self.breakers.probed_by(&run.lane) {
            return None;
        }
        head.put_off += 1;
        Some(now_ms + ms(self.limits.retry.delay(head.put_off)))
    }

    /// The scope this run was the probe of answered: everybody who waits for it may go.
    fn works_again(&mut self, run: &Run, served: &dyn Fn(&Scope, i64) -> bool, now_ms: i64) {
        let Some(head) = self.lanes.get_mut(&run.lane).and_then(Lane::head_mut) else { return };
        head.blocked = None;
        let freed = self.breakers.open_by(&run.lane, served, now_ms);
        self.free(freed);
    }

    fn free(&mut self, lanes: Vec<LaneKey>) {
        for key in lanes {
            if let Some(head) = self.lanes.get_mut(&key).and_then(Lane::head_mut) {
                head.blocked = None;
                head.due_ms = 0;
            }
            self.ready.push_back(key);
        }
    }

    /// The head stays a dead letter: run again in its last phase, in which the stage says what is published.
    fn end(&mut self, run: &Run, fault: Fault) {
        let Some(head) = self.lanes.get_mut(&run.lane).and_then(Lane::head_mut) else { return };
        head.phase = Phase::Ending(Arc::new(Cause {
            class: fault.kind.name(),
            code: fault.code.to_string(),
            detail: fault.detail(),
            scope: fault.scope.clone(),
            attempt: head.attempt,
        }));
        head.notes.extend(writes_of(fault.notes));
        head.due_ms = 0;
        self.ready.push_front(run.lane.clone());
    }

    fn postpone(&mut self, run: &Run, due_ms: i64, attempt: u32, fault: Fault, now_ms: i64) {
        let Some(head) = self.lanes.get_mut(&run.lane).and_then(Lane::head_mut) else { return };
        head.attempt = attempt;
        // never in the same turn of the loop: a record that is due at once must not keep it from publishing
        head.due_ms = if std::mem::take(&mut head.woken) { now_ms } else { due_ms.max(now_ms + 1) };
        self.timers.push(Reverse((head.due_ms, run.lane.clone())));
        self.outcomes.push(Outcome { kind: "parked", code: fault.code.to_string() });
        self.park_head_with(run, fault.notes);
    }

    /// Parked until its account works again. It is parked anew only where that says something new.
    fn gate(&mut self, run: &Run, scope: &Scope, notes: Emit, now_ms: i64) {
        let known = |h: &Item| h.parked && h.blocked.as_ref() == Some(scope);
        let again = self.lanes.get(&run.lane).and_then(Lane::head).is_some_and(known);
        self.block(run, scope, now_ms);
        if !again {
            self.outcomes.push(Outcome { kind: "parked", code: "gated".into() });
        }
        if !again || !notes.is_empty() {
            self.park_head_with(run, notes);
        }
    }

    fn block(&mut self, run: &Run, scope: &Scope, now_ms: i64) {
        let Some(head) = self.lanes.get_mut(&run.lane).and_then(Lane::head_mut) else { return };
        head.blocked = Some(scope.clone());
        head.due_ms = 0;
        let plan = &self.limits.retry;
        let freed = self.breakers.failed(scope, &run.lane, now_ms, |n| ms(plan.probe_delay(n)));
        self.free(freed);
    }
}
