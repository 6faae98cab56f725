//! The user's phone: which statuses follow an accepted message, and why one fails. Posts nothing: it hands bodies to the
//! outbox. How a status is written is `status`'s.

mod status;

use std::time::Duration;

use self::status::Circumstances;
use super::{
    behaviour::Behaviour,
    dice::Dice,
    payload,
    settings::Number,
    state::{State, locked, now_ms},
};

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

/// What was asked for, and is in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub recipient: Recipient,
    /// The recipient as it was written.
    pub input: String,
    pub kind: String,
    /// A template's, as bills name it.
    pub category: Option<String>,
    pub voice: bool,
    pub callback_data: Option<String>,
    pub identity_key_hash: Option<String>,
    /// Fails with this code once Meta works on it.
    pub fate: Option<i64>,
}

/// A message Meta accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub message_id: String,
    pub message: Message,
}

/// The statuses of a message with the milliseconds after which each comes; a failure comes alone.
#[must_use]
pub fn statuses(
    accepted: &Accepted,
    failure: Option<i64>,
    behaviour: &Behaviour,
    dice: Dice,
) -> Vec<(&'static str, u64)> {
    let wait =
        |word: &str, base: u64| base + dice.up_to(&format!("{word} {}", accepted.message_id), behaviour.jitter_ms);
    let sent = wait("sent", behaviour.sent_after_ms);
    if failure.is_some() {
        return vec![("failed", sent)];
    }
    let mut all = vec![("sent", sent)];
    // a reaction is never reported delivered or read
    if accepted.message.kind != "reaction" {
        let delivered = sent + wait("delivered", behaviour.delivered_after_ms);
        all.push(("delivered", delivered));
        if let Some(base) = behaviour.read_after_ms {
            let read = delivered + wait("read", base);
            all.push(("read", read));
            if accepted.message.voice {
                all.push(("played", read + wait("played", base)));
            }
        }
    }
    all
}

/// Puts the statuses of an accepted message into the outbox. `failure` is a fault's, and goes before all others.
pub fn report(state: &State, number: &Number, accepted: &Accepted, failure: Option<i64>) {
    let behaviour = state.behaviour();
    let circumstances = circumstances(state, number, accepted, &behaviour);
    let failure = failure.or_else(|| reason(&accepted.message, &circumstances, &behaviour));
    for (word, after_ms) in statuses(accepted, failure, &behaviour, state.dice) {
        let at_ms = now_ms().saturating_add_unsigned(after_ms);
        let value = status::write(accepted, word, at_ms, failure, &circumstances);
        let body = payload::ascii(&payload::envelope(number, value));
        let label = format!("{word} {}", accepted.message_id);
        state.outbox.add(body, Duration::from_millis(after_ms), &label, &behaviour, state.dice);
    }
}

fn circumstances(state: &State, number: &Number, accepted: &Accepted, behaviour: &Behaviour) -> Circumstances {
    let (number, recipient, now_ms) = (&number.phone_number_id, &accepted.message.recipient, now_ms());
    let people = locked(&state.people);
    let of = |id: &str| people.find(id, behaviour.user_ids, state.dice);
    let mut windows = locked(&state.windows);
    Circumstances {
        people: match recipient {
            Recipient::Phone(id) | Recipient::User(id) => vec![of(id)],
            Recipient::Group(id) => people.members(id).iter().map(|id| of(id)).collect(),
        },
        takes_no_marketing: people.takes_no_marketing(recipient),
        window_open: windows.is_open(number, recipient.id(), now_ms),
        free_until_ms: windows.free_until(number, recipient.id(), now_ms),
    }
}

/// Why Meta fails a message that it accepted.
fn reason(message: &Message, circumstances: &Circumstances, behaviour: &Behaviour) -> Option<i64> {
    let is_marketing = message.category.as_deref().is_some_and(|category| category.starts_with("marketing"));
    if message.fate.is_some() {
        message.fate
    } else if behaviour.window && message.kind != "template" && !circumstances.window_open {
        Some(131_047)
    } else if is_marketing && circumstances.takes_no_marketing {
        Some(131_050)
    } else {
        let known = circumstances.people.first().and_then(|person| person.identity_key_hash.as_ref());
        let expected = message.identity_key_hash.as_ref();
        expected.is_some_and(|hash| known.is_some_and(|known| known != hash)).then_some(137_000)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::people::Person, *};

    fn accepted(kind: &str) -> Accepted {
        let message = Message {
            recipient: Recipient::Phone("15550000999".into()),
            input: "+15550000999".into(),
            kind: kind.into(),
            category: None,
            voice: false,
            callback_data: None,
            identity_key_hash: None,
            fate: None,
        };
        Accepted { message_id: "wamid.A".into(), message }
    }

    fn words(accepted: &Accepted, failure: Option<i64>, behaviour: &Behaviour) -> Vec<&'static str> {
        statuses(accepted, failure, behaviour, Dice::new(1)).into_iter().map(|(word, _)| word).collect()
    }

    #[test]
    fn a_message_is_sent_delivered_and_read_in_that_order() {
        let behaviour = Behaviour::default();
        let all = statuses(&accepted("text"), None, &behaviour, Dice::new(1));
        assert_eq!(words(&accepted("text"), None, &behaviour), ["sent", "delivered", "read"]);
        assert!(all.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{all:?}");
        assert_eq!(all, statuses(&accepted("text"), None, &behaviour, Dice::new(1)));
    }

    #[test]
    fn a_voice_message_is_played_once_it_is_read() {
        let mut voice = accepted("audio");
        voice.message.voice = true;
        assert_eq!(words(&voice, None, &Behaviour::default()), ["sent", "delivered", "read", "played"]);
    }

    #[test]
    fn failures_reactions_and_users_who_do_not_read_report_less() {
        let unread = Behaviour { read_after_ms: None, ..Behaviour::default() };
        assert_eq!(words(&accepted("text"), Some(131_026), &unread), ["failed"]);
        assert_eq!(words(&accepted("reaction"), None, &unread), ["sent"]);
        assert_eq!(words(&accepted("text"), None, &unread), ["sent", "delivered"]);
    }

    #[test]
    fn each_reason_to_fail_has_its_code() {
        let person =
            Person { identity_key_hash: Some("known".into()), ..Person::stranger("15550000999", true, Dice::new(1)) };
        let open =
            Circumstances { people: vec![person], takes_no_marketing: true, window_open: true, free_until_ms: None };
        let closed = Circumstances { window_open: false, ..open.clone() };
        let strict = Behaviour { window: true, ..Behaviour::default() };
        let text = accepted("text").message;
        let template =
            |category: &str| Message { kind: "template".into(), category: Some(category.into()), ..text.clone() };
        let hash = |hash: &str| Message { identity_key_hash: Some(hash.into()), ..text.clone() };
        let cases = [
            (text.clone(), &open, None),
            (text.clone(), &closed, Some(131_047)),
            (template("utility"), &closed, None),
            (template("marketing"), &open, Some(131_050)),
            (template("marketing_lite"), &open, Some(131_050)),
            (hash("known"), &open, None),
            (hash("of before"), &open, Some(137_000)),
            (Message { fate: Some(131_053), ..text.clone() }, &closed, Some(131_053)),
        ];
        for (message, circumstances, code) in cases {
            assert_eq!(reason(&message, circumstances, &strict), code, "{message:?}");
        }
    }
}
