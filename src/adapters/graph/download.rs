//! Files by the address Meta named. Goes to allowed hosts only, also after a redirect, so that a forged address fetches
//! nothing inside our network; and the token goes to the host that Meta named only, so that it leaves for no stranger.

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
    /// The API itself: a simulator serves files beside it, without TLS.
    own: Vec<Origin>,
    suffixes: Vec<String>,
}

/// Scheme, host and port.
type Origin = (String, Option<String>, Option<u16>);

impl Hosts {
    #[must_use]
    pub fn new(base: &Url, suffixes: Vec<String>) -> Self {
        Self { own: vec![origin(base)], suffixes }
    }

    /// `example.fbsbx.com` and `fbsbx.com` match the suffix `fbsbx.com`; `evilfbsbx.com` does not.
    #[must_use]
    pub fn allow(&self, url: &Url) -> bool {
        let named = |host: &str| {
            self.suffixes.iter().any(|suffix| {
                host.strip_suffix(suffix.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            })
        };
        self.own.contains(&origin(url)) || (url.scheme() == "https" && url.host_str().is_some_and(named))
    }
}

fn origin(url: &Url) -> Origin {
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
    let named = origin(&url);
    for _ in 0..=MOST_REDIRECTS {
        if !hosts.allow(&url) {
            let host = url.host_str().unwrap_or("none");
            return Err(refused(None, &format!("the host of the file is not in the allow-list: {host}")));
        }
        let mut request = client.get(url.clone());
        if origin(&url) == named {
            request = request.bearer_auth(token.expose());
        }
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
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// A host that answers each request on a connection of its own with `answer`, and shows what it was asked.
    async fn host(answer: impl Into<String>) -> (Url, tokio::sync::mpsc::Receiver<String>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/file", listener.local_addr().unwrap())).unwrap();
        let (asked, requests) = tokio::sync::mpsc::channel(9);
        let answer = answer.into();
        // ends with the test's runtime
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    stream.read_buf(&mut request).await.unwrap();
                }
                asked.send(String::from_utf8(request).unwrap()).await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        (url, requests)
    }

    fn moved(to: &str) -> String {
        format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    }

    const FILE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nfile";

    async fn fetched(hosts: &[&Url], url: &Url) -> Result<Download, GraphFailure> {
        let hosts = Hosts { own: hosts.iter().copied().map(origin).collect(), suffixes: Vec::new() };
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(5))
            .build()
            .unwrap();
        fetch(&client, &hosts, &Secret::new("token-of-ours"), url.as_str(), 9).await
    }

    fn bears(request: &str) -> bool {
        request.contains("token-of-ours")
    }

    #[tokio::test]
    async fn the_token_goes_to_the_host_that_meta_named_only() {
        let (elsewhere, mut asked_elsewhere) = host(FILE).await;
        let (named, mut asked) = host(moved(elsewhere.as_str())).await;
        assert_eq!(fetched(&[&named, &elsewhere], &named).await.unwrap().bytes, "file");
        assert!(bears(&asked.recv().await.unwrap()));
        assert!(!bears(&asked_elsewhere.recv().await.unwrap()));
    }

    #[tokio::test]
    async fn a_redirect_within_the_host_keeps_the_token() {
        let (named, mut asked) = host(moved("/there")).await;
        let failure = fetched(&[&named], &named).await.unwrap_err();
        assert!(matches!(failure, GraphFailure::Refused(_)), "{failure:?}");
        for _ in 0..=MOST_REDIRECTS {
            assert!(bears(&asked.recv().await.unwrap()));
        }
    }

    #[tokio::test]
    async fn an_address_that_is_not_asked_has_no_status_and_says_why() {
        let (stranger, mut asked_stranger) = host(FILE).await;
        let (named, _asked) = host(moved(stranger.as_str())).await;
        let nowhere = "HTTP/1.1 302 Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let (nowhere, _nowhere) = host(nowhere).await;
        let cases =
            [(&named, "the host of the file is not in the allow-list: 127.0.0.1"), (&nowhere, "a redirect to nowhere")];
        for (url, why) in cases {
            let Err(GraphFailure::Refused(error)) = fetched(&[&named, &nowhere], url).await else { panic!("{why}") };
            assert_eq!((error.http_status, error.details.as_deref()), (None, Some(why)));
        }
        assert!(asked_stranger.try_recv().is_err(), "the stranger was asked");
    }

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
