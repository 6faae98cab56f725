//! Media: resolving an id, downloading, uploading. URLs name their end and carry a hash, as Meta's do.

use axum::{
    Json,
    extract::{ConnectInfo, Multipart, Path, Query, State as Shared},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::{authorise, bearer, refusal::Refusal, spoiled};
use crate::simulator::{
    fault::Call,
    handle::Simulator,
    line::Line,
    shelf::File,
    state::{State, locked, now_ms},
};

/// `GET /<media id>`.
pub async fn resolve(state: &State, headers: &HeaderMap, id: &str, query: Option<&str>) -> Response {
    let file = locked(&state.shelf).get(id);
    let owner = file.as_ref().map(|file| file.phone_number_id.clone());
    if let Some(response) = spoiled(state, Call::Media, owner.as_deref(), None).await {
        return response;
    }
    found(state, headers, id, query, file).map_or_else(IntoResponse::into_response, IntoResponse::into_response)
}

fn found(
    state: &State,
    headers: &HeaderMap,
    id: &str,
    query: Option<&str>,
    file: Option<File>,
) -> Result<Response, Refusal> {
    let Some(file) = file else {
        bearer(headers)?;
        return Err(Refusal::no_object(id));
    };
    authorise(state, headers, &file.phone_number_id)?;
    let asked = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "phone_number_id")
        .map(|(_, value)| value.into_owned());
    if asked.is_some_and(|asked| asked != file.phone_number_id) {
        return Err(Refusal::no_object(id));
    }
    let until = now_ms().saturating_add_unsigned(state.behaviour().media_url_ms);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let hash = hash(state, id, until);
    Ok(Json(json!({
        "messaging_product": "whatsapp",
        "url": format!(
            "http://{host}/whatsapp_business/attachments/?mid={id}&source=getMedia&ext={until}&hash={hash}"
        ),
        "mime_type": file.mime_type,
        "sha256": hex::encode(file.sha256()),
        "file_size": file.bytes.len().to_string(),
        "id": id,
    }))
    .into_response())
}

/// A URL's hash: nobody makes one up.
pub fn hash(state: &State, id: &str, until_ms: i64) -> String {
    hex::encode(&state.dice.bytes(&format!("url {id} {until_ms}"))[..16])
}

#[derive(Deserialize)]
pub struct Attachment {
    mid: String,
    ext: i64,
    hash: String,
}

/// What an expired or wrong URL gets: 404, whatever the reason.
pub async fn download(
    Shared(simulator): Shared<Simulator>,
    ConnectInfo(line): ConnectInfo<Line>,
    Query(asked): Query<Attachment>,
    headers: HeaderMap,
) -> Response {
    let state = simulator.state();
    let file = locked(&state.shelf).get(&asked.mid);
    let owner = file.as_ref().map(|file| file.phone_number_id.clone());
    if let Some(response) = spoiled(state, Call::Download, owner.as_deref(), Some(&line)).await {
        return response;
    }
    let genuine = asked.hash == hash(state, &asked.mid, asked.ext) && asked.ext > now_ms();
    let Some(file) = file.filter(|_| genuine) else {
        return (StatusCode::NOT_FOUND, Html("<html><body>Not found</body></html>")).into_response();
    };
    if authorise(state, &headers, &file.phone_number_id).is_err() {
        return (StatusCode::UNAUTHORIZED, Html("<html><body>Unauthorized</body></html>")).into_response();
    }
    ([(header::CONTENT_TYPE, file.mime_type)], file.bytes).into_response()
}

/// `POST …/media`, multipart.
pub async fn upload(
    Shared(simulator): Shared<Simulator>,
    Path((_, phone_number_id)): Path<(String, String)>,
    ConnectInfo(line): ConnectInfo<Line>,
    headers: HeaderMap,
    form: Multipart,
) -> Response {
    let state = simulator.state();
    if let Err(refused) = authorise(state, &headers, &phone_number_id) {
        return refused.into_response();
    }
    if let Some(response) = spoiled(state, Call::Upload, Some(&phone_number_id), Some(&line)).await {
        return response;
    }
    match read(form).await {
        Ok((mime_type, bytes)) => {
            let id = simulator.keep(File { phone_number_id, mime_type, bytes });
            Json(json!({"id": id})).into_response()
        }
        Err(refused) => refused.into_response(),
    }
}

async fn read(mut form: Multipart) -> Result<(String, Bytes), Refusal> {
    let unreadable = |_| Refusal::parameter("Invalid multipart body");
    let (mut product, mut kind, mut file) = (None, None, None);
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        match field.name() {
            Some("messaging_product") => product = Some(field.text().await.map_err(unreadable)?),
            Some("type") => kind = Some(field.text().await.map_err(unreadable)?),
            Some("file") => {
                let of_part = field.content_type().map(str::to_owned);
                file = Some((of_part, field.bytes().await.map_err(unreadable)?));
            }
            _ => {}
        }
    }
    if product.as_deref() != Some("whatsapp") {
        return Err(Refusal::parameter("The parameter messaging_product is required."));
    }
    let (of_part, bytes) = file.ok_or_else(|| Refusal::parameter("The parameter file is required."))?;
    let mime_type = kind.or(of_part).ok_or_else(|| Refusal::parameter("The parameter type is required."))?;
    if !TYPES.contains(&mime_type.split(';').next().unwrap_or_default().trim()) {
        return Err(Refusal::parameter("Param file must be a file with one of the supported types."));
    }
    Ok((mime_type, bytes))
}

/// What Meta takes.
const TYPES: &[&str] = &[
    "audio/aac",
    "audio/amr",
    "audio/mpeg",
    "audio/mp4",
    "audio/ogg",
    "text/plain",
    "application/pdf",
    "application/msword",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "image/jpeg",
    "image/png",
    "image/webp",
    "video/mp4",
    "video/3gpp",
];
