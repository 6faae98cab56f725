//! Facts about users and what happens with them: preferences, ids, contacts, groups, calls, clicks, payments. One subject
//! each: a value about several was taken apart. Must not decide what a preference forbids.

use super::{Facts, first_error, joined};
use crate::wire::webhook::json::Object;

/// By the array the subject stands in.
pub(super) fn facts(array: &str, subject: &Object<'_>, value: &Object<'_>) -> Facts {
    match array {
        "user_preferences" => preference(subject),
        "user_id_update" => user_id(subject),
        "state_sync" => contact(subject),
        "groups" => group(subject),
        "calls" => call(subject, value),
        "statuses" => call_status(subject),
        "automatic_events" => conversion(subject),
        "user_actions" => action(subject, value),
        _ => Facts::other(),
    }
}

pub(super) fn time_s(subject: &Object<'_>) -> Option<i64> {
    subject.int("timestamp").or_else(|| subject.object("metadata")?.int("timestamp"))
}

/// The first of these ids that is there.
fn id(subject: &Object<'_>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| subject.text(name))
}

fn of_user(user: Option<String>) -> Facts {
    Facts { subject_kind: "user", subject_id: user.clone(), user, ..Facts::default() }
}

fn preference(subject: &Object<'_>) -> Facts {
    Facts {
        event: subject.text("category"),
        category: subject.text("category"),
        preference: subject.text("value"),
        details: subject.text("detail"),
        request_id: subject.text("signup_id"),
        ..of_user(id(subject, &["wa_id", "user_id"]))
    }
}

fn user_id(subject: &Object<'_>) -> Facts {
    let ids = subject.object("user_id").unwrap_or_default();
    let (previous, current) = (ids.text("previous"), ids.text("current"));
    let parents = subject.object("parent_user_id").unwrap_or_default();
    Facts {
        details: joined([subject.text("detail"), parents.text("previous"), parents.text("current")]),
        previous: previous.clone(),
        current: current.clone(),
        ..of_user(subject.text("wa_id").or(current).or(previous))
    }
}

/// Of the contact book of the WhatsApp Business app.
fn contact(subject: &Object<'_>) -> Facts {
    let contact = subject.object("contact").unwrap_or_default();
    let user = contact.text("phone_number");
    Facts {
        subject_kind: "contact",
        subject_id: user.clone(),
        user,
        event: subject.text("action"),
        name: id(&contact, &["full_name", "first_name"]),
        category: subject.text("type"),
        ..Facts::default()
    }
}

fn group(subject: &Object<'_>) -> Facts {
    let text_of = |object| subject.object(object).and_then(|o: Object<'_>| o.text("text"));
    Facts {
        subject_kind: "group",
        subject_id: subject.text("group_id"),
        event: subject.text("type"),
        name: subject.text("subject").or_else(|| text_of("group_subject")),
        details: subject.text("description").or_else(|| text_of("group_description")),
        current: subject.text("invite_link").or_else(|| subject.text("join_approval_mode")),
        reason: subject.text("reason").or_else(|| first_error(subject)?.reason),
        user: id(subject, &["wa_id", "user_id"]).or_else(|| only_participant(subject)),
        category: subject.text("initiated_by"),
        request_id: id(subject, &["request_id", "join_request_id"]),
        ..Facts::default()
    }
}

/// Several have no single name; `raw` has them all.
fn only_participant(group: &Object<'_>) -> Option<String> {
    let lists = ["added_participants", "removed_participants", "failed_participants"];
    let all: Vec<_> = lists.iter().flat_map(|list| group.objects(list)).collect();
    let [one] = &all[..] else { return None };
    id(one, &["wa_id", "user_id", "input"])
}

fn call(subject: &Object<'_>, value: &Object<'_>) -> Facts {
    let direction = subject.text("direction");
    let user = match direction.as_deref() {
        Some("BUSINESS_INITIATED") => id(subject, &["to", "to_user_id"]),
        Some(_) | None => id(subject, &["from", "from_user_id"]),
    };
    let error = first_error(value).unwrap_or_default();
    Facts {
        subject_kind: "call",
        subject_id: subject.text("id"),
        event: subject.text("event"),
        current: subject.text("status"),
        reason: error.reason,
        details: error.details,
        user,
        category: direction,
        request_id: subject.text("biz_opaque_callback_data"),
        ..Facts::default()
    }
}

fn call_status(subject: &Object<'_>) -> Facts {
    Facts {
        subject_kind: "call",
        subject_id: subject.text("id"),
        event: subject.text("type"),
        current: subject.text("status"),
        user: id(subject, &["recipient_id", "recipient_user_id"]),
        request_id: subject.text("biz_opaque_callback_data"),
        ..Facts::default()
    }
}

/// What Meta recognised in a conversation that an advertisement began.
fn conversion(subject: &Object<'_>) -> Facts {
    let data = subject.object("custom_data").unwrap_or_default();
    Facts {
        subject_kind: "message",
        subject_id: subject.text("id"),
        event: subject.text("event_name"),
        current: joined([data.text("value"), data.text("currency")]),
        request_id: subject.text("ctwa_clid"),
        ..Facts::default()
    }
}

/// What a user did with an offer.
fn action(subject: &Object<'_>, value: &Object<'_>) -> Facts {
    let click = subject.object("marketing_messages_link_click_data").unwrap_or_default();
    let contact = value.objects("contacts").into_iter().next().unwrap_or_default();
    Facts {
        event: subject.text("action_type"),
        category: click.text("click_component"),
        current: click.text("product_id"),
        request_id: id(&click, &["click_id", "tracking_token"]),
        ..of_user(id(&contact, &["wa_id", "user_id"]))
    }
}

/// A status of what was asked for in a message; of another kind than payments, its words.
pub(super) fn payment(status: &Object<'_>) -> Facts {
    let kind = status.text("type");
    let payment = status.object("payment").unwrap_or_default();
    let transaction = payment.object("transaction").unwrap_or_default();
    let error = transaction.object("error").unwrap_or_default();
    let amount = payment.object("amount").unwrap_or_default();
    Facts {
        subject_kind: if kind.as_deref() == Some("payment") { "payment" } else { "other" },
        subject_id: payment.text("reference_id"),
        event: kind,
        current: status.text("status"),
        reason: id(&error, &["reason", "code"]).or_else(|| transaction.text("status")),
        user: id(status, &["recipient_id", "recipient_user_id"]),
        category: transaction.object("method").and_then(|method| method.text("type")),
        details: joined([
            amount.text("value").map(|value| match amount.text("offset") {
                Some(offset) => format!("{value}/{offset}"),
                None => value,
            }),
            payment.text("currency"),
            transaction.text("type"),
        ]),
        request_id: transaction.text("id"),
        ..Facts::default()
    }
}
