//! Every way a command can go, and what its producer hears.

mod templates;

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;

use super::*;
use crate::{
    domain::account::Account,
    runtime::{Origin, Record, Stage, ports::Clock},
    wire::{
        records::{InboundMessage, send_command::Text, template::Template},
        registry::LocalIds,
        topics::{INBOUND_DEFAULT, INBOUND_MESSAGES, Names, SEND_COMMANDS, SEND_COMMANDS_JSON, STATUS_EVENTS},
    },
};

const NOW_MS: i64 = 1_000;
const PLACE: &str = "omnichannel.send.commands-3-42";

struct At;

impl Clock for At {
    fn unix_ms(&self) -> i64 {
        NOW_MS
    }

    fn boot_ms(&self) -> u64 {
        0
    }
}

struct Desk {
    codec: Codec,
    avro: RouterCommands,
    json: RouterJson,
}

fn account(alias: &str, number: &str) -> Account {
    Account {
        alias: alias.into(),
        waba_id: "100".into(),
        phone_number_id: number.into(),
        app: "app".into(),
        tenant: Some("acme".into()),
    }
}

fn codec() -> Codec {
    Codec::new(Names::default(), Arc::new(LocalIds::default()), Arc::new(At))
}

fn desk(accounts: impl IntoIterator<Item = Account>) -> Desk {
    let codec = codec();
    let router = CommandRouter::new(codec.clone(), Accounts::new(accounts), Carriers::default());
    Desk { codec, avro: RouterCommands::new(router.clone()), json: RouterJson::new(router) }
}

fn main_desk() -> Desk {
    desk([account("main", "200")])
}

fn hello() -> SendCommand {
    SendCommand {
        command_id: "c1".into(),
        to: "+49 170 1234567".into(),
        text: Some(Text { body: "hi".into(), preview_url: false }),
        correlation_id: Some("k".into()),
        ..SendCommand::default()
    }
}

fn record(topic: &str, value: impl Into<Bytes>, headers: Headers) -> Record {
    Record {
        origin: Origin { topic: topic.into(), partition: 3, offset: 42 },
        key: Some(Bytes::from_static(b"customer-7")),
        value: Some(value.into()),
        headers,
        timestamp_ms: 0,
    }
}

fn context(record: &Record) -> Context {
    Context::for_test(record, Arc::new(At), HashMap::new())
}

async fn run<S: Stage>(stage: &S, record: &Record) -> Emit {
    let input = stage.decode(record).await.expect("readable");
    stage.handle(input, &context(record)).await.expect("handled")
}

impl Desk {
    async fn avro(&self, command: &SendCommand) -> Emit {
        let value = self.codec.encode(SEND_COMMANDS, command).await.expect("encodable");
        run(&self.avro, &record(SEND_COMMANDS, value, Headers::new())).await
    }

    async fn json(&self, json: &'static str) -> Emit {
        run(&self.json, &record(SEND_COMMANDS_JSON, json, Headers::new())).await
    }

    async fn outbound(&self, emit: &Emit) -> OutboundMessage {
        let record = emit.records.iter().find(|r| &*r.topic == OUTBOUND_MESSAGES).expect("an outbound message");
        let message: OutboundMessage = self.codec.decode(record.value.as_ref().expect("a value")).await.expect("one");
        assert_eq!(record.key.as_deref(), Some(message.lane.as_bytes()), "the key is the lane");
        message
    }

    /// The only status of an emit.
    async fn status(&self, emit: &Emit) -> StatusEvent {
        let statuses: Vec<_> = emit.records.iter().filter(|r| &*r.topic == STATUS_EVENTS).collect();
        let [record] = statuses[..] else { panic!("{} statuses", statuses.len()) };
        let event: StatusEvent = self.codec.decode(record.value.as_ref().expect("a value")).await.expect("an event");
        assert_eq!(record.key.as_deref(), event.command_id.as_deref().map(str::as_bytes));
        event
    }

    /// The code and field of a refused command, with its dead letter checked.
    async fn refused(&self, emit: &Emit) -> (String, String) {
        let status = self.status(emit).await;
        assert_eq!((status.status.as_str(), emit.records.len()), ("rejected", 1));
        let error = status.error.expect("an error");
        assert_eq!(emit.rejects.iter().map(|reject| reject.code).collect::<Vec<_>>(), [error.code.as_str()]);
        (error.code, error.field.unwrap_or_default())
    }
}

#[tokio::test]
async fn a_command_becomes_a_request_in_its_conversation_s_lane_and_is_queued() {
    let desk = main_desk();
    let emit = desk.avro(&hello()).await;
    let message = desk.outbound(&emit).await;
    assert_eq!((message.lane.as_str(), message.account.as_str()), ("200:491701234567", "main"));
    let request: serde_json::Value = serde_json::from_str(&message.request_json).unwrap();
    assert_eq!(request["biz_opaque_callback_data"], "1:c1:200:491701234567");
    assert_eq!(request["text"]["body"], "hi");
    assert_eq!(message.content_hash.len(), 64);
    assert_eq!((message.needs_window, message.template_key, message.tenant.as_deref()), (true, None, Some("acme")));
    let queued = desk.status(&emit).await;
    assert_eq!((queued.status.as_str(), queued.source.as_str(), queued.occurred_at), ("queued", "router", NOW_MS));
    assert_eq!((queued.to.as_deref(), queued.correlation_id.as_deref()), (Some("+49 170 1234567"), Some("k")));
}

#[tokio::test]
async fn every_violation_is_told_by_itself() {
    let desk = main_desk();
    let text = Some(Text { body: "x".repeat(5_000), preview_url: false });
    let emit = desk.avro(&SendCommand { text, priority: "urgent".into(), ..hello() }).await;
    let status = desk.status(&emit).await;
    let told = status.violations.iter().map(|found| (found.field.as_deref(), found.limit, found.value));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [(Some("priority"), None, None), (Some("text.body"), Some(4_096), Some(5_000))]
    );
    let error = status.error.expect("the first of them");
    assert!(error.details.is_some_and(|all| all.contains("priority") && all.contains("text.body")));
}

#[tokio::test]
async fn the_same_content_has_the_same_hash_and_another_has_another() {
    let desk = main_desk();
    let hash = async |command: &SendCommand| desk.outbound(&desk.avro(command).await).await.content_hash;
    assert_eq!(hash(&hello()).await, hash(&hello()).await);
    let other = SendCommand { text: Some(Text { body: "ho".into(), preview_url: false }), ..hello() };
    assert_ne!(hash(&hello()).await, hash(&other).await);
}

#[tokio::test]
async fn a_template_needs_no_window_and_names_itself() {
    let desk = main_desk();
    let template = Template { name: "order".into(), language: "de".into(), ..Template::default() };
    let command = SendCommand { text: None, template: Some(template), ..hello() };
    let emit = desk.avro(&command).await;
    let message = desk.outbound(&emit).await;
    assert_eq!((message.needs_window, message.template_key.as_deref()), (false, Some("100/order/de")));
    assert_eq!(desk.status(&emit).await.template.as_deref(), Some("order/de"));
}

#[tokio::test]
async fn what_the_sender_does_not_read_yet_is_refused_with_what_to_do_instead() {
    let desk = main_desk();
    let template = Template { name: "order".into(), language: "de".into(), ..Template::default() };
    let fallback = SendCommand { fallback_template: Some(template), ..hello() };
    let carriers = SendCommand { carriers: vec!["whatsapp".into(), "twilio".into()], ..hello() };
    for (command, field) in [(fallback, "fallback_template"), (carriers, "carriers[1]")] {
        let emit = desk.avro(&command).await;
        assert_eq!(desk.refused(&emit).await, ("not_supported".into(), field.into()));
        assert!(emit.rejects[0].detail.starts_with(field), "{}", emit.rejects[0].detail);
    }
    let one = SendCommand { carriers: vec!["whatsapp".into()], ..hello() };
    assert!(desk.outbound(&desk.avro(&one).await).await.carriers.is_empty());
}

#[tokio::test]
async fn an_unordered_command_says_so_where_the_runtime_looks() {
    let desk = main_desk();
    let emit = desk.avro(&SendCommand { unordered: true, ..hello() }).await;
    let outbound = emit.records.iter().find(|r| &*r.topic == OUTBOUND_MESSAGES).unwrap();
    assert!(outbound.headers.get(crate::runtime::partition::UNORDERED).is_some());
    assert_eq!(outbound.headers.get_str(COMMAND_ID), Some("c1"));
}

#[tokio::test]
async fn another_carrier_gets_the_command_as_it_was() {
    let desk = main_desk();
    let command = SendCommand { carriers: vec!["twilio".into(), "whatsapp".into()], ..hello() };
    let emit = desk.avro(&command).await;
    let [record] = &emit.records[..] else { panic!("{} records", emit.records.len()) };
    assert_eq!((&*record.topic, record.key.as_deref()), ("omnichannel.outbound.twilio", Some(&b"customer-7"[..])));
    let passed: SendCommand = desk.codec.decode(record.value.as_ref().unwrap()).await.unwrap();
    assert_eq!(passed, command);
}

#[tokio::test]
async fn an_expired_command_goes_nowhere() {
    let desk = main_desk();
    let emit = desk.avro(&SendCommand { expires_at: Some(NOW_MS), ..hello() }).await;
    assert_eq!((desk.status(&emit).await.status.as_str(), emit.records.len()), ("expired", 1));
    assert!(emit.rejects.is_empty());
}

#[tokio::test]
async fn what_cannot_go_anywhere_is_a_dead_letter_and_a_rejected_status() {
    let desk = main_desk();
    let refused = async |command: SendCommand| {
        let (code, field) = desk.refused(&desk.avro(&command).await).await;
        format!("{code} {field}")
    };
    let pigeon = SendCommand { carrier: Some("pigeon".into()), ..hello() };
    assert_eq!(refused(pigeon).await, "unknown_carrier carrier");
    assert_eq!(refused(SendCommand { from: Some("nobody".into()), ..hello() }).await, "unknown_account from");
    assert_eq!(refused(SendCommand { to: "hello".into(), ..hello() }).await, "invalid_field to");
    assert_eq!(refused(SendCommand { text: None, ..hello() }).await, "invalid_field ");
    assert_eq!(refused(SendCommand { to: format!("group:{}", "x".repeat(600)), ..hello() }).await, "invalid_field to");
}

#[tokio::test]
async fn a_command_without_from_needs_a_single_account() {
    let two = desk([account("a", "200"), account("b", "201")]);
    assert_eq!(two.refused(&two.avro(&hello()).await).await.0, "unknown_account");
    let named = SendCommand { from: Some("201".into()), ..hello() };
    assert_eq!(two.outbound(&two.avro(&named).await).await.account, "b");
}

#[tokio::test]
async fn json_without_an_id_is_known_by_its_place() {
    let desk = main_desk();
    let emit = desk.json(r#"{"to":"+4915112345678","text":{"body":"hi"}}"#).await;
    assert_eq!(desk.outbound(&emit).await.command_id, "omnichannel.send.commands.json-3-42");
}

#[tokio::test]
async fn json_without_an_id_that_is_replayed_is_the_command_it_was() {
    let desk = main_desk();
    let replayed = |topic: &str| {
        let headers = Headers::new().with("x-replay-origin", "omnichannel.send.commands.json/3/42");
        record(topic, r#"{"to":"+4915112345678","text":{"body":"hi"}}"#, headers)
    };
    for (topic, id) in [
        ("whatsapp.router-json.replay", "omnichannel.send.commands.json-3-42"),
        // the header alone makes no replay
        ("omnichannel.send.commands", PLACE),
    ] {
        let input = desk.json.decode(&replayed(topic)).await.expect("a command");
        let emit = desk.json.handle(input, &context(&replayed(topic))).await.expect("it is passed on");
        assert_eq!(desk.outbound(&emit).await.command_id, id);
    }
}

#[tokio::test]
async fn json_with_mistakes_is_refused_under_its_own_id_where_it_has_one() {
    let desk = main_desk();
    let emit = desk.json(r#"{"command_id":"c7","to":"+4915112345678","txt":{"body":"secret"}}"#).await;
    assert_eq!(desk.refused(&emit).await.0, "invalid_field");
    assert_eq!(desk.status(&emit).await.command_id.as_deref(), Some("c7"));
    assert!(!emit.rejects[0].detail.contains("secret"));
}

#[tokio::test]
async fn an_avro_command_with_a_bad_id_is_refused_under_its_place() {
    let desk = main_desk();
    let emit = desk.avro(&SendCommand { command_id: "a b".into(), ..hello() }).await;
    assert_eq!(desk.refused(&emit).await, ("invalid_field".into(), "command_id".into()));
    assert_eq!(desk.status(&emit).await.command_id.as_deref(), Some(PLACE));
}

#[tokio::test]
async fn bytes_that_are_no_command_end_with_a_rejected_status() {
    let desk = main_desk();
    for (headers, id) in [(Headers::new().with("command-id", "c9"), "c9"), (Headers::new(), PLACE)] {
        let garbage = record(SEND_COMMANDS, "?", headers);
        let fault = desk.avro.decode(&garbage).await.unwrap_err();
        assert_eq!(fault.code, "not_avro");
        let ending = desk.avro.ending(&garbage, &fault, &context(&garbage)).await.unwrap();
        let status = desk.status(&ending).await;
        assert_eq!((status.command_id.as_deref(), status.status.as_str()), (Some(id), "rejected"));
        assert_eq!(status.error.map(|error| error.code), Some("undecodable".into()));
    }
    let not_json = record(SEND_COMMANDS_JSON, "{", Headers::new());
    assert_eq!(desk.json.decode(&not_json).await.unwrap_err().code, "not_json");
}

#[tokio::test]
async fn a_readable_command_that_ends_otherwise_is_told_of_under_its_own_id() {
    let desk = main_desk();
    let value = desk.codec.encode(SEND_COMMANDS, &hello()).await.unwrap();
    let avro = record(SEND_COMMANDS, value, Headers::new());
    let fault = Fault::poison("panic");
    let status = desk.status(&desk.avro.ending(&avro, &fault, &context(&avro)).await.unwrap()).await;
    assert_eq!((status.command_id.as_deref(), status.status.as_str()), (Some("c1"), "rejected"));
    assert_eq!(status.correlation_id.as_deref(), Some("k"), "its producer matches it by what it said");
    let error = status.error.unwrap();
    assert_eq!((error.code.as_str(), error.details.as_deref()), ("gave_up", Some("panic")));

    let json = r#"{"command_id":"c7","to":"+4915112345678","text":{"body":"hi"}}"#;
    let json = record(SEND_COMMANDS_JSON, json, Headers::new());
    let status = desk.status(&desk.json.ending(&json, &fault, &context(&json)).await.unwrap()).await;
    assert_eq!(status.command_id.as_deref(), Some("c7"));

    let mistaken = record(SEND_COMMANDS_JSON, r#"{"command_id":"c8","txt":{}}"#, Headers::new());
    let status = desk.status(&desk.json.ending(&mistaken, &fault, &context(&mistaken)).await.unwrap()).await;
    assert_eq!(status.command_id.as_deref(), Some("c8"));
}

#[tokio::test]
async fn an_inbound_message_goes_to_the_default_queue_with_its_headers() {
    let codec = codec();
    let message =
        InboundMessage { message_id: "wamid.x".into(), conversation_key: "200:49".into(), ..Default::default() };
    let value = codec.encode(INBOUND_MESSAGES, &message).await.unwrap();
    let headers = Headers::new().with("ce_id", "e1").with("account", "main").with("x-private", "stays");
    let emit = run(&RouterInbound::new(codec.clone()), &record(INBOUND_MESSAGES, value, headers)).await;
    let [routed] = &emit.records[..] else { panic!("{} records", emit.records.len()) };
    assert_eq!((&*routed.topic, routed.key.as_deref()), (INBOUND_DEFAULT, Some(&b"customer-7"[..])));
    assert_eq!(routed.headers.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["ce_id", "account"]);
    let copy: InboundMessage = codec.decode(routed.value.as_ref().unwrap()).await.unwrap();
    assert_eq!(copy.route.map(|route| route.queue), Some("default".into()));
    assert_eq!(copy.message_id, message.message_id);
}
