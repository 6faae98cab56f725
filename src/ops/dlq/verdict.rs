//! Whether a letter may be acted upon: one table, top to bottom. Writes nothing.

use super::{
    letter::{Letter, Origins},
    marks::Mark,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Replay,
    Discard,
}

/// What an operator allows beyond the usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Letters that were dealt with already too.
    pub again: bool,
    /// Letters that went round too often too.
    pub force: bool,
    pub max_replays: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Go,
    /// Dealt with already: what a second run finds of the first.
    Handled,
    Refused(Refusal),
}

/// Why a letter is left alone that nobody has dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    ReplayedTooOften,
    SideInput,
    NoOrigin,
    TooOld,
    TooLarge,
    /// Not there any more.
    Gone,
}

impl Refusal {
    pub const ALL: [Self; 6] =
        [Self::ReplayedTooOften, Self::SideInput, Self::NoOrigin, Self::TooOld, Self::TooLarge, Self::Gone];

    /// As reports name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ReplayedTooOften => "replayed_too_often",
            Self::SideInput => "side_input",
            Self::NoOrigin => "no_origin",
            Self::TooOld => "too_old",
            Self::TooLarge => "too_large",
            Self::Gone => "gone",
        }
    }

    /// What it means and what helps.
    #[must_use]
    pub fn explained(self) -> &'static str {
        match self {
            Self::ReplayedTooOften => "went round too often already; mend the cause first, then --force",
            Self::SideInput => {
                "came from a topic that the stage reads beside its input; only its writer can write it again"
            }
            Self::NoOrigin => "has no headers that say where it came from; the pipeline did not write it",
            Self::TooOld => {
                "is older than the audit topic remembers, so it may have been dealt with; --again acts anyway"
            }
            Self::TooLarge => "was refused by the broker; compare the topics with `topics plan`",
            Self::Gone => "is not in the topic any more",
        }
    }
}

#[must_use]
pub fn verdict(letter: &Letter, mark: &Mark, action: Action, origins: &Origins, limits: Limits) -> Verdict {
    match mark {
        Mark::Replayed { .. } | Mark::Discarded { .. } if !limits.again => return Verdict::Handled,
        Mark::Forgotten if !limits.again => return Verdict::Refused(Refusal::TooOld),
        Mark::Open | Mark::Forgotten | Mark::Replayed { .. } | Mark::Discarded { .. } => {}
    }
    match (action, &letter.died_at) {
        (Action::Discard, _) => Verdict::Go,
        (Action::Replay, None) => Verdict::Refused(Refusal::NoOrigin),
        (Action::Replay, Some(died)) if !origins.take(&died.topic) => Verdict::Refused(Refusal::SideInput),
        (Action::Replay, Some(_)) if letter.replays >= limits.max_replays && !limits.force => {
            Verdict::Refused(Refusal::ReplayedTooOften)
        }
        (Action::Replay, Some(_)) => Verdict::Go,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::letter::tests::letter, *};
    use crate::wire::topics::Names;

    const USUAL: Limits = Limits { again: false, force: false, max_replays: 3 };

    fn judged(letter: &Letter, mark: &Mark, action: Action, limits: Limits) -> Verdict {
        verdict(letter, mark, action, &Origins::of("sender", &Names::default()), limits)
    }

    #[test]
    fn a_letter_that_was_dealt_with_is_passed_over_unless_asked_for() {
        let (at, by) = (String::new(), String::new());
        let replayed = Mark::Replayed { at: at.clone(), by: by.clone() };
        let discarded = Mark::Discarded { at, by, reason: None };
        for mark in [replayed, discarded] {
            for action in [Action::Replay, Action::Discard] {
                assert_eq!(judged(&letter("k"), &mark, action, USUAL), Verdict::Handled);
                let again = Limits { again: true, ..USUAL };
                assert_eq!(judged(&letter("k"), &mark, action, again), Verdict::Go);
            }
        }
        assert_eq!(judged(&letter("k"), &Mark::Forgotten, Action::Replay, USUAL), Verdict::Refused(Refusal::TooOld));
    }

    #[test]
    fn a_loop_is_refused_and_can_be_forced() {
        let round = |replays| Letter { replays, ..letter("k") };
        let of = |replays, limits| judged(&round(replays), &Mark::Open, Action::Replay, limits);
        assert_eq!(of(2, USUAL), Verdict::Go);
        assert_eq!(of(3, USUAL), Verdict::Refused(Refusal::ReplayedTooOften));
        assert_eq!(of(9, Limits { force: true, ..USUAL }), Verdict::Go);
        assert_eq!(of(3, Limits { max_replays: 4, ..USUAL }), Verdict::Go);
        assert_eq!(judged(&round(9), &Mark::Open, Action::Discard, USUAL), Verdict::Go);
    }

    #[test]
    fn what_the_stage_would_not_take_is_not_replayed_but_may_be_discarded() {
        let mut side = letter("k");
        if let Some(died) = &mut side.died_at {
            died.topic = "whatsapp.send.receipts".into();
        }
        let strange = Letter { died_at: None, ..letter("k") };
        for (letter, refusal) in [(side, Refusal::SideInput), (strange, Refusal::NoOrigin)] {
            let force = Limits { force: true, again: true, ..USUAL };
            assert_eq!(judged(&letter, &Mark::Open, Action::Replay, force), Verdict::Refused(refusal));
            assert_eq!(judged(&letter, &Mark::Open, Action::Discard, USUAL), Verdict::Go);
        }
    }
}
