//! Every webhook fixture, split as the receiver does and handled by ingress: what comes out is a snapshot, and nothing that
//! went in is missing. Must not need a broker.

#[path = "contract_ingress/allocations.rs"]
mod allocations;
#[path = "contract_ingress/hostile.rs"]
mod hostile;
#[path = "contract_ingress/leaves.rs"]
mod leaves;
#[path = "meta/openapi.rs"]
mod meta;
#[path = "contract_ingress/openapi.rs"]
mod openapi;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use futures::future::BoxFuture;
use omnichannel_whatsapp::{
    domain::account::Account,
    runtime::{Context, Emit, Fault, FaultKind, Headers, Origin, Outgoing, Record, Stage, ports::Clock},
    stages::{
        ingress::{Ingress, Settings},
        ports::{Accounts, Objects, ObjectsFailure},
    },
    wire::{
        avro::AvroRecord,
        codec::Codec,
        records::{AccountEvent, HistoryMessage, InboundMessage, MediaRequest, SentMessage, StatusEvent},
        registry::LocalIds,
        topics::{
            ACCOUNT_EVENTS, HISTORY, INBOUND_MESSAGES, MEDIA_REQUESTS, Names, PREFERENCES, SEND_RECEIPTS,
            SENT_MESSAGES, STATUS_EVENTS, WEBHOOK_RAW, catalogue,
        },
        webhook::split::split,
    },
};
use serde_json::{Map, Value, json};

const NOW_MS: i64 = 1_780_000_200_000;
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
type Tables = HashMap<(String, String), Bytes>;

#[derive(Clone, Copy)]
struct FixedClock(i64);

impl Clock for FixedClock {
    fn unix_ms(&self) -> i64 {
        self.0
    }
    fn boot_ms(&self) -> u64 {
        0
    }
}

struct Folder;

impl Objects for Folder {
    fn put(&self, _: &str, _: Bytes, _: &str) -> BoxFuture<'_, Result<String, ObjectsFailure>> {
        Box::pin(async { Err(ObjectsFailure::Refused("ingress stores nothing".to_owned())) })
    }
    fn url_of(&self, key: &str) -> String {
        format!("s3://bucket/{key}")
    }
}

/// Ingress with one configured number, and the table of its partition.
struct Bench {
    ingress: Ingress,
    codec: Codec,
    now_ms: i64,
    tables: Tables,
}

impl Bench {
    fn new(settings: Settings) -> Self {
        let account = Account {
            alias: "main".to_owned(),
            waba_id: "100000000000001".to_owned(),
            phone_number_id: "200000000000001".to_owned(),
            app: "shop".to_owned(),
            tenant: Some("acme".to_owned()),
        };
        let codec = Codec::new(Names::default(), Arc::new(LocalIds::default()), Arc::new(FixedClock(NOW_MS)));
        let ingress = Ingress::new(codec.clone(), Accounts::new([account]), Arc::new(Folder), settings);
        Self { ingress, codec, now_ms: NOW_MS, tables: Tables::new() }
    }

    /// One raw record, as the runtime would give it; puts are applied.
    async fn handle(&mut self, key: &str, value: Option<Bytes>, headers: Headers) -> Result<Emit, Fault> {
        let record = Record {
            origin: Origin { topic: WEBHOOK_RAW.into(), partition: 3, offset: 42 },
            key: Some(Bytes::copy_from_slice(key.as_bytes())),
            value,
            headers,
            timestamp_ms: NOW_MS - 1,
        };
        let cx = Context::for_test(&record, Arc::new(FixedClock(self.now_ms)), self.tables.clone());
        let emit = self.ingress.handle(self.ingress.decode(&record).await?, &cx).await?;
        for put in &emit.state {
            self.tables.insert((put.table.to_owned(), put.key.clone()), put.value.clone().expect("no tombstones"));
        }
        Ok(emit)
    }

    /// A body as the receiver publishes it: one emit per conversation.
    async fn post(&mut self, body: &str) -> Vec<(String, Result<Emit, Fault>)> {
        let headers = Headers::new()
            .with("received-at", (NOW_MS - 100).to_string())
            .with("app", "shop")
            .with("traceparent", TRACE);
        let mut emits = Vec::new();
        for part in split(&Bytes::copy_from_slice(body.as_bytes())) {
            let emit = self.handle(&part.key, Some(part.value), headers.clone()).await;
            emits.push((part.key, emit));
        }
        emits
    }

    async fn post_one(&mut self, body: &str) -> Emit {
        let [(_, emit)] = <[_; 1]>::try_from(self.post(body).await).expect("one conversation");
        emit.expect("handled")
    }

    async fn read<T: AvroRecord>(&self, record: &Outgoing) -> T {
        self.codec.decode(record.value.as_ref().expect("a value")).await.expect("our own record")
    }

    async fn value_of(&self, record: &Outgoing) -> Value {
        let value = match &*record.topic {
            INBOUND_MESSAGES => serde_json::to_value(self.read::<InboundMessage>(record).await),
            STATUS_EVENTS | SEND_RECEIPTS => serde_json::to_value(self.read::<StatusEvent>(record).await),
            SENT_MESSAGES => serde_json::to_value(self.read::<SentMessage>(record).await),
            HISTORY => serde_json::to_value(self.read::<HistoryMessage>(record).await),
            ACCOUNT_EVENTS => serde_json::to_value(self.read::<AccountEvent>(record).await),
            MEDIA_REQUESTS => serde_json::to_value(self.read::<MediaRequest>(record).await),
            PREFERENCES => serde_json::from_slice(record.value.as_ref().expect("a value")),
            topic => panic!("ingress does not write {topic}"),
        };
        value.expect("JSON")
    }

    async fn raw_of(&self, record: &Outgoing) -> Option<String> {
        let value = self.value_of(record).await;
        value.pointer("/message/raw").or(value.get("raw"))?.as_str().map(ToOwned::to_owned)
    }

    async fn shown(&self, emit: &Emit) -> Value {
        let mut records = Vec::new();
        for record in &emit.records {
            let mut value = essence(self.value_of(record).await);
            for raw in ["/raw", "/message/raw"] {
                value.pointer_mut(raw).into_iter().for_each(|raw| *raw = json!("as posted"));
            }
            let headers: Map<String, Value> = record
                .headers
                .iter()
                .map(|(name, text)| (name.to_owned(), json!(String::from_utf8_lossy(text))))
                .collect();
            records
                .push(json!({ "topic": &*record.topic, "key": text(&record.key), "headers": headers, "value": value }));
        }
        let rejects: Vec<_> = emit.rejects.iter().map(|r| r.code).collect();
        essence(
            json!({ "records": records, "rejects": rejects, "dropped": emit.dropped, "remembered": emit.state.len() }),
        )
    }
}

fn text(bytes: &Option<Bytes>) -> String {
    String::from_utf8(bytes.as_ref().expect("present").to_vec()).expect("UTF-8")
}

/// Without what is null, empty or false: a snapshot shows what is said.
fn essence(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, essence(value))).filter(|(_, value)| says(value)).collect()
        }
        Value::Array(elements) => elements.into_iter().map(essence).collect(),
        other => other,
    }
}

fn says(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) => true,
    }
}

fn fixtures() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/webhooks");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("the folder").map(|e| e.expect("an entry").path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_stem().expect("a name").to_str().expect("ASCII").to_owned();
    paths.iter().map(|path| (name(path), fs::read_to_string(path).expect("UTF-8"))).collect()
}

fn fixture(name: &str) -> String {
    let found = fixtures().into_iter().find(|(n, _)| n == name);
    found.unwrap_or_else(|| panic!("no fixture {name}")).1
}

#[tokio::test]
async fn every_fixture_becomes_these_records() {
    for (name, body) in fixtures() {
        let mut bench = Bench::new(Settings::default());
        let mut shown = Vec::new();
        for (key, emit) in bench.post(&body).await {
            let outcome = match emit {
                Ok(emit) => bench.shown(&emit).await,
                Err(fault) => json!({ "fault": fault.to_string() }),
            };
            shown.push(json!({ "raw record": key, "outcome": outcome }));
        }
        insta::with_settings!({ snapshot_suffix => name.as_str(), prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_json_snapshot!("webhook", shown);
        });
    }
}

/// Messages, odd threads and chunks, and what a thread says besides; at least the value.
fn past_items(value: &Value) -> usize {
    let array = |value: &Value, name: &str| value[name].as_array().cloned();
    let of_thread = |thread: &Value| match array(thread, "messages") {
        Some(messages) => messages.len() + usize::from(thread.get("novelty").is_some()),
        None => 1,
    };
    let of_chunk = |chunk: &Value| match array(chunk, "threads") {
        Some(threads) => threads.iter().map(of_thread).sum::<usize>().max(1),
        None => 1,
    };
    let chunks = array(value, "history").unwrap_or_default().iter().map(of_chunk).sum::<usize>();
    array(value, "messages").unwrap_or_default().len() + chunks
}

/// Counted by another reader than the one under test.
fn items_posted(body: &str) -> usize {
    let Ok(document) = serde_json::from_str::<Value>(&body.replace("\\ud83d ", "? ")) else { return 0 };
    let array = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let of_change = |change: &Value| match change["field"].as_str() {
        Some("messages") => {
            let value = &change["value"];
            let listed = array(value, "messages").len() + array(value, "statuses").len();
            let beside = value.as_object().is_some_and(|members| {
                let known = ["messaging_product", "metadata", "contacts", "messages", "statuses"];
                members.keys().any(|name| !known.contains(&name.as_str()))
            });
            listed + usize::from(listed == 0 || beside)
        }
        Some("smb_message_echoes") => {
            let value = &change["value"];
            array(value, "message_echoes").len() + usize::from(value.get("novelty").is_some())
        }
        Some("history") => past_items(&change["value"]),
        Some("user_preferences") => array(&change["value"], "user_preferences").len(),
        _ => 1,
    };
    let of_entry = |entry: &Value| entry["changes"].as_array().map_or(1, |changes| changes.iter().map(of_change).sum());
    if document["object"] == "whatsapp_business_account" {
        array(&document, "entry").iter().map(of_entry).sum()
    } else {
        0
    }
}

#[tokio::test]
async fn no_item_is_lost_and_each_keeps_its_exact_text() {
    for (name, body) in fixtures() {
        let mut bench = Bench::new(Settings::default());
        let mut ended = 0;
        for (_, emit) in bench.post(&body).await {
            let Ok(emit) = emit else { continue };
            let topics = [INBOUND_MESSAGES, STATUS_EVENTS, ACCOUNT_EVENTS, SENT_MESSAGES, HISTORY];
            let said = |topic: &str| topics.contains(&topic);
            for record in emit.records.iter().filter(|record| said(&record.topic)) {
                let raw = bench.raw_of(record).await.expect("raw");
                // what stood beside messages is put together from its parts
                let put_together = [
                    "045_interactive_with_value_errors",
                    "089d_preferences_of_two_users",
                    "n16_novelty_beside_a_message",
                    "n21_odd_history",
                    "n22_echo_without_user",
                ]
                .contains(&name.as_str())
                    && &*record.topic == ACCOUNT_EVENTS;
                assert!(put_together || body.contains(&raw), "{name}: {raw}");
                ended += 1;
            }
            ended += emit.rejects.len() + emit.dropped.iter().filter(|code| **code == "duplicate").count();
        }
        assert_eq!(ended, items_posted(&body), "{name}");
    }
}

#[tokio::test]
async fn the_same_body_again_is_dropped_and_counted_within_the_window() {
    let mut bench = Bench::new(Settings::default());
    let body = fixture("057_sent_of_ours");
    assert_eq!(bench.post_one(&body).await.records.len(), 2);
    let again = bench.post_one(&body).await;
    assert_eq!((again.records.len(), again.state.len(), again.dropped), (0, 0, vec!["duplicate"]));

    bench.now_ms += i64::try_from(Settings::default().remembered.as_millis()).expect("a day");
    assert_eq!(bench.post_one(&body).await.records.len(), 2, "beyond the window");
}

#[tokio::test]
async fn a_redelivery_in_another_batch_is_still_the_same_event() {
    let mut bench = Bench::new(Settings::default());
    let alone = fixture("001_text");
    let batch = fixture("050_batch_of_two_senders").replace("wamid.TESTin050a==", "wamid.TESTin001==");
    assert_eq!(bench.post_one(&alone).await.records.len(), 1);
    let (_, first) = bench.post(&batch).await.remove(0);
    let first = first.expect("handled");
    assert_eq!((first.records.len(), first.dropped), (1, vec!["duplicate"]));
}

#[tokio::test]
async fn a_preference_that_is_delivered_twice_is_told_once() {
    let mut bench = Bench::new(Settings::default());
    let stop = fixture("089a_preference_stop");
    let told = |emit: &Emit| emit.records.iter().filter(|record| &*record.topic == PREFERENCES).count();
    assert_eq!(told(&bench.post_one(&stop).await), 2, "under both identities");
    assert_eq!(told(&bench.post_one(&stop).await), 0);
    assert_eq!(told(&bench.post_one(&fixture("089b_preference_resume")).await), 2);
}

#[tokio::test]
async fn another_type_under_a_known_message_id_is_news() {
    let mut bench = Bench::new(Settings::default());
    let text = fixture("001_text");
    let reaction = fixture("026_reaction").replace("wamid.TESTin026==", "wamid.TESTin001==");
    assert!(reaction.contains(r#""id": "wamid.TESTin001==""#), "{reaction}");
    assert_eq!(bench.post_one(&text).await.records.len(), 1);
    assert_eq!(bench.post_one(&reaction).await.records.len(), 1);
    assert_eq!(bench.post_one(&reaction).await.dropped, ["duplicate"]);
}

#[tokio::test]
async fn the_table_forgets_by_the_time_it_holds() {
    let mut bench = Bench::new(Settings::default());
    let put = bench.post_one(&fixture("001_text")).await.state.remove(0);
    let value = put.value.expect("a value");
    assert_eq!(bench.ingress.entry_time_ms(put.table, &value), Some(NOW_MS));
    assert_eq!(bench.ingress.entry_time_ms("another", &value), None);
}

#[tokio::test]
async fn raw_is_switched_off_for_messages_and_statuses_only() {
    let mut bench = Bench::new(Settings { keep_raw: false, ..Settings::default() });
    for (name, expected) in [("001_text", Some("")), ("052_sent_v24", None)] {
        let emit = bench.post_one(&fixture(name)).await;
        assert_eq!(bench.raw_of(&emit.records[0]).await.as_deref(), expected, "{name}");
    }
    let emit = bench.post_one(&fixture("106_unknown_field")).await;
    assert!(bench.raw_of(&emit.records[0]).await.expect("raw").contains("1.5"));
}

/// A body of one user's texts.
fn texts(bodies: &[&str]) -> Bytes {
    let message = |(n, text): (usize, &&str)| {
        json!({ "from": "15550000999", "id": format!("wamid.{n}"), "timestamp": "1780000000", "type": "text",
                "text": { "body": text } })
    };
    let messages: Vec<_> = bodies.iter().enumerate().map(message).collect();
    let value = json!({ "metadata": { "phone_number_id": "200000000000001" }, "messages": messages });
    let change = json!({ "field": "messages", "value": value });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "100000000000001", "changes": [change] }] })
        .to_string()
        .into()
}

fn fit_their_topics(emit: &Emit) -> bool {
    emit.records.iter().all(|record| record.size() <= catalogue().max_message_bytes(&record.topic))
}

#[tokio::test]
async fn a_text_that_makes_its_record_too_large_is_left_to_raw() {
    let mut bench = Bench::new(Settings::default());
    let long = "x".repeat(5 << 19);
    let emit = bench.handle("k", Some(texts(&["before", &long, "after"])), Headers::new()).await.expect("handled");
    assert!(fit_their_topics(&emit));
    assert_eq!((emit.records.len(), emit.state.len(), emit.rejects), (3, 3, vec![]));
    let message: InboundMessage = bench.read(&emit.records[1]).await;
    assert!(message.text.is_none() && message.raw.contains(&long));
    let [error] = &message.errors[..] else { panic!("one error") };
    assert_eq!((error.code.as_str(), error.action.as_str(), error.limit), ("not_supported", "none", Some(4_128_768)));
    for (at, body) in [(0, "before"), (2, "after")] {
        let sibling: InboundMessage = bench.read(&emit.records[at]).await;
        assert_eq!((sibling.text.expect("a text").body.as_str(), sibling.errors.len()), (body, 0));
    }
}

#[tokio::test]
async fn an_item_too_large_for_its_topic_is_rejected_alone() {
    for keep_raw in [true, false] {
        let mut bench = Bench::new(Settings { keep_raw, ..Settings::default() });
        let long = "x".repeat((4 << 20) - 60_000);
        let body = texts(&["before", &long, "after"]);
        assert!(body.len() < catalogue().max_message_bytes(WEBHOOK_RAW), "a record that the raw topic takes");
        let emit = bench.handle("k", Some(body.clone()), Headers::new()).await.expect("handled");
        assert!(fit_their_topics(&emit));
        assert_eq!((emit.records.len(), emit.state.len()), (2, 2), "the siblings pass and are remembered");
        let [reject] = &emit.rejects[..] else { panic!("one reject") };
        assert_eq!(reject.code, "item_too_large");
        assert!(reject.detail.len() < 200, "{}", reject.detail);

        let replayed = bench.handle("k", Some(body), Headers::new()).await.expect("handled");
        assert_eq!((replayed.records.len(), replayed.rejects.len(), replayed.dropped.len()), (0, 1, 2));
    }
}

#[tokio::test]
async fn a_status_too_large_is_told_without_what_raw_has() {
    let mut bench = Bench::new(Settings::default());
    let body = fixture("057_sent_of_ours");
    let whole: Value = serde_json::from_str(&body).expect("JSON");
    let biz_data = whole["entry"][0]["changes"][0]["value"]["statuses"][0]["biz_opaque_callback_data"].as_str();
    let biz_data = biz_data.expect("our callback");
    let emit = bench.post_one(&body.replace(biz_data, &"x".repeat(5 << 19))).await;
    assert!(fit_their_topics(&emit) && emit.rejects.is_empty());
    let event: StatusEvent = bench.read(&emit.records[0]).await;
    assert_eq!(event.status, "sent");
    assert!(event.biz_data.is_none() && event.raw.is_some_and(|raw| raw.len() > 5 << 19));
}

#[tokio::test]
async fn a_body_that_is_no_webhook_is_poison_with_its_cause() {
    let mut bench = Bench::new(Settings::default());
    for (body, cause) in [
        ("", "not_json"),
        ("{\"object\":", "not_json"),
        ("[]", "not_an_object"),
        ("{\"object\":\"page\"}", "unknown_object"),
        ("{\"object\":\"whatsapp_business_account\"}", "no_entries"),
    ] {
        let fault = bench.handle("k", Some(Bytes::from(body)), Headers::new()).await.expect_err("refused");
        assert_eq!((fault.kind, fault.code.as_ref()), (FaultKind::Poison, cause), "{body}");
    }
    let fault = bench.handle("k", None, Headers::new()).await.expect_err("refused");
    assert_eq!(fault.code, "no_value");
}

#[tokio::test]
async fn without_received_at_the_broker_s_time_stands() {
    let mut bench = Bench::new(Settings::default());
    let emit = bench.handle("k", Some(fixture("001_text").into()), Headers::new()).await.expect("handled");
    let message: InboundMessage = bench.read(&emit.records[0]).await;
    assert_eq!(message.received_at, Some(NOW_MS - 1));
}

#[tokio::test]
async fn a_probe_is_answered_to_the_partition_that_asks() {
    let mut bench = Bench::new(Settings::default());
    let headers = Headers::new().with("probe", "order-1042/1").with("reply-partition", "7");
    let emit = bench.handle("probe", None, headers).await.expect("handled");
    let answered = Headers::new().with("probe", "order-1042/1").with("raw-partition", "3").with("outstanding", "0");
    let expected = Outgoing {
        topic: SEND_RECEIPTS.into(),
        key: Some("probe".into()),
        value: None,
        headers: answered,
        partition: Some(7),
    };
    assert_eq!(emit, Emit::record(expected));
}

#[tokio::test]
async fn a_probe_that_does_not_say_who_asks_is_poison() {
    let mut bench = Bench::new(Settings::default());
    for partition in [None, Some("x"), Some("-1")] {
        let mut headers = Headers::new().with("probe", "order-1042/1");
        if let Some(partition) = partition {
            headers.set("reply-partition", partition.to_owned());
        }
        assert_eq!(bench.handle("probe", None, headers).await.expect_err("refused").code, "bad_probe");
    }
}
