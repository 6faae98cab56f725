//! Files by id or link. Uploads nothing.

use serde_json::{Map, Value, json};

use crate::wire::{field_problem::FieldProblem, records::send_command::Media};

const KINDS: [&str; 5] = ["image", "video", "audio", "document", "sticker"];

/// The type of a media message.
pub fn kind<'a>(media: &'a Media, problems: &mut Vec<FieldProblem>) -> &'a str {
    if !KINDS.contains(&media.kind.as_str()) {
        let fix = format!("use one of {}", KINDS.join(", "));
        problems.push(FieldProblem::invalid("media.kind", "is no kind of file", fix));
    }
    &media.kind
}

/// The object of a media message: `{id | link, caption?, filename?, voice?}`.
pub fn object(field: &str, media: &Media, problems: &mut Vec<FieldProblem>) -> Value {
    let mut object = Map::new();
    let mut put = |name: &str, text: Option<&String>| {
        if let Some(text) = text {
            object.insert(name.to_owned(), json!(text));
        }
    };
    // an object stands where the id will be that its upload gives
    put("id", media.id.as_ref().or(media.object.as_ref()));
    put("link", media.link.as_ref());
    put("caption", media.caption.as_ref());
    put("filename", media.filename.as_ref());
    if media.voice {
        object.insert("voice".to_owned(), json!(true));
    }
    if media.object.is_some() {
        problems.push(match media.id {
            Some(_) => FieldProblem::invalid(field, "names 2 sources", "name exactly one of id, link and object"),
            None => {
                let why = "cannot be uploaded by this release";
                FieldProblem::not_supported(format!("{field}.object"), why, "give an id or a link")
            }
        });
    }
    Value::Object(object)
}

/// A file of a header, `{type: kind, <kind>: {…}}`.
pub fn header(field: &str, media: &Media, problems: &mut Vec<FieldProblem>) -> Value {
    let file = object(field, media, problems);
    Value::Object(Map::from_iter([("type".to_owned(), json!(media.kind)), (media.kind.clone(), file)]))
}
