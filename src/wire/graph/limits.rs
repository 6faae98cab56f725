//! What a command's content may be: every problem is found and named before the first is returned. Quotes no content.

use crate::{
    domain::errors::own::{INVALID_FIELD, NOT_SUPPORTED, Own},
    wire::{problem, records::WhatsAppError},
};

pub const TEXT_BODY: usize = 4_096;
pub const CAPTION: usize = 1_024;
pub const INTERACTIVE_BODY: usize = 1_024;
pub const LIST_BODY: usize = 4_096;
pub const HEADER_TEXT: usize = 60;
pub const FOOTER_TEXT: usize = 60;
pub const BUTTONS: usize = 3;
pub const BUTTON_ID: usize = 256;
pub const BUTTON_TITLE: usize = 20;
pub const LIST_SECTIONS: usize = 10;
pub const LIST_ROWS: usize = 10;
pub const SECTION_TITLE: usize = 24;
pub const ROW_ID: usize = 200;
pub const ROW_TITLE: usize = 24;
pub const ROW_DESCRIPTION: usize = 72;
pub const PRODUCTS: usize = 30;
pub const TEMPLATE_NAME: usize = 512;
/// The number every source agrees on; Meta's page says 257.
pub const CONTACTS: usize = 257;

/// One field that cannot be sent as it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct FieldProblem {
    /// Path inside the command: `template.body[1]`.
    pub field: String,
    /// In words, after the field's name.
    pub problem: String,
    /// In the field's own unit: characters, items.
    pub limit: Option<usize>,
    pub code: &'static Own,
}

impl FieldProblem {
    #[must_use]
    pub fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into(), limit: None, code: &INVALID_FIELD }
    }

    #[must_use]
    pub fn not_supported(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { code: &NOT_SUPPORTED, ..Self::invalid(field, problem) }
    }

    /// As the contract says it.
    #[must_use]
    pub fn error(&self) -> WhatsAppError {
        WhatsAppError {
            field: Some(self.field.clone()),
            limit: self.limit.and_then(|limit| i64::try_from(limit).ok()),
            ..problem::own(self.code, Some(self.to_string()))
        }
    }
}

/// Problems found so far.
#[derive(Debug, Default)]
pub struct Problems(Vec<FieldProblem>);

impl Problems {
    pub fn add(&mut self, problem: FieldProblem) {
        self.0.push(problem);
    }

    pub fn require(&mut self, field: &str, text: &str) {
        if text.is_empty() {
            self.add(FieldProblem::invalid(field, "is required"));
        }
    }

    /// Meta counts characters, not bytes.
    pub fn at_most(&mut self, field: &str, text: &str, limit: usize) {
        if text.chars().count() > limit {
            let problem = FieldProblem::invalid(field, format!("is longer than {limit} characters"));
            self.add(FieldProblem { limit: Some(limit), ..problem });
        }
    }

    /// Required and bounded.
    pub fn text(&mut self, field: &str, text: &str, limit: usize) {
        self.require(field, text);
        self.at_most(field, text, limit);
    }

    pub fn at_most_items(&mut self, field: &str, count: usize, limit: usize) {
        if count > limit {
            let problem = FieldProblem::invalid(field, format!("has more than {limit} items"));
            self.add(FieldProblem { limit: Some(limit), ..problem });
        }
    }

    /// Between one and `limit`.
    pub fn items(&mut self, field: &str, count: usize, limit: usize) {
        if count == 0 {
            self.add(FieldProblem::invalid(field, "is required"));
        }
        self.at_most_items(field, count, limit);
    }

    /// `value` if nothing was found.
    ///
    /// # Errors
    /// All problems.
    pub fn or<T>(self, value: T) -> Result<T, Vec<FieldProblem>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }
}
