//! The outer layers every webhook has: `object`, `entry[]`, `changes[]`, `value`. Knows no field's value shape.

use std::sync::OnceLock;

use serde_json::value::RawValue;

use super::{contact::Contacts, json::Object};
use crate::domain::identity::PhoneNumberId;

/// The only `object` whose shape is known here.
pub const WHATSAPP: &str = "whatsapp_business_account";

/// A body of Meta's, borrowed from its bytes.
#[derive(Debug)]
pub struct Envelope<'a> {
    pub members: Object<'a>,
    pub entries: Vec<Entry<'a>>,
}

/// One account's part. `changes` is `None` when there is no such array: then the whole entry is an unknown item.
#[derive(Debug)]
pub struct Entry<'a> {
    pub raw: &'a RawValue,
    pub members: Object<'a>,
    /// Usually the WABA id.
    pub id: Option<String>,
    /// Unix seconds; Meta gives it on account-level fields.
    pub time_s: Option<i64>,
    pub changes: Option<Vec<Change<'a>>>,
}

/// One field's news.
#[derive(Debug)]
pub struct Change<'a> {
    pub raw: &'a RawValue,
    pub members: Object<'a>,
    pub field: Option<String>,
    pub value: Option<&'a RawValue>,
    /// The value's members, empty where it is no object.
    pub body: Object<'a>,
    /// `value.metadata.phone_number_id`.
    pub number: Option<PhoneNumberId>,
    /// `value.metadata.display_phone_number`.
    pub display_number: Option<String>,
    contacts: OnceLock<Contacts<'a>>,
}

/// Why a body is none of Meta's envelopes. The codes are dead-letter causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEnvelope {
    #[error("the body is not JSON")]
    NotJson,
    #[error("the body is JSON but not an object")]
    NotAnObject,
    #[error("the body's `object` is not whatsapp_business_account")]
    UnknownObject,
    #[error("the body has no `entry` array")]
    NoEntries,
}

impl NotAnEnvelope {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::NotAnObject => "not_an_object",
            Self::UnknownObject => "unknown_object",
            Self::NoEntries => "no_entries",
        }
    }
}

impl<'a> Envelope<'a> {
    /// # Errors
    /// [`NotAnEnvelope`]; an odd entry or change is no error, it becomes an unknown item.
    pub fn read(body: &'a [u8]) -> Result<Self, NotAnEnvelope> {
        let raw: &RawValue = serde_json::from_slice(body).map_err(|_| NotAnEnvelope::NotJson)?;
        let members = Object::read(raw).ok_or(NotAnEnvelope::NotAnObject)?;
        if members.text("object").as_deref() != Some(WHATSAPP) {
            return Err(NotAnEnvelope::UnknownObject);
        }
        let entries = members.get("entry").and_then(super::json::elements).ok_or(NotAnEnvelope::NoEntries)?;
        Ok(Self { entries: entries.into_iter().map(Entry::read).collect(), members })
    }
}

impl<'a> Entry<'a> {
    fn read(raw: &'a RawValue) -> Self {
        let members = Object::read(raw).unwrap_or_default();
        let changes = members.get("changes").and_then(super::json::elements);
        Self {
            raw,
            id: members.short("id"),
            time_s: members.int("time"),
            changes: changes.map(|all| all.into_iter().map(Change::read).collect()),
            members,
        }
    }
}

impl<'a> Change<'a> {
    fn read(raw: &'a RawValue) -> Self {
        let members = Object::read(raw).unwrap_or_default();
        let value = members.get("value");
        let body = value.and_then(Object::read).unwrap_or_default();
        let metadata = body.object("metadata").unwrap_or_default();
        Self {
            raw,
            field: members.short("field"),
            value,
            number: metadata.short("phone_number_id").and_then(|id| PhoneNumberId::parse(&id)),
            display_number: metadata.short("display_phone_number"),
            body,
            members,
            contacts: OnceLock::new(),
        }
    }

    /// `value.contacts`, read once for all items of the change: there may be thousands of both.
    #[must_use]
    pub fn contacts(&self) -> &Contacts<'a> {
        self.contacts.get_or_init(|| Contacts::read(&self.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &[u8]) -> NotAnEnvelope {
        Envelope::read(body).expect_err("refused")
    }

    #[test]
    fn what_is_no_envelope_is_named() {
        assert_eq!(refusal(b"{"), NotAnEnvelope::NotJson);
        assert_eq!(refusal(b""), NotAnEnvelope::NotJson);
        assert_eq!(refusal(b"\"\xff\""), NotAnEnvelope::NotJson);
        assert_eq!(refusal(b"[1]"), NotAnEnvelope::NotAnObject);
        assert_eq!(refusal(br#"{"object":"page","entry":[]}"#), NotAnEnvelope::UnknownObject);
        assert_eq!(refusal(br#"{"entry":[]}"#), NotAnEnvelope::UnknownObject);
        assert_eq!(refusal(br#"{"object":"whatsapp_business_account","entry":{}}"#), NotAnEnvelope::NoEntries);
    }

    #[test]
    fn odd_entries_and_changes_are_no_error() {
        let body = br#"{"object":"whatsapp_business_account","entry":[7,{"id":12},{"id":"1","changes":[null,{"field":"x"}]}]}"#;
        let envelope = Envelope::read(body).expect("an envelope");
        assert!(envelope.entries[0].changes.is_none());
        assert_eq!(envelope.entries[1].id.as_deref(), Some("12"));
        let changes = envelope.entries[2].changes.as_ref().expect("changes");
        assert_eq!((changes.len(), changes[1].field.as_deref()), (2, Some("x")));
    }

    #[test]
    fn a_million_brackets_do_not_overflow_the_stack() {
        let deep = format!(
            r#"{{"object":"whatsapp_business_account","entry":[{}{}]}}"#,
            "[".repeat(1_000_000),
            "]".repeat(1_000_000)
        );
        assert_eq!(Envelope::read(deep.as_bytes()).expect("an envelope").entries.len(), 1);
    }
}
