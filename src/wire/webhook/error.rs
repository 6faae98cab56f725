//! Meta's error objects, which look the same wherever they stand in a webhook. The error table says what one means.

use super::json::Object;
use crate::{
    domain::errors::MetaError,
    wire::{problem, records::WhatsAppError},
};

/// `errors[]` of a message, a status or a value; what is no object is left to `raw`.
#[must_use]
pub fn list(members: &Object<'_>) -> Vec<WhatsAppError> {
    members.elements("errors").into_iter().filter_map(Object::read).map(|e| problem::from_meta(&read(&e))).collect()
}

fn read(members: &Object<'_>) -> MetaError {
    MetaError {
        code: members.int("code").unwrap_or_default(),
        subcode: members.int("error_subcode"),
        title: members.text("title").or_else(|| members.text("message")).unwrap_or_default(),
        details: members.object("error_data").and_then(|data| data.text("details")),
        fbtrace_id: members.text("fbtrace_id"),
        is_transient: members.flag("is_transient"),
        ..MetaError::default()
    }
}
