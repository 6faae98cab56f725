//! Whatever Meta posts, every item of it ends somewhere: as committed output with its text, as a dead letter with its cause,
//! or as a counted duplicate.

use std::fs;

use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::{
    meta,
    support::{
        observer::LIMIT,
        pipeline::{NUMBER, Pipeline, WABA},
        say, wait,
        webhooks::{items, readable},
    },
};

/// Where items go.
const OUTPUTS: [&str; 5] = [
    "whatsapp.inbound.messages",
    "whatsapp.status.events",
    "whatsapp.account.events",
    "whatsapp.sent.messages",
    "whatsapp.history",
];

/// Held by whoever compares the counter of duplicates before and after, so that nobody else's are counted.
static DUPLICATES: Mutex<()> = Mutex::const_new(());

/// What was published with exactly this JSON as its `raw`.
fn published(pipeline: &Pipeline, item: &Value) -> usize {
    let holds = |record: &Value| record["raw"] == *item || beside(&record["raw"]) == *item;
    OUTPUTS.iter().map(|topic| pipeline.observer.read(topic, holds).len()).sum()
}

/// What stands beside messages is published with what it shares with them.
fn beside(raw: &Value) -> Value {
    let mut rest = raw.clone();
    for shared in ["messaging_product", "metadata"] {
        rest.as_object_mut().and_then(|members| members.remove(shared));
    }
    rest
}

#[tokio::test(flavor = "multi_thread")]
async fn every_webhook_example_of_meta_comes_out_as_it_was_posted() {
    let Some(document) = meta::document() else { return };
    let examples = meta::examples(&document, "/whatsapp/webhooks");
    assert!(examples.len() >= 16, "only {} examples were read from Meta's file", examples.len());
    let pipeline = Pipeline::shared();
    for (name, body) in &examples {
        let (status, answer) = pipeline.post(serde_json::to_vec(body).expect("JSON")).await;
        assert_eq!((status.as_u16(), answer.as_str()), (200, r#"{"status":"processed"}"#), "{name}");
    }
    let mut posted = 0;
    for (name, body) in &examples {
        let items = items(body);
        assert!(!items.is_empty(), "{name} has no item");
        for item in items {
            wait::until_async(&format!("{name} in the output: {item}"), LIMIT, || {
                let found = published(&pipeline, &item);
                assert!(found < 2, "{name} is published {found} times");
                async move { (found == 1).then_some(()) }
            })
            .await;
            posted += 1;
        }
    }
    say(format_args!("{} examples, {posted} items, each published once", examples.len()));
}

/// A fixture's name, its bytes, and itself as JSON.
fn fixtures() -> Vec<(String, String, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/webhooks");
    let mut all: Vec<_> = fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let text = fs::read_to_string(&path).expect("UTF-8");
            let json = readable(&text).unwrap_or_else(|| panic!("{} is not JSON", path.display()));
            (path.file_stem().expect("a name").to_string_lossy().into_owned(), text, json)
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// How the items of one body ended.
#[derive(Debug, Default, PartialEq)]
struct Ends {
    published: usize,
    duplicates: usize,
    /// `x-error-code` of each dead letter of this body.
    dead: Vec<String>,
}

/// `None` while any of its items is on the way.
fn ends(pipeline: &Pipeline, body: &Value) -> Option<Ends> {
    let mut ends = Ends::default();
    let (mut distinct, mut missing): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    for item in items(body) {
        match published(pipeline, &item) {
            0 => missing.push(item.clone()),
            _ if distinct.contains(&item) => ends.duplicates += 1,
            1 => ends.published += 1,
            more => panic!("published {more} times: {item}"),
        }
        distinct.push(item);
    }
    let holds = |letter: &Value, item: &Value| items(&letter["value"]).contains(item);
    let of_this_body = |letter: &Value| letter["value"] == *body || distinct.iter().any(|item| holds(letter, item));
    let letters = pipeline.observer.read("whatsapp.ingress.dlq", of_this_body);
    let code = |letter: &Value| letter["headers"]["x-error-code"].as_str().unwrap_or_default().to_owned();
    ends.dead = letters.iter().map(|letter| code(letter)).collect();
    ends.dead.sort();
    // one letter holds all that is wrong in its record
    missing.iter().all(|item| letters.iter().any(|letter| holds(letter, item))).then_some(ends)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_item_of_our_fixtures_is_published_dead_lettered_or_a_counted_duplicate() {
    let pipeline = Pipeline::shared();
    let _ours = DUPLICATES.lock().await;
    let dropped_before = [
        pipeline.counted("ingress", "dropped", "duplicate").await,
        pipeline.counted("ingress", "dropped", "no_items").await,
    ];
    let fixtures = fixtures();
    for (name, body, _) in &fixtures {
        let (status, _) = pipeline.post(body.as_bytes()).await;
        assert_eq!(status, 200, "{name}");
    }
    let (mut published_items, mut duplicates, mut empty) = (0, 0, 0);
    for (name, _, body) in &fixtures {
        let what = format!("an end of every item of {name}");
        let expects_letter = name == "n20_other_object";
        let found = wait::until_async(&what, LIMIT, || {
            let ends = ends(&pipeline, body).filter(|ends| !(expects_letter && ends.dead.is_empty()));
            async move { ends }
        })
        .await;
        let dead: &[&str] = match name.as_str() {
            "n10_odd_items_in_a_good_body" => &["item_not_an_object", "item_without_id"],
            "n20_other_object" => &["unknown_object"],
            // one record, so one letter, which names the first of its two
            "n21_odd_history" => &["item_not_an_object"],
            "n22_echo_without_user" => &["item_not_an_object"],
            _ => &[],
        };
        assert_eq!(found.dead, dead, "{name}");
        published_items += found.published;
        duplicates += found.duplicates;
        empty += usize::from(found == Ends::default());
    }
    assert_eq!((duplicates, empty), (1, 1), "n11 holds a message twice, n01 holds nothing");
    for (code, before) in ["duplicate", "no_items"].into_iter().zip(dropped_before) {
        let what = format!("the count of {code}");
        wait::until_async(&what, LIMIT, || async {
            (pipeline.counted("ingress", "dropped", code).await > before).then_some(())
        })
        .await;
    }
    say(format_args!("{} fixtures, {published_items} items published", fixtures.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_comes_twice_is_passed_on_once() {
    let pipeline = Pipeline::shared();
    let body = |id: &str| {
        json!({"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": [{"field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550000001", "phone_number_id": NUMBER},
            "contacts": [{"profile": {"name": "Ada Test"}, "wa_id": "15550010090"}],
            "messages": [{"from": "15550010090", "id": id, "timestamp": "1780000000", "type": "text",
                "text": {"body": "once"}}]}}]}]})
        .to_string()
    };
    let _ours = DUPLICATES.lock().await;
    let before = pipeline.counted("ingress", "dropped", "duplicate").await;
    for id in ["wamid.twice", "wamid.twice", "wamid.after"] {
        assert_eq!(pipeline.post(body(id)).await.0, 200);
    }
    let of = |id: &'static str| move |record: &Value| record["value"]["message_id"] == id;
    // of one conversation, so whatever became of the second is published before the third
    pipeline.observer.wait("omnichannel.inbound.default", 1, of("wamid.after")).await;
    for topic in ["whatsapp.inbound.messages", "omnichannel.inbound.default"] {
        assert_eq!(pipeline.observer.read(topic, of("wamid.twice")).len(), 1, "{topic}");
    }
    assert!(pipeline.counted("ingress", "dropped", "duplicate").await > before);
}
