//! Meta's templates of one business account, asked for through one of its numbers. Waits where Meta says so, not for ever.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::Value;

use crate::{
    adapters::graph::{GraphClient, GraphFailure},
    domain::errors::{Class, MetaError, classify},
    wire::{
        records::TemplateState,
        template::{page, state},
    },
};

/// More than Meta lets an account have: 6,000 in pages of fifty.
const MOST_PAGES: usize = 200;
/// Meta's hourly limit of management calls: whoever waits longer for it is better started again.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// Between two tries of a page that was not answered, and how many there are.
const REST: Duration = Duration::from_secs(2);
const TRIES: u32 = 3;

/// Why Meta's side is not known, or was not changed.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error("Meta refuses ({code}): {details}")]
    Refused { code: i64, details: String },
    #[error("Meta asks to wait {} s: run this again then", wait.as_secs())]
    Wait { wait: Duration },
    #[error("{0}")]
    NotAsked(String),
    #[error("Meta answered with something that is no list of templates")]
    Unreadable,
    #[error("Meta's list of templates does not end: {MOST_PAGES} pages were read")]
    Endless,
}

impl From<GraphFailure> for DeskError {
    fn from(failure: GraphFailure) -> Self {
        match failure {
            GraphFailure::Refused(error) => Self::Refused { code: error.code, details: words(&error) },
            other => Self::NotAsked(other.to_string()),
        }
    }
}

fn words(error: &MetaError) -> String {
    let details = error.details.as_ref().filter(|details| !details.is_empty());
    details.map_or_else(|| error.title.clone(), |details| format!("{}: {details}", error.title))
}

/// A template at Meta.
#[derive(Debug, Clone)]
pub struct Remote {
    pub state: TemplateState,
    /// The object as it came.
    pub object: Value,
}

/// One business account.
#[derive(Clone)]
pub struct Desk {
    pub graph: Arc<GraphClient>,
    pub waba_id: String,
    /// Alias of the account that stands for it.
    pub account: String,
    /// One of its numbers, whose token is used.
    pub phone_number_id: String,
}

impl Desk {
    /// Every template, by name and language.
    ///
    /// # Errors
    /// Whatever keeps the list from being whole: half of one would make the other half look deleted.
    pub async fn all(&self, now_ms: i64) -> Result<Vec<Remote>, DeskError> {
        let (mut found, mut after) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let body = self.page(after.as_deref()).await?;
            let read = page(&body).ok_or(DeskError::Unreadable)?;
            for object in &read.templates {
                let state =
                    state(&self.waba_id, object.get().as_bytes(), now_ms, "api").ok_or(DeskError::Unreadable)?;
                let object = serde_json::from_str(object.get()).map_err(|_| DeskError::Unreadable)?;
                found.push(Remote { state, object });
            }
            let Some(next) = read.after else {
                found.sort_by(|a, b| (&a.state.name, &a.state.language).cmp(&(&b.state.name, &b.state.language)));
                return Ok(found);
            };
            after = Some(next);
        }
        Err(DeskError::Endless)
    }

    /// A page, asked for again where asking again may help.
    async fn page(&self, after: Option<&str>) -> Result<Bytes, DeskError> {
        let (mut waited, mut tries) = (Duration::ZERO, 0);
        loop {
            let failure = match self.graph.templates(&self.phone_number_id, &self.waba_id, after).await {
                Ok(body) => return Ok(body),
                Err(failure) => failure,
            };
            tries += 1;
            let rest = rest(&failure).filter(|_| tries < TRIES || is_throttled(&failure));
            let Some(rest) = rest else { return Err(failure.into()) };
            if waited + rest > PATIENCE {
                return Err(DeskError::Wait { wait: rest });
            }
            tracing::warn!(wait_s = rest.as_secs(), reason = %failure, "Meta's list of templates is waited for");
            tokio::time::sleep(rest).await;
            waited += rest;
        }
    }

    /// # Errors
    /// Meta refuses it, or whether it was made is not known.
    pub async fn create(&self, body: String) -> Result<Value, DeskError> {
        answer(&self.graph.create_template(&self.phone_number_id, &self.waba_id, body).await?)
    }

    /// # Errors
    /// As [`create`](Self::create).
    pub async fn edit(&self, template_id: &str, body: String) -> Result<Value, DeskError> {
        answer(&self.graph.edit_template(&self.phone_number_id, template_id, body).await?)
    }
}

fn answer(body: &Bytes) -> Result<Value, DeskError> {
    serde_json::from_slice(body).map_err(|_| DeskError::Unreadable)
}

/// How long to wait before the same is asked again, where that may help.
fn rest(failure: &GraphFailure) -> Option<Duration> {
    match failure {
        GraphFailure::NotSent(_) | GraphFailure::Uncertain(_) => Some(REST),
        GraphFailure::Refused(error) => match classify(error).class {
            Class::Throttled { wait_ms, .. } => Some(Duration::from_millis(wait_ms)),
            Class::Transient => Some(REST),
            Class::AccountGate | Class::Rejected => None,
        },
        GraphFailure::NoToken | GraphFailure::TooLarge { .. } => None,
    }
}

fn is_throttled(failure: &GraphFailure) -> bool {
    match failure {
        GraphFailure::Refused(error) => matches!(classify(error).class, Class::Throttled { .. }),
        GraphFailure::NotSent(_)
        | GraphFailure::Uncertain(_)
        | GraphFailure::NoToken
        | GraphFailure::TooLarge { .. } => false,
    }
}
