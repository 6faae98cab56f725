//! Who a message goes to. Does not know whether that user exists: Meta says so only afterwards.

use super::{ANY, Field, Recipient, Refusal};
use crate::simulator::settings::Number;

/// The recipient, and what the request called it. `to` wins over `recipient`.
pub fn of(body: &Field<'_>, number: &Number) -> Result<(Recipient, String), Refusal> {
    let group = match body.find_text("recipient_type", ANY)? {
        None | Some("individual") => false,
        Some("group") => true,
        Some(_) => return Err(Refusal::parameter("Param recipient_type must be one of {INDIVIDUAL, GROUP}")),
    };
    let to = body.find_text("to", ANY)?.filter(|to| !to.is_empty());
    let Some(to) = to else {
        let nobody = || Refusal::parameter("The parameter to is required.");
        let user = body.find_text("recipient", ANY)?.ok_or_else(nobody)?;
        return match is_user_id(user) {
            true => Ok((Recipient::User(user.to_owned()), user.to_owned())),
            false => Err(body.need("recipient")?.bad("is not a valid business-scoped user id")),
        };
    };
    if group {
        return Ok((Recipient::Group(to.to_owned()), to.to_owned()));
    }
    let digits: String = to.chars().filter(|c| !matches!(c, '+' | '-' | '(' | ')' | ' ')).collect();
    if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(body.need("to")?.bad("is not a valid phone number"));
    }
    if digits == number.display_phone_number {
        return Err(Refusal::new(131_021, "Recipient cannot be sender"));
    }
    Ok((Recipient::Phone(digits), to.to_owned()))
}

/// `US.` or `US.ENT.` and up to 128 letters and digits.
fn is_user_id(text: &str) -> bool {
    let Some((country, rest)) = text.split_once('.') else { return false };
    let id = rest.strip_prefix("ENT.").unwrap_or(rest);
    country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && (1..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
