//! `…/message_templates` and `/<template id>`: what the worker's tools and the catalogue ask. Keeps nothing itself.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, Query, State as Shared},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{numbers_of, refusal::Refusal};
use crate::simulator::{
    handle::Simulator,
    state::{State, locked, now_ms},
    templates::{Stored, Unfit, tell},
};

const USUAL_PAGE: usize = 25;

type Answer = Result<Json<Value>, Refusal>;

impl From<Unfit> for Refusal {
    fn from(Unfit { code, subcode, details }: Unfit) -> Self {
        Self { subcode, ..Self::new(code, details) }
    }
}

/// The business account, if the request's token may manage it.
fn authorise(state: &State, headers: &HeaderMap, waba_id: &str) -> Result<(), Refusal> {
    let own = numbers_of(state, headers)?;
    own.iter().any(|number| number.waba_id == waba_id).then_some(()).ok_or_else(|| Refusal::no_object(waba_id))
}

pub async fn list(
    Shared(simulator): Shared<Simulator>,
    Path((_, waba_id)): Path<(String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Answer {
    authorise(simulator.state(), &headers, &waba_id)?;
    page(simulator.state(), &waba_id, &query).map(Json)
}

fn page(state: &State, waba_id: &str, query: &BTreeMap<String, String>) -> Result<Value, Refusal> {
    let (templates, now) = (locked(&state.templates), now_ms());
    let wanted = |name: &str, value: &str| query.get(name).is_none_or(|wanted| wanted.eq_ignore_ascii_case(value));
    let meant = |one: &&Stored| {
        one.waba_id == waba_id
            && wanted("name", &one.definition.name)
            && wanted("language", &one.definition.language)
            && wanted("category", &one.definition.category)
            && wanted("status", one.status(now))
    };
    let limit = query.get("limit").map_or(Ok(USUAL_PAGE), |limit| limit.parse());
    let limit = limit.map_err(|_| Refusal::parameter("Param limit must be an integer"))?.max(1);
    // a cursor is the id behind which a page begins
    let after = query.get("after").map(String::as_str);
    if after.is_some_and(|id| id.parse::<u64>().is_err()) {
        return Err(Refusal::new(131_059, "Invalid cursor"));
    }
    let mut rest = templates.all().filter(meant).filter(|one| after.is_none_or(|id| one.id.as_str() > id)).peekable();
    let shown: Vec<Value> = rest.by_ref().take(limit).map(|one| one.shown(now)).collect();
    let mut paging = json!({"cursors": {
        "before": shown.first().map(|one| one["id"].clone()),
        "after": shown.last().map(|one| one["id"].clone()),
    }});
    if rest.peek().is_some() {
        paging["next"] = json!("https://graph.facebook.com/simulated");
    }
    Ok(json!({"data": shown, "paging": paging}))
}

pub async fn create(
    Shared(simulator): Shared<Simulator>,
    Path((_, waba_id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Json<Value>,
) -> Answer {
    let state = simulator.state();
    authorise(state, &headers, &waba_id)?;
    let id = state.template_id();
    locked(&state.templates).create(&waba_id, &body.0, id.clone())?;
    review(state, &id);
    Ok(Json(json!({"id": id, "status": "PENDING", "category": body.0["category"]})))
}

/// Puts it into review, and the end of that into the outbox, unless reviews never end.
fn review(state: &State, id: &str) {
    let after_ms = state.behaviour().template_review_ms;
    let at_ms = after_ms.map(|after| now_ms().saturating_add_unsigned(after));
    let mut templates = locked(&state.templates);
    let Some(template) = templates.get_mut(id) else { return };
    template.review(at_ms);
    if let Some(after_ms) = after_ms {
        tell(state, &template.waba_id, &template.status_told("APPROVED", None), after_ms);
    }
}

pub async fn delete(
    Shared(simulator): Shared<Simulator>,
    Path((_, waba_id)): Path<(String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Answer {
    let state = simulator.state();
    authorise(state, &headers, &waba_id)?;
    let name = query.get("name").ok_or_else(|| Refusal::parameter("The parameter name is required."))?;
    match locked(&state.templates).delete(&waba_id, name, query.get("hsm_id").map(String::as_str)) {
        0 => Err(Refusal::parameter("Message template was not found")),
        _ => Ok(done()),
    }
}

fn done() -> Json<Value> {
    Json(json!({"success": true}))
}

/// `GET /<template id>`; `None` where that is no template's.
pub fn describe(state: &State, headers: &HeaderMap, id: &str) -> Option<Response> {
    let template = locked(&state.templates).get(id).cloned()?;
    let allowed = authorise(state, headers, &template.waba_id);
    Some(allowed.map(|()| Json(template.shown(now_ms()))).into_response())
}

pub async fn edit(
    Shared(simulator): Shared<Simulator>,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Json<Value>,
) -> Answer {
    let state = simulator.state();
    let status = changeable(state, &headers, &id, &["APPROVED", "REJECTED", "PAUSED"])?;
    let mut templates = locked(&state.templates);
    let template = templates.get_mut(&id).ok_or_else(|| Refusal::no_object(&id))?;
    let category = body.0["category"].as_str().unwrap_or(&template.definition.category).to_owned();
    if status == "APPROVED" && category != template.definition.category {
        return Err(Refusal::parameter("The category of an approved template cannot be edited"));
    }
    template.definition.category = category;
    if body.0["components"].is_array() {
        template.definition.components = body.0["components"].clone();
    }
    template.definition.ttl_seconds = body.0["message_send_ttl_seconds"].as_i64().or(template.definition.ttl_seconds);
    drop(templates);
    review(state, &id);
    Ok(done())
}

pub async fn unpause(
    Shared(simulator): Shared<Simulator>,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let state = simulator.state();
    changeable(state, &headers, &id, &["PAUSED"])?;
    if let Some(template) = locked(&state.templates).get_mut(&id) {
        template.review(Some(now_ms()));
        tell(state, &template.waba_id, &template.status_told("APPROVED", Some("UNPAUSE")), 0);
    }
    Ok(done())
}

/// The status of a template that may be changed in it.
fn changeable(state: &State, headers: &HeaderMap, id: &str, from: &[&str]) -> Result<String, Refusal> {
    let template = locked(&state.templates).get(id).cloned().ok_or_else(|| Refusal::no_object(id))?;
    authorise(state, headers, &template.waba_id)?;
    let status = template.status(now_ms());
    match from.contains(&status) {
        true => Ok(status.to_owned()),
        false => {
            let details = format!("Message template cannot be changed while it is {status}");
            Err(Unfit { subcode: Some(2_388_039), ..Unfit::new(100, details) }.into())
        }
    }
}
