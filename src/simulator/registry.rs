//! A Confluent-compatible schema registry in memory, for development and tests: what it is told is gone when it stops.
//! Must not be relied on by anything in production.

mod store;

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::store::{Problem, Store, Version};

type Shared = Arc<Mutex<Store>>;

/// Serves on `listener` until `shutdown` resolves; answers under way are finished.
///
/// # Errors
/// The listener fails.
pub async fn serve(listener: TcpListener, shutdown: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    axum::serve(listener, routes(Shared::default())).with_graceful_shutdown(shutdown).await
}

fn routes(store: Shared) -> Router {
    Router::new()
        .route("/", get(|| async { answer(json!({})) }))
        .route("/subjects", get(subjects))
        .route("/subjects/{subject}", post(look_up))
        .route("/subjects/{subject}/versions", get(versions).post(register))
        .route("/subjects/{subject}/versions/{version}", get(version))
        .route("/schemas/ids/{id}", get(by_id))
        .route("/schemas/types", get(|| async { answer(json!(["AVRO"])) }))
        .route("/config", get(default_level).put(set_default_level))
        .route("/config/{subject}", get(level).put(set_level))
        .route("/compatibility/subjects/{subject}/versions", post(compatible_with_all))
        .route("/compatibility/subjects/{subject}/versions/{version}", post(compatible))
        .with_state(store)
}

async fn subjects(State(store): State<Shared>) -> Response {
    answer(json!(with(&store, |store| store.subjects())))
}

async fn versions(State(store): State<Shared>, Path(subject): Path<String>) -> Result<Response, Problem> {
    with(&store, |store| store.versions(&subject)).map(|versions| answer(json!(versions)))
}

async fn version(
    State(store): State<Shared>,
    Path((subject, version)): Path<(String, String)>,
) -> Result<Response, Problem> {
    with(&store, |store| store.version(&subject, &version)).map(described)
}

async fn register(State(store): State<Shared>, Path(subject): Path<String>, body: Bytes) -> Result<Response, Problem> {
    let schema = schema_in(&body)?;
    with(&store, |store| store.register(&subject, &schema)).map(|id| answer(json!({ "id": id })))
}

async fn look_up(State(store): State<Shared>, Path(subject): Path<String>, body: Bytes) -> Result<Response, Problem> {
    let schema = schema_in(&body)?;
    with(&store, |store| store.look_up(&subject, &schema)).map(described)
}

async fn by_id(State(store): State<Shared>, Path(id): Path<u32>) -> Result<Response, Problem> {
    with(&store, |store| store.schema(id)).map(|schema| answer(json!({ "schema": schema })))
}

async fn default_level(State(store): State<Shared>) -> Response {
    answer(json!({ "compatibilityLevel": with(&store, |store| store.default_level()).name() }))
}

async fn level(State(store): State<Shared>, Path(subject): Path<String>) -> Result<Response, Problem> {
    let level = with(&store, |store| store.level(&subject))?;
    Ok(answer(json!({ "compatibilityLevel": level.name() })))
}

async fn set_default_level(State(store): State<Shared>, body: Bytes) -> Result<Response, Problem> {
    let level = level_in(&body)?;
    with(&store, |store| store.set_level(None, &level))?;
    Ok(answer(json!({ "compatibility": level })))
}

async fn set_level(State(store): State<Shared>, Path(subject): Path<String>, body: Bytes) -> Result<Response, Problem> {
    let level = level_in(&body)?;
    with(&store, |store| store.set_level(Some(&subject), &level))?;
    Ok(answer(json!({ "compatibility": level })))
}

async fn compatible(
    State(store): State<Shared>,
    Path((subject, version)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Problem> {
    let schema = schema_in(&body)?;
    let compatible = with(&store, |store| store.compatible(&subject, Some(&version), &schema))?;
    Ok(answer(json!({ "is_compatible": compatible })))
}

async fn compatible_with_all(
    State(store): State<Shared>,
    Path(subject): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let schema = schema_in(&body)?;
    let compatible = with(&store, |store| store.compatible(&subject, None, &schema))?;
    Ok(answer(json!({ "is_compatible": compatible })))
}

fn with<T>(store: &Shared, act: impl FnOnce(&mut Store) -> T) -> T {
    act(&mut store.lock().unwrap_or_else(PoisonError::into_inner))
}

/// `{"schema": "…", "schemaType": "AVRO"}`; only Avro is spoken here.
fn schema_in(body: &[u8]) -> Result<String, Problem> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Problem::InvalidSchema)?;
    match (body["schema"].as_str(), body["schemaType"].as_str().unwrap_or("AVRO")) {
        (Some(schema), "AVRO") => Ok(schema.to_owned()),
        _ => Err(Problem::InvalidSchema),
    }
}

fn level_in(body: &[u8]) -> Result<String, Problem> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Problem::InvalidLevel)?;
    body["compatibility"].as_str().map(ToOwned::to_owned).ok_or(Problem::InvalidLevel)
}

fn described(version: Version) -> Response {
    let Version { subject, version, id, schema } = version;
    answer(json!({ "subject": subject, "version": version, "id": id, "schema": schema }))
}

fn answer(body: Value) -> Response {
    ([(CONTENT_TYPE, "application/vnd.schemaregistry.v1+json")], body.to_string()).into_response()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({ "error_code": self.code(), "message": self.to_string() });
        (status, answer(body)).into_response()
    }
}
