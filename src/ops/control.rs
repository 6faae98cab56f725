//! Pausing, resuming and cancelling: what operators tell all workers through `whatsapp.control`. Waits for no worker, and
//! cannot know what one has done already.

mod page;
mod targets;

use std::collections::BTreeSet;

pub use self::{
    page::{json, table},
    targets::{BadTarget, Known, Targets},
};
use super::audit::Act;
use crate::{
    adapters::kafka::sink::{NotTaken, Sink},
    runtime::{
        Headers, Outgoing,
        controls::{Key, Table, Word},
    },
    wire::topics::CONTROL,
};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// A cancelled id is forgotten when no copy of its command is kept any more: a week in its topic, then 30 days as a dead letter,
/// then a week among the replays. What waits behind a pause for longer than that is to be cancelled once more.
const CANCELLED_FOR_MS: i64 = 45 * DAY_MS;

/// What an operator wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Subjects: `all`, `stage/sender`, `account/main` …
    Pause(Vec<String>),
    Resume(Vec<String>),
    /// Command ids.
    Cancel(Vec<String>),
}

/// Who wants it, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    pub by: String,
    pub at_ms: i64,
    pub reason: Option<String>,
}

/// What is to be written for a wish.
#[derive(Debug, Clone, PartialEq)]
pub struct Writes {
    pub audit: Vec<Outgoing>,
    pub control: Vec<Outgoing>,
    /// One line per thing, for the operator.
    pub told: Vec<String>,
}

/// Decides by the wish and by what is said now.
#[must_use]
pub fn plan(wish: &Wish, table: &Table, operator: &Operator) -> Writes {
    let mut writes = Writes { audit: Vec::new(), control: Vec::new(), told: Vec::new() };
    let (action, subjects) = match wish {
        Wish::Pause(subjects) => ("pause", subjects),
        Wish::Resume(subjects) => ("resume", subjects),
        Wish::Cancel(ids) => ("cancel", ids),
    };
    for subject in subjects.iter().collect::<BTreeSet<_>>() {
        let act = Act::new(operator.at_ms, &operator.by, action, subject.as_str()).because(operator.reason.clone());
        writes.audit.push(act.record());
        writes.told.push(told(wish, subject, table));
        writes.control.extend(records(wish, subject, operator));
    }
    let old = table.cancelled.iter().filter(|(_, word)| is_old(word, operator.at_ms));
    writes.control.extend(old.map(|(id, _)| tombstone(&Key::Cancel(id.clone()))));
    writes
}

/// Writes the acts, and what they do once those are written. Not in one transaction: an open one that its tool left behind would
/// keep every worker from hearing the next word, and a brake must not wait. So an act without its effect is possible, and the
/// operator hears of the failure; an effect without its act is not.
///
/// # Errors
/// The broker did not take a record.
pub async fn publish(sink: &Sink, writes: &Writes) -> Result<(), NotTaken> {
    sink.publish(writes.audit.clone()).await?;
    sink.publish(writes.control.clone()).await
}

fn records(wish: &Wish, subject: &str, operator: &Operator) -> Vec<Outgoing> {
    let word = Word::new(operator.by.clone(), operator.at_ms, operator.reason.clone());
    match wish {
        Wish::Pause(_) => vec![word.record(&Key::Pause(subject.to_owned()))],
        Wish::Cancel(_) => vec![word.record(&Key::Cancel(subject.to_owned()))],
        Wish::Resume(_) => {
            let wire = subject.strip_prefix("stage/").map(|stage| Key::Trip(stage.to_owned()));
            [Some(Key::Pause(subject.to_owned())), wire].iter().flatten().map(tombstone).collect()
        }
    }
}

fn tombstone(key: &Key) -> Outgoing {
    Outgoing {
        topic: CONTROL.into(),
        key: Some(key.to_string().into()),
        value: None,
        headers: Headers::new(),
        partition: None,
    }
}

fn told(wish: &Wish, subject: &str, table: &Table) -> String {
    let paused = table.paused.get(subject);
    let tripped = subject.strip_prefix("stage/").and_then(|stage| table.tripped.get(stage));
    match (wish, paused, tripped) {
        (Wish::Pause(_), None, _) => format!("{subject} is paused"),
        (Wish::Pause(_), Some(before), _) => format!("{subject} stays paused; it was {before}"),
        (Wish::Resume(_), None, None) => format!("{subject} was not paused"),
        (Wish::Resume(_), Some(word), None) => format!("{subject} goes on; it was paused {word}"),
        (Wish::Resume(_), None, Some(word)) => format!("{subject} goes on; it was tripped {word}"),
        (Wish::Resume(_), Some(word), Some(trip)) => {
            format!("{subject} goes on; it was paused {word}, and tripped {trip}")
        }
        (Wish::Cancel(_), ..) => format!("{subject} will not be sent, unless its request has left already"),
    }
}

fn is_old(word: &Word, now_ms: i64) -> bool {
    word.at_ms().is_some_and(|at| at < now_ms - CANCELLED_FOR_MS)
}

/// What still holds after `wish`, for an operator who may have expected otherwise.
#[must_use]
pub fn left_over(wish: &Wish, table: &Table) -> Vec<String> {
    let Wish::Resume(resumed) = wish else { return Vec::new() };
    let mut left: Vec<String> = table.paused.keys().cloned().collect();
    left.extend(table.tripped.keys().map(|stage| format!("stage/{stage}")));
    left.retain(|subject| !resumed.contains(subject));
    left.sort();
    left.dedup();
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::topics::OPS_AUDIT;

    fn kim() -> Operator {
        Operator { by: "kim".to_owned(), at_ms: 100 * DAY_MS, reason: Some("complaints".to_owned()) }
    }

    fn said(keys: &[(&str, i64)]) -> Table {
        let mut table = Table::default();
        for (key, days) in keys {
            let word = Word::new("ada", days * DAY_MS, None).record(&Key::parse(key).expect("a key"));
            table.apply(key, word.value.as_deref());
        }
        table
    }

    /// Keys of the control records; a `-` before those that are taken back.
    fn keys(writes: &Writes) -> Vec<String> {
        let key = |o: &Outgoing| {
            let key = String::from_utf8_lossy(o.key.as_deref().unwrap_or_default()).into_owned();
            if o.value.is_none() { format!("-{key}") } else { key }
        };
        writes.control.iter().map(key).collect()
    }

    fn wish(of: fn(Vec<String>) -> Wish, subjects: &[&str]) -> Wish {
        of(subjects.iter().map(|subject| (*subject).to_owned()).collect())
    }

    #[test]
    fn a_pause_is_one_record_and_one_act_per_subject() {
        let writes =
            plan(&wish(Wish::Pause, &["stage/sender", "account/main", "stage/sender"]), &Table::default(), &kim());
        assert_eq!(keys(&writes), ["pause/account/main", "pause/stage/sender"]);
        let word = Word::read(writes.control[0].value.as_deref().expect("a value"));
        assert_eq!((word.by.as_str(), word.reason.as_deref()), ("kim", Some("complaints")));
        assert_eq!(writes.audit.len(), 2);
        assert!(writes.audit.iter().all(|act| &*act.topic == OPS_AUDIT));
        assert_eq!(writes.told[0], "account/main is paused");
    }

    #[test]
    fn resuming_a_stage_takes_its_trip_back_too() {
        let table = said(&[("trip/sender", 99), ("pause/all", 98)]);
        let resume = wish(Wish::Resume, &["stage/sender"]);
        let writes = plan(&resume, &table, &kim());
        assert_eq!(keys(&writes), ["-pause/stage/sender", "-trip/sender"]);
        assert!(writes.told[0].starts_with("stage/sender goes on; it was tripped by ada since"), "{:?}", writes.told);
        assert_eq!(left_over(&resume, &table), ["all"]);
    }

    #[test]
    fn resuming_what_runs_says_so() {
        let writes = plan(&wish(Wish::Resume, &["account/main"]), &Table::default(), &kim());
        assert_eq!(
            (keys(&writes), writes.told),
            (vec!["-pause/account/main".into()], vec!["account/main was not paused".into()])
        );
    }

    #[test]
    fn a_cancelled_id_is_forgotten_when_no_copy_of_its_command_is_left() {
        let table = said(&[("cancel/old", 54), ("cancel/young", 56)]);
        let writes = plan(&wish(Wish::Cancel, &["c-1"]), &table, &kim());
        assert_eq!(keys(&writes), ["cancel/c-1", "-cancel/old"]);
        assert_eq!(writes.audit.len(), 1);
    }
}
