//! Scopes that do not work at the moment, and the one lane at a time that finds out whether they do again.

use std::collections::{BTreeMap, VecDeque};

use super::lane::LaneKey;
use crate::runtime::fault::Scope;

#[derive(Debug)]
struct Breaker {
    failures: u32,
    probe_at_ms: i64,
    probing: Option<LaneKey>,
    waiting: VecDeque<LaneKey>,
}

/// The closed gates of one partition.
#[derive(Debug, Default)]
pub(super) struct Breakers(BTreeMap<Scope, Breaker>);

impl Breakers {
    pub fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.0.keys()
    }

    /// A restored entry says the scope was closed; it is probed at `probe_at_ms`.
    pub fn close(&mut self, scope: &Scope, lane: &LaneKey, probe_at_ms: i64) {
        let breaker = self.0.entry(scope.clone()).or_insert_with(|| Breaker {
            failures: 0,
            probe_at_ms,
            probing: None,
            waiting: VecDeque::new(),
        });
        breaker.waiting.push_back(lane.clone());
    }

    /// A call failed for the scope's sake: `lane` waits, and the next probe is `delay(failures)` away.
    pub fn failed(&mut self, scope: &Scope, lane: &LaneKey, now_ms: i64, delay: impl Fn(u32) -> i64) {
        let breaker = self.0.entry(scope.clone()).or_insert_with(|| Breaker {
            failures: 0,
            probe_at_ms: now_ms + delay(0),
            probing: None,
            waiting: VecDeque::new(),
        });
        if breaker.probing.as_ref() == Some(lane) {
            breaker.probing = None;
            breaker.failures = breaker.failures.saturating_add(1);
            breaker.probe_at_ms = now_ms + delay(breaker.failures);
        }
        breaker.waiting.push_back(lane.clone());
    }

    /// Whether a head must wait: for its own scope, or because a dependency of everybody's is away and it is not the probe.
    pub fn holds(&mut self, blocked: Option<&Scope>, lane: &LaneKey) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let is_probe = self.0.values().any(|b| b.probing.as_ref() == Some(lane));
        if is_probe {
            return false;
        }
        if blocked.is_some_and(|scope| self.0.contains_key(scope)) {
            return true;
        }
        let dependency = self.0.iter_mut().find(|(scope, _)| matches!(scope, Scope::Dependency(_)));
        match dependency {
            Some((_, breaker)) => {
                breaker.waiting.push_back(lane.clone());
                true
            }
            None => false,
        }
    }

    /// Lets one waiting lane of each due scope try.
    pub fn probe(&mut self, now_ms: i64, ready: &mut VecDeque<LaneKey>) {
        for breaker in self.0.values_mut() {
            if breaker.probing.is_none() && breaker.probe_at_ms <= now_ms {
                if let Some(lane) = breaker.waiting.pop_front() {
                    ready.push_back(lane.clone());
                    breaker.probing = Some(lane);
                }
            }
        }
    }

    /// The lane chosen to probe has nothing to run: somebody else's turn.
    pub fn skip(&mut self, lane: &LaneKey) {
        for breaker in self.0.values_mut() {
            breaker.probing.take_if(|probing| probing == lane);
        }
    }

    /// `lane` got an answer: the scopes it probed are open again; returns who waited for them.
    pub fn open_by(&mut self, lane: &LaneKey) -> Vec<LaneKey> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let mut freed = Vec::new();
        self.0.retain(|_, breaker| {
            if breaker.probing.as_ref() != Some(lane) {
                return true;
            }
            freed.extend(breaker.waiting.drain(..));
            false
        });
        freed
    }

    /// When the next probe is due.
    pub fn next_probe_ms(&self) -> Option<i64> {
        self.0.values().filter(|b| b.probing.is_none() && !b.waiting.is_empty()).map(|b| b.probe_at_ms).min()
    }
}
