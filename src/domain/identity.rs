//! Who talks to whom: phone number ids, users in their three spellings, and the key that keeps a conversation in order.
//! Must not decide where a key is used; topics belong to `wire` and `stages`.

use std::fmt;

/// Meta's id of a business number. Opaque digits, never parsed as an integer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneNumberId(String);

impl PhoneNumberId {
    /// `None` for a text that cannot stand in a key: empty, or with a colon, which separates it from the user.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (!text.is_empty() && !text.contains(':')).then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PhoneNumberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The other side of a conversation, by the best identity that is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum User {
    /// Canonical digits, see [`canonical_digits`].
    Phone(String),
    /// Business-scoped user id: `US.1234`, of somebody whose phone number is hidden.
    Bsuid(String),
    /// A group's opaque id.
    Group(String),
}

impl User {
    /// The phone number where it is known, else the business-scoped id, else the group. A `phone` that is no phone number
    /// (Meta puts a group's id into `recipient_id`) counts as a group's id.
    #[must_use]
    pub fn choose(phone: Option<&str>, bsuid: Option<&str>, group: Option<&str>) -> Option<Self> {
        let known = |text: Option<&str>| text.map(str::trim).filter(|t| !t.is_empty()).map(ToOwned::to_owned);
        let phone = known(phone);
        if let Some(digits) = phone.as_deref().and_then(canonical_digits) {
            return Some(Self::Phone(digits));
        }
        known(bsuid).map(Self::Bsuid).or_else(|| known(group).or(phone).map(Self::Group))
    }

    /// Reads the address of a command: `+4917…`, `US.1234` or `group:<id>`.
    #[must_use]
    pub fn from_address(to: &str) -> Option<Self> {
        let to = to.trim();
        if let Some(group) = to.strip_prefix("group:") {
            return (!group.is_empty()).then(|| Self::Group(group.to_owned()));
        }
        canonical_digits(to).map(Self::Phone).or_else(|| is_bsuid(to).then(|| Self::Bsuid(to.to_owned())))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(text) | Self::Bsuid(text) | Self::Group(text) => text,
        }
    }
}

/// Two letters of a country, a dot, and letters, digits or dots (a parent id is `US.ENT.…`).
fn is_bsuid(text: &str) -> bool {
    text.split_once('.').is_some_and(|(country, rest)| {
        country.len() == 2
            && country.bytes().all(|b| b.is_ascii_alphabetic())
            && !rest.is_empty()
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
    })
}

/// `<phone_number_id>:<user>`: records of one key never overtake each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConversationKey(String);

impl ConversationKey {
    #[must_use]
    pub fn new(number: &PhoneNumberId, user: &User) -> Self {
        Self(format!("{number}:{}", user.as_str()))
    }

    /// Reads what [`new`](Self::new) wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.split_once(':').filter(|(number, user)| !number.is_empty() && !user.is_empty())?;
        Some(Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn phone_number_id(&self) -> &str {
        self.0.split_once(':').map_or("", |(number, _)| number)
    }

    #[must_use]
    pub fn user(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, user)| user)
    }

    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for ConversationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An idempotency key of a send: 1 to 128 of `A-Z a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(String);

impl CommandId {
    pub const MAX: usize = 128;

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        ((1..=Self::MAX).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key of everything said about one message we sent: our command id when it is known, else the wamid.
#[must_use]
pub fn message_key<'a>(command_id: Option<&'a str>, wamid: &'a str) -> &'a str {
    command_id.unwrap_or(wamid)
}

/// The digits by which a phone number is known here, from any spelling Meta or a person uses (`+`, `-`, `(`, `)`, spaces);
/// `None` when it is no phone number (4 to 15 digits, E.164).
///
/// Three countries write one mobile number in two ways, and Meta reports either: they must not make two conversations.
#[must_use]
pub fn canonical_digits(text: &str) -> Option<String> {
    let mut digits = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' => digits.push(c),
            '+' | '-' | '(' | ')' | ' ' => {}
            _ => return None,
        }
    }
    (4..=15).contains(&digits.len()).then(|| one_spelling(digits))
}

/// Brazil: 55, area, 8 digits → the same with the 9 that all mobile numbers (they began with 6 to 9) have carried since
/// 2016; landlines begin with 2 to 5. Mexico: 521 → 52. Argentina: 549 → 54.
fn one_spelling(mut digits: String) -> String {
    let mobile_without_nine = |d: &str| matches!(d.as_bytes()[4], b'6'..=b'9');
    if digits.starts_with("55") && digits.len() == 12 && mobile_without_nine(&digits) {
        digits.insert(4, '9');
    } else if (digits.starts_with("521") || digits.starts_with("549")) && digits.len() == 13 {
        digits.remove(2);
    }
    digits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digits(text: &str) -> String {
        canonical_digits(text).expect("a phone number")
    }

    #[test]
    fn spellings_of_a_person_are_one_number() {
        assert_eq!(digits("+1 (555) 000-0999"), "15550000999");
        assert_eq!(digits("15550000999"), "15550000999");
    }

    #[test]
    fn double_spellings_of_three_countries_are_one_number() {
        assert_eq!(digits("551187654321"), digits("5511987654321"), "Brazil");
        assert_eq!(digits("5215512345678"), digits("525512345678"), "Mexico");
        assert_eq!(digits("5491123456789"), digits("541123456789"), "Argentina");
    }

    #[test]
    fn a_brazilian_landline_gets_no_nine() {
        assert_eq!(digits("551132654321"), "551132654321");
    }

    #[test]
    fn what_is_no_phone_number_is_refused() {
        for text in ["", "123", "US.1234", "1234567890123456", "Y2FzZTE=", "+", "１２３４５"] {
            assert_eq!(canonical_digits(text), None, "{text}");
        }
    }

    #[test]
    fn a_user_is_phone_then_bsuid_then_group() {
        assert_eq!(
            User::choose(Some("+15550000999"), Some("US.1"), Some("g")),
            Some(User::Phone("15550000999".into()))
        );
        assert_eq!(User::choose(Some(""), Some("US.1"), Some("g")), Some(User::Bsuid("US.1".into())));
        assert_eq!(User::choose(None, None, Some("Y2F=")), Some(User::Group("Y2F=".into())));
        assert_eq!(User::choose(Some("Y2F="), None, None), Some(User::Group("Y2F=".into())));
        assert_eq!(User::choose(None, Some(" "), None), None);
    }

    #[test]
    fn addresses_of_commands_are_read() {
        assert_eq!(User::from_address("+49 170 1234567"), Some(User::Phone("491701234567".into())));
        assert_eq!(User::from_address("US.ENT.12ab"), Some(User::Bsuid("US.ENT.12ab".into())));
        assert_eq!(User::from_address("group:Y2F="), Some(User::Group("Y2F=".into())));
        assert_eq!(User::from_address("group:"), None);
        assert_eq!(User::from_address("hello"), None);
    }

    #[test]
    fn a_conversation_key_joins_number_and_user() {
        let number = PhoneNumberId::parse("200000000000001").expect("valid");
        let key = ConversationKey::new(&number, &User::Bsuid("US.1".into()));
        assert_eq!(key.as_str(), "200000000000001:US.1");
        assert_eq!(ConversationKey::parse(key.as_str()), Some(key.clone()));
        assert_eq!((key.phone_number_id(), key.user()), ("200000000000001", "US.1"));
        assert_eq!(PhoneNumberId::parse("1:2"), None);
        assert_eq!(ConversationKey::parse("200000000000001:"), None);
    }

    #[test]
    fn command_ids_are_bounded() {
        assert!(CommandId::parse("order-1042_a.b").is_some());
        assert!(CommandId::parse(&"a".repeat(128)).is_some());
        for text in ["", "a:b", "a b", "ä", &"a".repeat(129)] {
            assert_eq!(CommandId::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn canonical_digits_are_a_fixed_point(text in "\\+?(52|54|55|1|49)[0-9]{2,13}") {
            if let Some(once) = canonical_digits(&text) {
                prop_assert_eq!(canonical_digits(&once), Some(once));
            }
        }
    }
}
