//! Files by id or link. Uploads nothing.

use serde_json::{Map, Value, json};

use crate::wire::{
    graph::limits::{CAPTION, FieldProblem, Problems},
    records::send_command::Media,
};

const KINDS: [&str; 5] = ["image", "video", "audio", "document", "sticker"];

/// The object of a media message: `{id | link, caption?, filename?, voice?}`.
pub fn object(field: &str, media: &Media, problems: &mut Problems) -> Value {
    if !KINDS.contains(&media.kind.as_str()) {
        let problem = FieldProblem::invalid(format!("{field}.kind"), format!("is not one of {}", KINDS.join(", ")));
        problems.add(problem);
    }
    let mut object = source(field, media, problems);
    if let Some(caption) = &media.caption {
        allowed(field, "caption", &media.kind, &["image", "video", "document"], problems);
        problems.at_most(&format!("{field}.caption"), caption, CAPTION);
        object.insert("caption".to_owned(), json!(caption));
    }
    if let Some(filename) = &media.filename {
        allowed(field, "filename", &media.kind, &["document"], problems);
        object.insert("filename".to_owned(), json!(filename));
    }
    if media.voice {
        allowed(field, "voice", &media.kind, &["audio"], problems);
        object.insert("voice".to_owned(), json!(true));
    }
    Value::Object(object)
}

/// A header's file: its parameter or header is `{type: kind, <kind>: {…}}`.
pub fn header(field: &str, media: &Media, problems: &mut Problems) -> Value {
    allowed(field, "kind", &media.kind, &["image", "video", "document"], problems);
    let file = object(field, media, problems);
    Value::Object(Map::from_iter([("type".to_owned(), json!(media.kind)), (media.kind.clone(), file)]))
}

fn source(field: &str, media: &Media, problems: &mut Problems) -> Map<String, Value> {
    let mut object = Map::new();
    match (&media.id, &media.link, &media.object) {
        (Some(id), None, None) => drop(object.insert("id".to_owned(), json!(id))),
        (None, Some(link), None) => {
            if !link.starts_with("https://") && !link.starts_with("http://") {
                problems.add(FieldProblem::invalid(format!("{field}.link"), "is not an http or https address"));
            }
            object.insert("link".to_owned(), json!(link));
        }
        (None, None, Some(_)) => {
            let problem = "cannot be uploaded by this release; give an id or a link";
            problems.add(FieldProblem::not_supported(format!("{field}.object"), problem));
        }
        _ => problems.add(FieldProblem::invalid(field, "needs exactly one of id, link and object")),
    }
    object
}

fn allowed(field: &str, name: &str, kind: &str, kinds: &[&str], problems: &mut Problems) {
    if !kinds.contains(&kind) {
        problems.add(FieldProblem::invalid(format!("{field}.{name}"), format!("is for {} only", kinds.join(", "))));
    }
}
