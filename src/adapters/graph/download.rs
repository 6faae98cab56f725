//! Files by the address Meta named. Goes to allowed hosts only, also after a redirect, so that a forged address fetches
//! nothing inside our network and no token leaves for a stranger.

use bytes::{Bytes, BytesMut};
use reqwest::{
    Client, Response,
    header::{CONTENT_TYPE, LOCATION},
};
use url::Url;

use super::{answer, uncertain};
use crate::{
    domain::{errors::MetaError, secret::Secret},
    stages::ports::{Download, GraphFailure},
};

const MOST_REDIRECTS: usize = 3;
/// Meta's code for a file of the user's that cannot be had.
const MEDIA_DOWNLOAD: i64 = 131_052;

/// Where files may come from.
#[derive(Debug, Clone)]
pub struct Hosts {
    /// Scheme, host and port of the API itself: a simulator serves files beside it, without TLS.
    own: (String, Option<String>, Option<u16>),
    suffixes: Vec<String>,
}

impl Hosts {
    #[must_use]
    pub fn new(base: &Url, suffixes: Vec<String>) -> Self {
        Self { own: origin(base), suffixes }
    }

    /// `example.fbsbx.com` and `fbsbx.com` match the suffix `fbsbx.com`; `evilfbsbx.com` does not.
    #[must_use]
    pub fn allow(&self, url: &Url) -> bool {
        let named = |host: &str| {
            self.suffixes.iter().any(|suffix| {
                host.strip_suffix(suffix.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            })
        };
        origin(url) == self.own || (url.scheme() == "https" && url.host_str().is_some_and(named))
    }
}

fn origin(url: &Url) -> (String, Option<String>, Option<u16>) {
    (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default())
}

/// Downloads up to `limit` bytes.
pub async fn fetch(
    client: &Client,
    hosts: &Hosts,
    token: &Secret,
    url: &str,
    limit: u64,
) -> Result<Download, GraphFailure> {
    let mut url = Url::parse(url).map_err(|_| refused(None, "the address of the file is not valid"))?;
    for _ in 0..=MOST_REDIRECTS {
        if !hosts.allow(&url) {
            return Err(refused(None, "the host of the file is not in the allow-list"));
        }
        let request = client.get(url.clone()).bearer_auth(token.expose());
        let response = request.send().await.map_err(|error| answer::failed(&error))?;
        if !response.status().is_redirection() {
            return read(response, limit).await;
        }
        url = redirected(&url, &response).ok_or_else(|| refused(None, "a redirect to nowhere"))?;
    }
    Err(refused(None, "too many redirects"))
}

fn redirected(from: &Url, response: &Response) -> Option<Url> {
    from.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()
}

async fn read(mut response: Response, limit: u64) -> Result<Download, GraphFailure> {
    let status = response.status();
    if status.is_server_error() || status == 429 {
        return Err(uncertain(&format!("status {} for a file", status.as_u16())));
    }
    if !status.is_success() {
        return Err(refused(Some(status.as_u16()), "the file cannot be had at this address"));
    }
    let mime_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if response.content_length().is_some_and(|length| length > limit) {
        return Err(GraphFailure::TooLarge { limit });
    }
    let mut bytes = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| answer::failed(&error))? {
        if u64::try_from(bytes.len() + chunk.len()).is_ok_and(|size| size > limit) {
            return Err(GraphFailure::TooLarge { limit });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Download { bytes: Bytes::from(bytes), mime_type })
}

/// File hosts answer with pages, not with error objects: the code is the one Meta uses for the same thing in webhooks.
fn refused(http_status: Option<u16>, details: &str) -> GraphFailure {
    GraphFailure::Refused(Box::new(MetaError {
        code: MEDIA_DOWNLOAD,
        title: "Media download error".to_owned(),
        details: Some(details.to_owned()),
        http_status,
        ..MetaError::default()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_metas_hosts_over_tls_and_the_api_itself_are_allowed() {
        let base = Url::parse("http://127.0.0.1:8080/v25.0").unwrap();
        let hosts = Hosts::new(&base, vec!["fbsbx.com".to_owned()]);
        let allow = |url: &str| hosts.allow(&Url::parse(url).unwrap());
        assert!(allow("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1"));
        assert!(allow("https://fbsbx.com/"));
        assert!(allow("http://127.0.0.1:8080/whatsapp_business/attachments/?mid=1"));
        let refused = [
            "http://lookaside.fbsbx.com/",
            "https://evilfbsbx.com/",
            "https://fbsbx.com.evil.example/",
            "https://fbsbx.com@evil.example/",
            "http://127.0.0.1:8081/",
            "http://169.254.169.254/latest/meta-data/",
            "file:///etc/passwd",
        ];
        assert!(refused.iter().all(|url| !allow(url)));
    }
}
