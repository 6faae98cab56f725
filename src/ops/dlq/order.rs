//! What an operator wants done, and with which letters that can be. Writes nothing.

use super::{
    desk::Desk,
    letter::Letter,
    marks::Mark,
    pace::Rate,
    report::Report,
    verdict::{Action, Limits, Verdict, verdict},
};

/// What an operator wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub action: Action,
    pub limits: Limits,
    /// Of letters that nobody has dealt with, the oldest so many.
    pub limit: Option<usize>,
    pub rate: Option<Rate>,
    pub by: String,
    pub reason: Option<String>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub done: usize,
    pub of: usize,
}

impl Order {
    /// Those that are to be acted upon, and the report of the others.
    #[must_use]
    pub fn plan(&self, desk: &Desk, letters: Vec<(Letter, Mark)>) -> (Vec<(Letter, Mark)>, Report) {
        let (origins, mut report) = (desk.origins(), Report::new(self.action, &desk.stage, letters.len()));
        let (mut go, limit) = (Vec::new(), self.limit.unwrap_or(usize::MAX));
        for (letter, mark) in letters {
            match verdict(&letter, &mark, self.action, &origins, self.limits) {
                Verdict::Go if go.len() >= limit => report.not_asked_for(),
                Verdict::Go => go.push((letter, mark)),
                Verdict::Handled => report.handled(),
                Verdict::Refused(refusal) => report.refuse(refusal),
            }
        }
        (go, report)
    }

    /// The same without doing it.
    #[must_use]
    pub fn dry_run(&self, desk: &Desk, letters: Vec<(Letter, Mark)>) -> (Vec<(Letter, Mark)>, Report) {
        let (go, mut report) = self.plan(desk, letters);
        report.did(go.len());
        report.dry_run = true;
        (go, report)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{super::letter::tests::letter, *};
    use crate::{adapters::kafka::Settings, runtime::memory::ManualClock, wire::topics::Names};

    #[test]
    fn a_limit_counts_what_is_left_to_do() {
        let desk = Desk {
            settings: Settings::default(),
            names: Names::default(),
            stage: "sender".to_owned(),
            accounts: Vec::new(),
            clock: Arc::new(ManualClock::at(0)),
        };
        let limits = Limits { again: false, force: false, max_replays: 3 };
        let (by, reason) = ("kim".to_owned(), None);
        let order = Order { action: Action::Replay, limits, limit: Some(2), rate: None, by, reason };
        let handled = || Mark::Replayed { at: String::new(), by: String::new() };
        let looping = Letter { replays: 3, ..letter("k") };
        let open = || (letter("k"), Mark::Open);
        let (go, report) =
            order.plan(&desk, vec![(letter("k"), handled()), open(), (looping, Mark::Open), open(), open()]);
        assert_eq!((go.len(), report.matched, report.already_handled, report.left), (2, 4, 1, 2));
        assert_eq!(report.refused.values().sum::<usize>(), 1);
        let (go, report) = order.dry_run(&desk, vec![open()]);
        assert_eq!((go.len(), report.done, report.left, report.dry_run), (1, 1, 0, true));
    }
}
