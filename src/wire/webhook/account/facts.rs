//! The facts of account-level values, field by field: one flat table. Meta's words pass as they are.

use crate::wire::webhook::json::Object;

/// What a reader may want to filter account events by.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub subject_kind: &'static str,
    pub subject_id: Option<String>,
    pub event: Option<String>,
    pub previous: Option<String>,
    pub current: Option<String>,
    pub reason: Option<String>,
    pub user: Option<String>,
    pub preference: Option<String>,
}

impl Facts {
    /// Of something not known.
    pub(super) fn other() -> Self {
        Self { subject_kind: "other", ..Self::default() }
    }

    pub(super) fn of_value(field: &str, value: &Object<'_>, waba_id: &str) -> Self {
        let text = |name| value.text(name);
        match field {
            "message_template_status_update" => Self { reason: text("reason"), ..template(value) },
            "message_template_quality_update" => {
                Self { previous: text("previous_quality_score"), current: text("new_quality_score"), ..template(value) }
            }
            "message_template_components_update" => template(value),
            "template_category_update" => {
                Self { previous: text("previous_category"), current: text("new_category"), ..template(value) }
            }
            "phone_number_quality_update" => Self {
                previous: text("old_limit"),
                current: text("current_limit").or_else(|| text("max_daily_conversations_per_business")),
                ..number(value)
            },
            "phone_number_name_update" => Self {
                event: text("decision"),
                current: text("requested_verified_name"),
                reason: text("rejection_reason"),
                ..number(value)
            },
            "business_username_update" => Self { event: text("status"), current: text("username"), ..number(value) },
            "security" => number(value),
            "account_update" => Self { reason: account_reason(value), ..account(value, waba_id) },
            "account_review_update" => Self { event: text("decision"), ..account(value, waba_id) },
            "account_alerts" => alert(value),
            "business_capability_update" => {
                Self { current: text("max_daily_conversations_per_business"), ..account(value, waba_id) }
            }
            "flows" => Self {
                subject_id: text("flow_id"),
                previous: text("old_status"),
                current: text("new_status"),
                event: text("event"),
                ..Self::other()
            },
            "user_preferences" => preference(value),
            "messages" => beside_messages(value),
            _ => Self { event: text("event"), ..Self::other() },
        }
    }
}

fn template(value: &Object<'_>) -> Facts {
    Facts {
        subject_kind: "template",
        subject_id: value.text("message_template_id"),
        event: value.text("event"),
        ..Facts::default()
    }
}

/// These values name the number by its digits only.
fn number(value: &Object<'_>) -> Facts {
    Facts {
        subject_kind: "phone_number",
        subject_id: value.text("display_phone_number"),
        event: value.text("event"),
        ..Facts::default()
    }
}

fn account(value: &Object<'_>, waba_id: &str) -> Facts {
    Facts {
        subject_kind: "account",
        subject_id: Some(waba_id.to_owned()).filter(|id| !id.is_empty()),
        event: value.text("event"),
        ..Facts::default()
    }
}

fn account_reason(value: &Object<'_>) -> Option<String> {
    let inside = |object, name| value.object(object).and_then(|o: Object<'_>| o.text(name));
    let restriction = || Object::read(value.elements("restriction_info").first()?)?.text("restriction_type");
    inside("violation_info", "violation_type")
        .or_else(|| inside("ban_info", "waba_ban_state"))
        .or_else(|| inside("disconnection_info", "reason"))
        .or_else(restriction)
}

fn alert(value: &Object<'_>) -> Facts {
    let info = value.object("alert_info").unwrap_or_default();
    let subject_kind = match value.text("entity_type").as_deref() {
        Some("PHONE_NUMBER") => "phone_number",
        Some("BUSINESS") => "account",
        Some(_) | None => "other",
    };
    Facts {
        subject_kind,
        subject_id: value.text("entity_id"),
        event: info.text("alert_type"),
        current: info.text("alert_status"),
        reason: info.text("alert_severity"),
        ..Facts::default()
    }
}

/// One user's choice; a value with several has them in `raw` only, because one event has one user.
fn preference(value: &Object<'_>) -> Facts {
    let all = value.elements("user_preferences");
    let only = all.first().filter(|_| all.len() == 1).and_then(|raw| Object::read(raw)).unwrap_or_default();
    let user = only.text("wa_id").or_else(|| only.text("user_id"));
    Facts {
        subject_kind: "user",
        subject_id: user.clone(),
        event: only.text("category"),
        preference: only.text("value"),
        user,
        ..Facts::default()
    }
}

/// A messages value without messages and statuses: an error of the number, or what a user did with an offer.
fn beside_messages(value: &Object<'_>) -> Facts {
    let first = |name| value.elements(name).first().and_then(|raw| Object::read(raw));
    if let Some(error) = first("errors") {
        return Facts {
            subject_kind: "phone_number",
            event: Some("error".to_owned()),
            reason: error.text("code"),
            ..Facts::default()
        };
    }
    match first("user_actions") {
        Some(action) => Facts { subject_kind: "user", event: action.text("action_type"), ..Facts::default() },
        None => Facts::other(),
    }
}
