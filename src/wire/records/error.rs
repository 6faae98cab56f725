//! What went wrong: the record `Error` nested in several schemas. Every field is documented in the schemas.
//! Must not hold logic.

use serde::{Deserialize, Serialize};

/// What went wrong, in words a program can branch on and a person can act on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename = "Error", default)]
pub struct WhatsAppError {
    pub code: String,
    pub title: String,
    pub details: Option<String>,
    pub field: Option<String>,
    pub limit: Option<i64>,
    pub value: Option<i64>,
    pub meta_code: Option<i64>,
    pub meta_subcode: Option<i64>,
    pub fbtrace_id: Option<String>,
    pub retryable: bool,
    pub retry_after_ms: Option<i64>,
    pub action: String,
    pub doc_url: Option<String>,
}

impl Default for WhatsAppError {
    fn default() -> Self {
        Self {
            code: String::new(),
            title: String::new(),
            details: None,
            field: None,
            limit: None,
            value: None,
            meta_code: None,
            meta_subcode: None,
            fbtrace_id: None,
            retryable: false,
            retry_after_ms: None,
            action: "none".to_owned(),
            doc_url: None,
        }
    }
}
