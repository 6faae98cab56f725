//! Retry entries and dead letters of 0.1.0.

use omnichannel_whatsapp::runtime::{
    Record, Scope,
    entries::{Cause, Parked, dead_letter},
};
use serde_json::{Value, json};

use super::{
    release,
    sample::{as_read, samples, shown},
};

/// What today's code makes of an entry, in the samples' words.
fn meaning(parked: &Parked) -> Value {
    // what came after 0.1.0 is in none of its entries
    let Parked {
        record,
        attempt,
        due_ms,
        gate,
        joined,
        replayed,
        failed_ms,
        ending,
        deadline_ms: None,
        counted_ms: None,
    } = parked
    else {
        panic!("{parked:?}")
    };
    let headers: Vec<Value> = record.headers.iter().map(|(name, value)| json!([name, shown(value)])).collect();
    json!({
        "origin": [&*record.origin.topic, record.origin.partition, record.origin.offset],
        "key": record.key.as_ref().map(|key| shown(key)),
        "value": record.value.as_ref().map(|value| shown(value)),
        "headers": headers,
        "timestamp_ms": record.timestamp_ms,
        "attempt": attempt,
        "due_ms": due_ms,
        "gate": gate.as_ref().map(|gate| match gate {
            Scope::Account(name) => name,
            Scope::Dependency(_) | Scope::Hold(_) => panic!("the release knows gates of accounts only: {gate}"),
        }),
        "joined": joined,
        "replayed": replayed,
        "failed_ms": failed_ms,
        "ending": ending.as_ref().map(|Cause { class, code, detail, .. }| {
            json!({ "class": class, "code": code, "detail": detail })
        }),
    })
}

/// By the clock that wrote it.
fn read(entry: &Record) -> Option<Parked> {
    Parked::from_entry(entry, entry.timestamp_ms)
}

fn entries() -> Vec<(String, Record, Value)> {
    samples("retry.json").into_iter().map(|sample| (sample.what.clone(), sample.record(), sample.means)).collect()
}

#[test]
fn today_reads_every_entry_of_the_release_and_so_does_the_release() {
    for (what, entry, means) in entries() {
        assert_eq!(meaning(&read(&entry).expect("an entry")), means, "{what}");
        assert_eq!(release::retry(&entry), Some(means), "{what}");
    }
}

#[test]
fn the_release_reads_every_entry_that_is_written_today() {
    for (what, entry, means) in entries() {
        let parked = read(&entry).expect("an entry");
        let written = as_read(&parked.to_entry(&"whatsapp.sender.retry".into()));
        assert_eq!(release::retry(&written), Some(means), "{what}");
        assert_eq!(written.key, entry.key, "{what}: one more entry instead of the same one");
    }
}

#[test]
fn a_header_of_another_release_is_neither_the_originals_nor_in_the_way() {
    for (what, mut entry, means) in entries() {
        entry.headers.push("x-retry-later", "1");
        assert_eq!(meaning(&read(&entry).expect("an entry")), means, "{what}");
    }
}

#[test]
fn a_tombstone_of_the_release_is_no_entry() {
    let (_, mut entry, _) = entries().remove(0);
    entry.value = None;
    assert!(read(&entry).is_none() && release::retry(&entry).is_none());
}

/// `dlq` tools of 0.1.0, and Java's, read these headers of what today's code gives up.
#[test]
fn a_dead_letter_keeps_every_header_of_the_release() {
    for sample in samples("dead_letters.json") {
        let text = |name: &str| sample.means[name].as_str().unwrap().to_owned();
        let class = if text("class") == "transient" { "transient" } else { "poison" };
        let attempt = sample.means["attempt"].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap();
        let cause = Cause { class, code: text("code"), detail: text("detail"), scope: None, attempt };
        let mut original = sample.record();
        let parked = samples("retry.json").remove(0);
        original = Record { headers: read(&parked.record()).unwrap().record.headers, ..original };
        original.origin.topic = "whatsapp.outbound.messages".into();
        original.origin.offset = 42;
        original.timestamp_ms = 1_780_000_000_001;
        let topic = sample.topic.as_str().into();
        let written = as_read(&dead_letter(&topic, "whatsapp.sender", &original, &cause, 1_780_000_000_500));
        assert_eq!((written.key, written.value), (sample.record().key, sample.record().value));
        for (name, value) in &sample.headers {
            assert_eq!(written.headers.get(name).map(|v| shown(v)), Some(shown(&value.0)), "{}: {name}", sample.what);
        }
    }
}
