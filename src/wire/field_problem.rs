//! Something wrong with a field of a command, in the words its producer hears. Never quotes what a field holds: commands
//! hold phone numbers and message bodies.

use super::{problem, records::WhatsAppError};
use crate::domain::errors::own::{INVALID_FIELD, NOT_SUPPORTED, Own};

/// One violation: where, what, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} {problem}: {fix}", subject(.field))]
pub struct FieldProblem {
    /// Path inside the command, such as `template.body[1]`; empty for the command as a whole.
    pub field: String,
    /// In words, after the field's name.
    pub problem: String,
    /// What to do.
    pub fix: String,
    /// The limit exceeded, in the field's own unit.
    pub limit: Option<i64>,
    /// What was found instead: a length or a count.
    pub value: Option<i64>,
    pub code: &'static Own,
}

fn subject(field: &str) -> &str {
    if field.is_empty() { "the command" } else { field }
}

impl FieldProblem {
    #[must_use]
    pub fn invalid(field: impl Into<String>, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        let (field, problem, fix) = (field.into(), problem.into(), fix.into());
        Self { field, problem, fix, limit: None, value: None, code: &INVALID_FIELD }
    }

    /// What a later release may do.
    #[must_use]
    pub fn not_supported(field: impl Into<String>, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { code: &NOT_SUPPORTED, ..Self::invalid(field, problem, fix) }
    }

    /// Beyond `limit`, with `value`.
    #[must_use]
    pub fn beyond(self, limit: usize, value: usize) -> Self {
        Self { limit: i64::try_from(limit).ok(), value: i64::try_from(value).ok(), ..self }
    }
}

/// What a `rejected` status carries.
impl From<&FieldProblem> for WhatsAppError {
    fn from(found: &FieldProblem) -> Self {
        let field = Some(found.field.clone()).filter(|field| !field.is_empty());
        let told = problem::own(found.code, Some(found.to_string()));
        Self { field, limit: found.limit, value: found.value, ..told }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_field_limit_and_what_was_found() {
        let error = WhatsAppError::from(&FieldProblem::invalid("text.body", "is too long", "cut it").beyond(7, 9));
        assert_eq!((error.field.as_deref(), error.limit, error.value), (Some("text.body"), Some(7), Some(9)));
        assert_eq!(error.details.as_deref(), Some("text.body is too long: cut it"));
        assert_eq!((error.code.as_str(), error.action.as_str()), ("invalid_field", "fix_command"));
    }

    #[test]
    fn a_problem_of_the_whole_command_names_no_field() {
        let error = WhatsAppError::from(&FieldProblem::not_supported("", "is too new", "wait"));
        assert_eq!((error.field, error.code.as_str()), (None, "not_supported"));
        assert_eq!(error.details.as_deref(), Some("the command is too new: wait"));
    }
}
