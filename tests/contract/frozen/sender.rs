//! The sender's tables of 0.1.0, and the two kinds of records on its side input.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use futures::future::BoxFuture;
use omnichannel_whatsapp::{
    runtime::{Context, SideEmit, Stage, topics::StageTopics},
    stages::{
        ports::{Accepted, Download, Graph, GraphFailure, MediaInfo},
        sender::{Sender, Settings, Values},
    },
    wire::{
        sender_state::{Ledger, Notice, Outcome, Question, Receipt, Replies, StateEntry},
        topics::{Names, TopicMap, catalogue},
    },
};
use serde_json::{Value, json};

use super::{
    records::frozen_codec,
    release,
    sample::{Sample, samples},
};
use crate::support::{HandClock, now};

fn entries() -> Vec<(String, String, Sample)> {
    let layout = catalogue().layout(omnichannel_whatsapp::wire::topics::Profile::Tests);
    let topics = StageTopics::of::<Sender>(&TopicMap::new(Names::default(), &layout));
    let placed = |sample: Sample| {
        let key = String::from_utf8(sample.key.clone().expect("a key").0.to_vec()).unwrap();
        let (table, key) = topics.table_of(&sample.topic, &key).expect("a table of today");
        assert_eq!(
            topics.changelog_of(table, key).map(|(topic, key)| (topic.to_string(), key)).unwrap().0,
            sample.topic
        );
        (table.to_owned(), key.to_owned(), sample)
    };
    samples("sender_state.json").into_iter().map(placed).collect()
}

/// What today's code makes of an entry, in the samples' words, and how it writes it again.
fn read(table: &str, value: &[u8]) -> (Value, Bytes) {
    fn entry<T: StateEntry>(value: &[u8]) -> T {
        T::from_bytes(value).unwrap_or_else(|error| panic!("{error}"))
    }
    match table {
        "ledger" => {
            let read: Ledger = entry(value);
            (ledger(&read), read.to_bytes())
        }
        "receipt" => {
            let read: Receipt = entry(value);
            let means = json!({ "at": read.at, "message_id": read.message_id });
            (means, Receipt::new(read.at, read.message_id).to_bytes())
        }
        "question" => {
            let read: Question = entry(value);
            let asked = &read.asked;
            let means = json!({ "id": asked.id, "at": asked.at_ms, "partitions": asked.partitions, "round": asked.round, "lane": read.lane });
            (means, read.to_bytes())
        }
        "replies" => {
            let read: Replies = entry(value);
            let means = json!({ "at": read.at, "outstanding": read.outstanding });
            (means, Replies::new(read.at, read.outstanding).to_bytes())
        }
        "notice" => {
            let read: Notice = entry(value);
            let means = json!({ "at": read.at, "status": read.status });
            (means, Notice::new(read.at, read.status).to_bytes())
        }
        other => panic!("no table {other}"),
    }
}

fn ledger(read: &Ledger) -> Value {
    let outcome = read.outcome().map(|Outcome { status, at, message_id, error }| {
        let error = error.as_ref().map(|e| {
            json!({
                "code": e.code,
                "title": e.title,
                "meta_code": e.meta_code,
                "retryable": e.retryable,
                "action": e.action,
            })
        });
        json!({ "status": status, "at": at, "message_id": message_id, "error": error })
    });
    let entry = read.entry();
    json!({
        "phase": entry.phase.name(),
        "attempt": entry.attempt.number,
        "doubts": entry.attempt.doubts,
        "at": entry.at_ms,
        "hash": entry.content_hash,
        "outcome": outcome,
    })
}

#[test]
fn today_reads_every_entry_of_the_release_and_the_release_what_is_written_today() {
    let mut tables = std::collections::BTreeSet::new();
    for (table, _, sample) in entries() {
        let (means, written) = read(&table, &sample.value());
        assert_eq!(means, sample.means, "{}", sample.what);
        assert_eq!(release::sender(&table, &sample.value()).unwrap(), sample.means, "{}", sample.what);
        assert_eq!(release::sender(&table, &written).unwrap(), sample.means, "{}", sample.what);
        tables.insert(table);
    }
    let today: std::collections::BTreeSet<String> = Sender::TABLES.iter().map(|spec| spec.name.to_owned()).collect();
    assert!(tables.is_subset(&today), "a table of the release is gone");
    assert_eq!(tables.len(), 5, "a table of the release has no sample");
}

#[test]
fn a_field_of_another_release_is_not_in_the_way() {
    for (table, _, sample) in entries() {
        let mut later: Value = serde_json::from_slice(&sample.value()).unwrap();
        later["later"] = json!({ "of": ["another", "release"] });
        assert_eq!(read(&table, later.to_string().as_bytes()).0, sample.means, "{}", sample.what);
    }
}

/// What an entry is known by decides when it may be forgotten; an open one never is.
#[test]
fn every_entry_still_expires_from_the_same_moment() {
    let sender = sender();
    for (table, _, sample) in entries() {
        let open = table == "ledger" && sample.means["phase"] == "open";
        let touched = if open { None } else { sample.means["at"].as_i64() };
        assert_eq!(sender.entry_time_ms(&table, &sample.value()), touched, "{}", sample.what);
    }
}

struct NoCalls;

impl Graph for NoCalls {
    fn send(&self, _: &str, _: String) -> BoxFuture<'_, Result<Accepted, GraphFailure>> {
        unreachable!("nothing is sent")
    }
    fn media_info(&self, _: &str, _: &str) -> BoxFuture<'_, Result<MediaInfo, GraphFailure>> {
        unreachable!("nothing is fetched")
    }
    fn download(&self, _: &str, _: &str, _: u64) -> BoxFuture<'_, Result<Download, GraphFailure>> {
        unreachable!("nothing is fetched")
    }
}

fn sender() -> Sender {
    Sender::new(frozen_codec(), Arc::new(NoCalls), Settings::new(Values::default()).unwrap())
}

/// What today's sender makes of a record of the release on its side input, over tables of the release.
fn noted(sample: &Sample) -> SideEmit {
    let tables: HashMap<(String, String), Bytes> =
        entries().into_iter().map(|(table, key, sample)| ((table, key), sample.value())).collect();
    let record = sample.record();
    let cx = Context::for_test(&record, Arc::new(HandClock::default()), tables);
    now(sender().side(&record, &cx)).unwrap()
}

#[test]
fn receipts_and_answers_of_the_release_settle_what_the_release_left_open() {
    let found = samples("receipts.json");
    let [receipt, answer] = &found[..] else { panic!("two kinds") };
    for sample in [receipt, answer] {
        let emit = noted(sample);
        let [put] = &emit.state[..] else { panic!("{}: one put", sample.what) };
        assert_eq!(json!([put.table, put.key]), sample.means["puts"], "{}", sample.what);
        let (means, _) = read(put.table, put.value.as_deref().unwrap());
        let meant = &sample.means["entry"];
        for (name, value) in meant.as_object().unwrap() {
            assert_eq!(&means[name], value, "{}: {name}", sample.what);
        }
        assert_eq!(json!(emit.wake), sample.means["wakes"], "{}", sample.what);
    }
}
