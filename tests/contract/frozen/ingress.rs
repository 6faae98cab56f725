//! Raw records and the duplicate table of 0.1.0: a webhook that came before an update and again after it is passed on once.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use futures::future::BoxFuture;
use omnichannel_whatsapp::{
    domain::account::Account,
    runtime::{Context, Emit, Record, Stage, ports::Clock},
    stages::{
        ingress::{Ingress, Settings},
        ports::{Accounts, Objects, ObjectsFailure},
    },
};
use serde_json::json;

use super::{
    records::frozen_codec,
    sample::{Sample, samples},
};
use crate::support::now;

struct At(i64);

impl Clock for At {
    fn unix_ms(&self) -> i64 {
        self.0
    }
    fn boot_ms(&self) -> u64 {
        0
    }
}

struct Nowhere;

impl Objects for Nowhere {
    fn put(&self, _: &str, _: Bytes, _: &str) -> BoxFuture<'_, Result<String, ObjectsFailure>> {
        unreachable!("ingress stores nothing")
    }
    fn url_of(&self, key: &str) -> String {
        key.to_owned()
    }
}

/// An hour after the release wrote its entries.
const NOW_MS: i64 = 1_780_003_600_000;

fn handled(record: &Record, tables: HashMap<(String, String), Bytes>) -> Emit {
    let account = Account {
        alias: "main".to_owned(),
        waba_id: "100000000000001".to_owned(),
        phone_number_id: "200000000000001".to_owned(),
        app: "shop".to_owned(),
        tenant: None,
    };
    let ingress = Ingress::new(frozen_codec(), Accounts::new([account]), Arc::new(Nowhere), Settings::default());
    let cx = Context::for_test(record, Arc::new(At(NOW_MS)), tables);
    now(async { ingress.handle(ingress.decode(record).await?, &cx).await }).unwrap()
}

fn of_kind(kind: &str) -> Sample {
    samples("raw.json").into_iter().find(|sample| sample.means["kind"] == kind).expect("a sample")
}

#[test]
fn a_webhook_that_the_release_passed_on_is_not_passed_on_again() {
    let (raw, seen) = (of_kind("webhook").record(), of_kind("seen"));
    let key = String::from_utf8(seen.key.clone().unwrap().0.to_vec()).unwrap();
    let (table, key) = key.split_once('/').expect("<table>/<key>");
    assert!(Ingress::TABLES.iter().any(|spec| spec.name == table));
    let emit = handled(&raw, [((table.to_owned(), key.to_owned()), seen.value())].into());
    assert_eq!((emit.records.len(), emit.dropped), (0, vec!["duplicate"]));
}

#[test]
fn a_raw_record_of_the_release_is_read_and_remembered_as_the_release_does() {
    let (raw, seen) = (of_kind("webhook"), of_kind("seen"));
    let emit = handled(&raw.record(), HashMap::new());
    let topics: Vec<&str> = emit.records.iter().map(|record| &*record.topic).collect();
    assert_eq!(json!(topics), raw.means["topics"]);
    let [put] = &emit.state[..] else { panic!("one entry") };
    assert_eq!(format!("{}/{}", put.table, put.key).into_bytes(), seen.key.unwrap().0);
    // decimal milliseconds, as the release reads them
    assert_eq!(put.value.as_deref(), Some(NOW_MS.to_string().as_bytes()));
}

#[test]
fn a_question_of_the_release_is_answered_as_the_release_reads_it() {
    let asked = of_kind("probe");
    let emit = handled(&asked.record(), HashMap::new());
    let [answer] = &emit.records[..] else { panic!("one answer") };
    let found = samples("receipts.json");
    let frozen = found.iter().find(|sample| sample.value.is_none()).expect("an answer");
    assert_eq!((&*answer.topic, answer.value.as_ref()), (frozen.topic.as_str(), None));
    assert_eq!(answer.partition.map(i64::from), asked.means["reply_partition"].as_i64());
    for (name, value) in &frozen.headers {
        assert_eq!(answer.headers.get(name), Some(&value.0), "{name}");
    }
}
