//! What makes a command a command, in whichever form it came and whoever carries it: an id, an address, one content. Pure;
//! must not know accounts or carriers' workers (the router does), nor what WhatsApp takes (`graph::request` does).

mod content;

pub use content::Content;

use super::{field_problem::FieldProblem, records::SendCommand};
use crate::domain::identity::{CommandId, User};

const PRIORITIES: [&str; 3] = ["high", "normal", "bulk"];
const ON_UNKNOWN: [&str; 2] = ["resend", "report"];
const CARRIER_MAX: usize = 64;

/// A command of which that much is known.
#[derive(Debug, Clone)]
pub struct Valid<'a> {
    command: &'a SendCommand,
    id: CommandId,
    to: User,
    content: Content<'a>,
}

impl<'a> Valid<'a> {
    #[must_use]
    pub fn command(&self) -> &'a SendCommand {
        self.command
    }

    #[must_use]
    pub fn id(&self) -> &CommandId {
        &self.id
    }

    #[must_use]
    pub fn to(&self) -> &User {
        &self.to
    }

    #[must_use]
    pub fn content(&self) -> Content<'a> {
        self.content
    }
}

/// Checks everything that can be known from the command alone, for every carrier.
///
/// # Errors
/// Every problem found, never none.
pub fn validate(command: &SendCommand) -> Result<Valid<'_>, Vec<FieldProblem>> {
    let mut problems = Vec::new();
    let mut add = |problem: FieldProblem| problems.push(problem);
    let id = id(command).map_err(&mut add).ok();
    let to = to(command).map_err(&mut add).ok();
    word("priority", &command.priority, &PRIORITIES).map_err(&mut add).ok();
    word("on_unknown", &command.on_unknown, &ON_UNKNOWN).map_err(&mut add).ok();
    if let Some(name) = &command.carrier {
        carrier("carrier".to_owned(), name).map_err(&mut add).ok();
    }
    for (at, name) in command.carriers.iter().enumerate() {
        carrier(format!("carriers[{at}]"), name).map_err(&mut add).ok();
    }
    let content = Content::of(command).map_err(&mut add).ok();
    match (id, to, content) {
        (Some(id), Some(to), Some(content)) if problems.is_empty() => Ok(Valid { command, id, to, content }),
        _ => Err(problems),
    }
}

fn id(command: &SendCommand) -> Result<CommandId, FieldProblem> {
    CommandId::parse(&command.command_id).ok_or_else(|| {
        let fix = format!("use 1 to {} characters of A-Z a-z 0-9 . _ -", CommandId::MAX);
        FieldProblem::invalid("command_id", "is not an idempotency key", fix)
            .beyond(CommandId::MAX, command.command_id.chars().count())
    })
}

fn to(command: &SendCommand) -> Result<User, FieldProblem> {
    User::from_address(&command.to).ok_or_else(|| {
        let fix = "use a phone number with + and country code, a business-scoped user id, or group:<id>";
        FieldProblem::invalid("to", "is not an address", fix)
    })
}

fn word(field: &str, value: &str, known: &[&str]) -> Result<(), FieldProblem> {
    let wrong = || FieldProblem::invalid(field, "is not a known word", format!("use one of {}", known.join(", ")));
    known.contains(&value).then_some(()).ok_or_else(wrong)
}

/// A carrier's name becomes part of a topic's name.
fn carrier(field: String, name: &str) -> Result<(), FieldProblem> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    let is_name = (1..=CARRIER_MAX).contains(&name.len()) && name.bytes().all(allowed);
    let fix = "use a-z 0-9 - _, such as whatsapp or sms";
    is_name.then_some(()).ok_or_else(|| FieldProblem::invalid(field, "is not a carrier's name", fix))
}

#[cfg(test)]
mod tests;
