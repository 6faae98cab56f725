//! What users say about marketing messages (`user_preferences`), under every conversation key by which they may be written
//! to. Everything else that a choice says is an account event's.

use super::{
    envelope::{Change, Envelope},
    json::Object,
    place::unix_ms,
};
use crate::domain::{
    identity::{ConversationKey, User},
    preference::Word,
};

const FIELD: &str = "user_preferences";
const MARKETING: &str = "marketing_messages";

/// The words of an envelope in their order. `received_ms` is the time of one that tells none.
#[must_use]
pub fn read(envelope: &Envelope<'_>, received_ms: i64) -> Vec<(ConversationKey, Word)> {
    let mut words = Vec::new();
    for entry in &envelope.entries {
        let entry_ms = entry.time_s.and_then(unix_ms);
        let changes = entry.changes.iter().flatten().filter(|change| change.field.as_deref() == Some(FIELD));
        for change in changes {
            words.extend(of_change(change, entry_ms.unwrap_or(received_ms)));
        }
    }
    words
}

fn of_change(change: &Change<'_>, otherwise_ms: i64) -> Vec<(ConversationKey, Word)> {
    let Some(number) = &change.number else { return Vec::new() };
    let choices = change.body.elements(FIELD).into_iter().filter_map(Object::read);
    let words = choices.filter_map(|choice| Some((word(&choice, otherwise_ms)?, users(&choice, change))));
    words
        .flat_map(|(word, users)| users.into_iter().map(move |user| (user, word)))
        .map(|(user, word)| (ConversationKey::new(number, &user), word))
        .collect()
}

/// `None` for other categories, and for words that neither stop nor resume (`signup`).
fn word(choice: &Object<'_>, otherwise_ms: i64) -> Option<Word> {
    choice.text("category").filter(|category| category == MARKETING)?;
    let stopped = match choice.text("value")?.as_str() {
        "stop" => true,
        "resume" => false,
        _ => return None,
    };
    let told_ms = choice.int("timestamp").and_then(unix_ms);
    Some(Word { stopped, at_ms: told_ms.unwrap_or(otherwise_ms) })
}

/// The user by phone number and by business-scoped id, as far as the choice or its contact tells them.
fn users(choice: &Object<'_>, change: &Change<'_>) -> Vec<User> {
    let (phone, bsuid) = (choice.text("wa_id"), choice.text("user_id"));
    let contact = change.contacts().of(phone.as_deref(), bsuid.as_deref());
    let phone = phone.or_else(|| contact?.wa_id.clone());
    let bsuid = bsuid.or_else(|| contact?.bsuid.clone());
    let by = |phone: Option<&str>, bsuid: Option<&str>| User::choose(phone, bsuid, None);
    by(phone.as_deref(), None).into_iter().chain(by(None, bsuid.as_deref())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key and word of each, the time apart.
    fn words(contacts: &str, choices: &str) -> Vec<(String, bool)> {
        let body = format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"100","time":9,"changes":[{{"field":"user_preferences",
               "value":{{"metadata":{{"phone_number_id":"200"}},"contacts":{contacts},"user_preferences":{choices}}}}}]}}]}}"#
        );
        let envelope = Envelope::read(body.as_bytes()).expect("an envelope");
        read(&envelope, 1).into_iter().map(|(key, word)| (key.into_string(), word.stopped)).collect()
    }

    fn choice(who: &str, value: &str) -> String {
        format!(r#"{{{who},"category":"marketing_messages","value":"{value}","timestamp":7}}"#)
    }

    #[test]
    fn a_choice_counts_under_both_identities_of_its_user() {
        let both = [("200:15550000999".to_owned(), true), ("200:US.1".to_owned(), true)];
        let told = choice(r#""wa_id":"15550000999","user_id":"US.1""#, "stop");
        assert_eq!(words("[]", &format!("[{told}]")), both);
        let by_contact = choice(r#""wa_id":"15550000999""#, "stop");
        let contacts = r#"[{"wa_id":"15550000999","user_id":"US.1"}]"#;
        assert_eq!(words(contacts, &format!("[{by_contact}]")), both);
    }

    #[test]
    fn each_user_of_a_value_has_their_own_choice() {
        let (first, second) = (choice(r#""user_id":"US.1""#, "stop"), choice(r#""user_id":"US.2""#, "resume"));
        let contacts = r#"[{"wa_id":"15550000999","user_id":"US.2"}]"#;
        let expected = [("200:US.1", true), ("200:15550000999", false), ("200:US.2", false)];
        assert_eq!(words(contacts, &format!("[{first},{second}]")), expected.map(|(key, out)| (key.to_owned(), out)));
    }

    #[test]
    fn what_is_no_choice_about_marketing_says_nothing() {
        let signup = choice(r#""wa_id":"15550000999""#, "signup");
        let service = choice(r#""wa_id":"15550000999""#, "stop").replace("marketing_messages", "service");
        let nobody = choice(r#""detail":"x""#, "stop");
        assert_eq!(words("[]", &format!("[{signup},{service},{nobody},7,null]")), []);
        assert_eq!(words("[]", "{}"), []);
    }

    #[test]
    fn a_choice_without_a_time_has_that_of_its_entry() {
        let body = r#"{"object":"whatsapp_business_account","entry":[{"time":9,"changes":[{"field":"user_preferences","value":
            {"metadata":{"phone_number_id":"200"},"user_preferences":[
            {"wa_id":"15550000999","category":"marketing_messages","value":"stop"}]}}]}]}"#;
        let envelope = Envelope::read(body.as_bytes()).expect("an envelope");
        assert_eq!(read(&envelope, 1).into_iter().map(|(_, word)| word.at_ms).collect::<Vec<_>>(), [9_000]);
    }
}
