//! Where a webhook enters: verified over its raw bytes, split by conversation, answered only when the log has it.
//! Must not interpret items (ingress does) and must not answer 200 for anything that is not acknowledged.

mod answer;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRequest, Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header},
    response::Response,
    routing::get,
};
use bytes::Bytes;
use serde::Deserialize;
use tokio::{task::spawn_blocking, time::timeout};
use tracing::Instrument as _;

pub use self::answer::Refusal;
use super::{
    ports::RawSink,
    signature::{self, App, Keys, Signature},
    traceparent,
    verified::{Unverified, Verified},
};
use crate::{
    runtime::{Headers, Outgoing, ports::SharedClock},
    telemetry::Signals,
    wire::{topics::WEBHOOK_RAW, webhook::split::split},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where Meta's callback URL points.
    pub path: String,
    /// Meta's own limit is 3 MB.
    pub max_body_bytes: usize,
    /// A body must be here by then.
    pub read_deadline: Duration,
    /// Without acknowledgement by then the answer is 503: Meta gives up on a slow answer anyway, and redelivers after both.
    pub publish_deadline: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            path: "/webhooks/whatsapp".to_owned(),
            max_body_bytes: 3 * 1024 * 1024,
            read_deadline: Duration::from_secs(10),
            publish_deadline: Duration::from_secs(5),
        }
    }
}

/// Verifying and splitting so many bytes takes milliseconds that the threads which serve everybody do not have.
const LARGE: usize = 64 << 10;

/// Everything a request needs. Made once.
pub struct Receiver {
    settings: Settings,
    apps: Vec<App>,
    keys: Keys,
    sink: Arc<dyn RawSink>,
    clock: SharedClock,
    /// Randomness for trace ids.
    random: fn() -> u128,
    signals: Signals,
}

impl Receiver {
    #[must_use]
    pub fn new(
        settings: Settings,
        apps: Vec<App>,
        sink: Arc<dyn RawSink>,
        clock: SharedClock,
        signals: Signals,
    ) -> Self {
        let keys = Keys::new(&apps);
        Self { settings, apps, keys, sink, clock, random: rand::random, signals }
    }

    /// # Errors
    /// [`Refusal`], which is the answer.
    async fn take(self: &Arc<Self>, request: Request, trace: String) -> Result<(), Refusal> {
        let received_at = self.clock.unix_ms();
        let body = self.read(request).await?;
        let records = if body.len() < LARGE {
            self.verified_records(body, received_at, &trace)?
        } else {
            let this = self.clone();
            let work = spawn_blocking(move || this.verified_records(body, received_at, &trace));
            work.await.map_err(|error| Refusal::Unavailable(error.to_string()))??
        };
        match timeout(self.settings.publish_deadline, self.sink.publish(records)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Refusal::Unavailable(error.to_string())),
            Err(_) => Err(Refusal::Unavailable("no acknowledgement within the deadline".to_owned())),
        }
    }

    fn verified_records(&self, body: Unverified, received_at: i64, trace: &str) -> Result<Vec<Outgoing>, Refusal> {
        let body = body.verify(&self.keys).map_err(|_| Refusal::InvalidSignature)?;
        Ok(records(&body, received_at, trace))
    }

    /// Refuses by the headers alone where it can: a body without a signature is never buffered.
    async fn read(&self, mut request: Request) -> Result<Unverified, Refusal> {
        let limit = self.settings.max_body_bytes;
        if declared_length(request.headers()).is_some_and(|length| length > limit as u64) {
            return Err(Refusal::TooLarge);
        }
        let header = request.headers().get(signature::HEADER).map(|value| value.as_bytes());
        let signature = Signature::parse(header).ok_or(Refusal::InvalidSignature)?;
        DefaultBodyLimit::max(limit).apply(&mut request);
        match timeout(self.settings.read_deadline, Bytes::from_request(request, &())).await {
            Ok(Ok(body)) => Ok(Unverified::new(body, signature)),
            Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(Refusal::TooLarge),
            Ok(Err(_)) => Err(Refusal::Unreadable),
            Err(_) => Err(Refusal::TooSlow),
        }
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// One raw record per conversation.
fn records(body: &Verified<Bytes>, received_at: i64, trace: &str) -> Vec<Outgoing> {
    let mut headers = Headers::new();
    headers.push("received-at", received_at.to_string());
    headers.push("app", body.app().to_string());
    headers.push(traceparent::HEADER, trace.to_owned());
    let record = |part: crate::wire::webhook::split::Part| {
        Outgoing::new(WEBHOOK_RAW, part.key, part.value).with_headers(headers.clone())
    };
    split(body.get()).into_iter().map(record).collect()
}

/// The webhook's routes, to be merged with others.
pub fn router(receiver: Receiver) -> Router {
    let path = receiver.settings.path.clone();
    Router::new()
        // a GET route would answer HEAD too, as a verification that failed
        .route(&path, get(verify).head(answer::method_not_allowed).post(receive).fallback(answer::method_not_allowed))
        .with_state(Arc::new(receiver))
}

/// Meta's verification request.
#[derive(Deserialize)]
struct Handshake {
    #[serde(rename = "hub.mode")]
    mode: String,
    #[serde(rename = "hub.verify_token")]
    token: String,
    #[serde(rename = "hub.challenge")]
    challenge: String,
}

async fn verify(State(receiver): State<Arc<Receiver>>, asked: Result<Query<Handshake>, QueryRejection>) -> Response {
    match asked {
        Ok(Query(asked)) if asked.mode == "subscribe" && signature::knows_token(&receiver.apps, &asked.token) => {
            answer::challenge(asked.challenge)
        }
        Ok(_) | Err(_) => answer::verification_failed(),
    }
}

async fn receive(State(receiver): State<Arc<Receiver>>, request: Request) -> Response {
    let began_ms = receiver.clock.boot_ms();
    let (span, trace) = traceparent::traced(request.headers(), receiver.random);
    let taken = receiver.take(request, trace).instrument(span).await;
    let after = Duration::from_millis(receiver.clock.boot_ms().saturating_sub(began_ms));
    match taken {
        Ok(()) => {
            receiver.signals.webhook_accepted(after);
            answer::processed()
        }
        Err(refusal) => {
            receiver.signals.webhook_refused(refusal.code(), after);
            if let Refusal::Unavailable(reason) = &refusal {
                tracing::warn!(reason, "webhook not taken, meta will redeliver it");
            }
            refusal.answer()
        }
    }
}
