//! Message templates on Meta's side: what there is, what a send of one must give, and how their states change. Tells nobody:
//! whoever changes something is handed the webhook.

mod check;
mod store;
mod stored;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{
    store::{Templates, Unfit},
    stored::Stored,
};
use super::{
    handle::{Simulator, Unusable},
    payload,
    state::{State, locked, now_ms},
};

/// What somebody at Meta decides about a template.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Verdict {
    pub name: String,
    /// Every language where absent.
    pub language: Option<String>,
    /// APPROVED, PAUSED, REJECTED …
    pub status: Option<String>,
    /// Beside a status: INVALID_FORMAT, FIRST_PAUSE …
    pub reason: Option<String>,
    pub category: Option<String>,
    /// GREEN, YELLOW or RED.
    pub quality: Option<String>,
}

/// A webhook field with its value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Told {
    pub field: &'static str,
    pub value: Value,
}

/// Puts a webhook about a template of this business account into the outbox.
pub fn tell(state: &State, waba_id: &str, told: &Told, after_ms: u64) {
    let at_ms = now_ms().saturating_add_unsigned(after_ms);
    let body = payload::change(waba_id, told.field, told.value.clone(), Some(at_ms / 1_000));
    let (label, after) = (format!("template {}", state.next()), std::time::Duration::from_millis(after_ms));
    state.outbox.add(payload::ascii(&body), after, &label, &state.behaviour(), state.dice);
}

impl Simulator {
    /// Every template there is, as Meta's API shows it.
    #[must_use]
    pub fn templates(&self) -> Vec<Value> {
        locked(&self.state().templates).all().map(|stored| stored.shown(now_ms())).collect()
    }

    /// Decides about a template in one language or all; webhooks tell of it. How many it is about.
    ///
    /// # Errors
    /// There is no such template.
    pub fn decide(&self, verdict: &Verdict) -> Result<usize, Unusable> {
        let told = locked(&self.state().templates).decide(verdict);
        if told.is_empty() {
            return Err(Unusable("no such template".to_owned()));
        }
        for (waba_id, news) in &told {
            news.iter().for_each(|one| tell(self.state(), waba_id, one, 0));
        }
        Ok(told.len())
    }
}
