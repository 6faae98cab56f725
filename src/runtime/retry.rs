//! What happens to a record after a fault: one flat table from kind to disposition, and the delays. Pure; knows no log.

use std::time::Duration;

use backoff::{ExponentialBackoff, ExponentialBackoffBuilder, backoff::Backoff};

use super::fault::{Fault, FaultKind, Scope};

/// When a failed record is tried again, and when it is given up.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPlan {
    /// How long a failure is tried again in place where that harms nobody, before anything is parked.
    pub quick: Duration,
    /// Delay after the first failure; doubles with each attempt.
    pub base: Duration,
    /// No delay is longer.
    pub max: Duration,
    /// Counted attempts after which a transient failure is final.
    pub attempts: u32,
    /// A counted failure so long after the first counted one is final, whatever attempts are left.
    pub max_age: Duration,
    /// First pause before an unavailable dependency or account is probed again; doubles up to `probe_max`.
    pub probe: Duration,
    pub probe_max: Duration,
}

impl Default for RetryPlan {
    fn default() -> Self {
        Self {
            quick: Duration::from_millis(500),
            base: Duration::from_secs(1),
            max: Duration::from_secs(600),
            attempts: 8,
            max_age: Duration::from_secs(24 * 3_600),
            probe: Duration::from_millis(250),
            probe_max: Duration::from_secs(5),
        }
    }
}

impl RetryPlan {
    /// `base * 2^attempt`, capped. No jitter: lanes of different keys fail at different moments already.
    #[must_use]
    pub fn delay(&self, attempt: u32) -> Duration {
        nth(self.base, self.max, attempt)
    }

    /// The pause before probe number `failures` of an unavailable scope.
    #[must_use]
    pub fn probe_delay(&self, failures: u32) -> Duration {
        nth(self.probe, self.probe_max, failures)
    }
}

/// The n-th interval of an exponential back-off without randomness.
fn nth(base: Duration, max: Duration, n: u32) -> Duration {
    let factor = 2_u32.checked_pow(n).unwrap_or(u32::MAX);
    base.saturating_mul(factor).min(max)
}

/// Quick tries in place, before anything is parked: the one place that knows the `backoff` crate.
#[derive(Debug)]
pub struct QuickTries(ExponentialBackoff);

impl QuickTries {
    /// Tries for at most `total`, starting at `first`.
    #[must_use]
    pub fn new(first: Duration, total: Duration) -> Self {
        Self(
            ExponentialBackoffBuilder::new()
                .with_initial_interval(first)
                .with_multiplier(2.0)
                .with_randomization_factor(0.2)
                .with_max_interval(total)
                .with_max_elapsed_time(Some(total))
                .build(),
        )
    }

    /// The pause before the next try, or `None` when it is time to give up.
    pub fn next_pause(&mut self) -> Option<Duration> {
        self.0.next_backoff()
    }
}

/// What becomes of a failed record.
#[derive(Debug, Clone, PartialEq)]
pub enum Disposition {
    /// Published notes are all there is.
    Reject,
    /// Original bytes to the dead-letter topic, and what `Stage::ending` says.
    DeadLetter,
    /// Into the retry table until then.
    Park { due_ms: i64, attempt: u32 },
    /// Into the retry table until the scope works again, or is not paused any more.
    Gate(Scope),
    /// Stays where it is until the scope works again.
    Wait(Scope),
    /// The stage stops.
    Stop,
}

/// What is known of the record that failed.
#[derive(Debug, Clone, Copy)]
pub struct Failure {
    /// Attempts already counted.
    pub attempt: u32,
    /// The same scope answered another call since this record's last transient failure.
    pub served_since: bool,
    /// Unix ms of its first failure that counted.
    pub counted_ms: Option<i64>,
    pub now_ms: i64,
}

impl Failure {
    /// Whether a transient `fault` costs an attempt: in an outage, where nobody is served, it does not.
    #[must_use]
    pub fn counts(&self, fault: &Fault) -> bool {
        self.served_since || fault.scope.is_none()
    }

    fn too_old(&self, plan: &RetryPlan) -> bool {
        self.counted_ms.is_some_and(|at| self.now_ms - at >= ms(plan.max_age))
    }
}

/// The fault table.
#[must_use]
pub fn decide(fault: &Fault, failure: Failure, plan: &RetryPlan) -> Disposition {
    match fault.kind {
        FaultKind::Transient => {
            let counts = failure.counts(fault);
            let attempt = failure.attempt + u32::from(counts);
            if attempt >= plan.attempts || (counts && failure.too_old(plan)) {
                return Disposition::DeadLetter;
            }
            let delay = plan.delay(attempt.saturating_sub(1)).max(fault.no_sooner);
            Disposition::Park { due_ms: failure.now_ms + ms(delay), attempt }
        }
        FaultKind::Throttled(wait) => Disposition::Park { due_ms: failure.now_ms + ms(wait), attempt: failure.attempt },
        FaultKind::Unavailable => match &fault.scope {
            Some(scope @ (Scope::Account(_) | Scope::Hold(_))) => Disposition::Gate(scope.clone()),
            Some(scope @ Scope::Dependency(_)) => Disposition::Wait(scope.clone()),
            None => Disposition::Wait(Scope::Dependency("unnamed")),
        },
        FaultKind::Unknown { recheck_at_ms } => Disposition::Park { due_ms: recheck_at_ms, attempt: failure.attempt },
        FaultKind::Rejected => Disposition::Reject,
        FaultKind::Poison => Disposition::DeadLetter,
        FaultKind::Fatal => Disposition::Stop,
    }
}

fn ms(d: Duration) -> i64 {
    i64::try_from(d.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(attempt: u32, served_since: bool) -> Failure {
        Failure { attempt, served_since, counted_ms: None, now_ms: 1_000 }
    }

    #[test]
    fn delays_double_up_to_the_cap() {
        let plan = RetryPlan { base: Duration::from_secs(1), max: Duration::from_secs(5), ..RetryPlan::default() };
        let delays: Vec<u64> = (0..5).map(|n| plan.delay(n).as_secs()).collect();
        assert_eq!(delays, [1, 2, 4, 5, 5]);
        assert_eq!(plan.delay(u32::MAX).as_secs(), 5);
    }

    #[test]
    fn an_attempt_counts_only_when_the_scope_served_others() {
        let fault = Fault::transient("graph_131000").in_scope(Scope::Dependency("graph"));
        let plan = RetryPlan::default();
        assert_eq!(decide(&fault, failure(3, false), &plan), Disposition::Park { due_ms: 1_000 + 4_000, attempt: 3 });
        assert_eq!(decide(&fault, failure(3, true), &plan), Disposition::Park { due_ms: 1_000 + 8_000, attempt: 4 });
        assert_eq!(decide(&fault, failure(plan.attempts, false), &plan), Disposition::DeadLetter);
        assert_eq!(decide(&fault, failure(plan.attempts - 1, true), &plan), Disposition::DeadLetter);
    }

    #[test]
    fn a_wait_that_was_stated_is_kept_and_costs_the_same() {
        let fault = |stated| Fault::transient("graph_131016").no_sooner(Duration::from_secs(stated));
        let due = |stated| decide(&fault(stated), failure(0, true), &RetryPlan::default());
        assert_eq!(due(90), Disposition::Park { due_ms: 1_000 + 90_000, attempt: 1 });
        assert_eq!(due(0), Disposition::Park { due_ms: 1_000 + 1_000, attempt: 1 }, "a shorter one changes nothing");
    }

    #[test]
    fn age_counts_from_the_first_counted_failure_and_only_while_others_are_served() {
        let fault = Fault::transient("graph_131000").in_scope(Scope::Dependency("graph"));
        let plan = RetryPlan { max_age: Duration::from_secs(60), ..RetryPlan::default() };
        let aged = |served_since, counted_ms| Failure { counted_ms, ..failure(1, served_since) };
        let now = |f: Failure| Failure { now_ms: 61_000, ..f };
        assert_eq!(decide(&fault, now(aged(true, Some(1_000))), &plan), Disposition::DeadLetter);
        for young in [aged(true, Some(1_001)), aged(true, None), aged(false, Some(0))] {
            let decided = decide(&fault, now(young), &plan);
            assert!(matches!(decided, Disposition::Park { .. }), "{young:?}: {decided:?}");
        }
    }

    #[test]
    fn a_dependency_waits_in_place_and_accounts_and_pauses_are_gates() {
        let plan = RetryPlan::default();
        let graph = Scope::Dependency("graph");
        let account = Scope::Account("main".into());
        let hold = Scope::Hold("account/main".into());
        let fault = |scope: &Scope| Fault::unavailable(scope.clone(), "down");
        assert_eq!(decide(&fault(&graph), failure(0, true), &plan), Disposition::Wait(graph));
        assert_eq!(decide(&fault(&account), failure(0, true), &plan), Disposition::Gate(account));
        assert_eq!(decide(&fault(&hold), failure(0, true), &plan), Disposition::Gate(hold));
    }

    #[test]
    fn the_other_kinds() {
        let plan = RetryPlan::default();
        let of = |kind| decide(&Fault::new(kind, "x"), failure(2, true), &plan);
        assert_eq!(of(FaultKind::Throttled(Duration::from_secs(6))), Disposition::Park { due_ms: 7_000, attempt: 2 });
        assert_eq!(of(FaultKind::Unknown { recheck_at_ms: 9 }), Disposition::Park { due_ms: 9, attempt: 2 });
        assert_eq!(of(FaultKind::Rejected), Disposition::Reject);
        assert_eq!(of(FaultKind::Poison), Disposition::DeadLetter);
        assert_eq!(of(FaultKind::Fatal), Disposition::Stop);
    }

    #[test]
    fn quick_tries_end() {
        let mut tries = QuickTries::new(Duration::from_millis(1), Duration::from_millis(0));
        assert_eq!(tries.next_pause(), None);
    }
}
