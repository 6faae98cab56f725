//! What Meta checks before it accepts a message. Pure: JSON in, a message or a refusal out. Its judgement is its own: what
//! the worker's request builder takes for right proves nothing here.

mod content;
mod field;
mod files;
mod interactive;
mod plain;
mod recipient;
mod template;
#[cfg(test)]
mod tests;

use serde_json::Value;

use self::field::{ANY, Field, missing};
use super::refusal::Refusal;
use crate::simulator::{
    phone::{Message, Recipient},
    settings::Number,
    shelf::File,
};

/// A request of the messages endpoint that Meta would take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    Message(Box<Message>),
    /// Marked as read, perhaps with the typing sign.
    Read,
}

/// What the checks need to know besides the request.
pub struct Known<'a> {
    pub number: &'a Number,
    /// The category of this `template` object's template, where templates are known, if it can be sent.
    pub template: &'a dyn Fn(&Value) -> Result<Option<String>, Refusal>,
    /// The file of a media id, if it is this number's.
    pub file: &'a dyn Fn(&str) -> Option<File>,
    /// Posted to `marketing_messages`.
    pub marketing: bool,
}

/// Checks a body of `POST …/messages` or `…/marketing_messages`.
///
/// # Errors
/// What Meta refuses it with.
pub fn request(body: Option<&Value>, known: &Known<'_>) -> Result<Request, Refusal> {
    let body = body.filter(|body| body.is_object()).ok_or_else(|| Refusal::parameter("Invalid JSON"))?;
    let body = Field::new("", body);
    match body.find_text("messaging_product", ANY)? {
        Some("whatsapp") => {}
        Some(_) => return Err(Refusal::parameter("Param messaging_product must be one of {whatsapp}")),
        None => return Err(Refusal::parameter("The parameter messaging_product is required.")),
    }
    if body.find("status").is_some() && !known.marketing {
        return read(&body).map(|()| Request::Read);
    }
    message(&body, known).map(|message| Request::Message(Box::new(message)))
}

fn message(body: &Field<'_>, known: &Known<'_>) -> Result<Message, Refusal> {
    let (recipient, input) = recipient::of(body, known.number)?;
    let kind = body.find_text("type", ANY)?.unwrap_or("text");
    if known.marketing {
        marketing(body, kind)?;
    }
    content::is_known(kind)?;
    content::may_go_to(kind, &recipient)?;
    let content = body.need(kind)?;
    content::check(kind, &content, known)?;
    let category = if kind == "template" { template::category(&content, known, &recipient)? } else { None };
    let callback_data = body.find_text("biz_opaque_callback_data", 512)?.map(str::to_owned);
    let identity_key_hash = body.find_text("recipient_identity_key_hash", ANY)?.map(str::to_owned);
    context(body, kind)?;
    Ok(Message {
        recipient,
        input,
        kind: kind.to_owned(),
        category,
        voice: kind == "audio" && content.find_bool("voice")?,
        callback_data,
        identity_key_hash,
        // found out only once Meta tries to fetch it
        fate: files::unusable_link(kind, content.value()).then_some(131_053),
    })
}

/// What the endpoint for marketing templates asks beyond the other.
fn marketing(body: &Field<'_>, kind: &str) -> Result<(), Refusal> {
    if kind != "template" {
        return Err(Refusal::new(131_055, "Only template messages are supported on this endpoint"));
    }
    if body.find("product_policy").is_some() {
        body.need_one_of("product_policy", &["CLOUD_API_FALLBACK", "STRICT"])?;
    }
    body.find_bool("message_activity_sharing").map(|_| ())
}

fn context(body: &Field<'_>, kind: &str) -> Result<(), Refusal> {
    let Some(context) = body.find("context") else { return Ok(()) };
    if kind == "reaction" {
        return Err(context.bad("must not be set for a reaction"));
    }
    message_id(&context, "message_id")
}

fn read(body: &Field<'_>) -> Result<(), Refusal> {
    if body.need("status")?.within(ANY)? != "read" {
        return Err(Refusal::parameter("Param status must be one of {READ}"));
    }
    message_id(body, "message_id")?;
    let Some(typing) = body.find("typing_indicator") else { return Ok(()) };
    typing.need_one_of("type", &["text"]).map(|_| ())
}

/// A message's id: Meta's of today, or the older kind that begins with `gB`.
fn message_id(at: &Field<'_>, name: &str) -> Result<(), Refusal> {
    let id = at.need_text(name, ANY)?;
    match id.starts_with("wamid.") || id.starts_with("gB") {
        true => Ok(()),
        false => Err(at.need(name)?.bad("is not a valid message id")),
    }
}
