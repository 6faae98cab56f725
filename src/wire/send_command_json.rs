//! The JSON form of a command: the Avro record's names, absent means default, times as RFC 3339 or milliseconds, an
//! unknown field is refused, and what is JSON text in Avro may be written as JSON. Must not know what a valid command is;
//! [`send_command`](super::send_command) does.

mod normalise;

pub(in crate::wire) use normalise::AS_JSON;

use serde_json::Value;

use super::{avro::AvroRecord, field_problem::FieldProblem, records::SendCommand};
use crate::domain::identity::CommandId;

/// A value that is no command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not JSON, or not an object: nothing of it can be named.
    #[error("the value is not a JSON object (line {line}, column {column})")]
    NotJson { line: usize, column: usize },
    /// An object with mistakes.
    #[error("{} of the command's fields are wrong", problems.len())]
    Invalid {
        /// The id it gave itself, where that much is right: the rejected status is keyed by it.
        command_id: Option<String>,
        /// Every mistake found.
        problems: Vec<FieldProblem>,
    },
}

/// Reads a command. `default_id` (`<topic>-<partition>-<offset>`) is the command id of one that gives none.
///
/// # Errors
/// [`Refusal`], naming every mistake with its path.
pub fn parse(json: &[u8], default_id: &str) -> Result<SendCommand, Refusal> {
    let mut value: Value = serde_json::from_slice(json)
        .map_err(|error| Refusal::NotJson { line: error.line(), column: error.column() })?;
    let Value::Object(fields) = &mut value else {
        return Err(Refusal::NotJson { line: 1, column: 1 });
    };
    if fields.get("command_id").is_none_or(Value::is_null) {
        fields.insert("command_id".to_owned(), default_id.into());
    }
    let command_id = fields.get("command_id").and_then(Value::as_str).map(ToOwned::to_owned);
    read(value).map_err(|problems| Refusal::Invalid {
        command_id: command_id.filter(|id| CommandId::parse(id).is_some()),
        problems,
    })
}

fn read(mut value: Value) -> Result<SendCommand, Vec<FieldProblem>> {
    let problems = normalise::normalise(SendCommand::schema(), &mut value);
    if !problems.is_empty() {
        return Err(problems);
    }
    serde_json::from_value(value)
        .map_err(|_| vec![FieldProblem::invalid("", "is not a command", "compare it with the JSON schema")])
}

#[cfg(test)]
mod tests;
