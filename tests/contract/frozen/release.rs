//! How release 0.1.0 reads what it wrote, in this file's own words. It must not use the product's readers, or a change of both
//! sides at once would go unseen, and it never changes: what it cannot read, a rollback cannot.

use std::collections::BTreeMap;

use omnichannel_whatsapp::runtime::Record;
use serde::Deserialize;
use serde_json::{Value, json};

use super::sample::shown;

fn text<'a>(record: &'a Record, name: &str) -> Option<&'a str> {
    record.headers.get(name).and_then(|value| std::str::from_utf8(value).ok())
}

fn number(record: &Record, name: &str) -> Option<i64> {
    text(record, name)?.parse().ok()
}

/// An entry of a retry table; nothing for a tombstone and for what is no entry.
pub fn retry(entry: &Record) -> Option<Value> {
    let value = entry.value.as_ref()?;
    let key = std::str::from_utf8(entry.key.as_ref()?).ok()?;
    let mut place = key.rsplitn(3, '/');
    let offset: i64 = place.next()?.parse().ok()?;
    let partition: i32 = place.next()?.parse().ok()?;
    let topic = place.next()?;
    let own = |name: &str| name.starts_with("x-retry-") || name == "x-origin-timestamp";
    let originals: Vec<Value> =
        entry.headers.iter().filter(|(name, _)| !own(name)).map(|(name, value)| json!([name, shown(value)])).collect();
    let ending = text(entry, "x-retry-ending").map(|code| {
        let gave_up = text(entry, "x-retry-ending-class") == Some("transient");
        json!({
            "class": if gave_up { "transient" } else { "poison" },
            "code": code,
            "detail": text(entry, "x-retry-ending-detail").unwrap_or_default(),
        })
    });
    Some(json!({
        "origin": [topic, partition, offset],
        "key": entry.headers.get("x-retry-key").map(|key| shown(key)),
        "value": entry.headers.get("x-retry-no-value").is_none().then(|| shown(value)),
        "headers": originals,
        "timestamp_ms": number(entry, "x-origin-timestamp").unwrap_or(entry.timestamp_ms),
        "attempt": number(entry, "x-retry-attempt").unwrap_or(0),
        "due_ms": number(entry, "x-retry-due-ms").unwrap_or(0),
        "gate": text(entry, "x-retry-gate"),
        "joined": number(entry, "x-retry-joined").unwrap_or(0),
        "replayed": entry.headers.get("x-retry-replayed").is_some(),
        "failed_ms": number(entry, "x-retry-failed-ms"),
        "ending": ending,
    }))
}

#[derive(Deserialize)]
struct Ledger {
    v: u8,
    phase: String,
    attempt: u32,
    #[serde(default)]
    doubts: u32,
    at: i64,
    hash: String,
    outcome: Option<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    status: String,
    at: i64,
    message_id: Option<String>,
    error: Option<Problem>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Problem {
    code: String,
    title: String,
    meta_code: Option<i64>,
    retryable: bool,
    action: String,
}

#[derive(Deserialize)]
struct Receipt {
    v: u8,
    at: i64,
    message_id: Option<String>,
}

#[derive(Deserialize)]
struct Question {
    v: u8,
    id: String,
    at: i64,
    partitions: Vec<i32>,
    round: u32,
    lane: String,
}

#[derive(Deserialize)]
struct Replies {
    v: u8,
    at: i64,
    outstanding: BTreeMap<i32, u64>,
}

#[derive(Deserialize)]
struct Notice {
    v: u8,
    at: i64,
    status: String,
}

/// An entry of one of the sender's tables.
pub fn sender(table: &str, value: &[u8]) -> serde_json::Result<Value> {
    let (v, meaning) = match table {
        "ledger" => {
            let read: Ledger = serde_json::from_slice(value)?;
            (read.v, ledger(&read))
        }
        "receipt" => {
            let read: Receipt = serde_json::from_slice(value)?;
            (read.v, json!({ "at": read.at, "message_id": read.message_id }))
        }
        "question" => {
            let Question { v, id, at, mut partitions, round, lane } = serde_json::from_slice(value)?;
            partitions.sort_unstable();
            (v, json!({ "id": id, "at": at, "partitions": partitions, "round": round, "lane": lane }))
        }
        "replies" => {
            let read: Replies = serde_json::from_slice(value)?;
            (read.v, json!({ "at": read.at, "outstanding": read.outstanding }))
        }
        "notice" => {
            let read: Notice = serde_json::from_slice(value)?;
            (read.v, json!({ "at": read.at, "status": read.status }))
        }
        other => panic!("0.1.0 has no table {other}"),
    };
    assert!(v <= 1, "0.1.0 stops at a version above 1");
    Ok(meaning)
}

fn ledger(read: &Ledger) -> Value {
    let outcome = read.outcome.as_ref().map(|outcome| {
        let error = outcome.error.as_ref().map(|problem| {
            json!({
                "code": problem.code,
                "title": problem.title,
                "meta_code": problem.meta_code,
                "retryable": problem.retryable,
                "action": problem.action,
            })
        });
        json!({ "status": outcome.status, "at": outcome.at, "message_id": outcome.message_id, "error": error })
    });
    json!({
        "phase": read.phase,
        "attempt": read.attempt,
        "doubts": read.doubts,
        "at": read.at,
        "hash": read.hash,
        "outcome": outcome,
    })
}
