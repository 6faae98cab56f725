//! What the receiver answers, byte for byte. Must not tell a stranger why.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// Why a POST was not taken.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refusal {
    #[error("the signature is missing, malformed or wrong")]
    InvalidSignature,
    #[error("the body is larger than the limit")]
    TooLarge,
    #[error("the body did not arrive in time")]
    TooSlow,
    #[error("the body could not be read")]
    Unreadable,
    #[error("the log does not take records: {0}")]
    Unavailable(String),
}

impl Refusal {
    /// For metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidSignature => "invalid_signature",
            Self::TooLarge => "too_large",
            Self::TooSlow => "too_slow",
            Self::Unreadable => "unreadable",
            Self::Unavailable(_) => "unavailable",
        }
    }

    pub(super) fn answer(&self) -> Response {
        match self {
            Self::InvalidSignature => json(StatusCode::UNAUTHORIZED, r#"{"error":"Invalid signature"}"#),
            Self::TooLarge => json(StatusCode::PAYLOAD_TOO_LARGE, r#"{"error":"Payload too large"}"#),
            Self::TooSlow => json(StatusCode::REQUEST_TIMEOUT, r#"{"error":"Request timeout"}"#),
            Self::Unreadable => json(StatusCode::BAD_REQUEST, r#"{"error":"Bad request"}"#),
            Self::Unavailable(_) => json(StatusCode::SERVICE_UNAVAILABLE, r#"{"error":"Service unavailable"}"#),
        }
    }
}

pub(super) fn processed() -> Response {
    json(StatusCode::OK, r#"{"status":"processed"}"#)
}

pub(super) fn verification_failed() -> Response {
    json(StatusCode::FORBIDDEN, r#"{"error":"Verification failed"}"#)
}

pub(super) async fn method_not_allowed() -> Response {
    let mut response = json(StatusCode::METHOD_NOT_ALLOWED, r#"{"error":"Method not allowed"}"#);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
    response
}

/// Meta expects the challenge and nothing else; `nosniff` because it is the caller's own text.
pub(super) fn challenge(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], text).into_response()
}

fn json(status: StatusCode, body: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
