//! The body of `POST /<phone number id>/messages` out of a command: one pure function. Knows no account, no window and no
//! token, and never lets a body through that Meta is documented to refuse.

mod content;
mod fields;
mod interactive;
mod media;
mod recipient;
mod template;

use serde_json::{Map, Value, json};

use super::check::check;
use crate::{
    domain::identity::User,
    wire::{
        field_problem::FieldProblem,
        records::{
            SendCommand,
            send_command::{MarkRead, Typing},
        },
        send_command::{Content, Valid},
    },
};

/// Meta's key for what comes back in every status.
const CALLBACK: &str = "biz_opaque_callback_data";

/// A body that is ready to post.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphRequest {
    body: Map<String, Value>,
    pub needs_window: bool,
}

impl GraphRequest {
    #[must_use]
    pub fn to_json(&self) -> String {
        Value::Object(self.body.clone()).to_string()
    }

    /// With the text that Meta echoes in every status. Marking as read and typing have no statuses, so they carry none.
    #[must_use]
    pub fn with_callback(mut self, data: &str) -> Self {
        if !self.body.contains_key("status") {
            self.body.insert(CALLBACK.to_owned(), json!(data));
        }
        self
    }
}

/// The request a command asks for, without callback data.
///
/// # Errors
/// Every field that keeps it from being sent.
pub fn build(valid: &Valid<'_>) -> Result<GraphRequest, Vec<FieldProblem>> {
    of_content(valid, valid.content())
}

/// The request to post instead when the window is closed, if the command has one.
///
/// # Errors
/// As [`build`], under `fallback_template`.
pub fn build_fallback(valid: &Valid<'_>) -> Result<Option<GraphRequest>, Vec<FieldProblem>> {
    let Some(fallback) = &valid.command().fallback_template else { return Ok(None) };
    let built = of_content(valid, Content::Template(fallback)).map_err(|problems| {
        let renamed = |problem: FieldProblem| match problem.field.strip_prefix("template") {
            Some(rest) => FieldProblem { field: format!("fallback_template{rest}"), ..problem },
            None => problem,
        };
        problems.into_iter().map(renamed).collect::<Vec<_>>()
    })?;
    Ok(Some(built))
}

/// What keeps a command's content from being sent to anybody: for a command that is no valid one either, so that its
/// producer hears of everything at once.
#[must_use]
pub fn content_problems(command: &SendCommand) -> Vec<FieldProblem> {
    let to = User::from_address(&command.to);
    let address = to.map(|to| recipient::address(&to, &command.to)).unwrap_or_default();
    Content::of(command).map_or_else(|_| Vec::new(), |content| body(command, content, address).1)
}

/// Whether Meta reports on a request that was built before. Marking as read and typing, the ones without callback data,
/// have no statuses; they may be repeated, for they reach nobody and change nothing twice. What cannot be read may have.
#[must_use]
pub fn has_statuses(request_json: &str) -> bool {
    let body: Result<Map<String, Value>, _> = serde_json::from_str(request_json);
    body.map_or(true, |body| !body.contains_key("status"))
}

/// A request that was built before, with callback data put in. `None` if it is no JSON object.
#[must_use]
pub fn add_callback(request_json: &str, data: &str) -> Option<String> {
    let body: Map<String, Value> = serde_json::from_str(request_json).ok()?;
    Some(GraphRequest { body, needs_window: false }.with_callback(data).to_json())
}

fn of_content(valid: &Valid<'_>, content: Content<'_>) -> Result<GraphRequest, Vec<FieldProblem>> {
    let address = recipient::address(valid.to(), &valid.command().to);
    let (body, problems) = body(valid.command(), content, address);
    if problems.is_empty() { Ok(GraphRequest { body, needs_window: content.needs_window() }) } else { Err(problems) }
}

/// The whole body, and everything that is wrong with it. `address`: to whom, where the content goes to somebody.
fn body(
    command: &SendCommand,
    content: Content<'_>,
    address: Map<String, Value>,
) -> (Map<String, Value>, Vec<FieldProblem>) {
    let mut problems = Vec::new();
    let mut body = match content {
        Content::MarkRead(MarkRead { message_id }) => content::read(message_id, false),
        Content::Typing(Typing { message_id }) => content::read(message_id, true),
        Content::Raw(raw) => content::raw(raw, &mut problems),
        _ => content::message(content, &mut problems),
    };
    if !body.contains_key("status") {
        body.extend(address);
        if let Some(id) = &command.reply_to {
            body.insert("context".to_owned(), json!({"message_id": id}));
        }
        if let Some(hash) = &command.identity_key_hash {
            body.insert("recipient_identity_key_hash".to_owned(), json!(hash));
        }
    }
    body.insert("messaging_product".to_owned(), json!("whatsapp"));
    if !matches!(content, Content::Raw(_)) {
        let named = |found: FieldProblem| FieldProblem { field: fields::named(content, &found.field), ..found };
        let found: Vec<_> = check(&body).into_iter().map(named).filter(|found| !follows(found, &problems)).collect();
        problems.extend(found);
    }
    (body, problems)
}

/// Whether it is about a part of what is known to be wrong.
fn follows(found: &FieldProblem, known: &[FieldProblem]) -> bool {
    let rest_of = |known: &FieldProblem| found.field.strip_prefix(known.field.as_str());
    known.iter().filter_map(rest_of).any(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests;
