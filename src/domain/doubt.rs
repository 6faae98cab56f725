//! Whether a sign of a doubtful send can still be under way: every partition of the webhook topic is asked, again and
//! again, until each has said that nothing older than the question waits in it. Decides only; asks nobody.

use std::collections::{BTreeMap, BTreeSet};

/// The last question. Partitions it does not name had said "nothing" before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Names this question and no other.
    pub id: String,
    pub at_ms: i64,
    pub partitions: BTreeSet<i32>,
    /// Questions before this one about the same attempt.
    pub round: u32,
}

/// What came back to one question: per partition, how many older records are not dealt with.
pub type Answers = BTreeMap<i32, u64>;

/// What a doubtful send needs next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing before then, unless a receipt or the last answer comes.
    Wait { until_ms: i64 },
    /// A question to these partitions.
    Ask { partitions: BTreeSet<i32> },
    /// No sign can be under way any more.
    Over,
}

/// The partitions whose answer is still owed, or was not "nothing".
#[must_use]
pub fn unanswered(asked: &Asked, answers: &Answers) -> BTreeSet<i32> {
    asked.partitions.iter().copied().filter(|partition| answers.get(partition) != Some(&0)).collect()
}

/// `doubtful_until_ms`: see [`Timing::doubtful_until`](super::ledger::Timing::doubtful_until); a question asked earlier
/// does not count. `patience_ms`: how long the first question waits before it is asked again; each further one waits twice
/// as long, up to 64 times, since a stage that is down for an hour answers nothing sooner for being asked often.
#[must_use]
pub fn next(
    doubtful_until_ms: i64,
    now_ms: i64,
    all_partitions: i32,
    asked: Option<(&Asked, &Answers)>,
    patience_ms: u64,
) -> Step {
    if now_ms < doubtful_until_ms {
        return Step::Wait { until_ms: doubtful_until_ms };
    }
    let Some((asked, answers)) = asked.filter(|(asked, _)| asked.at_ms >= doubtful_until_ms) else {
        return Step::Ask { partitions: (0..all_partitions).collect() };
    };
    let owed = unanswered(asked, answers);
    let until_ms = asked.at_ms.saturating_add_unsigned(patience_ms.saturating_mul(1 << asked.round.min(6)));
    match (owed.is_empty(), now_ms < until_ms) {
        (true, _) => Step::Over,
        (false, true) => Step::Wait { until_ms },
        (false, false) => Step::Ask { partitions: owed },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(at_ms: i64, partitions: &[i32]) -> Asked {
        Asked { id: "a".into(), at_ms, partitions: partitions.iter().copied().collect(), round: 0 }
    }

    fn answers(of: &[(i32, u64)]) -> Answers {
        of.iter().copied().collect()
    }

    fn step(now_ms: i64, question: &Asked, replies: &[(i32, u64)]) -> Step {
        next(100, now_ms, 2, Some((question, &answers(replies))), 10)
    }

    #[test]
    fn nothing_is_asked_before_the_wait_is_over() {
        assert_eq!(next(100, 99, 2, None, 10), Step::Wait { until_ms: 100 });
    }

    #[test]
    fn then_every_partition_is_asked() {
        assert_eq!(next(100, 100, 2, None, 10), Step::Ask { partitions: [0, 1].into() });
    }

    #[test]
    fn a_question_from_before_the_wait_was_over_does_not_count() {
        assert_eq!(step(100, &asked(99, &[0, 1]), &[(0, 0), (1, 0)]), Step::Ask { partitions: [0, 1].into() });
    }

    #[test]
    fn it_is_over_when_every_partition_has_said_nothing() {
        assert_eq!(step(103, &asked(100, &[0, 1]), &[(0, 0)]), Step::Wait { until_ms: 110 });
        assert_eq!(step(103, &asked(100, &[0, 1]), &[(0, 0), (1, 0)]), Step::Over);
    }

    #[test]
    fn those_that_still_hold_something_or_are_silent_are_asked_again() {
        assert_eq!(step(105, &asked(100, &[0, 1]), &[(0, 0), (1, 3)]), Step::Wait { until_ms: 110 });
        assert_eq!(step(110, &asked(100, &[0, 1]), &[(0, 0), (1, 3)]), Step::Ask { partitions: [1].into() });
        assert_eq!(step(110, &asked(100, &[0, 1]), &[(1, 0)]), Step::Ask { partitions: [0].into() });
        assert_eq!(step(120, &asked(110, &[1]), &[(1, 0)]), Step::Over);
    }

    #[test]
    fn each_round_waits_longer() {
        let third = Asked { round: 2, ..asked(200, &[0]) };
        assert_eq!(step(239, &third, &[]), Step::Wait { until_ms: 240 });
        assert_eq!(step(240, &third, &[]), Step::Ask { partitions: [0].into() });
    }
}
