//! AdminAlert: the Rust side of `schemas/AdminAlert.avsc`, which documents every field. Must not hold logic.

use serde::{Deserialize, Serialize};

/// Something a person should look at. Published on `omnichannel.admin.alerts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AdminAlert {
    pub alert_id: String,
    pub kind: String,
    pub severity: String,
    pub state: String,
    pub stage: String,
    pub account: Option<String>,
    pub code: Option<String>,
    pub summary: String,
    pub count: i64,
    pub first_at: i64,
    pub last_at: i64,
    pub runbook_url: String,
}

impl Default for AdminAlert {
    fn default() -> Self {
        Self {
            alert_id: String::new(),
            kind: String::new(),
            severity: String::new(),
            state: String::new(),
            stage: String::new(),
            account: None,
            code: None,
            summary: String::new(),
            count: 1,
            first_at: 0,
            last_at: 0,
            runbook_url: String::new(),
        }
    }
}
