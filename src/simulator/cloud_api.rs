//! The Cloud API's routes and its check of tokens. What a message must look like is `validate`'s, what follows it the
//! phone's.

mod media;
mod messages;
mod refusal;
mod templates;
mod validate;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State as Shared},
    http::{HeaderMap, header::AUTHORIZATION},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;
use subtle::ConstantTimeEq;

use self::refusal::Refusal;
use super::{
    handle::Simulator,
    settings::Number,
    state::{State, locked},
};

/// The largest file Meta takes.
const LARGEST_UPLOAD: usize = 100 << 20;

pub fn routes() -> Router<Simulator> {
    Router::new()
        .route("/{version}/{phone_number_id}/messages", post(messages::send::<false>))
        .route("/{version}/{phone_number_id}/marketing_messages", post(messages::send::<true>))
        .route("/{version}/{phone_number_id}/media", post(media::upload).layer(DefaultBodyLimit::max(LARGEST_UPLOAD)))
        .route("/{version}/{id}", get(resolve).post(templates::edit))
        .route("/{version}/{id}/unpause", post(templates::unpause))
        .route(
            "/{version}/{id}/message_templates",
            get(templates::list).post(templates::create).delete(templates::delete),
        )
        .route("/whatsapp_business/attachments/", get(media::download))
}

/// Numbers, templates and files share one name space.
async fn resolve(
    Shared(simulator): Shared<Simulator>,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
    query: axum::extract::RawQuery,
) -> Response {
    let state = simulator.state();
    if let Some(template) = templates::describe(state, &headers, &id) {
        return template;
    }
    match state.number(&id) {
        Some(_) => authorise(state, &headers, &id).map_or_else(IntoResponse::into_response, describe),
        None => media::resolve(state, &headers, &id, query.0.as_deref()).await,
    }
}

fn describe(number: &Number) -> Response {
    Json(json!({
        "id": number.phone_number_id,
        "display_phone_number": format!("+{}", number.display_phone_number),
        "verified_name": "Simulated Business",
        "quality_rating": "GREEN",
        "code_verification_status": "VERIFIED",
        "status": "CONNECTED",
        "throughput": {"level": "STANDARD"},
    }))
    .into_response()
}

/// The number, if the request's token is its.
fn authorise<'a>(state: &'a State, headers: &HeaderMap, phone_number_id: &str) -> Result<&'a Number, Refusal> {
    let own = numbers_of(state, headers)?;
    let named = own.into_iter().find(|number| number.phone_number_id == phone_number_id);
    named.ok_or_else(|| Refusal::no_object(phone_number_id))
}

/// The numbers that have the request's token.
fn numbers_of<'a>(state: &'a State, headers: &HeaderMap) -> Result<Vec<&'a Number>, Refusal> {
    let token = bearer(headers)?;
    let owner = |number: &&Number| number.token.expose().as_bytes().ct_eq(token.as_bytes()).into();
    let own: Vec<&Number> = state.settings.numbers.iter().filter(owner).collect();
    if own.is_empty() { Err(Refusal::bad_token()) } else { Ok(own) }
}

fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(Refusal::no_token)
}

/// A refusal planned by a fault, for calls that accept nothing.
async fn spoiled(
    state: &State,
    call: super::fault::Call,
    phone_number_id: Option<&str>,
    line: Option<&super::line::Line>,
) -> Option<Response> {
    let fault = locked(&state.faults).take(call, phone_number_id, None)?;
    state.pause(&fault).await;
    refusal::answer(fault.answer(), line)
}
