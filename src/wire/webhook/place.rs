//! Where each item of an envelope stands and whose order it keeps: enough to split a body, without reading what items say.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{
    contact::Contact,
    envelope::{Change, Entry, Envelope},
    json::{Object, elements, is_array},
};
use crate::domain::identity::{ConversationKey, User};

/// Meta's times are whole seconds, ours milliseconds. `None` for what no clock can say.
#[must_use]
pub fn unix_ms(seconds: i64) -> Option<i64> {
    seconds.checked_mul(1_000)
}

/// What an item is, by where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Message,
    Status,
    /// A whole `value`: an account-level field, or a messages value without messages and statuses (errors, user actions …).
    Value,
    /// What a messages value holds beside its messages and statuses.
    Leftover,
    /// A change without field or value.
    Change,
    /// An entry without changes.
    Entry,
}

/// The arrays whose elements are items of their own, in [`ITEMISED_FIELD`].
pub const ITEM_ARRAYS: [(&str, Kind); 2] = [("messages", Kind::Message), ("statuses", Kind::Status)];
/// Other fields have arrays of these names too (`history`, `calls`), but their elements are not news of a conversation.
pub const ITEMISED_FIELD: &str = "messages";
/// What all items of a value share.
const SHARED: [&str; 3] = ["messaging_product", "metadata", "contacts"];

/// One item.
#[derive(Debug)]
pub struct Place<'e, 'a> {
    pub kind: Kind,
    pub entry_at: usize,
    pub entry: &'e Entry<'a>,
    /// With its position in the entry; none for [`Kind::Entry`].
    pub change: Option<(usize, &'e Change<'a>)>,
    /// The item's text, exactly as received (a [`Kind::Leftover`]'s is put together from its members' texts).
    pub raw: Cow<'a, str>,
}

impl<'a> Envelope<'a> {
    /// Every item, in order. Each byte of meaning is in one item or shared by several.
    #[must_use]
    pub fn places(&self) -> Vec<Place<'_, 'a>> {
        let mut places = Vec::with_capacity(1);
        for (entry_at, entry) in self.entries.iter().enumerate() {
            match &entry.changes {
                None => places.push(Place::of_entry(entry_at, entry)),
                Some(changes) => {
                    for change in changes.iter().enumerate() {
                        places_of(entry_at, entry, change, &mut places);
                    }
                }
            }
        }
        places
    }
}

fn places_of<'e, 'a>(
    entry_at: usize,
    entry: &'e Entry<'a>,
    change: (usize, &'e Change<'a>),
    places: &mut Vec<Place<'e, 'a>>,
) {
    let before = places.len();
    let mut push = |kind, raw| places.push(Place { kind, entry_at, entry, change: Some(change), raw });
    let (Some(field), Some(value)) = (change.1.field.as_deref(), change.1.value) else {
        return push(Kind::Change, Cow::Borrowed(change.1.raw.get()));
    };
    if field != ITEMISED_FIELD {
        return push(Kind::Value, Cow::Borrowed(value.get()));
    }
    for (name, member) in change.1.body.iter() {
        if let Some(kind) = items(name, member) {
            elements(member).into_iter().flatten().for_each(|raw| push(kind, Cow::Borrowed(raw.get())));
        }
    }
    let rest = if places.len() == before {
        Some((Kind::Value, Cow::Borrowed(value.get())))
    } else {
        only(&change.1.body, is_leftover).map(|raw| (Kind::Leftover, Cow::Owned(raw)))
    };
    places.extend(rest.map(|(kind, raw)| Place { kind, entry_at, entry, change: Some(change), raw }));
}

/// What the elements are of a member that is an array of items. Reads none of them, so it may be asked once per part.
#[must_use]
pub fn items(name: &str, member: &RawValue) -> Option<Kind> {
    let (_, kind) = ITEM_ARRAYS.iter().find(|(array, _)| *array == name)?;
    is_array(member).then_some(*kind)
}

/// An object of those members that are wanted, as they stand; `None` where there are none.
#[must_use]
pub fn only<'a>(members: &Object<'a>, wanted: impl Fn(&str, &'a RawValue) -> bool) -> Option<String> {
    let mut text = String::new();
    for (name, member) in members.iter().filter(|(name, member)| wanted(name, member)) {
        text.push(if text.is_empty() { '{' } else { ',' });
        text.push_str(&super::json::quoted(name));
        text.push(':');
        text.push_str(member.get());
    }
    (!text.is_empty()).then(|| text + "}")
}

/// Whether all items of a value share its member of that name.
#[must_use]
pub fn is_shared(name: &str) -> bool {
    SHARED.contains(&name)
}

/// Whether a member of an itemised value is neither shared nor an array of items.
#[must_use]
pub fn is_leftover(name: &str, member: &RawValue) -> bool {
    !is_shared(name) && items(name, member).is_none()
}

/// The ids an item gives of the other side.
#[derive(Debug, Default)]
struct Party {
    phone: Option<String>,
    bsuid: Option<String>,
    group: Option<String>,
    /// The conversation is the group's, phone and bsuid are the member's: statuses of what we sent to a group.
    to_group: bool,
}

impl Party {
    fn user(&self) -> Option<User> {
        let (phone, bsuid) = if self.to_group { (None, None) } else { (self.phone.as_deref(), self.bsuid.as_deref()) };
        User::choose(phone, bsuid, self.group.as_deref())
    }
}

impl<'e, 'a> Place<'e, 'a> {
    fn of_entry(entry_at: usize, entry: &'e Entry<'a>) -> Self {
        Self { kind: Kind::Entry, entry_at, entry, change: None, raw: Cow::Borrowed(entry.raw.get()) }
    }

    /// The item's members; `None` where it is no object.
    #[must_use]
    pub fn members(&self) -> Option<Object<'_>> {
        serde_json::from_str(&self.raw).ok()
    }

    /// The business number, as Meta's id.
    #[must_use]
    pub fn number(&self) -> Option<String> {
        self.change?.1.number.as_ref().map(|number| number.as_str().to_owned())
    }

    /// When it happened, unix milliseconds: the item's own time, else the entry's.
    #[must_use]
    pub fn time_ms(&self, members: &Object<'_>) -> Option<i64> {
        members.int("timestamp").or(self.entry.time_s).and_then(unix_ms)
    }

    /// The test button of Meta's dashboard sends account 0.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.entry.id.as_deref() == Some("0")
    }

    /// The other side of the conversation, as the item names it.
    #[must_use]
    pub fn user(&self) -> Option<User> {
        self.user_in(&self.members()?)
    }

    /// [`user`](Self::user), of who has read the members anyway.
    #[must_use]
    pub fn user_in(&self, members: &Object<'_>) -> Option<User> {
        self.party(members).user()
    }

    /// What `contacts` says about the person the item speaks of; in a group, its member.
    #[must_use]
    pub fn contact(&self) -> Option<&'e Contact<'a>> {
        self.contact_in(&self.members().unwrap_or_default())
    }

    /// [`contact`](Self::contact), of who has read the members anyway.
    #[must_use]
    pub fn contact_in(&self, members: &Object<'_>) -> Option<&'e Contact<'a>> {
        let Party { phone, bsuid, .. } = self.party(members);
        match self.kind {
            Kind::Message | Kind::Status => self.change?.1.contacts().of(phone.as_deref(), bsuid.as_deref()),
            Kind::Value | Kind::Leftover | Kind::Change | Kind::Entry => None,
        }
    }

    fn party(&self, members: &Object<'_>) -> Party {
        let party = |phone, bsuid| Party {
            phone: members.text(phone),
            bsuid: members.text(bsuid),
            group: members.text("group_id"),
            to_group: false,
        };
        match self.kind {
            Kind::Message => party("from", "from_user_id"),
            Kind::Status if members.text("recipient_type").as_deref() == Some("group") => Party {
                group: members.text("recipient_id"),
                to_group: true,
                ..party("recipient_participant_id", "recipient_participant_user_id")
            },
            // the other spelling of a group's status: the recipient is the participant
            Kind::Status if members.text("group_id").is_some() => {
                Party { to_group: true, ..party("recipient_id", "recipient_user_id") }
            }
            Kind::Status => party("recipient_id", "recipient_user_id"),
            Kind::Value | Kind::Leftover | Kind::Change | Kind::Entry => Party::default(),
        }
    }

    #[must_use]
    pub fn conversation(&self) -> Option<ConversationKey> {
        self.conversation_with(&self.user()?)
    }

    /// The conversation of this business number with `user`.
    #[must_use]
    pub fn conversation_with(&self, user: &User) -> Option<ConversationKey> {
        Some(ConversationKey::new(self.change?.1.number.as_ref()?, user))
    }

    /// The key of this item's raw record: its conversation, else its account.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        self.conversation().map(ConversationKey::into_string).or_else(|| self.entry.id.clone())
    }
}

#[cfg(test)]
mod tests;
