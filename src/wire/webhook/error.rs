//! Meta's error objects, which look the same wherever they stand in a webhook. The error table says what one means.

use super::json::Object;
use crate::{
    domain::errors::MetaError,
    wire::{problem, records::WhatsAppError},
};

/// `errors[]` of a message, a status or a value; what is no object is left to `raw`.
#[must_use]
pub fn list(members: &Object<'_>) -> Vec<WhatsAppError> {
    members.objects("errors").iter().map(|error| problem::from_meta(&read(error))).collect()
}

fn read(members: &Object<'_>) -> MetaError {
    let (title, message) = (members.text("title"), members.text("message"));
    // usually the title again
    let other = message.clone().filter(|message| title.as_ref().is_some_and(|title| title != message));
    MetaError {
        code: members.int("code").unwrap_or_default(),
        subcode: members.int("error_subcode"),
        title: title.or(message).unwrap_or_default(),
        details: members.object("error_data").and_then(|data| data.text("details")).or(other),
        fbtrace_id: members.text("fbtrace_id"),
        is_transient: members.flag("is_transient"),
        ..MetaError::default()
    }
}
