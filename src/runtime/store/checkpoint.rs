//! Up to where a store holds its changelogs, and whether that can be gone on from. Pure; reads and writes nothing.
//!
//! A checkpoint says, per changelog partition: every committed record below `offset` is in the store, or superseded there by
//! a later committed one. Why that holds, and why going on from it gives what a full restore gives:
//!
//! 1. At the end of a restore `offset` is the high watermark that was read up to. An old owner whose transaction could still
//!    commit has its offsets pending, and the restore waited for those before it asked for that watermark; one that comes
//!    later is refused by the group's generation. So from then on all committed records of the partition are this owner's.
//! 2. After a commit `offset` is one past this owner's last acknowledged record of that transaction. Everything of its own
//!    below that is in this batch or in an earlier one: batches are written in the order of the commits, each atomically
//!    with its checkpoint, and before the next transaction begins. Aborted records and markers in between mean nothing.
//! 3. A crash between commit and batch leaves an older checkpoint, and an older one is always right: reading some records
//!    twice ends in the same entries, since per key the last one decides, and nothing was written that was not committed.
//! 4. Only deletions can go missing: a tombstone is compacted away `delete.retention.ms` after it was cleaned first. So a
//!    checkpoint counts only as long as that after the last moment at which the store is known to have been complete
//!    (`at_ms`): the beginning of a transaction that the group let commit, or of the restore.
//! 5. Offsets mean something only in the topic they were taken from: a topic that was made anew has another id.
//!
//! One difference remains on purpose: where a changelog also deletes by age (`compact,delete`), the store keeps entries
//! until their table's own time is up, which a full restore would no longer find.

use std::{fmt, sync::Arc};

/// Where a store stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Unix ms at which the store was complete.
    pub at_ms: i64,
    pub places: Vec<Place>,
}

/// Where it stands in one changelog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub topic: Arc<str>,
    /// The cluster's id of the topic.
    pub id: Arc<str>,
    pub offset: i64,
}

/// A changelog as it is at an assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub topic: Arc<str>,
    /// `None` where the cluster does not say.
    pub id: Option<Arc<str>>,
    /// `delete.retention.ms`, where the cluster says it.
    pub tombstones_kept_ms: Option<i64>,
    pub low: i64,
    pub high: i64,
}

/// Why a store is not gone on from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("it is new")]
    New,
    #[error("it was made for other topics")]
    OtherTopics,
    #[error("the cluster does not say the id and delete.retention.ms of {0} (is DescribeConfigs allowed?)")]
    Unidentified(Arc<str>),
    #[error("topic {0} was made anew")]
    MadeAnew(Arc<str>),
    #[error("topic {topic} has offsets {low} to {high}, and the store stands at {offset}")]
    OutOfRange { topic: Arc<str>, low: i64, high: i64, offset: i64 },
    #[error("it is {age_s} s old, and topic {topic} keeps tombstones for {kept_s} s")]
    TooOld { topic: Arc<str>, age_s: i64, kept_s: i64 },
    #[error("it comes from the future: the clock was set back")]
    FromTheFuture,
}

/// Clocks of machines that keep their time differ less.
const CLOCKS_DIFFER_MS: i64 = 60_000;

/// Where to go on reading each of `found`.
///
/// # Errors
/// Why everything must be read.
pub fn judge(checkpoint: Option<&Checkpoint>, found: &[Found], now_ms: i64) -> Result<Vec<i64>, Refused> {
    let checkpoint = checkpoint.ok_or(Refused::New)?;
    if checkpoint.places.len() != found.len() {
        return Err(Refused::OtherTopics);
    }
    let age_ms = now_ms - checkpoint.at_ms;
    if age_ms < -CLOCKS_DIFFER_MS {
        return Err(Refused::FromTheFuture);
    }
    found.iter().map(|f| go_on(checkpoint, f, age_ms)).collect()
}

fn go_on(checkpoint: &Checkpoint, found: &Found, age_ms: i64) -> Result<i64, Refused> {
    let topic = &found.topic;
    let place = checkpoint.places.iter().find(|p| p.topic == *topic).ok_or(Refused::OtherTopics)?;
    let unidentified = || Refused::Unidentified(topic.clone());
    let id = found.id.as_ref().ok_or_else(unidentified)?;
    let kept_ms = found.tombstones_kept_ms.ok_or_else(unidentified)?;
    if place.id != *id {
        return Err(Refused::MadeAnew(topic.clone()));
    }
    if !(found.low..=found.high).contains(&place.offset) {
        let (topic, offset) = (topic.clone(), place.offset);
        return Err(Refused::OutOfRange { topic, low: found.low, high: found.high, offset });
    }
    if age_ms + CLOCKS_DIFFER_MS >= kept_ms {
        return Err(Refused::TooOld { topic: topic.clone(), age_s: age_ms / 1_000, kept_s: kept_ms / 1_000 });
    }
    Ok(place.offset)
}

const VERSION: &str = "1";

impl Checkpoint {
    /// Moves on in `topic`; never back.
    pub fn advance(&mut self, topic: &str, offset: i64) {
        if let Some(place) = self.places.iter_mut().find(|p| *p.topic == *topic) {
            place.offset = place.offset.max(offset);
        }
    }

    /// Reads what [`Display`](fmt::Display) writes; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let at_ms = lines.next()?.strip_prefix(VERSION)?.strip_prefix(' ')?.parse().ok()?;
        let place = |line: &str| {
            let mut parts = line.splitn(3, ' ');
            let (id, offset, topic) = (parts.next()?, parts.next()?, parts.next()?);
            Some(Place { topic: topic.into(), id: id.into(), offset: offset.parse().ok()? })
        };
        let places = lines.map(place).collect::<Option<_>>()?;
        Some(Self { at_ms, places })
    }
}

impl fmt::Display for Checkpoint {
    /// One line with version and time, then one per changelog: id, offset, topic.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION} {}", self.at_ms)?;
        for place in &self.places {
            write!(f, "\n{} {} {}", place.id, place.offset, place.topic)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn checkpoint() -> Checkpoint {
        let places = vec![Place { topic: "t.state".into(), id: "Ab-1".into(), offset: 50 }];
        Checkpoint { at_ms: 10 * HOUR_MS, places }
    }

    fn found() -> Found {
        let (topic, id) = ("t.state".into(), Some("Ab-1".into()));
        Found { topic, id, tombstones_kept_ms: Some(24 * HOUR_MS), low: 40, high: 60 }
    }

    fn judged(found: Found, hours: i64) -> Result<Vec<i64>, Refused> {
        judge(Some(&checkpoint()), &[found], hours * HOUR_MS)
    }

    #[test]
    fn a_checkpoint_within_its_topic_is_gone_on_from() {
        assert_eq!(judged(found(), 11), Ok(vec![50]));
        assert_eq!(judged(Found { low: 50, high: 50, ..found() }, 11), Ok(vec![50]));
    }

    #[test]
    fn one_outside_its_topic_is_not() {
        assert!(matches!(judged(Found { low: 51, ..found() }, 11), Err(Refused::OutOfRange { .. })));
        assert!(matches!(judged(Found { high: 49, ..found() }, 11), Err(Refused::OutOfRange { .. })));
    }

    #[test]
    fn one_of_a_topic_that_was_made_anew_is_not() {
        assert_eq!(judged(Found { id: Some("Zz-9".into()), ..found() }, 11), Err(Refused::MadeAnew("t.state".into())));
    }

    #[test]
    fn one_that_tombstones_may_be_gone_since_is_not() {
        assert_eq!(judged(found(), 33), Ok(vec![50]));
        assert!(matches!(judged(found(), 34), Err(Refused::TooOld { .. })));
        assert_eq!(judged(found(), 9), Err(Refused::FromTheFuture));
    }

    #[test]
    fn what_the_cluster_does_not_say_is_not_guessed() {
        for unknown in [Found { id: None, ..found() }, Found { tombstones_kept_ms: None, ..found() }] {
            assert!(matches!(judged(unknown, 11), Err(Refused::Unidentified(_))));
        }
        assert_eq!(judge(None, &[found()], 0), Err(Refused::New));
        assert_eq!(judge(Some(&checkpoint()), &[], 0), Err(Refused::OtherTopics));
        assert_eq!(judged(Found { topic: "other".into(), ..found() }, 11), Err(Refused::OtherTopics));
    }

    #[test]
    fn it_is_read_as_it_was_written_and_nothing_else_is() {
        let written = checkpoint().to_string();
        assert_eq!(written, "1 36000000\nAb-1 50 t.state");
        assert_eq!(Checkpoint::parse(&written), Some(checkpoint()));
        for other in ["", "2 1\na 1 t", "1 x", "1 1\na t", "1 1\na x t"] {
            assert_eq!(Checkpoint::parse(other), None, "{other}");
        }
    }

    #[test]
    fn it_moves_on_and_never_back() {
        let mut moved = checkpoint();
        moved.advance("t.state", 55);
        moved.advance("t.state", 52);
        moved.advance("other", 99);
        assert_eq!(moved.places, [Place { offset: 55, ..checkpoint().places[0].clone() }]);
    }
}
