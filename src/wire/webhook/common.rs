//! The key of the body that Meta sends nearly always: one entry, one change, one message or status. One pass instead of the
//! ten of the general reader, because the receiver does this for every request. Must not say anything that the general
//! reader would not; whatever is unusual is left to it.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, de::IgnoredAny};

use super::{envelope::WHATSAPP, place::ITEMISED_FIELD};
use crate::domain::identity::{ConversationKey, PhoneNumberId, User};

type Text<'a> = Option<Cow<'a, str>>;

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    object: Cow<'a, str>,
    #[serde(borrow)]
    entry: [Entry<'a>; 1],
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    changes: [Change<'a>; 1],
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow)]
    field: Cow<'a, str>,
    #[serde(borrow)]
    value: Value<'a>,
}

/// A member of another name would be an item of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Value<'a> {
    #[serde(rename = "messaging_product")]
    _product: Option<IgnoredAny>,
    #[serde(borrow)]
    metadata: Metadata<'a>,
    #[serde(rename = "contacts")]
    _contacts: Option<IgnoredAny>,
    #[serde(borrow, default)]
    messages: AtMostOne<Message<'a>>,
    #[serde(borrow, default)]
    statuses: AtMostOne<Status<'a>>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    phone_number_id: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    from: Text<'a>,
    #[serde(borrow)]
    from_user_id: Text<'a>,
    #[serde(borrow)]
    group_id: Text<'a>,
}

#[derive(Deserialize)]
struct Status<'a> {
    #[serde(borrow)]
    recipient_id: Text<'a>,
    #[serde(borrow)]
    recipient_user_id: Text<'a>,
    recipient_type: Option<IgnoredAny>,
    group_id: Option<IgnoredAny>,
}

/// Absent, or an array of exactly one; `null` is neither, unlike with `Option`.
struct AtMostOne<T>(Option<T>);

impl<T> Default for AtMostOne<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for AtMostOne<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <[T; 1]>::deserialize(deserializer).map(|[one]| Self(Some(one)))
    }
}

/// The conversation of a body's only item; `None` means "ask the general reader", not "there is none".
#[must_use]
pub fn key(body: &[u8]) -> Option<String> {
    let Body { object, entry: [Entry { changes: [change] }] } = serde_json::from_slice(body).ok()?;
    if object != WHATSAPP || change.field != ITEMISED_FIELD {
        return None;
    }
    let user = match (change.value.messages.0, change.value.statuses.0) {
        (Some(message), None) => {
            User::choose(message.from.as_deref(), message.from_user_id.as_deref(), message.group_id.as_deref())
        }
        (None, Some(status)) if status.recipient_type.is_none() && status.group_id.is_none() => {
            User::choose(status.recipient_id.as_deref(), status.recipient_user_id.as_deref(), None)
        }
        _ => None,
    };
    let number = PhoneNumberId::parse(&change.value.metadata.phone_number_id)?;
    Some(ConversationKey::new(&number, &user?).into_string())
}
