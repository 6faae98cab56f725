//! A field dropped fails: every leaf of every documented shape is in a typed record, or is written down here as one that is
//! only in `raw`, with the reason. Must not read webhooks with the code under test.

use std::collections::BTreeSet;

use omnichannel_whatsapp::stages::ingress::Settings;
use serde_json::{Value, json};

use crate::{Bench, fixtures};

/// Leaves that no typed field has, and why: `<field>/<path below value>` without positions. `*` stands for what goes before,
/// three digits and a blank for one fixture.
const ONLY_IN_RAW: &[(&str, &str)] = &[
    ("*/messaging_product", "always whatsapp, which the record's carrier says"),
    ("*/metadata/display_phone_number", "phone_number_id names the same number"),
    ("*/entry/time", "the subject has a time of its own"),
    ("*errors/href", "doc_url leads to the code"),
    ("messages/messages/image/url", "opens with the worker's token only; object_url is the file"),
    ("messages/messages/from_logical_id", "undocumented"),
    ("messages/messages/identity/acknowledged", "before Graph 12; the hash is typed"),
    ("messages/messages/identity/created_timestamp", "before Graph 12; the hash is typed"),
    ("messages/statuses/payment/transaction/created_timestamp", "occurred_at is the status's time"),
    ("messages/statuses/payment/transaction/updated_timestamp", "occurred_at is the status's time"),
    ("062 messages/statuses/id", "the payment is known by its reference id"),
    ("049 messages/contacts/profile/name", "of users in account events the id is typed"),
    ("user_preferences/contacts/profile/name", "of users in account events the id is typed"),
    ("user_preferences/contacts/user_id", "of users in account events one id is typed"),
    ("user_preferences/contacts/wa_id", "the preference names the user itself"),
    ("calls/contacts/profile/name", "of users in account events the id is typed"),
    ("calls/contacts/user_id", "of users in account events one id is typed"),
    ("calls/contacts/wa_id", "the call names the user itself"),
    ("calls/calls/from", "of a call we made: the number is phone_number_id"),
    ("calls/calls/to", "of a call to us: the number is phone_number_id"),
    ("calls/calls/session/sdp", "for who takes the call, whole"),
    ("calls/calls/session/sdp_type", "for who takes the call, whole"),
    ("calls/calls/duration", "for bills, which read all of it"),
    ("calls/calls/start_time", "for bills, which read all of it"),
    ("calls/calls/end_time", "for bills, which read all of it"),
    ("account_update/auth_international_rate_eligibility/exception_countries/start_time", "one per country"),
    ("flows/errors/error_count", "one per kind of error"),
    ("flows/errors/error_rate", "one per kind of error"),
    ("flows/errors/error_type", "one per kind of error"),
    ("flows/threshold", "what was configured; alert_state says on which side of it"),
    ("group_settings_update/groups/group_subject/update_successful", "one per setting"),
    (
        "message_template_components_update/message_template_element",
        "the template's content, of which there is a catalogue",
    ),
    ("*/message_template_button_text", "the template's content, of which there is a catalogue"),
    ("*/message_template_button_type", "the template's content, of which there is a catalogue"),
    ("*/message_template_button_url", "the template's content, of which there is a catalogue"),
    ("payment_configuration_update/created_timestamp", "occurred_at is when it was updated"),
];

/// Leaves that say what another leaf beside them says too, and that one: `./` is a sibling. Without it they must show.
const SAID_TWICE: &[(&str, &str)] = &[
    ("059 messages/contacts/user_id", "messages/statuses/recipient_user_id"),
    ("059 messages/contacts/parent_user_id", "messages/statuses/recipient_parent_user_id"),
    ("059 messages/statuses/recipient_parent_user_id", "messages/contacts/parent_user_id"),
    ("smb_message_echoes/message_echoes/to_user_id", "smb_message_echoes/contacts/user_id"),
    ("messages/contacts/user_id", "messages/messages/from_user_id"),
    ("messages/contacts/wa_id", "messages/messages/from"),
    ("messages/messages/from_user_id", "messages/contacts/user_id"),
    ("history/contacts/wa_id", "history/messages/from"),
    ("history/messages/from", "history/contacts/wa_id"),
    ("history/history/threads/id", "history/history/threads/messages/from"),
    ("*errors/title", "./message"),
    ("*errors/message", "./title"),
    ("account_update/waba_info/waba_id", "account_update/entry/id"),
    ("phone_number_quality_update/current_limit", "./max_daily_conversations_per_business"),
    ("phone_number_quality_update/max_daily_conversations_per_business", "./current_limit"),
    ("smb_app_state_sync/state_sync/contact/first_name", "./full_name"),
    ("messages/user_actions/marketing_messages_link_click_data/tracking_token", "./click_id"),
];

/// Leaves whose absence reads as the word that stands there.
const ABSENT_IS_THE_SAME: &[(&str, &str)] = &[("messages/messages/interactive/nfm_reply/name", "flow")];

/// What everybody else reads: topic, key and the record without `raw` and the ids that are digests of it.
async fn typed(bench: &mut Bench, body: &Value) -> Vec<Value> {
    bench.tables.clear();
    let mut all = Vec::new();
    for (_, emit) in bench.post(&body.to_string()).await {
        match emit {
            Ok(emit) => {
                for record in &emit.records {
                    let mut value = bench.value_of(record).await;
                    let message = value.as_object().is_some_and(|members| members.contains_key("message"));
                    let said = if message { &mut value["message"] } else { &mut value };
                    for name in ["raw", "event_id"] {
                        said.as_object_mut().expect("a record").remove(name);
                    }
                    all.push(json!([
                        &*record.topic,
                        String::from_utf8_lossy(record.key.as_ref().expect("a key")),
                        value
                    ]));
                }
                all.extend(emit.rejects.iter().map(|reject| json!(reject.code)));
            }
            Err(fault) => all.push(json!(fault.code)),
        }
    }
    all
}

/// JSON pointers to every leaf below `at`.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut inner: Box<dyn Iterator<Item = (String, &Value)>> = match value {
        Value::Object(members) => Box::new(members.iter().map(|(name, value)| (name.clone(), value))),
        Value::Array(elements) => Box::new(elements.iter().enumerate().map(|(n, value)| (n.to_string(), value))),
        _ => return found.push(at.to_owned()),
    };
    inner.by_ref().for_each(|(name, value)| leaves(value, &format!("{at}/{name}"), found));
}

/// Another value of the same kind.
fn another(value: &Value) -> Value {
    match value {
        Value::String(text) => match text.chars().last() {
            Some(digit) if text.bytes().all(|b| b.is_ascii_digit()) => {
                let other = char::from(b'0' + (digit as u8 - b'0' + 1) % 10);
                json!(format!("{}{other}", &text[..text.len() - 1]))
            }
            _ => json!(format!("{text}x")),
        },
        Value::Number(number) => json!(number.as_f64().expect("a number") + 1.0).as_f64().map_or(json!(0), whole),
        Value::Bool(flag) => json!(!flag),
        Value::Null | Value::Array(_) | Value::Object(_) => json!("x"),
    }
}

/// Whole numbers stay whole.
fn whole(number: f64) -> Value {
    if number.fract() == 0.0 { json!(number as i64) } else { json!(number) }
}

fn without(body: &Value, pointer: &str) -> Value {
    let mut body = body.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a leaf has a parent");
    match body.pointer_mut(parent).expect("the parent") {
        Value::Object(members) => drop(members.remove(name)),
        Value::Array(elements) => drop(elements.remove(name.parse().expect("a position"))),
        _ => unreachable!("a leaf's parent has members"),
    }
    body
}

fn with_another(body: &Value, pointer: &str) -> Value {
    let mut body = body.clone();
    let leaf = body.pointer_mut(pointer).expect("the leaf");
    *leaf = another(leaf);
    body
}

/// `<field>/<path>`, below value where it is there.
fn name_of(body: &Value, pointer: &str) -> String {
    let parts: Vec<&str> = pointer.split('/').filter(|part| part.parse::<usize>().is_err()).collect();
    let path = parts.join("/");
    let field = body["entry"][0]["changes"][0]["field"].as_str().unwrap_or_default();
    match path.strip_prefix("/entry/changes/value/") {
        Some(below) => format!("{field}/{below}"),
        None => format!("{field}{path}"),
    }
}

/// The entry of a list that stands for a leaf of a fixture.
fn listed(list: &'static [(&str, &str)], fixture: &str, name: &str) -> Option<(&'static str, &'static str)> {
    let of_fixture = format!("{} {name}", &fixture[..3]);
    let stands = |pattern: &str| match pattern.strip_prefix('*') {
        Some(tail) => name.ends_with(tail),
        None => pattern == name || pattern == of_fixture,
    };
    list.iter().copied().find(|(pattern, _)| stands(pattern))
}

/// Whether absent, null, empty and false are one.
fn is_nothing(leaf: &Value) -> bool {
    matches!(leaf, Value::Null | Value::Bool(false)) || leaf == ""
}

/// `body` without every leaf of that name.
fn without_all(body: &Value, name: &str) -> Value {
    let mut found = Vec::new();
    leaves(body, "", &mut found);
    let named = found.iter().filter(|pointer| name_of(body, pointer) == name);
    named.fold(body.clone(), |body, pointer| without(&body, pointer))
}

/// What a leaf shows: whether changing it does, and whether leaving it out does.
async fn shows(bench: &mut Bench, body: &Value, pointer: &str) -> (bool, bool) {
    let before = typed(bench, body).await;
    let changed = typed(bench, &with_another(body, pointer)).await != before;
    (changed, typed(bench, &without(body, pointer)).await != before)
}

/// Whether it shows where its twin is not there.
async fn shows_alone(bench: &mut Bench, body: &Value, pointer: &str, name: &str, twin: &str) -> bool {
    let twin = twin
        .strip_prefix("./")
        .map_or_else(|| twin.to_owned(), |sibling| format!("{}/{sibling}", name.rsplit_once('/').expect("a path").0));
    shows(bench, &without_all(body, &twin), pointer).await == (true, true)
}

/// The documented shapes; `n…` are negative ones, and of the unknown field nothing can be known.
fn shapes() -> Vec<(String, Value)> {
    let documented = |name: &str| !name.starts_with('n') && name != "106_unknown_field";
    let parsed = |body: String| serde_json::from_str(&body).expect("JSON");
    fixtures().into_iter().filter(|(name, _)| documented(name)).map(|(name, body)| (name, parsed(body))).collect()
}

#[tokio::test]
async fn a_leaf_that_is_dropped_or_changed_shows_in_a_typed_field() {
    let (mut unseen, mut used, mut checked) = (BTreeSet::new(), BTreeSet::new(), 0);
    let mut bench = Bench::new(Settings::default());
    for (fixture, body) in shapes() {
        let mut found = Vec::new();
        leaves(&body, "", &mut found);
        for pointer in found {
            checked += 1;
            let name = name_of(&body, &pointer);
            let (changed, dropped) = shows(&mut bench, &body, &pointer).await;
            if changed && (dropped || is_nothing(body.pointer(&pointer).expect("the leaf"))) {
                continue;
            }
            if let Some((pattern, twin)) = listed(SAID_TWICE, &fixture, &name) {
                // where the twin is also what makes it a message, another fixture shows it
                if shows_alone(&mut bench, &body, &pointer, &name, twin).await {
                    used.insert(pattern);
                }
                continue;
            }
            let excuse = if changed { ABSENT_IS_THE_SAME } else { ONLY_IN_RAW };
            match listed(excuse, &fixture, &name) {
                Some((pattern, _)) => drop(used.insert(pattern)),
                None => drop(unseen.insert(format!("{name} ({fixture}), changed: {changed}, dropped: {dropped}"))),
            }
        }
    }
    assert!(checked > 1_000, "only {checked} leaves");
    assert!(unseen.is_empty(), "of {checked} leaves these show nowhere:\n{}", Vec::from_iter(unseen).join("\n"));
    let lists = [ONLY_IN_RAW, SAID_TWICE, ABSENT_IS_THE_SAME].concat();
    let idle: Vec<_> = lists.iter().map(|(pattern, _)| *pattern).filter(|pattern| !used.contains(pattern)).collect();
    assert!(idle.is_empty(), "these need no excuse, or never show: {idle:?}");
}
