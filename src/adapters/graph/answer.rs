//! What an answer, or its absence, says about the call's effect. Never guesses towards "not sent": only a connection that
//! was never made, an error object and the status 429 say that.

use std::error::Error as _;

use bytes::{Bytes, BytesMut};
use reqwest::{Response, StatusCode};

use crate::{
    domain::errors::{MetaError, TOO_MANY_REQUESTS},
    stages::ports::GraphFailure,
    wire::graph::{refusal::error, stated::Stated},
};

/// Meta's answers are a few kilobytes; more is not one of them.
const LARGEST_ANSWER: usize = 1 << 20;

/// A call without an answer.
pub fn failed(error: &reqwest::Error) -> GraphFailure {
    let reason = describe(error);
    match error.is_connect() || error.is_builder() {
        true => GraphFailure::NotSent(reason),
        false => GraphFailure::Uncertain(reason),
    }
}

/// The body of a success; an error object is a refusal whatever the status. `stated` is what the headers say.
pub async fn read(response: Response, stated: &Stated) -> Result<Bytes, GraphFailure> {
    let status = response.status();
    let body = collect(response).await;
    let told = body.as_deref().ok().and_then(|body| error(status.as_u16(), body));
    if let Some(refused) = told.or_else(|| too_many(status)) {
        let (retry_after_ms, usage_wait_ms) = (stated.retry_after_ms, stated.usage_wait_ms());
        return Err(GraphFailure::Refused(Box::new(MetaError { retry_after_ms, usage_wait_ms, ..refused })));
    }
    match status.is_success() {
        true => body,
        false => Err(GraphFailure::Uncertain(format!("status {} without an error object", status.as_u16()))),
    }
}

/// Whoever says so, Meta or something before it, turned the request away, and the body has nothing to add. A 5xx proves
/// less: whoever says that may have passed the request on.
fn too_many(status: StatusCode) -> Option<MetaError> {
    (status == StatusCode::TOO_MANY_REQUESTS).then(|| MetaError {
        code: TOO_MANY_REQUESTS,
        title: "Too many requests".to_owned(),
        http_status: Some(status.as_u16()),
        ..MetaError::default()
    })
}

async fn collect(mut response: Response) -> Result<Bytes, GraphFailure> {
    let mut body = BytesMut::new();
    // an answer has begun, so the request arrived: whatever goes wrong now is uncertain
    while let Some(chunk) = response.chunk().await.map_err(|error| GraphFailure::Uncertain(describe(&error)))? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(GraphFailure::Uncertain("an answer over 1 MiB".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// What the headers say.
pub fn stated(response: &Response) -> Stated {
    Stated::read(|name| response.headers().get(name)?.to_str().ok())
}

/// The failure without the address: its innermost cause, which is the system's or the TLS library's text.
pub fn describe(error: &reqwest::Error) -> String {
    let kind = match (error.is_timeout(), error.is_connect()) {
        (true, true) => "connecting took too long",
        (true, false) => "no answer in time",
        (false, true) => "no connection",
        (false, false) => "the connection broke",
    };
    let mut cause = error.source();
    while let Some(inner) = cause.and_then(|cause| cause.source()) {
        cause = Some(inner);
    }
    cause.map_or_else(|| kind.to_owned(), |cause| format!("{kind}: {cause}"))
}
