//! The body of `POST /<phone number id>/messages` out of a command. Knows no account, no window and no token, and never
//! lets a body through that Meta is documented to refuse.

mod content;
mod interactive;
mod media;
mod recipient;
mod template;

use serde_json::{Map, Value, json};

use super::limits::{FieldProblem, Problems};
use crate::wire::records::{
    SendCommand,
    contact::Contact,
    interactive::Interactive,
    send_command::{Location, MarkRead, Media, Reaction, Text, Typing},
    template::Template,
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

/// The one content of a command.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Content<'a> {
    Text(&'a Text),
    Media(&'a Media),
    Location(&'a Location),
    Contacts(&'a [Contact]),
    Reaction(&'a Reaction),
    Interactive(&'a Interactive),
    Template(&'a Template),
    MarkRead(&'a MarkRead),
    Typing(&'a Typing),
    Raw(&'a str),
}

impl<'a> Content<'a> {
    /// # Errors
    /// None is set, or more than one.
    pub fn of(command: &'a SendCommand) -> Result<Self, FieldProblem> {
        let contacts = Some(command.contacts.as_slice()).filter(|contacts| !contacts.is_empty());
        let all = [
            command.text.as_ref().map(|text| ("text", Self::Text(text))),
            command.media.as_ref().map(|media| ("media", Self::Media(media))),
            command.location.as_ref().map(|location| ("location", Self::Location(location))),
            contacts.map(|contacts| ("contacts", Self::Contacts(contacts))),
            command.reaction.as_ref().map(|reaction| ("reaction", Self::Reaction(reaction))),
            command.interactive.as_ref().map(|interactive| ("interactive", Self::Interactive(interactive))),
            command.template.as_ref().map(|template| ("template", Self::Template(template))),
            command.mark_read.as_ref().map(|read| ("mark_read", Self::MarkRead(read))),
            command.typing.as_ref().map(|typing| ("typing", Self::Typing(typing))),
            command.raw_json.as_deref().map(|raw| ("raw_json", Self::Raw(raw))),
        ];
        let mut set = all.into_iter().flatten();
        match (set.next(), set.next()) {
            (Some((_, content)), None) => Ok(content),
            (None, _) => Err(FieldProblem::invalid("text", "is required, or another content")),
            (Some((first, _)), Some((second, _))) => {
                Err(FieldProblem::invalid(second, format!("is a second content beside {first}")))
            }
        }
    }

    /// Whether Meta takes it only within 24 hours of the user's last message.
    #[must_use]
    pub fn needs_window(self) -> bool {
        match self {
            Self::Template(_) | Self::MarkRead(_) | Self::Typing(_) => false,
            Self::Raw(raw) => !raw_is_template(raw),
            Self::Text(_)
            | Self::Media(_)
            | Self::Location(_)
            | Self::Contacts(_)
            | Self::Reaction(_)
            | Self::Interactive(_) => true,
        }
    }
}

fn raw_is_template(raw: &str) -> bool {
    serde_json::from_str::<Value>(raw).is_ok_and(|body| body["type"] == "template")
}

/// The request a command asks for, without callback data.
///
/// # Errors
/// Every field that keeps it from being sent.
pub fn build(command: &SendCommand) -> Result<GraphRequest, Vec<FieldProblem>> {
    let content = Content::of(command).map_err(|problem| vec![problem])?;
    of_content(command, content)
}

/// The request to post instead when the window is closed, if the command has one.
///
/// # Errors
/// As [`build`], under `fallback_template`.
pub fn build_fallback(command: &SendCommand) -> Result<Option<GraphRequest>, Vec<FieldProblem>> {
    let Some(fallback) = &command.fallback_template else { return Ok(None) };
    let built = of_content(command, Content::Template(fallback)).map_err(|problems| {
        let renamed = |problem: FieldProblem| match problem.field.strip_prefix("template") {
            Some(rest) => FieldProblem { field: format!("fallback_template{rest}"), ..problem },
            None => problem,
        };
        problems.into_iter().map(renamed).collect::<Vec<_>>()
    })?;
    Ok(Some(built))
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

fn of_content(command: &SendCommand, content: Content<'_>) -> Result<GraphRequest, Vec<FieldProblem>> {
    let mut problems = Problems::default();
    let mut body = match content {
        Content::MarkRead(MarkRead { message_id }) => content::read("mark_read", message_id, false, &mut problems),
        Content::Typing(Typing { message_id }) => content::read("typing", message_id, true, &mut problems),
        Content::Raw(raw) => content::raw(raw, &mut problems),
        _ => Map::new(),
    };
    if !body.contains_key("status") {
        recipient::address(&mut body, &command.to, &mut problems);
        content::fill(&mut body, content, &mut problems);
        content::quote(&mut body, command.reply_to.as_deref(), &mut problems);
    }
    body.insert("messaging_product".to_owned(), json!("whatsapp"));
    problems.or(GraphRequest { body, needs_window: content.needs_window() })
}

#[cfg(test)]
mod tests;
