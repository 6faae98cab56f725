//! Scopes that do not work at the moment, and the one lane at a time that finds out whether they do again. Holds lanes by
//! key only; never looks into one.

use std::collections::{BTreeMap, HashSet, VecDeque};

use super::lane::LaneKey;
use crate::runtime::fault::Scope;

#[derive(Debug, Default)]
struct Breaker {
    failures: u32,
    probe_at_ms: i64,
    probing: Option<LaneKey>,
    /// When the probe was chosen.
    probed_ms: i64,
    waiting: Waiting,
}

/// Lanes in the order they came, each once.
#[derive(Debug, Default)]
struct Waiting {
    order: VecDeque<LaneKey>,
    members: HashSet<LaneKey>,
}

impl Waiting {
    fn push(&mut self, lane: &LaneKey) {
        if self.members.insert(lane.clone()) {
            self.order.push_back(lane.clone());
        }
    }

    fn pop(&mut self) -> Option<LaneKey> {
        let lane = self.order.pop_front()?;
        self.members.remove(&lane);
        Some(lane)
    }
}

impl Breaker {
    /// Nobody waits for it, so nobody would find out: the next caller does.
    fn idle(&self) -> bool {
        self.probing.is_none() && self.waiting.order.is_empty()
    }
}

/// The closed gates of one partition. Each has a lane that probes, or lanes that wait to.
#[derive(Debug, Default)]
pub(super) struct Breakers {
    closed: BTreeMap<Scope, Breaker>,
    /// When each scope that was closed once was last seen to work (unix ms).
    opened: BTreeMap<Scope, i64>,
}

impl Breakers {
    pub fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.closed.keys()
    }

    /// A restored head says the scope was closed; it is probed at `probe_at_ms`.
    pub fn close(&mut self, scope: &Scope, lane: &LaneKey, probe_at_ms: i64) {
        let breaker = self.closed.entry(scope.clone()).or_insert_with(|| Breaker { probe_at_ms, ..Breaker::default() });
        breaker.waiting.push(lane);
    }

    /// A call failed for the scope's sake: `lane` waits, and the next probe is `delay(failures)` away. Returns who may go
    /// because another scope was seen to work.
    pub fn failed(&mut self, scope: &Scope, lane: &LaneKey, now_ms: i64, delay: impl Fn(u32) -> i64) -> Vec<LaneKey> {
        let freed = self.answered_instead(scope, lane, now_ms, &delay);
        let breaker = self
            .closed
            .entry(scope.clone())
            .or_insert_with(|| Breaker { probe_at_ms: now_ms + delay(0), ..Breaker::default() });
        if breaker.probing.take_if(|probing| probing == lane).is_some() {
            breaker.failures = breaker.failures.saturating_add(1);
            breaker.probe_at_ms = now_ms + delay(breaker.failures);
        }
        breaker.waiting.push(lane);
        freed
    }

    /// The probe of other scopes failed for the sake of `scope`. An account's refusal came through the dependency, which is
    /// there again; a dependency's failure says nothing of the others: another lane finds out, after a pause.
    fn answered_instead(
        &mut self,
        scope: &Scope,
        lane: &LaneKey,
        now_ms: i64,
        delay: &impl Fn(u32) -> i64,
    ) -> Vec<LaneKey> {
        let mut freed = Vec::new();
        self.closed.retain(|other, breaker| {
            if other == scope || breaker.probing.as_ref() != Some(lane) {
                return true;
            }
            if let (Scope::Account(_), Scope::Dependency(_)) = (scope, other) {
                freed.extend(breaker.waiting.order.drain(..));
                return false;
            }
            breaker.probing = None;
            breaker.probe_at_ms = now_ms + delay(breaker.failures);
            !breaker.idle()
        });
        freed
    }

    /// Whether a head must wait: for its own scope, or because a dependency of everybody's is away and it is not the probe.
    pub fn holds(&mut self, blocked: Option<&Scope>, lane: &LaneKey) -> bool {
        if self.closed.is_empty() || self.probed_by(lane) {
            return false;
        }
        let own = blocked.filter(|scope| self.closed.contains_key(scope)).cloned();
        let Some(scope) = own.or_else(|| self.closed.keys().find(|s| matches!(s, Scope::Dependency(_))).cloned())
        else {
            return false;
        };
        if let Some(breaker) = self.closed.get_mut(&scope) {
            breaker.waiting.push(lane);
        }
        true
    }

    /// Lets one waiting lane of each due scope try; accounts only while no dependency is away.
    pub fn probe(&mut self, now_ms: i64, ready: &mut VecDeque<LaneKey>) {
        let dependency = self.dependency_away();
        for (scope, breaker) in &mut self.closed {
            let may = !dependency || matches!(scope, Scope::Dependency(_));
            if may && breaker.probing.is_none() && breaker.probe_at_ms <= now_ms {
                breaker.probing = breaker.waiting.pop();
                breaker.probed_ms = now_ms;
                ready.extend(breaker.probing.clone());
            }
        }
    }

    fn dependency_away(&self) -> bool {
        self.closed.keys().any(|s| matches!(s, Scope::Dependency(_)))
    }

    /// The lane chosen to probe has nothing to run: somebody else's turn.
    pub fn skip(&mut self, lane: &LaneKey) {
        self.closed.retain(|_, breaker| {
            breaker.probing.take_if(|probing| probing == lane);
            !breaker.idle()
        });
    }

    /// `lane` ended otherwise than for the sake of the scopes it probed: they are open again, and who waited for them may
    /// go. That an account works is believed only where somebody was `served` for it meanwhile, for a record may end
    /// without asking; else the next lane finds out.
    pub fn open_by(&mut self, lane: &LaneKey, served: &dyn Fn(&Scope, i64) -> bool, now_ms: i64) -> Vec<LaneKey> {
        let Self { closed, opened } = self;
        let mut freed = Vec::new();
        closed.retain(|scope, breaker| {
            if breaker.probing.as_ref() != Some(lane) {
                return true;
            }
            if matches!(scope, Scope::Account(_)) && !served(scope, breaker.probed_ms - 1) {
                breaker.probing = None;
                breaker.probe_at_ms = now_ms;
                return !breaker.idle();
            }
            freed.extend(breaker.waiting.order.drain(..));
            opened.insert(scope.clone(), now_ms);
            false
        });
        freed
    }

    /// Whether the scope was closed and open again since then: others are served.
    pub fn opened_since(&self, scope: &Scope, since_ms: i64) -> bool {
        self.opened.get(scope).is_some_and(|at| *at >= since_ms)
    }

    /// Whether `lane` is to find out about some scope.
    pub fn probed_by(&self, lane: &LaneKey) -> bool {
        self.closed.values().any(|b| b.probing.as_ref() == Some(lane))
    }

    /// Scopes that others wait for, unless `lane` is to find out.
    pub fn closed_to(&self, lane: &LaneKey) -> Vec<Scope> {
        let probes = |breaker: &Breaker| breaker.probing.as_ref() == Some(lane);
        self.closed.iter().filter(|(_, b)| !probes(b)).map(|(scope, _)| scope.clone()).collect()
    }

    /// When the next probe is due.
    pub fn next_probe_ms(&self) -> Option<i64> {
        let dependency = self.dependency_away();
        let may = |scope: &Scope| !dependency || matches!(scope, Scope::Dependency(_));
        let due = self.closed.iter().filter(|(scope, b)| may(scope) && b.probing.is_none());
        due.map(|(_, b)| b.probe_at_ms).min()
    }

    /// Whether `lane` will be called when its scope works again, or to see whether it does.
    #[cfg(test)]
    pub fn hold(&self, lane: &LaneKey) -> bool {
        self.closed.values().any(|b| b.waiting.members.contains(lane))
    }

    #[cfg(test)]
    pub fn probes(&self) -> impl Iterator<Item = &LaneKey> {
        self.closed.values().filter_map(|b| b.probing.as_ref())
    }
}
