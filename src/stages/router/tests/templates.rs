//! Commands with templates, by what the catalogue knows of them.

use std::sync::Arc;

use super::*;
use crate::{
    runtime::FaultKind,
    stages::templates::{Known, Table},
    wire::{records::TemplateState, template::key},
};

fn state(language: &str, status: &str) -> TemplateState {
    TemplateState {
        waba_id: "100".into(),
        name: "order".into(),
        language: language.into(),
        category: "UTILITY".into(),
        status: status.into(),
        components_json: r#"[{"type":"BODY","text":"Order {{1}}"}]"#.into(),
        ..TemplateState::default()
    }
}

fn known(states: impl IntoIterator<Item = TemplateState>) -> Templates {
    let templates = Templates::unread();
    let entry =
        |state: TemplateState| (key(&state.waba_id, &state.name, &state.language), Arc::new(Known::from(state)));
    templates.replace(states.into_iter().map(entry).collect::<Table>());
    templates
}

fn knowing(templates: Templates, rules: Rules) -> Desk {
    let codec = codec();
    let router = CommandRouter::new(codec.clone(), Accounts::new([account("main", "200")]), Carriers::default())
        .with_templates(templates, rules);
    Desk { codec, avro: RouterCommands::new(router.clone()), json: RouterJson::new(router) }
}

fn order(language: &str) -> SendCommand {
    let template =
        Template { name: "order".into(), language: language.into(), body: vec!["7".into()], ..Template::default() };
    SendCommand { text: None, template: Some(template), ..hello() }
}

fn falls_back_to(language: &str) -> Rules {
    Rules { require: false, languages: [("main".to_owned(), language.to_owned())].into() }
}

/// The fault of a command that is declined, and what its producer hears.
async fn declined(desk: &Desk, command: &SendCommand) -> (Fault, StatusEvent) {
    let value = desk.codec.encode(SEND_COMMANDS, command).await.expect("encodable");
    let record = record(SEND_COMMANDS, value, Headers::new());
    let input = desk.avro.decode(&record).await.expect("readable");
    let fault = desk.avro.handle(input, &context(&record)).await.expect_err("declined");
    let status = if fault.notes.is_empty() { StatusEvent::default() } else { desk.status(&fault.notes).await };
    (fault, status)
}

#[tokio::test]
async fn a_known_template_is_sent_in_its_language_under_its_category() {
    let desk = knowing(known([state("de", "APPROVED"), state("en", "APPROVED")]), falls_back_to("en"));
    for (asked, sent) in [("de", "de"), ("de_AT", "de"), ("fr", "en"), ("", "en")] {
        let emit = desk.avro(&order(asked)).await;
        let message = desk.outbound(&emit).await;
        assert_eq!(message.template_key, Some(format!("100/order/{sent}")), "{asked}");
        assert_eq!(message.category.as_deref(), Some("UTILITY"));
        let request: serde_json::Value = serde_json::from_str(&message.request_json).expect("JSON");
        assert_eq!(request["template"]["language"]["code"], sent);
        assert_eq!(desk.status(&emit).await.template, Some(format!("order/{sent}")), "its producer hears which");
    }
}

#[tokio::test]
async fn a_language_that_leads_nowhere_is_refused_naming_those_there_are() {
    let desk = knowing(known([state("de", "APPROVED"), state("en", "APPROVED")]), Rules::default());
    for asked in ["fr_CA", ""] {
        let emit = desk.avro(&order(asked)).await;
        assert_eq!(desk.refused(&emit).await, ("template_language".into(), "template.language".into()));
        assert!(emit.rejects[0].detail.ends_with("it exists in de, en"), "{}", emit.rejects[0].detail);
    }
}

#[tokio::test]
async fn values_that_do_not_fit_are_refused_before_the_call() {
    let desk = knowing(known([state("de", "APPROVED")]), Rules::default());
    let mut command = order("de");
    command.template.as_mut().expect("it has one").body.push("secret".into());
    let emit = desk.avro(&command).await;
    assert_eq!(desk.refused(&emit).await, ("template_params".into(), "template.body".into()));
    let detail =
        "template.body gives 2 values, and the template takes 1: give what `templates show` says that it takes";
    assert_eq!(emit.rejects[0].detail, detail);
    let unknown = TemplateState { components_json: "[]".into(), ..state("de", "APPROVED") };
    let blind = knowing(known([unknown]), Rules::default());
    assert_eq!(blind.outbound(&blind.avro(&command).await).await.category.as_deref(), Some("UTILITY"));
}

#[tokio::test]
async fn what_cannot_be_sent_now_ends_with_a_status_and_without_a_dead_letter() {
    for (status, code) in [
        ("PAUSED", "template_paused"),
        ("REJECTED", "template_not_approved"),
        ("PENDING", "template_not_approved"),
        ("DISABLED", "template_not_approved"),
        ("DELETED", "template_not_approved"),
    ] {
        let reason = Some("FIRST_PAUSE".to_owned());
        let desk = knowing(known([TemplateState { reason, ..state("de", status) }]), Rules::default());
        let (fault, told) = declined(&desk, &order("de_AT")).await;
        assert_eq!((fault.kind, &*fault.code), (FaultKind::Rejected, code));
        let error = told.error.expect("an error");
        assert_eq!((told.status.as_str(), error.code.as_str()), ("rejected", code));
        assert_eq!(error.details, Some(format!("template is {status} in de (FIRST_PAUSE)")));
    }
}

#[tokio::test]
async fn a_deleted_language_is_not_one_to_fall_back_to() {
    let desk = knowing(known([state("de", "DELETED"), state("en", "APPROVED")]), Rules::default());
    assert_eq!(desk.outbound(&desk.avro(&order("")).await).await.template_key.as_deref(), Some("100/order/en"));
    assert_eq!(desk.refused(&desk.avro(&order("de")).await).await.0, "template_language");
}

#[tokio::test]
async fn one_time_codes_go_to_phone_numbers_only() {
    let of = |category: &str| TemplateState { category: category.into(), ..state("de", "APPROVED") };
    let hidden = |to: &str| SendCommand { to: to.into(), ..order("de") };
    let desk = knowing(known([of("AUTHENTICATION")]), Rules::default());
    for to in ["US.1234", "US.ENT.1234"] {
        let emit = desk.avro(&hidden(to)).await;
        assert_eq!(desk.refused(&emit).await, ("needs_phone_number".into(), "to".into()), "{to}");
    }
    assert_eq!(desk.outbound(&desk.avro(&order("de")).await).await.category.as_deref(), Some("AUTHENTICATION"));
    let other = knowing(known([of("UTILITY")]), Rules::default());
    assert_eq!(other.outbound(&other.avro(&hidden("US.1234")).await).await.lane, "200:US.1234");
}

#[tokio::test]
async fn an_unknown_template_passes_unless_it_must_be_known() {
    let open = knowing(known([]), falls_back_to("de"));
    for asked in ["de", ""] {
        let message = open.outbound(&open.avro(&order(asked)).await).await;
        assert_eq!((message.template_key.as_deref(), message.category), (Some("100/order/de"), None));
    }
    let nameless = knowing(known([]), Rules::default());
    assert_eq!(nameless.refused(&nameless.avro(&order("")).await).await.1, "template.language");
    let strict = knowing(known([]), Rules { require: true, ..Rules::default() });
    assert_eq!(strict.refused(&strict.avro(&order("de")).await).await.0, "template_unknown");
}

#[tokio::test]
async fn templates_wait_until_the_catalogue_was_read_and_other_messages_do_not() {
    let desk = knowing(Templates::unread(), Rules::default());
    let (fault, _) = declined(&desk, &order("de")).await;
    assert_eq!((fault.kind, fault.scope), (FaultKind::Unavailable, Some(Scope::Dependency("templates"))));
    desk.outbound(&desk.avro(&hello()).await).await;
}
