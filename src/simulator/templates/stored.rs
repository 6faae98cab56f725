//! One template at Meta: its state, how the API shows it and what webhooks tell of it. A review ends by the clock: nobody has
//! to come by for it.

use serde_json::{Value, json};

use super::{Told, Verdict, check::Definition};

/// One template in one language.
#[derive(Debug, Clone)]
pub struct Stored {
    pub id: String,
    pub waba_id: String,
    pub definition: Definition,
    quality: String,
    status: String,
    reason: Option<String>,
    /// When its review ends well (unix ms).
    approved_at_ms: Option<i64>,
}

impl Stored {
    /// In review for ever.
    #[must_use]
    pub fn new(id: String, waba_id: String, definition: Definition) -> Self {
        let (quality, status) = ("UNKNOWN".to_owned(), "PENDING".to_owned());
        Self { id, waba_id, definition, quality, status, reason: None, approved_at_ms: None }
    }

    /// Without a review.
    pub fn approve(&mut self) {
        "APPROVED".clone_into(&mut self.status);
    }

    /// Whatever was decided, or the end of its review.
    #[must_use]
    pub fn status(&self, now_ms: i64) -> &str {
        match self.approved_at_ms {
            Some(at) if at <= now_ms => "APPROVED",
            _ => &self.status,
        }
    }

    /// As the API shows it.
    #[must_use]
    pub fn shown(&self, now_ms: i64) -> Value {
        let mut shown = json!({
            "id": self.id,
            "name": self.definition.name,
            "language": self.definition.language,
            "status": self.status(now_ms),
            "category": self.definition.category,
            "parameter_format": self.definition.parameter_format,
            "components": self.definition.components,
            "quality_score": {"score": self.quality},
            "rejected_reason": self.reason.as_deref().filter(|_| self.status == "REJECTED").unwrap_or("NONE"),
        });
        if let Some(ttl) = self.definition.ttl_seconds {
            shown["message_send_ttl_seconds"] = json!(ttl);
        }
        shown
    }

    /// Its id as webhooks have it.
    #[must_use]
    pub fn number(&self) -> Value {
        json!(self.id.parse::<i64>().unwrap_or_default())
    }

    fn told(&self, field: &'static str, more: Value) -> Told {
        let mut value = json!({
            "message_template_id": self.number(),
            "message_template_name": self.definition.name,
            "message_template_language": self.definition.language,
        });
        if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
            value.extend(more);
        }
        Told { field, value }
    }

    /// The webhook about a status.
    #[must_use]
    pub fn status_told(&self, event: &str, reason: Option<&str>) -> Told {
        let mut more = json!({"event": event, "reason": "NONE", "message_template_category": self.definition.category});
        match (event, reason) {
            ("REJECTED", Some(reason)) => more["reason"] = json!(reason),
            (_, Some(title)) => more["other_info"] = json!({"title": title, "description": "simulated"}),
            (_, None) => {}
        }
        self.told("message_template_status_update", more)
    }

    /// It is in review, and will be through it.
    pub fn review(&mut self, approved_at_ms: Option<i64>) {
        (self.status, self.reason) = ("PENDING".to_owned(), None);
        self.approved_at_ms = approved_at_ms;
    }

    /// What is told of it.
    pub fn decide(&mut self, verdict: &Verdict) -> Vec<Told> {
        let mut told = Vec::new();
        if let Some(status) = &verdict.status {
            (self.status, self.reason, self.approved_at_ms) = (status.clone(), verdict.reason.clone(), None);
            told.push(self.status_told(status, verdict.reason.as_deref()));
        }
        if let Some(category) = &verdict.category {
            let before = std::mem::replace(&mut self.definition.category, category.clone());
            let more = json!({"previous_category": before, "new_category": category});
            told.push(self.told("template_category_update", more));
        }
        if let Some(quality) = &verdict.quality {
            let before = std::mem::replace(&mut self.quality, quality.clone());
            let more = json!({"previous_quality_score": before, "new_quality_score": quality});
            told.push(self.told("message_template_quality_update", more));
        }
        told
    }
}
