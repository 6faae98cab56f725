//! The user's phone: which statuses follow an accepted message, and what an inbound message looks like. Posts nothing: it
//! hands bodies to the outbox.

use std::{collections::HashMap, time::Duration};

use serde_json::{Value, json};

use super::{
    behaviour::Behaviour,
    dice::Dice,
    payload,
    settings::Number,
    state::{State, locked, now_ms},
};
use crate::domain::errors::lookup;

const DAY_MS: i64 = 24 * 3_600_000;
/// Users whose last message is remembered.
const MOST_WINDOWS: usize = 100_000;

/// Who gets a message: a phone number in digits, a business-scoped user id, or a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    Phone(String),
    User(String),
    Group(String),
}

impl Recipient {
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Phone(id) | Self::User(id) | Self::Group(id) => id,
        }
    }
}

/// A message Meta accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub message_id: String,
    pub recipient: Recipient,
    pub kind: String,
    pub callback_data: Option<String>,
}

/// When each user wrote last.
#[derive(Debug, Default)]
pub struct Windows(HashMap<(String, String), i64>);

impl Windows {
    pub fn opened(&mut self, number: &str, user: &str, at_ms: i64) {
        if self.0.len() >= MOST_WINDOWS {
            self.0.retain(|_, last| at_ms - *last < DAY_MS);
        }
        self.0.insert((number.to_owned(), user.to_owned()), at_ms);
    }

    #[must_use]
    pub fn is_open(&self, number: &str, user: &str, at_ms: i64) -> bool {
        self.0.get(&(number.to_owned(), user.to_owned())).is_some_and(|last| at_ms - last < DAY_MS)
    }
}

/// The statuses of a message with the milliseconds after which each comes; a failure comes alone.
#[must_use]
pub fn statuses(
    message: &Accepted,
    failure: Option<i64>,
    behaviour: &Behaviour,
    dice: Dice,
) -> Vec<(&'static str, u64)> {
    let wait =
        |word: &str, base: u64| base + dice.up_to(&format!("{word} {}", message.message_id), behaviour.jitter_ms);
    let sent = wait("sent", behaviour.sent_after_ms);
    if failure.is_some() {
        return vec![("failed", sent)];
    }
    let mut all = vec![("sent", sent)];
    // a reaction is never reported delivered or read
    if message.kind != "reaction" {
        let delivered = sent + wait("delivered", behaviour.delivered_after_ms);
        all.push(("delivered", delivered));
        all.extend(behaviour.read_after_ms.map(|base| ("read", delivered + wait("read", base))));
    }
    all
}

/// Puts the statuses of an accepted message into the outbox.
pub fn report(state: &State, number: &Number, message: &Accepted, failure: Option<i64>) {
    let behaviour = state.behaviour();
    let closed = behaviour.window && message.kind != "template" && {
        let windows = locked(&state.windows);
        !windows.is_open(&number.phone_number_id, message.recipient.id(), now_ms())
    };
    let failure = failure.or(closed.then_some(131_047));
    for (word, after_ms) in statuses(message, failure, &behaviour, state.dice) {
        let at_ms = now_ms().saturating_add_unsigned(after_ms);
        let body = payload::ascii(&status(number, message, word, at_ms, failure));
        let label = format!("{word} {}", message.message_id);
        state.outbox.add(body, Duration::from_millis(after_ms), &label, &behaviour, state.dice);
    }
}

fn status(number: &Number, message: &Accepted, word: &str, at_ms: i64, failure: Option<i64>) -> Value {
    let mut status = json!({
        "id": message.message_id,
        "status": word,
        "timestamp": (at_ms / 1_000).to_string(),
    });
    match &message.recipient {
        Recipient::Phone(digits) => status["recipient_id"] = json!(digits),
        Recipient::User(id) => status["recipient_user_id"] = json!(id),
        Recipient::Group(id) => {
            status["recipient_id"] = json!(id);
            status["recipient_type"] = json!("group");
        }
    }
    if let Some(data) = &message.callback_data {
        status["biz_opaque_callback_data"] = json!(data);
    }
    match (word, failure) {
        ("failed", Some(code)) => status["errors"] = json!([error(code)]),
        ("sent" | "delivered", _) => status["pricing"] = pricing(&message.kind),
        _ => {}
    }
    payload::envelope(number, json!({"statuses": [status]}))
}

fn pricing(kind: &str) -> Value {
    match kind {
        "template" => json!({"billable": true, "pricing_model": "PMP", "type": "regular", "category": "utility"}),
        _ => json!({
            "billable": false, "pricing_model": "PMP", "type": "free_customer_service", "category": "service",
        }),
    }
}

/// An error as webhooks carry it.
fn error(code: i64) -> Value {
    let title = lookup(code, None).map_or("Unknown error", |known| known.title);
    json!({
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": format!("{title} (simulated)")},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    })
}

/// Puts one message of a user into the outbox: `content` is the object named like `kind`.
pub fn write(state: &State, number: &Number, from: &str, name: &str, kind: &str, content: &Value) -> String {
    let chance = state.dice.bytes(&format!("inbound {}", state.next()));
    let message_id = payload::wamid(from, &chance, false);
    let at_ms = now_ms();
    locked(&state.windows).opened(&number.phone_number_id, from, at_ms);
    let mut message = json!({"from": from, "id": message_id, "timestamp": (at_ms / 1_000).to_string(), "type": kind});
    message[kind] = content.clone();
    let contact = json!({"profile": {"name": name}, "wa_id": from});
    let body = payload::envelope(number, json!({"contacts": [contact], "messages": [message]}));
    state.outbox.add(payload::ascii(&body), Duration::ZERO, &message_id, &state.behaviour(), state.dice);
    message_id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(kind: &str) -> Accepted {
        Accepted {
            message_id: "wamid.A".into(),
            recipient: Recipient::Phone("15550000999".into()),
            kind: kind.into(),
            callback_data: None,
        }
    }

    fn words(kind: &str, failure: Option<i64>, behaviour: &Behaviour) -> Vec<&'static str> {
        statuses(&accepted(kind), failure, behaviour, Dice::new(1)).into_iter().map(|(word, _)| word).collect()
    }

    #[test]
    fn a_message_is_sent_delivered_and_read_in_that_order() {
        let behaviour = Behaviour::default();
        let all = statuses(&accepted("text"), None, &behaviour, Dice::new(1));
        assert_eq!(words("text", None, &behaviour), ["sent", "delivered", "read"]);
        assert!(all.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{all:?}");
        assert_eq!(all, statuses(&accepted("text"), None, &behaviour, Dice::new(1)));
    }

    #[test]
    fn failures_reactions_and_users_who_do_not_read_report_less() {
        let unread = Behaviour { read_after_ms: None, ..Behaviour::default() };
        assert_eq!(words("text", Some(131_026), &unread), ["failed"]);
        assert_eq!(words("reaction", None, &unread), ["sent"]);
        assert_eq!(words("text", None, &unread), ["sent", "delivered"]);
    }

    #[test]
    fn a_window_closes_after_a_day() {
        let mut windows = Windows::default();
        windows.opened("7", "1", 0);
        assert!(windows.is_open("7", "1", DAY_MS - 1));
        assert!(!windows.is_open("7", "1", DAY_MS) && !windows.is_open("8", "1", 0));
    }
}
