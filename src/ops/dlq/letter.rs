//! What there is to say of a dead letter without its content. Headers are untrusted input.

use bytes::Bytes;

use crate::{
    domain::account::Account,
    runtime::{
        Origin, Record,
        replays::{count, died_at, first_at},
    },
    wire::topics::{Names, catalogue},
};

/// A dead letter, its body left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    pub place: Origin,
    /// Kafka's time of it: with its place, what it is told from a letter of an older topic by.
    pub written_ms: i64,
    pub died_ms: i64,
    /// `poison`, `transient`.
    pub class: String,
    pub code: String,
    /// For a person; no body and no phone number.
    pub message: String,
    pub attempts: i64,
    /// How often its record was replayed before it died.
    pub replays: u32,
    /// Where its record was when it died.
    pub died_at: Option<Origin>,
    /// Where its record was first written.
    pub first_at: Option<Origin>,
    /// Alias of the account, else its phone number id.
    pub account: Option<String>,
    pub phone_number_id: Option<String>,
    pub key: Option<Bytes>,
    /// Of its value.
    pub bytes: usize,
}

impl Letter {
    #[must_use]
    pub fn of(record: &Record, accounts: &[Account]) -> Self {
        let headers = &record.headers;
        let text = |name: &str| headers.get_str(name).unwrap_or_default().to_owned();
        let named = headers.get_str("account").map(str::to_owned);
        let of_key = record.key_str().and_then(phone_number_id).map(str::to_owned);
        let known = |alias: &str| accounts.iter().find(|account| account.alias == alias);
        let by_id = |id: &str| accounts.iter().find(|account| account.phone_number_id == id);
        let alias_of_key = || of_key.as_deref().map(|id| by_id(id).map_or(id, |account| &account.alias).to_owned());
        let phone_number_id = named.as_deref().and_then(known).map(|account| account.phone_number_id.clone());
        Self {
            place: record.origin.clone(),
            written_ms: record.timestamp_ms,
            died_ms: headers.get_i64("x-error-time-ms").unwrap_or(record.timestamp_ms),
            class: text("x-error-class"),
            code: text("x-error-code"),
            message: text("x-error-message"),
            attempts: headers.get_i64("x-retry-attempt").unwrap_or(0),
            replays: count(headers),
            died_at: died_at(headers),
            first_at: first_at(headers),
            account: named.or_else(alias_of_key),
            phone_number_id: phone_number_id.or(of_key),
            key: record.key.clone(),
            bytes: record.value.as_ref().map_or(0, Bytes::len),
        }
    }
}

/// The number a conversation key begins with: `<phone_number_id>:<user>`.
pub(super) fn phone_number_id(key: &str) -> Option<&str> {
    let (id, user) = key.split_once(':')?;
    let digits = id.len() >= 5 && id.bytes().all(|b| b.is_ascii_digit());
    (digits && !user.is_empty()).then_some(id)
}

/// Where a stage takes records from that can be replayed to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins {
    pub input: String,
    pub replay: String,
}

impl Origins {
    /// Of a stage of the catalogue, by physical names.
    #[must_use]
    pub fn of(stage: &str, names: &Names) -> Self {
        let input = catalogue().input(stage).unwrap_or_default();
        Self { input: names.physical(input), replay: names.physical(&format!("whatsapp.{stage}.replay")) }
    }

    #[must_use]
    pub fn take(&self, topic: &str) -> bool {
        topic == self.input || topic == self.replay
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::runtime::{
        Headers,
        entries::{Cause, dead_letter},
    };

    pub fn account() -> Account {
        Account {
            alias: "main".into(),
            waba_id: "1".into(),
            phone_number_id: "200000000000001".into(),
            app: "app".into(),
            tenant: None,
        }
    }

    /// The dead letter of a command for the sender, as the runtime writes it.
    pub fn written(key: &str, headers: Headers, offset: i64) -> Record {
        let origin = Origin { topic: "whatsapp.outbound.messages".into(), partition: 3, offset: 42 };
        let (key, value) = (Some(Bytes::copy_from_slice(key.as_bytes())), Some(Bytes::from_static(b"body")));
        let record = Record { origin, key, value, headers, timestamp_ms: 500 };
        let (class, code) = ("poison", "not_avro".to_owned());
        let cause = Cause { class, code, detail: "why".into(), scope: None, attempt: 2 };
        let out = dead_letter(&"whatsapp.sender.dlq".into(), "g", &record, &cause, 1_000);
        let origin = Origin { topic: out.topic, partition: 1, offset };
        Record { origin, key: out.key, value: out.value, headers: out.headers, timestamp_ms: 1_001 }
    }

    pub fn letter(key: &str) -> Letter {
        Letter::of(&written(key, Headers::new(), 7), &[account()])
    }

    #[test]
    fn a_letter_says_what_the_runtime_wrote() {
        let letter = letter("200000000000001:4915112345678");
        assert_eq!(letter.place.to_string(), "whatsapp.sender.dlq/1/7");
        assert_eq!((letter.class.as_str(), letter.code.as_str(), letter.attempts), ("poison", "not_avro", 2));
        assert_eq!((letter.died_ms, letter.written_ms, letter.replays), (1_000, 1_001, 0));
        assert_eq!(letter.first_at.map(|o| o.to_string()), Some("whatsapp.outbound.messages/3/42".into()));
        assert_eq!(letter.account.as_deref(), Some("main"));
    }

    #[test]
    fn the_account_is_the_headers_else_the_keys() {
        let of = |key: &str, headers: Headers| {
            let letter = Letter::of(&written(key, headers, 7), &[account()]);
            (letter.account, letter.phone_number_id)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(of("k", Headers::new().with("account", "main")), (some("main"), some("200000000000001")));
        assert_eq!(of("k", Headers::new().with("account", "gone")), (some("gone"), None));
        assert_eq!(of("300000000000001:x", Headers::new()), (some("300000000000001"), some("300000000000001")));
        assert_eq!(of("+4915112345678", Headers::new()), (None, None));
    }

    #[test]
    fn a_stage_takes_its_input_and_its_replays() {
        let origins = Origins::of("sender", &Names::new("t.", "o."));
        assert!(origins.take("t.outbound.messages") && origins.take("t.sender.replay"));
        assert!(!origins.take("t.send.receipts") && !origins.take("whatsapp.outbound.messages"));
    }
}
