//! Files a user sends: kept on Meta's side under a new media id, and told of with their true hash.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    Draft, Scene, Unusable,
    samples::{self, Sample},
};
use crate::simulator::{payload, shelf::File};

pub fn image(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    captioned(scene, "image", samples::PICTURE)
}

pub fn video(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    captioned(scene, "video", samples::VIDEO)
}

pub fn voice(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    with(scene, "audio", samples::VOICE, |audio| audio["voice"] = json!(true))
}

pub fn audio(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    with(scene, "audio", samples::SONG, |audio| audio["voice"] = json!(false))
}

pub fn document(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    with(scene, "document", samples::DOCUMENT, |document| {
        document["filename"] = json!(scene.asked.filename.as_deref().unwrap_or("document.pdf"));
        caption(scene, document);
    })
}

pub fn sticker(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    with(scene, "sticker", samples::STICKER, |sticker| sticker["animated"] = json!(false))
}

pub fn animated_sticker(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    with(scene, "sticker", samples::ANIMATED, |sticker| sticker["animated"] = json!(true))
}

/// Above 100 MB there is an error where the file would be.
pub fn too_large(_: &Scene<'_>) -> Result<Draft, Unusable> {
    Ok(Draft::bare("video").beside("errors", json!([payload::brief_error(131_052)])))
}

fn captioned(scene: &Scene<'_>, kind: &str, sample: Sample) -> Result<Draft, Unusable> {
    with(scene, kind, sample, |content| caption(scene, content))
}

fn caption(scene: &Scene<'_>, content: &mut Value) {
    if let Some(body) = &scene.asked.body {
        content["caption"] = json!(body);
    }
}

fn with(scene: &Scene<'_>, kind: &str, sample: Sample, more: impl FnOnce(&mut Value)) -> Result<Draft, Unusable> {
    let bytes = match &scene.asked.data {
        Some(data) => STANDARD.decode(data).map_err(|_| Unusable("data is not base64".to_owned()))?,
        None => sample.bytes.to_vec(),
    };
    let mime_type = scene.asked.mime_type.clone().unwrap_or_else(|| sample.mime_type.to_owned());
    let phone_number_id = scene.number.phone_number_id.clone();
    let file = File { phone_number_id, mime_type: mime_type.clone(), bytes: Bytes::from(bytes) };
    let sha256 = STANDARD.encode(file.sha256());
    let id = scene.state.keep(file);
    let mut content = json!({"id": id, "mime_type": mime_type, "sha256": sha256});
    more(&mut content);
    Ok(Draft::message(kind, content).with_file(id))
}
