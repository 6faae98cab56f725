//! Errors as Meta answers them: HTTP status and error object. Decides nothing.

use axum::{
    Json,
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use serde_json::json;

use crate::{
    domain::errors::lookup,
    simulator::{fault::Answer, line::Line},
};

/// Why Meta refuses a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub http: u16,
    pub code: i64,
    pub subcode: Option<i64>,
    pub message: String,
    pub details: Option<String>,
}

impl Refusal {
    /// A code of the messages endpoint with its usual title and status.
    #[must_use]
    pub fn new(code: i64, details: impl Into<String>) -> Self {
        let title = lookup(code, None).map_or("Unknown error", |known| known.title);
        let message = format!("(#{code}) {title}");
        Self { http: usual_status(code), code, subcode: None, message, details: Some(details.into()) }
    }

    /// Code 100 names the parameter in its message.
    #[must_use]
    pub fn parameter(problem: &str) -> Self {
        Self { message: format!("(#100) {problem}"), details: None, ..Self::new(100, "") }
    }

    #[must_use]
    pub fn no_token() -> Self {
        Self { message: "An access token is required to request this resource.".to_owned(), ..Self::bad_token() }
    }

    #[must_use]
    pub fn bad_token() -> Self {
        let message = "Invalid OAuth access token - Cannot parse access token".to_owned();
        Self { http: 401, code: 190, subcode: None, message, details: None }
    }

    #[must_use]
    pub fn no_object(id: &str) -> Self {
        let message = format!(
            "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, \
             or does not support this operation"
        );
        Self { http: 400, code: 100, subcode: Some(33), message, details: None }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut error = json!({
            "message": self.message,
            "type": "OAuthException",
            "code": self.code,
            "fbtrace_id": "ASimulatedTrace",
        });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
        }
        if let Some(details) = self.details {
            error["error_data"] = json!({"messaging_product": "whatsapp", "details": details});
        }
        let status = StatusCode::from_u16(self.http).unwrap_or(StatusCode::BAD_REQUEST);
        (status, Json(json!({"error": error}))).into_response()
    }
}

/// What a fault answers; `None` is the normal answer.
#[must_use]
pub fn answer(answer: Answer, line: Option<&Line>) -> Option<Response> {
    match answer {
        Answer::Normal => None,
        Answer::Error { code, subcode, http } => {
            let usual = Refusal::new(code, "simulated");
            Some(Refusal { http: http.unwrap_or(usual.http), subcode, ..usual }.into_response())
        }
        Answer::Page { http } => {
            let status = StatusCode::from_u16(http).unwrap_or(StatusCode::BAD_GATEWAY);
            Some((status, Html("<html><body>Sorry, something went wrong.</body></html>")).into_response())
        }
        Answer::Cut => {
            line.inspect(|line| line.cut());
            Some(StatusCode::OK.into_response())
        }
    }
}

/// Meta's table of December 2025, the last with statuses.
fn usual_status(code: i64) -> u16 {
    match code {
        0 | 102 | 190 => 401,
        10 | 200..=299 | 341 | 368 | 130_497 | 131_005 | 131_031 => 403,
        132_001 => 404,
        2 | 133_004 => 503,
        3 | 131_000 | 131_016 | 131_045 | 131_057 | 133_000 | 134_102 => 500,
        _ => 400,
    }
}
