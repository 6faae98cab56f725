//! To whom: a phone number with its plus sign, a business-scoped user id, or a group. Chooses no key.

use serde_json::{Map, Value, json};

use crate::{
    domain::identity::User,
    wire::graph::limits::{FieldProblem, Problems},
};

/// Writes `to` or `recipient`. The digits stay as the command has them: which spelling reaches a user is Meta's affair.
pub fn address(body: &mut Map<String, Value>, to: &str, problems: &mut Problems) {
    let (key, value, kind) = match User::from_address(to) {
        // without the plus sign Meta may put the business number's country code before it
        Some(User::Phone(_)) => ("to", format!("+{}", digits(to)), "individual"),
        Some(User::Bsuid(id)) => ("recipient", id, "individual"),
        Some(User::Group(id)) => ("to", id, "group"),
        None => {
            let expected = "is not a phone number with country code, a business-scoped user id or group:<id>";
            return problems.add(FieldProblem::invalid("to", expected));
        }
    };
    body.insert("recipient_type".to_owned(), json!(kind));
    body.insert(key.to_owned(), json!(value));
}

fn digits(to: &str) -> String {
    to.chars().filter(char::is_ascii_digit).collect()
}
