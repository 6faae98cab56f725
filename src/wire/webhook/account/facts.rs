//! The facts of account-level values, field by field: one flat table. Meta's words pass as they are.

mod business;
mod people;

use crate::wire::webhook::{json::Object, value::subject};

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
    pub name: Option<String>,
    pub language: Option<String>,
    pub category: Option<String>,
    pub details: Option<String>,
    pub request_id: Option<String>,
    /// Unix seconds, as [`at_s`](Self::at_s).
    pub effective_s: Option<i64>,
    /// When it happened, where that stands elsewhere than in the value's `timestamp`.
    pub at_s: Option<i64>,
}

impl Facts {
    /// Of something not known.
    pub(super) fn other() -> Self {
        Self { subject_kind: "other", ..Self::default() }
    }

    pub(super) fn of_value(field: &str, value: &Object<'_>, waba_id: &str) -> Self {
        if let Some((array, subject)) = subject(field, value) {
            return Self { at_s: people::time_s(&subject), ..people::facts(array, &subject, value) };
        }
        match field {
            "message_template_status_update" => business::template_status(value),
            "message_template_quality_update" => Self {
                previous: value.text("previous_quality_score"),
                current: value.text("new_quality_score"),
                ..business::template(value)
            },
            "message_template_components_update" => business::template(value),
            "template_category_update" => business::template_category(value),
            "phone_number_quality_update" => Self {
                previous: value.text("old_limit"),
                current: value.text("current_limit").or_else(|| value.text("max_daily_conversations_per_business")),
                ..business::number(value)
            },
            "phone_number_name_update" => Self {
                event: value.text("decision"),
                current: value.text("requested_verified_name"),
                reason: value.text("rejection_reason"),
                ..business::number(value)
            },
            "business_username_update" => {
                Self { event: value.text("status"), current: value.text("username"), ..business::number(value) }
            }
            "security" => Self { details: value.text("requester"), ..business::number(value) },
            "account_update" => business::account_update(value, waba_id),
            "account_review_update" => Self { event: value.text("decision"), ..business::account(value, waba_id) },
            "account_alerts" => business::alert(value),
            "business_capability_update" => business::capability(value, waba_id),
            "flows" => business::flow(value),
            "payment_configuration_update" => business::payment_configuration(value),
            "partner_solutions" => Self {
                subject_kind: "solution",
                subject_id: value.text("solution_id"),
                event: value.text("event"),
                current: value.text("solution_status"),
                ..Self::default()
            },
            "history" => declined(value),
            _ => first_error(value).unwrap_or_else(|| Self { event: value.text("event"), ..Self::other() }),
        }
    }

    /// Of a status that is none of a message's.
    pub(super) fn of_status(status: &Object<'_>) -> Self {
        people::payment(status)
    }
}

/// Of a number that cannot do what it should.
fn first_error(value: &Object<'_>) -> Option<Facts> {
    let error = value.objects("errors").into_iter().next()?;
    Some(Facts {
        subject_kind: "phone_number",
        event: Some("error".to_owned()),
        reason: error.text("code"),
        name: error.text("title").or_else(|| error.text("message")),
        details: error.object("error_data").and_then(|data| data.text("details")),
        ..Facts::default()
    })
}

/// Shared history stands elsewhere; what is left is that somebody does not share it.
fn declined(value: &Object<'_>) -> Facts {
    let inside = || value.objects("history").iter().find_map(first_error);
    first_error(value).or_else(inside).unwrap_or_else(Facts::other)
}

/// Those that are there, for people to read.
fn joined(texts: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let texts: Vec<String> = texts.into_iter().flatten().collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}
