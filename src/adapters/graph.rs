//! Meta's Graph API over HTTP. Says what is known about a call's effect and nothing of retries; logs neither bodies nor
//! tokens, and no error it returns carries a body, or of an address more than its host.

mod answer;
mod download;
mod templates;
#[cfg(test)]
mod tests;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use reqwest::{Client, RequestBuilder, header::CONTENT_TYPE, redirect::Policy};
use url::Url;

use self::download::Hosts;
/// What its calls fail with.
pub use crate::stages::ports::GraphFailure;
use crate::{
    domain::{errors::lookup, secret::Secret},
    stages::ports::{Accepted, Download, Graph, MediaInfo},
    telemetry::Signals,
    wire::graph::response,
};

/// How Meta is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `https://graph.facebook.com`, or a simulator's address.
    pub base_url: String,
    /// `v25.0`
    pub version: String,
    pub connect_timeout: Duration,
    /// Of a whole call, from connecting to the last byte of the answer.
    pub timeout: Duration,
    /// Of one file.
    pub download_timeout: Duration,
    /// Access tokens by phone number id.
    pub tokens: BTreeMap<String, Secret>,
    /// Host suffixes that files may come from and tokens may go to, besides `base_url`'s own host.
    pub media_hosts: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: "https://graph.facebook.com".to_owned(),
            version: "v25.0".to_owned(),
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(30),
            download_timeout: Duration::from_secs(120),
            tokens: BTreeMap::new(),
            media_hosts: ["fbsbx.com", "fbcdn.net", "whatsapp.net"].map(str::to_owned).to_vec(),
        }
    }
}

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("graph.base_url is not an http or https address")]
    BaseUrl,
    #[error("no HTTP client")]
    Client(#[source] reqwest::Error),
}

/// The client. Holds the tokens.
pub struct GraphClient {
    client: Client,
    base: Url,
    tokens: BTreeMap<String, Secret>,
    hosts: Hosts,
    timeout: Duration,
    download_timeout: Duration,
    signals: Signals,
}

impl GraphClient {
    /// # Errors
    /// The base address is unusable, or TLS cannot be set up.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let base = base(&settings).ok_or(SettingsError::BaseUrl)?;
        let client = Client::builder()
            .connect_timeout(settings.connect_timeout)
            // below what Meta's edge keeps an idle connection, so that a call seldom meets a closing one
            .pool_idle_timeout(Duration::from_secs(30))
            .tcp_nodelay(true)
            // an answer elsewhere is no answer, and a token must not follow
            .redirect(Policy::none())
            // Meta refuses requests without one
            .user_agent(concat!("omnichannel-whatsapp/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(SettingsError::Client)?;
        let hosts = Hosts::new(&base, settings.media_hosts);
        let (timeout, download_timeout) = (settings.timeout, settings.download_timeout);
        let signals = Signals::default();
        Ok(Self { client, base, tokens: settings.tokens, hosts, timeout, download_timeout, signals })
    }

    /// Tells its calls there.
    #[must_use]
    pub fn with_signals(self, signals: Signals) -> Self {
        Self { signals, ..self }
    }

    async fn told<T>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, GraphFailure>>,
    ) -> Result<T, GraphFailure> {
        let began = Instant::now();
        let result = call.await;
        self.signals.graph_request(operation, outcome(&result), began.elapsed());
        result
    }

    fn token(&self, phone_number_id: &str) -> Result<&Secret, GraphFailure> {
        self.tokens.get(phone_number_id).ok_or(GraphFailure::NoToken)
    }

    fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    async fn post_message(&self, phone_number_id: &str, body: String) -> Result<Accepted, GraphFailure> {
        let request = self
            .client
            .post(self.url(&[phone_number_id, "messages"]))
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let answer = self.call(phone_number_id, request).await?;
        if response::succeeded(&answer) {
            return Ok(Accepted { message_id: String::new(), wa_id: None, message_status: None });
        }
        let sent = response::sent(&answer).ok_or_else(|| uncertain("an answer without a message id"))?;
        Ok(Accepted { message_id: sent.message_id, wa_id: sent.wa_id, message_status: sent.message_status })
    }

    async fn resolve(&self, phone_number_id: &str, media_id: &str) -> Result<MediaInfo, GraphFailure> {
        let mut url = self.url(&[media_id]);
        url.query_pairs_mut().append_pair("phone_number_id", phone_number_id);
        let answer = self.call(phone_number_id, self.client.get(url)).await?;
        let media = response::media(&answer).ok_or_else(|| uncertain("an answer without a file"))?;
        let (url, mime_type, sha256, size) = (media.url, media.mime_type, media.sha256, media.size);
        Ok(MediaInfo { url, mime_type, sha256, size })
    }

    /// The body of a successful answer.
    async fn call(&self, phone_number_id: &str, request: RequestBuilder) -> Result<bytes::Bytes, GraphFailure> {
        let token = self.token(phone_number_id)?;
        let request = request.bearer_auth(token.expose()).timeout(self.timeout);
        let response = request.send().await.map_err(|error| answer::failed(&error))?;
        let stated = answer::stated(&response);
        stated.usage().for_each(|(of, percent)| self.signals.graph_usage(of, percent));
        answer::read(response, &stated).await
    }
}

impl Graph for GraphClient {
    fn send(&self, phone_number_id: &str, body: String) -> BoxFuture<'_, Result<Accepted, GraphFailure>> {
        let phone_number_id = phone_number_id.to_owned();
        Box::pin(async move { self.told("send", self.post_message(&phone_number_id, body)).await })
    }

    fn media_info(&self, phone_number_id: &str, media_id: &str) -> BoxFuture<'_, Result<MediaInfo, GraphFailure>> {
        let (phone_number_id, media_id) = (phone_number_id.to_owned(), media_id.to_owned());
        Box::pin(async move { self.told("media_info", self.resolve(&phone_number_id, &media_id)).await })
    }

    fn download(&self, phone_number_id: &str, url: &str, limit: u64) -> BoxFuture<'_, Result<Download, GraphFailure>> {
        let (phone_number_id, url) = (phone_number_id.to_owned(), url.to_owned());
        Box::pin(async move {
            let token = self.token(&phone_number_id)?;
            let fetch = download::fetch(&self.client, &self.hosts, token, &url, limit);
            let bounded = async {
                match tokio::time::timeout(self.download_timeout, fetch).await {
                    Ok(result) => result,
                    Err(_) => Err(uncertain("the download took too long")),
                }
            };
            self.told("download", bounded).await
        })
    }
}

fn base(settings: &Settings) -> Option<Url> {
    let mut url = Url::parse(&settings.base_url).ok()?;
    let usable = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
    url.path_segments_mut().ok()?.pop_if_empty().push(&settings.version);
    usable.then_some(url)
}

/// From a bounded set, for metrics: the codes that the table knows, and one word for those that Meta adds.
fn outcome<T>(result: &Result<T, GraphFailure>) -> Cow<'static, str> {
    match result {
        Ok(_) => "ok".into(),
        Err(GraphFailure::NotSent(_)) => "not_sent".into(),
        Err(GraphFailure::Refused(error)) => match error.code {
            code if lookup(code, None).is_some() => code.to_string().into(),
            _ => "unknown_code".into(),
        },
        Err(GraphFailure::Uncertain(_)) => "uncertain".into(),
        Err(GraphFailure::NoToken) => "no_token".into(),
        Err(GraphFailure::TooLarge { .. }) => "too_large".into(),
    }
}

fn uncertain(reason: &str) -> GraphFailure {
    GraphFailure::Uncertain(reason.to_owned())
}
