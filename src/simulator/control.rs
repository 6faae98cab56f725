//! `/_sim/…`: what a person or a test in another process says to the simulator. Thin: every route is one method of the
//! handle.

use axum::{
    Json, Router,
    extract::{Query, State as Shared},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    events::{Event, HAPPENINGS, Happening},
    fault::Fault,
    handle::{Simulator, Unusable},
    inbound::{Inbound, KINDS, Kind},
    templates::Verdict,
};

pub fn routes() -> Router<Simulator> {
    Router::new()
        .route("/_sim/health", get(health))
        .route("/_sim/requests", get(requests))
        .route("/_sim/webhooks", get(webhooks))
        .route("/_sim/faults", get(faults).post(fail).delete(clear_faults))
        .route("/_sim/release", post(release))
        .route("/_sim/inbound", get(kinds).post(inbound))
        .route("/_sim/events", get(happenings).post(event))
        .route("/_sim/settings", get(settings).post(change))
        .route("/_sim/templates", get(templates).post(decide))
        .route("/_sim/verify", post(verify))
        .route("/_sim/reset", post(reset))
}

async fn health(Shared(simulator): Shared<Simulator>) -> Response {
    Json(json!({"status": "ok", "held": simulator.held()})).into_response()
}

#[derive(Deserialize)]
struct Asked {
    command_id: Option<String>,
    #[serde(default)]
    after: u64,
    #[serde(default = "thousand")]
    limit: usize,
}

fn thousand() -> usize {
    1_000
}

async fn requests(Shared(simulator): Shared<Simulator>, Query(asked): Query<Asked>) -> Response {
    Json(simulator.report(asked.command_id.as_deref(), asked.after, asked.limit)).into_response()
}

async fn webhooks(Shared(simulator): Shared<Simulator>) -> Response {
    Json(simulator.webhooks()).into_response()
}

async fn faults(Shared(simulator): Shared<Simulator>) -> Response {
    Json(simulator.faults()).into_response()
}

async fn fail(Shared(simulator): Shared<Simulator>, body: Json<Fault>) -> Response {
    simulator.fail(body.0);
    StatusCode::NO_CONTENT.into_response()
}

async fn clear_faults(Shared(simulator): Shared<Simulator>) -> Response {
    simulator.clear_faults();
    StatusCode::NO_CONTENT.into_response()
}

async fn release(Shared(simulator): Shared<Simulator>) -> Response {
    Json(json!({"released": simulator.release()})).into_response()
}

async fn inbound(Shared(simulator): Shared<Simulator>, body: Json<Inbound>) -> Response {
    simulator.inbound(&body.0).map_or_else(unusable, |written| Json(written).into_response())
}

async fn kinds() -> Response {
    let told = |kind: &Kind| json!({"kind": kind.name, "about": kind.about});
    Json(KINDS.iter().map(told).collect::<Vec<_>>()).into_response()
}

async fn event(Shared(simulator): Shared<Simulator>, body: Json<Event>) -> Response {
    simulator.event(&body.0).map_or_else(unusable, |()| StatusCode::NO_CONTENT.into_response())
}

async fn happenings() -> Response {
    let told = |happening: &Happening| json!({"field": happening.field, "what": happening.what});
    Json(HAPPENINGS.iter().map(told).collect::<Vec<_>>()).into_response()
}

async fn settings(Shared(simulator): Shared<Simulator>) -> Response {
    Json(simulator.behaviour()).into_response()
}

async fn change(Shared(simulator): Shared<Simulator>, change: Json<Value>) -> Response {
    match simulator.behaviour().changed(&change.0) {
        Ok(behaviour) => {
            simulator.behave(behaviour.clone());
            Json(behaviour).into_response()
        }
        Err(problem) => unusable(Unusable(problem)),
    }
}

async fn templates(Shared(simulator): Shared<Simulator>) -> Response {
    Json(simulator.templates()).into_response()
}

async fn decide(Shared(simulator): Shared<Simulator>, verdict: Json<Verdict>) -> Response {
    simulator.decide(&verdict.0).map_or_else(unusable, |about| Json(json!({"templates": about})).into_response())
}

async fn verify(Shared(simulator): Shared<Simulator>) -> Response {
    simulator.verify().await.map_or_else(unusable, |verified| Json(json!({"verified": verified})).into_response())
}

async fn reset(Shared(simulator): Shared<Simulator>) -> Response {
    simulator.reset();
    StatusCode::NO_CONTENT.into_response()
}

fn unusable(problem: Unusable) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": problem.to_string()}))).into_response()
}
