//! What becomes of a word about a template, whatever Meta answers when it is asked.

use std::{collections::HashMap, sync::Arc};

use futures::future::BoxFuture;

use super::*;
use crate::{
    domain::errors::MetaError,
    runtime::{FaultKind, Origin, memory::ManualClock},
    wire::{
        registry::LocalIds,
        topics::{Names, TEMPLATES},
    },
};

const NOW_MS: i64 = 1_000;
const PAUSED: &str = r#"{"event":"PAUSED","message_template_id":77,"message_template_name":"order",
    "message_template_language":"de","reason":null,"other_info":{"title":"FIRST_PAUSE"}}"#;
const OBJECT: &str = r#"{"id":"77","name":"order","language":"de","status":"PAUSED","category":"MARKETING",
    "components":[{"type":"BODY","text":"Hi {{1}}"}]}"#;

/// Answers the same to everybody.
struct Meta(Box<dyn Fn() -> Result<Bytes, GraphFailure> + Send + Sync>);

impl TemplateSource for Meta {
    fn template(&self, phone_number_id: &str, template_id: &str) -> BoxFuture<'_, Result<Bytes, GraphFailure>> {
        assert_eq!((phone_number_id, template_id), ("200", "77"));
        Box::pin(async { (self.0)() })
    }
}

fn codec() -> Codec {
    Codec::new(Names::default(), Arc::new(LocalIds::default()), Arc::new(ManualClock::at(NOW_MS)))
}

fn event(field: &str, raw: &str) -> AccountEvent {
    AccountEvent {
        event_id: "e1".into(),
        waba_id: "100".into(),
        field: field.into(),
        raw: raw.into(),
        ..AccountEvent::default()
    }
}

async fn after(
    codec: &Codec,
    event: &AccountEvent,
    answer: impl Fn() -> Result<Bytes, GraphFailure> + Send + Sync + 'static,
) -> Result<Emit, Fault> {
    let account = Account {
        alias: "main".into(),
        waba_id: "100".into(),
        phone_number_id: "200".into(),
        app: "app".into(),
        tenant: None,
    };
    let stage = Catalogue::new(codec.clone(), Accounts::new([account]), Arc::new(Meta(Box::new(answer))));
    let record = Record {
        origin: Origin { topic: ACCOUNT_EVENTS.into(), partition: 0, offset: 0 },
        key: Some(Bytes::from_static(b"100")),
        value: Some(codec.encode(ACCOUNT_EVENTS, event).await.expect("encodable")),
        headers: Headers::new(),
        timestamp_ms: 0,
    };
    let told = stage.decode(&record).await.expect("readable");
    stage.handle(told, &Context::for_test(&record, Arc::new(ManualClock::at(NOW_MS)), HashMap::new())).await
}

async fn written(codec: &Codec, emit: &Emit) -> TemplateState {
    let [record] = &emit.records[..] else { panic!("{} records", emit.records.len()) };
    assert_eq!((&*record.topic, record.key.as_deref()), (TEMPLATES, Some(&b"100/order/de"[..])));
    assert_eq!((record.headers.get_str("ce_id"), record.headers.get_str("account")), (Some("e1"), Some("main")));
    codec.decode(record.value.as_ref().expect("a value")).await.expect("a template")
}

fn refusal(code: i64, subcode: Option<i64>) -> Result<Bytes, GraphFailure> {
    Err(GraphFailure::Refused(Box::new(MetaError { code, subcode, ..MetaError::default() })))
}

#[tokio::test]
async fn what_meta_answers_is_written_and_the_webhook_says_why() {
    let codec = codec();
    for field in FIELDS {
        let emit =
            after(&codec, &event(field, PAUSED), || Ok(Bytes::from_static(OBJECT.as_bytes()))).await.expect("handled");
        let state = written(&codec, &emit).await;
        assert_eq!((state.status.as_str(), state.reason.as_deref()), ("PAUSED", Some("FIRST_PAUSE")));
        assert_eq!((state.category.as_str(), state.body_params, state.updated_at), ("MARKETING", 1, NOW_MS));
    }
}

#[tokio::test]
async fn a_word_that_comes_late_does_not_undo_what_is_so_now() {
    let now = OBJECT.replace("PAUSED", "APPROVED");
    let answer = move || Ok(Bytes::from(now.clone()));
    let codec = codec();
    let emit = after(&codec, &event(FIELDS[0], PAUSED), answer).await.expect("handled");
    let state = written(&codec, &emit).await;
    assert_eq!((state.status.as_str(), state.reason), ("APPROVED", None));
}

#[tokio::test]
async fn of_a_template_that_meta_does_not_show_only_the_webhook_is_believed() {
    let (codec, hidden) = (codec(), || refusal(100, Some(33)));
    let emit = after(&codec, &event(FIELDS[0], PAUSED), hidden).await.expect("handled");
    let state = written(&codec, &emit).await;
    assert_eq!((state.status.as_str(), state.reason.as_deref()), ("PAUSED", Some("FIRST_PAUSE")));
    assert_eq!((state.components_json.as_str(), state.updated_at), ("[]", NOW_MS), "its values are not known");
    let quality = PAUSED.replace(r#""event":"PAUSED","#, "");
    let emit = after(&codec, &event(FIELDS[1], &quality), hidden).await.expect("handled");
    assert_eq!(emit, Emit::nothing("template_not_shown"));
}

#[tokio::test]
async fn a_meta_that_cannot_be_asked_now_is_asked_later_and_one_that_refuses_makes_a_dead_letter() {
    type Answer = fn() -> Result<Bytes, GraphFailure>;
    let cases: [(Answer, FaultKind, &str); 6] = [
        (|| Err(GraphFailure::NotSent("dns".into())), FaultKind::Transient, "graph_unreachable"),
        (|| Err(GraphFailure::Uncertain("cut".into())), FaultKind::Transient, "graph_no_answer"),
        (|| Ok(Bytes::from_static(b"{}")), FaultKind::Transient, "graph_no_template"),
        (|| refusal(190, None), FaultKind::Unavailable, "graph_190"),
        (|| Err(GraphFailure::NoToken), FaultKind::Unavailable, "no_access_token"),
        (|| refusal(100, None), FaultKind::Poison, "graph_100"),
    ];
    for (answer, kind, code) in cases {
        let fault = after(&codec(), &event(FIELDS[0], PAUSED), answer).await.expect_err(code);
        assert_eq!((fault.kind, &*fault.code), (kind, code));
    }
    let fault = after(&codec(), &event(FIELDS[0], PAUSED), || refusal(80_007, None)).await.expect_err("throttled");
    assert!(matches!(fault.kind, FaultKind::Throttled(_)), "{fault:?}");
}

#[tokio::test]
async fn what_speaks_of_no_template_of_ours_is_left_alone() {
    let nobody: fn() -> Result<Bytes, GraphFailure> = || panic!("nobody is asked");
    let other = event("phone_number_quality_update", "{}");
    assert_eq!(after(&codec(), &other, nobody).await.expect("handled"), Emit::nothing("not_of_templates"));
    let stranger = AccountEvent { waba_id: "101".into(), ..event(FIELDS[0], PAUSED) };
    assert_eq!(after(&codec(), &stranger, nobody).await.expect("handled"), Emit::nothing("account_not_configured"));
    let nameless = after(&codec(), &event(FIELDS[0], "{}"), nobody).await.expect_err("poison");
    assert_eq!((nameless.kind, &*nameless.code), (FaultKind::Poison, "no_template_named"));
}
