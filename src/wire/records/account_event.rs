//! AccountEvent: the Rust side of `schemas/AccountEvent.avsc`, which documents every field. Must not hold logic.

use serde::{Deserialize, Serialize};

/// Something Meta reports that is no message and no status of one: about an account, number, template, user, group, call. Published on
/// `whatsapp.account.events`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountEvent {
    pub event_id: String,
    pub waba_id: String,
    pub field: String,
    pub subject_kind: String,
    pub subject_id: Option<String>,
    pub event: Option<String>,
    pub previous: Option<String>,
    pub current: Option<String>,
    pub reason: Option<String>,
    pub user: Option<String>,
    pub preference: Option<String>,
    pub phone_number_id: Option<String>,
    pub account: Option<String>,
    pub tenant: Option<String>,
    pub occurred_at: i64,
    pub received_at: i64,
    pub raw: String,
    pub name: Option<String>,
    pub language: Option<String>,
    pub category: Option<String>,
    pub details: Option<String>,
    pub request_id: Option<String>,
    pub effective_at: Option<i64>,
}
