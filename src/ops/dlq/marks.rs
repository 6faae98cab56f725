//! What became of letters, as the audit topic tells it. Believes the last act on a place, and only if it was on this letter.

use std::collections::HashMap;

use serde_json::Value;

use super::letter::Letter;
use crate::{
    ops::audit::Act,
    runtime::Origin,
    wire::topics::{OPS_AUDIT, Profile, catalogue},
};

pub const REPLAY: &str = "dlq_replay";
pub const DISCARD: &str = "dlq_discard";
/// Detail of an act: Kafka's time of the letter, for a topic that was deleted and made anew counts from 0 again.
const WRITTEN: &str = "letter_ms";

/// How a letter stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// Nobody has dealt with it.
    Open,
    Replayed {
        at: String,
        by: String,
    },
    Discarded {
        at: String,
        by: String,
        reason: Option<String>,
    },
    /// It is older than what the audit topic remembers.
    Forgotten,
}

impl Mark {
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Replayed { .. } => "replayed",
            Self::Discarded { .. } => "discarded",
            Self::Forgotten => "forgotten",
        }
    }
}

/// The acts on letters of one dead-letter topic.
#[derive(Debug)]
pub struct Marks {
    topic: String,
    acts: HashMap<(i32, i64), (i64, Mark)>,
    /// Unix ms; acts before then may be gone.
    since_ms: i64,
}

impl Marks {
    /// Of a topic (physical name), nothing known yet.
    #[must_use]
    pub fn new(topic: &str, now_ms: i64) -> Self {
        let specs = catalogue().topics(&catalogue().layout(Profile::Default));
        let kept_ms = specs.into_iter().find(|spec| spec.name == OPS_AUDIT).and_then(|spec| spec.retention_ms);
        Self { topic: topic.to_owned(), acts: HashMap::new(), since_ms: now_ms - kept_ms.unwrap_or(now_ms) }
    }

    /// One more act, in the order of the topic.
    pub fn note(&mut self, act: Act) {
        let Some(place) = Origin::parse(&act.subject).filter(|place| *place.topic == self.topic) else { return };
        let Some(written_ms) = act.details.get(WRITTEN).and_then(Value::as_i64) else { return };
        let mark = match act.action.as_str() {
            REPLAY => Mark::Replayed { at: act.at, by: act.by },
            DISCARD => Mark::Discarded { at: act.at, by: act.by, reason: act.reason },
            // a later release may do more with letters than this one knows
            _ => return,
        };
        self.acts.insert((place.partition, place.offset), (written_ms, mark));
    }

    #[must_use]
    pub fn of(&self, letter: &Letter) -> Mark {
        match self.acts.get(&(letter.place.partition, letter.place.offset)) {
            Some((written_ms, mark)) if *written_ms == letter.written_ms => mark.clone(),
            Some(_) | None if letter.written_ms < self.since_ms => Mark::Forgotten,
            Some(_) | None => Mark::Open,
        }
    }
}

/// The act that marks a letter.
#[must_use]
pub fn act(letter: &Letter, action: &str, stage: &str, by: &str, reason: Option<String>, now_ms: i64) -> Act {
    Act::new(now_ms, by, action, letter.place.to_string())
        .because(reason)
        .with("stage", stage)
        .with("code", letter.code.as_str())
        .with(WRITTEN, letter.written_ms)
}

#[cfg(test)]
mod tests {
    use super::{super::letter::tests::letter, *};

    fn marks() -> Marks {
        Marks::new("whatsapp.sender.dlq", 2_000)
    }

    #[test]
    fn the_last_act_on_a_letter_counts() {
        let (mut marks, letter) = (marks(), letter("k"));
        assert_eq!(marks.of(&letter), Mark::Open);
        marks.note(act(&letter, DISCARD, "sender", "kim", Some("junk".into()), 0));
        assert_eq!(marks.of(&letter).name(), "discarded");
        marks.note(act(&letter, REPLAY, "sender", "kim", None, 1));
        let replayed = Mark::Replayed { at: "1970-01-01T00:00:00.001Z".into(), by: "kim".into() };
        assert_eq!(marks.of(&letter), replayed);
        marks.note(act(&letter, "dlq_something_else", "sender", "kim", None, 2));
        assert_eq!(marks.of(&letter), replayed);
    }

    #[test]
    fn an_act_on_another_letter_says_nothing() {
        let (mut marks, letter) = (marks(), letter("k"));
        let elsewhere = Origin { topic: "whatsapp.status.dlq".into(), ..letter.place.clone() };
        let older = Letter { written_ms: letter.written_ms - 1, ..letter.clone() };
        for other in [Letter { place: elsewhere, ..letter.clone() }, older] {
            marks.note(act(&other, REPLAY, "sender", "kim", None, 0));
        }
        marks.note(Act::new(0, "kim", "pause", "sender"));
        assert_eq!(marks.of(&letter), Mark::Open);
    }

    #[test]
    fn a_letter_older_than_the_memory_is_not_taken_for_open() {
        let letter = letter("k");
        let day = 24 * 60 * 60 * 1_000;
        let at = |now_ms| Marks::new("whatsapp.sender.dlq", now_ms).of(&letter);
        assert_eq!((at(89 * day), at(91 * day)), (Mark::Open, Mark::Forgotten));
        let mut marks = Marks::new("whatsapp.sender.dlq", 91 * day);
        marks.note(act(&letter, REPLAY, "sender", "kim", None, day));
        assert_eq!(marks.of(&letter).name(), "replayed");
    }
}
