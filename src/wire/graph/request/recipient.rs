//! To whom: a phone number with its plus sign, a business-scoped user id, or a group. Chooses no key.

use serde_json::{Map, Value, json};

use crate::domain::identity::User;

/// `to` or `recipient`. The digits stay as the command has them in `text`: which spelling reaches a user is Meta's affair.
pub fn address(to: &User, text: &str) -> Map<String, Value> {
    let digits = || text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (key, value, kind) = match to {
        // without the plus sign Meta may put the business number's country code before it
        User::Phone(_) => ("to", format!("+{}", digits()), "individual"),
        User::Bsuid(id) => ("recipient", id.clone(), "individual"),
        User::Group(id) => ("to", id.clone(), "group"),
    };
    Map::from_iter([("recipient_type".to_owned(), json!(kind)), (key.to_owned(), json!(value))])
}
