//! What a run did, for people and for scripts. Counts every letter it was asked for exactly once.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::verdict::{Action, Refusal};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub action: &'static str,
    pub stage: String,
    pub dry_run: bool,
    /// Letters that the conditions chose.
    pub matched: usize,
    /// Replayed or discarded by this run; in a dry run, those that would be.
    pub done: usize,
    /// Dealt with before.
    pub already_handled: usize,
    /// Left alone, by reason.
    pub refused: BTreeMap<&'static str, usize>,
    /// Not come to.
    pub left: usize,
    pub end: End,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "how", content = "why")]
pub enum End {
    Finished,
    /// The operator stopped it.
    Stopped,
    /// Another run for the stage took over.
    TakenOver,
    Failed(String),
}

impl Report {
    #[must_use]
    pub fn new(action: Action, stage: &str, matched: usize) -> Self {
        let action = match action {
            Action::Replay => "replay",
            Action::Discard => "discard",
        };
        Self {
            action,
            stage: stage.to_owned(),
            dry_run: false,
            matched,
            done: 0,
            already_handled: 0,
            refused: BTreeMap::new(),
            left: matched,
            end: End::Finished,
        }
    }

    /// Beyond the limit.
    pub(super) fn not_asked_for(&mut self) {
        self.matched -= 1;
        self.left -= 1;
    }

    pub(super) fn handled(&mut self) {
        self.already_handled += 1;
        self.left -= 1;
    }

    pub(super) fn refuse(&mut self, refusal: Refusal) {
        *self.refused.entry(refusal.name()).or_default() += 1;
        self.left -= 1;
    }

    pub(super) fn did(&mut self, letters: usize) {
        self.done += letters;
        self.left -= letters;
    }

    /// Whether everything that was asked for is done or was done before.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.end == End::Finished && self.refused.is_empty() && self.left == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = match (self.action, self.dry_run) {
            ("replay", false) => "replayed",
            ("replay", true) => "to be replayed",
            (_, false) => "discarded",
            (_, true) => "to be discarded",
        };
        write!(f, "{} of {} {done}", self.done, self.matched)?;
        if self.already_handled > 0 {
            write!(f, ", {} dealt with before (--again includes them)", self.already_handled)?;
        }
        for (reason, count) in &self.refused {
            write!(f, ", {count} refused: {reason}")?;
        }
        match &self.end {
            End::Finished => Ok(()),
            End::Stopped => write!(f, ", {} left: stopped; run it again to go on", self.left),
            End::TakenOver => {
                let (stage, left) = (&self.stage, self.left);
                write!(f, ", {left} left: another run for {stage} took over, and this one ends")
            }
            End::Failed(why) => write!(f, ", {} left: {why}; run it again to go on", self.left),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_is_counted_once() {
        let mut report = Report::new(Action::Replay, "sender", 7);
        report.handled();
        report.refuse(Refusal::ReplayedTooOften);
        report.did(3);
        assert_eq!(report.left, 2);
        report.end = End::TakenOver;
        assert_eq!(
            report.to_string(),
            "3 of 7 replayed, 1 dealt with before (--again includes them), 1 refused: replayed_too_often, 2 left: another run \
             for sender took over, and this one ends"
        );
        let json = serde_json::to_value(&report).expect("JSON");
        assert_eq!((&json["end"]["how"], &json["refused"]["replayed_too_often"]), (&"taken_over".into(), &1.into()));
    }

    #[test]
    fn a_run_is_well_only_if_nothing_is_left() {
        let mut report = Report::new(Action::Discard, "sender", 2);
        assert!(!report.is_well());
        report.did(1);
        report.handled();
        assert!(report.is_well());
        assert_eq!(report.to_string(), "1 of 2 discarded, 1 dealt with before (--again includes them)");
        let mut refused = Report::new(Action::Discard, "sender", 1);
        refused.refuse(Refusal::Gone);
        assert!(!refused.is_well());
    }
}
