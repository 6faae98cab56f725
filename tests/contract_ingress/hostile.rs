//! Whatever stands where: nothing panics, what is well formed beside it comes through, and the cost stays that of the body.

use std::time::{Duration, Instant};

use bytes::Bytes;
use omnichannel_whatsapp::{
    runtime::Headers,
    stages::ingress::Settings,
    wire::{
        graph::{refusal, response, stated::Stated},
        records::InboundMessage,
        topics::INBOUND_MESSAGES,
        webhook::{Envelope, split::split},
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{Bench, fixtures};

/// JSON that is put in the place of something else, as text: some of it is nothing that a parsed value could hold.
fn odd_values() -> Vec<String> {
    let deep = format!("{}1{}", "[".repeat(300), "]".repeat(300));
    let odd = ["null", "true", "7", "1e400", "\"x\"", r#""\ud83d""#, "[]", "{}", r#"[{"id":1,"id":{}}]"#];
    odd.into_iter().map(str::to_owned).chain([deep]).collect()
}

/// JSON pointers to everything below `at`, branches too.
fn nodes(value: &Value, at: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(elements) => elements.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        let at = format!("{at}/{name}");
        nodes(value, &at, found);
        found.push(at);
    }
}

/// A text of somebody whom no fixture speaks of.
fn neighbour() -> Value {
    json!({ "from": "15550000777", "id": "wamid.neighbour", "timestamp": "1780000000", "type": "text",
            "text": { "body": "well formed" } })
}

fn neighbour_entry() -> Value {
    let metadata = json!({ "display_phone_number": "15550000001", "phone_number_id": "200000000000001" });
    let value = json!({ "messaging_product": "whatsapp", "metadata": metadata, "messages": [neighbour()] });
    json!({ "id": "100000000000001", "changes": [{ "field": "messages", "value": value }] })
}

/// `body` with `text` at `pointer`.
fn with_odd(body: &Value, pointer: &str, text: &str) -> String {
    const HERE: &str = "what is put here";
    let mut body = body.clone();
    *body.pointer_mut(pointer).expect("the node") = json!(HERE);
    body.to_string().replace(&format!("\"{HERE}\""), text)
}

/// Whether the neighbour's text is among what is published, and how many records and rejects there are.
async fn handled(bench: &mut Bench, body: &str) -> (bool, usize) {
    bench.tables.clear();
    let (mut found, mut ends) = (false, 0);
    for (_, emit) in bench.post(body).await {
        let emit = emit.unwrap_or_else(|fault| panic!("{fault}: {body}"));
        ends += emit.records.len() + emit.rejects.len() + emit.dropped.len();
        for record in emit.records.iter().filter(|record| &*record.topic == INBOUND_MESSAGES) {
            let message: InboundMessage = bench.read(record).await;
            found |= message.text.is_some_and(|text| text.body == "well formed");
        }
    }
    (found, ends)
}

fn parsed_fixtures() -> impl Iterator<Item = (String, Value)> {
    let parsed = |(name, body): (String, String)| Some((name, serde_json::from_str(&body).ok()?));
    fixtures()
        .into_iter()
        .filter_map(parsed)
        .filter(|(_, body): &(_, Value)| body["object"] == "whatsapp_business_account" && body["entry"][0].is_object())
}

#[tokio::test]
async fn an_entry_beside_anything_odd_comes_through() {
    let (odd_values, mut bench) = (odd_values(), Bench::new(Settings::default()));
    for (name, mut body) in parsed_fixtures() {
        body["entry"].as_array_mut().expect("entries").push(neighbour_entry());
        let mut found = Vec::new();
        nodes(&body["entry"][0], "/entry/0", &mut found);
        for (n, pointer) in found.iter().enumerate() {
            // each kind of oddity at every fifth of the places: together they are everywhere
            for text in odd_values.iter().skip(n % 5).step_by(5) {
                let (neighbour, ends) = handled(&mut bench, &with_odd(&body, pointer, text)).await;
                assert!(neighbour && ends >= 1, "{name}: {text:.20} at {pointer}");
            }
        }
    }
}

#[tokio::test]
async fn a_message_beside_an_odd_one_comes_through_and_the_odd_one_ends_somewhere() {
    let (odd_values, mut bench) = (odd_values(), Bench::new(Settings::default()));
    for (name, mut body) in parsed_fixtures() {
        let Some(messages) = body.pointer_mut("/entry/0/changes/0/value/messages").and_then(Value::as_array_mut) else {
            continue;
        };
        let first = messages.first().cloned().unwrap_or_default();
        let change = &body["entry"][0]["changes"][0];
        if change["field"] != "messages" || change["value"]["metadata"]["phone_number_id"].is_null() {
            continue;
        }
        body["entry"][0]["changes"][0]["value"]["messages"] = json!([first, neighbour()]);
        let at = "/entry/0/changes/0/value/messages/0";
        let mut found = vec![at.to_owned()];
        nodes(&first, at, &mut found);
        for (n, pointer) in found.iter().enumerate() {
            for text in odd_values.iter().skip(n % 5).step_by(5) {
                let (neighbour, ends) = handled(&mut bench, &with_odd(&body, pointer, text)).await;
                assert!(neighbour && ends >= 2, "{name}: {text:.20} at {pointer}");
            }
        }
    }
}

fn in_value(field: &str, members: &str) -> String {
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"100000000000001","changes":[{{"field":"{field}","value":{{{members}}}}}]}}]}}"#
    )
}

/// `each` of 0, 1, 2 … until they fill `bytes`, as a list.
fn fill(bytes: usize, each: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for n in 0.. {
        if text.len() >= bytes {
            break;
        }
        text.push_str(if n == 0 { "" } else { "," });
        text.push_str(&each(n));
    }
    text
}

/// Bodies of about 80 kB that would be hundreds of times as large, if anything were repeated for each of their items.
fn bombs() -> Vec<(&'static str, String)> {
    const HALF: usize = 40_000;
    let long = "x".repeat(HALF);
    let number = r#""metadata":{"phone_number_id":"200000000000001","display_phone_number":"15550000001"}"#;
    let message = |n: usize| format!(r#"{{"from":"1555{n:07}","id":"w{n}"}}"#);
    let messages = fill(HALF, message);
    let past = fill(HALF, message);
    let stop = fill(HALF, |n| format!(r#"{{"wa_id":"1555{n:07}","value":"stop"}}"#));
    let members = fill(HALF, |n| format!("\"m{n}\":{n}"));
    vec![
        ("conversations", in_value("messages", &format!(r#"{number},"messages":[{}]"#, fill(2 * HALF, message)))),
        (
            "a long name of the number",
            in_value(
                "messages",
                &format!(
                    r#""metadata":{{"phone_number_id":"200000000000001","display_phone_number":"{long}"}},"messages":[{messages}]"#
                ),
            ),
        ),
        (
            "a long id of the number",
            in_value("messages", &format!(r#""metadata":{{"phone_number_id":"{long}"}},"messages":[{messages}]"#)),
        ),
        (
            "a long product",
            in_value("messages", &format!(r#""messaging_product":"{long}",{number},"messages":[{messages}]"#)),
        ),
        (
            "a long account",
            in_value("messages", &format!(r#"{number},"messages":[{messages}]"#)).replace("100000000000001", &long),
        ),
        ("a long field", in_value(&long, &format!(r#"{number},"messages":[{messages}]"#))),
        (
            "a long name of everybody",
            in_value(
                "messages",
                &format!(
                    r#"{number},"contacts":[{{"wa_id":"15550000999","profile":{{"name":"{long}"}}}}],"messages":[{}]"#,
                    fill(HALF, |n| format!(r#"{{"from":"15550000999","id":"w{n}"}}"#))
                ),
            ),
        ),
        ("members of the value", in_value("messages", &format!(r#"{number},{members},"messages":[{messages}]"#))),
        (
            "the same member again",
            in_value("messages", &format!(r#"{number},{}"#, fill(HALF, |n| format!(r#""messages":[{}]"#, message(n))))),
        ),
        (
            "members of an item",
            in_value(
                "messages",
                &format!(r#"{number},"messages":[{{"from":"15550000999","id":"w","type":"text",{members}}}]"#),
            ),
        ),
        (
            "preferences",
            in_value("user_preferences", &format!(r#"{number},"novelty":"{long}","user_preferences":[{stop}]"#)),
        ),
        (
            "one contact of many preferences",
            in_value(
                "user_preferences",
                &format!(
                    r#"{number},"contacts":[{{"wa_id":"15550000999","novelty":"{long}"}}],"user_preferences":[{}]"#,
                    fill(HALF, |_| r#"{"wa_id":"15550000999"}"#.to_owned())
                ),
            ),
        ),
        (
            "a long thread",
            in_value(
                "history",
                &format!(
                    r#"{number},"history":[{{"metadata":{{"phase":1,"novelty":"{long}"}},"threads":[{{"id":"{long}","messages":[{past}]}}]}}]"#
                ),
            ),
        ),
        (
            "threads",
            in_value(
                "history",
                &format!(
                    r#"{number},"history":[{{"metadata":{{"phase":1}},"threads":[{}]}}]"#,
                    fill(2 * HALF, |n| format!(r#"{{"id":"1555{n:07}","messages":[{}]}}"#, message(n)))
                ),
            ),
        ),
        (
            "changes",
            in_value("messages", &format!(r#"{number},"messages":[{{"from":"15550000999","id":"w"}}]"#)).replace(
                r#""changes":["#,
                &format!(r#""changes":[{},"#, fill(2 * HALF, |n| format!(r#"{{"field":"f{n}","value":{n}}}"#))),
            ),
        ),
        (
            "depth",
            in_value(
                "messages",
                &format!(
                    r#"{number},"messages":[{{"from":"15550000999","id":"w","type":"interactive","interactive":{}{}}}]"#,
                    r#"{"type":"nfm_reply","nfm_reply":"#.repeat(15_000) + "1",
                    "}".repeat(15_000)
                ),
            ),
        ),
    ]
}

#[tokio::test]
async fn no_body_costs_many_times_its_size() {
    for (name, body) in bombs() {
        let began = Instant::now();
        assert!(serde_json::from_str::<&serde_json::value::RawValue>(&body).is_ok(), "{name} is JSON");
        let parts = split(&Bytes::from(body.clone()));
        let split_size: usize = parts.iter().map(|part| part.key.len() + part.value.len()).sum();
        assert!(split_size < 20 * body.len(), "{name}: {} bytes become {split_size}", body.len());
        let mut bench = Bench::new(Settings::default());
        let (mut size, mut ends) = (0, 0);
        for part in parts {
            let emit = bench.handle(&part.key, Some(part.value), Headers::new()).await.expect("handled");
            size += emit.records.iter().map(|record| record.size()).sum::<usize>();
            ends += emit.records.len() + emit.rejects.len() + emit.dropped.len();
        }
        assert!(ends >= 1, "{name} ends somewhere");
        assert!(size < 40 * body.len(), "{name}: {} bytes become {size}", body.len());
        assert!(began.elapsed() < Duration::from_secs(60), "{name} took {:?}", began.elapsed());
    }
}

/// Any JSON, a few levels deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[0-9]{1,20}".prop_map(Value::from),
    ];
    let name =
        "id|from|type|text|body|messages|statuses|errors|error|code|entry|value|url|success|error_data|[a-z]{1,6}";
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(name, inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// What Meta answers, by every reader of it.
fn read_answer(body: &[u8]) {
    let _ = (response::sent(body), response::succeeded(body), response::media(body));
    let _ = refusal::error(400, body);
    let _ = std::str::from_utf8(body).map(|header| Stated::read(|_| Some(header)));
}

proptest! {
    #[test]
    fn bytes_of_any_kind_are_one_part_or_an_envelope(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        read_answer(&body);
        let parts = split(&Bytes::from(body.clone()));
        prop_assert!(!parts.is_empty());
        if Envelope::read(&body).is_err() {
            prop_assert_eq!(&parts[0].value[..], &body[..]);
        }
    }

    #[test]
    fn a_webhook_of_any_value_is_handled_with_its_neighbour(value in any_json(), field in "messages|history|calls|x") {
        let change = json!({ "field": field, "value": value });
        let odd = json!({ "id": "1", "changes": [change] });
        let body = json!({ "object": "whatsapp_business_account", "entry": [odd, neighbour_entry()] }).to_string();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let (neighbour, _) = runtime.block_on(handled(&mut Bench::new(Settings::default()), &body));
        prop_assert!(neighbour, "{body}");
    }

    #[test]
    fn an_answer_of_any_json_is_read_or_not(answer in any_json(), error in any_json()) {
        read_answer(answer.to_string().as_bytes());
        read_answer(json!({ "error": error, "messages": [answer] }).to_string().as_bytes());
    }

    #[test]
    fn an_error_is_found_whatever_stands_beside_it(code in any::<i64>(), beside in any_json(), data in any_json()) {
        let body = json!({ "error": { "code": code, "message": "m", "error_data": data, "x": beside }, "x": beside });
        let read = refusal::error(400, body.to_string().as_bytes());
        prop_assert_eq!(read.map(|error| (error.code, error.title)), Some((code, "m".to_owned())));
    }
}

#[test]
fn an_answer_of_a_million_brackets_is_none() {
    for body in ["[".repeat(1_000_000), "{\"error\":".repeat(200_000), format!("{{\"a\":{}", "[".repeat(500_000))] {
        read_answer(body.as_bytes());
        assert_eq!(refusal::error(500, body.as_bytes()), None);
    }
}
