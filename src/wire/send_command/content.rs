//! The one content of a command. Knows no JSON of Meta's beyond which content is a template.

use serde_json::Value;

use crate::wire::{
    field_problem::FieldProblem,
    records::{
        SendCommand,
        contact::Contact,
        interactive::Interactive,
        send_command::{Location, MarkRead, Media, Pin, Reaction, Text, Typing},
        template::Template,
    },
};

/// What is to be said.
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
    Pin(&'a Pin),
    Raw(&'a str),
}

const FIX: &str = "set exactly one of text, media, location, contacts, reaction, interactive, template, mark_read, typing, \
                   pin, raw_json";

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
            command.pin.as_ref().map(|pin| ("pin", Self::Pin(pin))),
            command.raw_json.as_deref().map(|raw| ("raw_json", Self::Raw(raw))),
        ];
        let set: Vec<_> = all.into_iter().flatten().collect();
        match set[..] {
            [] => Err(FieldProblem::invalid("", "has no content", FIX)),
            [(_, content)] => Ok(content),
            [ref others @ .., (last, _)] => {
                let others: Vec<_> = others.iter().map(|(name, _)| *name).collect();
                let problem = format!("is a further content beside {}", others.join(", "));
                Err(FieldProblem::invalid(last, problem, FIX))
            }
        }
    }

    /// Whether Meta takes it only within 24 hours of the user's last message.
    #[must_use]
    pub fn needs_window(self) -> bool {
        match self {
            Self::Template(_) | Self::MarkRead(_) | Self::Typing(_) | Self::Pin(_) => false,
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
