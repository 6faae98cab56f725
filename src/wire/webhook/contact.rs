//! `value.contacts[]`, and which of them an item belongs to. A contact that no item speaks of is context, not an item.
//! Must not guess between several.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::{json::Object, place::ITEM_ARRAYS};
use crate::domain::identity::canonical_digits;

/// What Meta says about a person.
#[derive(Debug)]
pub struct Contact<'a> {
    pub raw: &'a RawValue,
    pub wa_id: Option<String>,
    pub bsuid: Option<String>,
    pub parent_bsuid: Option<String>,
    pub username: Option<String>,
    pub display_name: Option<String>,
    pub identity_key_hash: Option<String>,
}

impl<'a> Contact<'a> {
    fn read(raw: &'a RawValue) -> Self {
        let members = Object::read(raw).unwrap_or_default();
        let profile = members.object("profile").unwrap_or_default();
        Self {
            raw,
            wa_id: members.short("wa_id"),
            bsuid: members.short("user_id"),
            parent_bsuid: members.short("parent_user_id"),
            username: profile.short("username"),
            display_name: profile.short("name"),
            identity_key_hash: members.short("identity_key_hash"),
        }
    }
}

/// The contacts of one value, by every id they have.
#[derive(Debug, Default)]
pub struct Contacts<'a> {
    all: Vec<Contact<'a>>,
    by_id: HashMap<String, usize>,
    /// One contact beside one item: they belong together, even if their ids are spelt in a way not known here.
    paired: bool,
}

impl<'a> Contacts<'a> {
    #[must_use]
    pub fn read(value: &Object<'a>) -> Self {
        let all: Vec<_> = value.elements("contacts").into_iter().map(Contact::read).collect();
        let mut by_id = HashMap::new();
        for (at, contact) in all.iter().enumerate() {
            for id in [&contact.wa_id, &contact.bsuid].into_iter().flatten() {
                by_id.entry(canonical(id)).or_insert(at);
            }
        }
        let paired =
            all.len() == 1 && ITEM_ARRAYS.iter().map(|(name, _)| value.elements(name).len()).sum::<usize>() == 1;
        Self { all, by_id, paired }
    }

    /// By phone number, else by business-scoped id; a value's only contact belongs to its only item and to items that name
    /// nobody.
    #[must_use]
    pub fn of(&self, phone: Option<&str>, bsuid: Option<&str>) -> Option<&Contact<'a>> {
        let known = [phone, bsuid].into_iter().flatten().find_map(|id| self.by_id.get(&canonical(id)));
        match (known, phone.or(bsuid)) {
            (Some(at), _) => self.all.get(*at),
            (None, Some(_)) => self.only().filter(|_| self.paired),
            (None, None) => self.only(),
        }
    }

    fn only(&self) -> Option<&Contact<'a>> {
        self.all.first().filter(|_| self.all.len() == 1)
    }
}

fn canonical(id: &str) -> String {
    canonical_digits(id).unwrap_or_else(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value() -> Object<'static> {
        serde_json::from_str(
            r#"{"contacts":[
                {"profile":{"name":"Zoe"},"wa_id":"5511987654321"},
                {"profile":{"name":"Kim","username":"kim"},"user_id":"US.2"},
                {"wa_id":"15550000999"}]}"#,
        )
        .expect("an object")
    }

    #[test]
    fn contacts_are_found_by_either_id_in_any_spelling() {
        let value = value();
        let contacts = Contacts::read(&value);
        let name = |phone, bsuid| contacts.of(phone, bsuid).and_then(|c| c.display_name.clone());
        assert_eq!(name(Some("551187654321"), None).as_deref(), Some("Zoe"));
        assert_eq!(name(None, Some("US.2")).as_deref(), Some("Kim"));
        assert_eq!(name(Some("15550000001"), Some("US.2")).as_deref(), Some("Kim"));
        assert_eq!(name(Some("15550000999"), None), None, "a contact without profile has no name");
    }

    #[test]
    fn nobody_is_guessed() {
        let value = value();
        let contacts = Contacts::read(&value);
        assert!(contacts.of(None, None).is_none());
        assert!(contacts.of(Some("15550000001"), None).is_none());
        let one: Object<'_> = serde_json::from_str(r#"{"contacts":[{"wa_id":"1555"}]}"#).expect("an object");
        assert!(Contacts::read(&one).of(None, None).is_some());
        assert!(Contacts::read(&one).of(Some("1556"), None).is_none());
        let pair: Object<'_> =
            serde_json::from_str(r#"{"contacts":[{"wa_id":"1555"}],"messages":[{}]}"#).expect("an object");
        assert!(Contacts::read(&pair).of(Some("1556"), None).is_some());
    }
}
