//! A Confluent-compatible schema registry over HTTP. Must not cache (the codec does) and must not register anything
//! unless asked to.

use std::time::Duration;

use futures::future::BoxFuture;
use schema_registry_converter::{
    async_impl::schema_registry::{SrSettings, perform_sr_call},
    error::SRCError,
    schema_registry_common::{RawError, RawRegisteredSchema, SrCall},
};
use serde_json::json;

use crate::{
    domain::secret::Secret,
    wire::registry::{RegistryFailure, SchemaIds},
};

const CONTENT_TYPE: &str = "application/vnd.schemaregistry.v1+json";

/// How to reach the registry.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Tried in order on every call; at least one. With the path of the compatible API, such as `…/apis/ccompat/v7`.
    pub urls: Vec<String>,
    /// User and password.
    pub basic_auth: Option<(String, Secret)>,
    /// Of one call to one URL.
    pub timeout: Duration,
    /// Registers our schemas on first use instead of only looking them up: for development, where nobody runs
    /// `schemas register`.
    pub register: bool,
}

impl Settings {
    pub const TIMEOUT: Duration = Duration::from_secs(2);

    #[must_use]
    pub fn new(urls: Vec<String>) -> Self {
        Self { urls, basic_auth: None, timeout: Self::TIMEOUT, register: false }
    }
}

/// The registry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    #[error("no schema registry URL is configured")]
    NoUrl,
    #[error("the schema registry's HTTP client could not be made: {0}")]
    Client(String),
}

/// A client of the registry. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    calls: SrSettings,
    /// For the calls the converter lacks: compatibility levels.
    http: reqwest::Client,
    settings: Settings,
}

impl Registry {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// [`RegistryError`] when there is no URL, or TLS cannot be set up.
    pub fn new(settings: Settings) -> Result<Self, RegistryError> {
        let mut urls = settings.urls.iter().map(|url| url.trim_end_matches('/').to_owned());
        let mut builder = SrSettings::new_builder(urls.next().ok_or(RegistryError::NoUrl)?);
        for url in urls {
            builder.add_url(url);
        }
        builder.set_timeout(settings.timeout);
        if let Some((user, password)) = &settings.basic_auth {
            builder.set_basic_authorization(user, Some(password.expose()));
        }
        let calls = builder.build().map_err(|error| RegistryError::Client(error.error))?;
        let http = reqwest::Client::builder()
            .timeout(settings.timeout)
            .build()
            .map_err(|error| RegistryError::Client(error.to_string()))?;
        Ok(Self { calls, http, settings })
    }

    /// Registers `schema` under `subject`, or finds it there; the id either way.
    ///
    /// # Errors
    /// [`RegistryFailure::Refused`] when it is not compatible with what is registered.
    pub async fn register(&self, subject: &str, schema: &str) -> Result<u32, RegistryFailure> {
        let subject = encoded(subject);
        id(self.call(SrCall::PostNew(&subject, &body(schema))).await?)
    }

    /// The id of exactly this schema under `subject`.
    ///
    /// # Errors
    /// [`RegistryFailure::NotFound`] when it is not registered there.
    pub async fn look_up(&self, subject: &str, schema: &str) -> Result<u32, RegistryFailure> {
        let subject = encoded(subject);
        id(self.call(SrCall::PostForVersion(&subject, &body(schema))).await?)
    }

    /// Sets what the registry accepts as the next version of `subject`, such as `FULL_TRANSITIVE`.
    ///
    /// # Errors
    /// As every call.
    pub async fn set_compatibility(&self, subject: &str, level: &str) -> Result<(), RegistryFailure> {
        let mut failure = RegistryFailure::Unavailable("no URL answered".to_owned());
        for url in &self.settings.urls {
            match self.put_compatibility(url, subject, level).await {
                Ok(()) => return Ok(()),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    async fn put_compatibility(&self, url: &str, subject: &str, level: &str) -> Result<(), RegistryFailure> {
        let url = format!("{}/config/{}", url.trim_end_matches('/'), encoded(subject));
        let mut request = self
            .http
            .put(url)
            .header(reqwest::header::CONTENT_TYPE, CONTENT_TYPE)
            .body(json!({ "compatibility": level }).to_string());
        if let Some((user, password)) = &self.settings.basic_auth {
            request = request.basic_auth(user, Some(password.expose()));
        }
        let sent = request.send().await.map_err(|error| RegistryFailure::Unavailable(transport(&error)))?;
        match sent.status().as_u16() {
            200..=299 => Ok(()),
            status => Err(refusal(status, format!("setting the compatibility of {subject}"))),
        }
    }

    async fn call(&self, call: SrCall<'_>) -> Result<RawRegisteredSchema, RegistryFailure> {
        perform_sr_call(&self.calls, call).await.map_err(|error| failure(&error))
    }
}

impl SchemaIds for Registry {
    fn id_of<'a>(&'a self, subject: &'a str, schema: &'a str) -> BoxFuture<'a, Result<u32, RegistryFailure>> {
        Box::pin(async move {
            match self.settings.register {
                true => self.register(subject, schema).await,
                false => self.look_up(subject, schema).await,
            }
        })
    }

    fn schema_of(&self, id: u32) -> BoxFuture<'_, Result<String, RegistryFailure>> {
        Box::pin(async move {
            let answer = self.call(SrCall::GetById(id)).await?;
            match (answer.schema_type.as_deref(), answer.schema) {
                (None | Some("AVRO"), Some(schema)) => Ok(schema),
                // not Avro at all: the codec says so of any text that is no Avro schema
                (Some(other), Some(_)) => Ok(format!("\"{other}\"")),
                (_, None) => Err(RegistryFailure::Unavailable(format!("no schema in the answer for id {id}"))),
            }
        })
    }
}

fn body(schema: &str) -> String {
    json!({ "schema": schema, "schemaType": "AVRO" }).to_string()
}

fn id(answer: RawRegisteredSchema) -> Result<u32, RegistryFailure> {
    answer.id.ok_or_else(|| RegistryFailure::Unavailable("no id in the answer".to_owned()))
}

/// A subject as a path segment. Topic names are letters, digits, dots, dashes and underscores; a prefix is configuration.
fn encoded(subject: &str) -> String {
    url::form_urlencoded::byte_serialize(subject.as_bytes()).collect::<String>().replace('+', "%20")
}

/// The converter tells a status in its text only, but keeps the registry's own error as the source.
fn failure(error: &SRCError) -> RegistryFailure {
    let source = std::error::Error::source(error);
    if let Some(answer) = source.and_then(|source| source.downcast_ref::<RawError>()) {
        let status = status_of(answer, &error.error);
        return refusal(status, answer.message.clone());
    }
    match source.and_then(|source| source.downcast_ref::<reqwest::Error>()) {
        Some(cause) => RegistryFailure::Unavailable(transport(cause)),
        None => RegistryFailure::Unavailable(error.error.clone()),
    }
}

/// Registry error codes are the status and two more digits (40403); an answer that is not the registry's has only the
/// status, at the end of the converter's text.
fn status_of(answer: &RawError, text: &str) -> u16 {
    let coded = if answer.error_code >= 10_000 { answer.error_code / 100 } else { answer.error_code };
    match u16::try_from(coded) {
        Ok(code @ 100..=599) => code,
        _ => text.split_whitespace().find_map(|word| word.parse().ok()).unwrap_or(0),
    }
}

fn refusal(status: u16, message: String) -> RegistryFailure {
    match status {
        404 => RegistryFailure::NotFound(message),
        401 | 403 | 409 | 422 => RegistryFailure::Refused(message),
        _ => RegistryFailure::Unavailable(format!("status {status}: {message}")),
    }
}

/// What went wrong on the way, without the URL, which may hold credentials.
fn transport(error: &reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "it did not answer in time"
    } else if error.is_connect() {
        "it cannot be reached"
    } else {
        "the answer could not be read"
    };
    kind.to_owned()
}
