//! What the stages need of the world. Implemented in `adapters`, and by hand in tests.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use futures::future::BoxFuture;

use crate::domain::account::Account;

/// The configured accounts, looked up by what records carry.
#[derive(Debug, Clone, Default)]
pub struct Accounts(Arc<BTreeMap<String, Account>>);

impl Accounts {
    #[must_use]
    pub fn new(accounts: impl IntoIterator<Item = Account>) -> Self {
        Self(Arc::new(accounts.into_iter().map(|a| (a.alias.clone(), a)).collect()))
    }

    #[must_use]
    pub fn by_phone_number_id(&self, id: &str) -> Option<&Account> {
        self.0.values().find(|a| a.phone_number_id == id)
    }

    /// By alias or phone number id.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Account> {
        self.0.get(name).or_else(|| self.by_phone_number_id(name))
    }

    #[must_use]
    pub fn by_waba(&self, waba_id: &str) -> Option<&Account> {
        self.0.values().find(|a| a.waba_id == waba_id)
    }

    /// The account a command without `from` uses: the only one, where there is one.
    #[must_use]
    pub fn default_account(&self) -> Option<&Account> {
        let mut all = self.0.values();
        all.next().filter(|_| all.next().is_none())
    }

    pub fn iter(&self) -> impl Iterator<Item = &Account> {
        self.0.values()
    }
}

/// Meta's Graph API as the sender and the media stage use it. Implementations know the tokens.
pub trait Graph: Send + Sync + 'static {
    /// `POST /<phone number id>/messages` with `body` as it stands.
    fn send(&self, phone_number_id: &str, body: String) -> BoxFuture<'_, Result<Accepted, GraphFailure>>;
    /// `GET /<media id>`: where the file is and what it should be.
    fn media_info(&self, phone_number_id: &str, media_id: &str) -> BoxFuture<'_, Result<MediaInfo, GraphFailure>>;
    /// Downloads what [`media_info`](Self::media_info) named, up to `limit` bytes. Another host's failures than the API's:
    /// a refusal has the host's `http_status`, or none where the address is not one to be asked.
    fn download(&self, phone_number_id: &str, url: &str, limit: u64) -> BoxFuture<'_, Result<Download, GraphFailure>>;
}

/// Meta's templates as the catalogue stage asks for them.
pub trait TemplateSource: Send + Sync + 'static {
    /// `GET /<template id>` with the fields a record holds: the answer as it came.
    fn template(&self, phone_number_id: &str, template_id: &str) -> BoxFuture<'_, Result<Bytes, GraphFailure>>;
}

/// Meta took the message: accepted, not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The wamid; empty for what is no message (marking as read, typing).
    pub message_id: String,
    /// `contacts[0].wa_id`, where Meta tells it.
    pub wa_id: Option<String>,
    /// `accepted`, `held_for_quality_assessment`, `paused` (templates only).
    pub message_status: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaInfo {
    pub url: String,
    pub mime_type: String,
    /// As Meta gives it: lowercase hex so far, base64 in webhooks.
    pub sha256: Option<String>,
    pub size: Option<u64>,
}

#[derive(Debug, Clone)]
pub struct Download {
    pub bytes: Bytes,
    pub mime_type: Option<String>,
}

/// How a Graph call failed, by what is known about its effect.
#[derive(Debug, thiserror::Error)]
pub enum GraphFailure {
    /// Nothing left this machine (refused, DNS, TLS): known not to have happened.
    #[error("the Graph API could not be reached: {0}")]
    NotSent(String),
    /// Meta answered with an error object, or that there were too many requests: known not to have happened.
    #[error("graph error {}", .0.code)]
    Refused(Box<crate::domain::errors::MetaError>),
    /// Anything else after a byte may have left: it may have happened.
    #[error("no certain answer from the Graph API: {0}")]
    Uncertain(String),
    /// No account with a token for this phone number id.
    #[error("no access token is configured for this phone number id")]
    NoToken,
    /// The body is larger than the limit.
    #[error("the file is larger than {limit} bytes")]
    TooLarge { limit: u64 },
}

/// Where media go: a folder or a bucket.
pub trait Objects: Send + Sync + 'static {
    /// Stores `bytes` under `key` (overwriting) and returns the object's URL.
    fn put(&self, key: &str, bytes: Bytes, mime_type: &str) -> BoxFuture<'_, Result<String, ObjectsFailure>>;
    /// The URL [`put`](Self::put) would return: deterministic, no IO.
    fn url_of(&self, key: &str) -> String;
}

#[derive(Debug, thiserror::Error)]
pub enum ObjectsFailure {
    /// Refused, timed out, 5xx: works again later.
    #[error("the object store is not available: {0}")]
    Unavailable(String),
    /// Bucket missing, access denied: a person must act.
    #[error("the object store refuses: {0}")]
    Refused(String),
}
