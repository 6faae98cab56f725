//! From a dead letter back to the record it was: what a replay carries, and what it is known by. Headers are untrusted
//! input. Decides neither whether a letter is replayed nor where a replay stands in its lane.

use std::sync::Arc;

use super::{
    entries::is_cause,
    headers::Headers,
    record::{Origin, Outgoing, Record},
};

/// How often a record was replayed; kept by the retry table and by dead letters.
const COUNT: &str = "x-replay-count";
/// Where it was first written.
const ORIGIN: &str = "x-replay-origin";
/// Kafka's timestamp of it there.
const TIMESTAMP: &str = "x-replay-timestamp";
/// The dead letter it was replayed from.
const LETTER: &str = "x-replay-letter";
/// Only the dead-letter tool writes topics that end so.
const SUFFIX: &str = ".replay";

/// Where the record of a dead letter lay when it died: an input, a replay or a side input. `None`: nobody wrote it down.
#[must_use]
pub fn died_at(letter: &Headers) -> Option<Origin> {
    let topic = letter.get_str("x-origin-topic").filter(|topic| !topic.is_empty())?;
    let partition = i32::try_from(letter.get_i64("x-origin-partition")?).ok().filter(|p| *p >= 0)?;
    let offset = letter.get_i64("x-origin-offset")?;
    Some(Origin { topic: topic.into(), partition, offset })
}

/// Where the record of a dead letter was first written.
#[must_use]
pub fn first_at(letter: &Headers) -> Option<Origin> {
    let died = died_at(letter)?;
    Some(if died.topic.ends_with(SUFFIX) { first_of_replay(letter).unwrap_or(died) } else { died })
}

/// How often the record was replayed before.
#[must_use]
pub fn count(headers: &Headers) -> u32 {
    headers.get_i64(COUNT).and_then(|count| u32::try_from(count).ok()).unwrap_or(0)
}

/// The place a record is known by. A replay is the record it was: what a stage derives from a place stays the same.
#[must_use]
pub fn known_by(record: &Record) -> Origin {
    let replayed = record.origin.topic.ends_with(SUFFIX);
    replayed.then(|| first_of_replay(&record.headers)).flatten().unwrap_or_else(|| record.origin.clone())
}

/// A replay as the record it was: Kafka's timestamp is the original's.
#[must_use]
pub fn as_written(mut replay: Record) -> Record {
    replay.timestamp_ms = replay.headers.get_i64(TIMESTAMP).unwrap_or(replay.timestamp_ms);
    replay
}

fn first_of_replay(headers: &Headers) -> Option<Origin> {
    Origin::parse(headers.get_str(ORIGIN)?)
}

/// The record for the replay topic (physical name): original key, value and headers in the original's partition. `None` for
/// a letter that does not say where its record lay.
#[must_use]
pub fn replay_of(letter: &Record, topic: &Arc<str>) -> Option<Outgoing> {
    let (died, first) = (died_at(&letter.headers)?, first_at(&letter.headers)?);
    let mut headers = letter.headers.only(|name| !is_cause(name));
    headers.set(COUNT, count(&letter.headers).saturating_add(1).to_string());
    headers.set(ORIGIN, first.to_string());
    headers.set(LETTER, letter.origin.to_string());
    if let Some(timestamp) = letter.headers.get("x-origin-timestamp") {
        headers.set(TIMESTAMP, timestamp.clone());
    }
    Some(Outgoing {
        topic: topic.clone(),
        key: letter.key.clone(),
        value: letter.value.clone(),
        headers,
        partition: Some(died.partition),
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::runtime::entries::{Cause, Parked, dead_letter};

    fn original() -> Record {
        Record {
            origin: Origin { topic: "in".into(), partition: 3, offset: 42 },
            key: Some(Bytes::from_static(b"k\xff")),
            value: Some(Bytes::from_static(b"body")),
            headers: Headers::new().with("traceparent", "00-1").with("x-unordered", "1"),
            timestamp_ms: 7,
        }
    }

    fn received(out: Outgoing, partition: i32, offset: i64) -> Record {
        Record {
            origin: Origin { topic: out.topic, partition, offset },
            key: out.key,
            value: out.value,
            headers: out.headers,
            timestamp_ms: 9_000,
        }
    }

    fn died(record: &Record) -> Record {
        let (class, code) = ("poison", "bad".to_owned());
        let cause = Cause { class, code, detail: "why".into(), scope: None, attempt: 2 };
        received(dead_letter(&"s.dlq".into(), "g", record, &cause, 8_000), 0, 5)
    }

    fn replayed(letter: &Record, offset: i64) -> Record {
        let out = replay_of(letter, &"s.replay".into()).expect("it says where it lay");
        let partition = out.partition.expect("a replay goes to one partition");
        as_written(received(out, partition, offset))
    }

    fn own(headers: &Headers) -> Vec<(String, String)> {
        let text = |value: &Bytes| String::from_utf8_lossy(value).into_owned();
        headers.iter().map(|(name, value)| (name.to_owned(), text(value))).collect()
    }

    #[test]
    fn a_replay_is_the_original_and_says_where_it_comes_from() {
        let replay = replayed(&died(&original()), 0);
        assert_eq!((&replay.key, &replay.value), (&original().key, &original().value));
        assert_eq!((replay.origin.partition, replay.timestamp_ms), (3, 7));
        // nothing of the cause is left
        let pairs = [
            ("traceparent", "00-1"),
            ("x-unordered", "1"),
            (COUNT, "1"),
            (ORIGIN, "in/3/42"),
            (LETTER, "s.dlq/0/5"),
            (TIMESTAMP, "7"),
        ];
        assert_eq!(own(&replay.headers), pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(known_by(&replay), original().origin);
    }

    #[test]
    fn going_round_counts_and_forgets_neither_the_beginning_nor_grows() {
        let (mut record, mut sizes) = (original(), Vec::new());
        for round in 0..3 {
            let letter = died(&record);
            assert_eq!((count(&letter.headers), first_at(&letter.headers)), (round, Some(original().origin)));
            record = replayed(&letter, i64::from(round));
            // the retry table keeps all of it
            let entry = Parked::new(record.clone(), 50).to_entry(&"retry".into());
            let back = Parked::from_entry(&received(entry, 3, 0), 9_000).expect("an entry");
            assert_eq!((&back.record.headers, back.record.timestamp_ms), (&record.headers, 7));
            sizes.push(died(&back.record).size());
        }
        assert_eq!(died_at(&died(&record).headers).map(|o| o.to_string()), Some("s.replay/3/2".into()));
        assert_eq!(sizes[1], sizes[2]);
    }

    #[test]
    fn a_stranger_cannot_pass_for_another_record() {
        let claims = original().headers.with(ORIGIN, "in/0/1").with(TIMESTAMP, "1");
        let stranger = Record { headers: claims, ..original() };
        assert_eq!(known_by(&stranger), stranger.origin);
        assert_eq!(first_at(&died(&stranger).headers), Some(stranger.origin.clone()));
        let replay = replayed(&died(&stranger), 0);
        assert_eq!((known_by(&replay), replay.timestamp_ms), (stranger.origin, 7));
    }

    #[test]
    fn a_letter_without_a_place_cannot_be_replayed() {
        for broken in ["x-origin-topic", "x-origin-partition", "x-origin-offset"] {
            let mut letter = died(&original());
            letter.headers.remove(broken);
            assert_eq!(replay_of(&letter, &"s.replay".into()), None, "{broken}");
        }
        let mut letter = died(&original());
        letter.headers.set("x-origin-partition", "-1");
        assert_eq!(replay_of(&letter, &"s.replay".into()), None);
    }
}
