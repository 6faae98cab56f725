//! Files in a message: an id of this number's or a link, of the right type and size. Fetches nothing: what a link leads to
//! is guessed from its words.

use std::net::IpAddr;

use serde_json::Value;
use url::{Host, Url};

use super::{ANY, Field, Known, Refusal, missing};
use crate::simulator::shelf::File;

const KB: usize = 1 << 10;
const MB: usize = 1 << 20;

/// What Meta sends of each kind: types, endings of links, and the largest size.
struct Kind {
    name: &'static str,
    types: &'static [&'static str],
    endings: &'static [&'static str],
    largest: usize,
    /// Members beside `id` and `link`.
    may: &'static [&'static str],
}

#[rustfmt::skip]
const KINDS: &[Kind] = &[
    Kind { name: "image", types: &["image/jpeg", "image/png"], endings: &["jpg", "jpeg", "png"], largest: 5 * MB, may: &["caption"] },
    Kind { name: "video", types: &["video/mp4", "video/3gpp"], endings: &["mp4", "3gp", "3gpp"], largest: 16 * MB, may: &["caption"] },
    Kind { name: "audio", types: &["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"],
        endings: &["aac", "amr", "mp3", "m4a", "mp4", "ogg", "opus"], largest: 16 * MB, may: &["voice"] },
    Kind { name: "document", types: &[], endings: &[], largest: 100 * MB, may: &["caption", "filename"] },
    Kind { name: "sticker", types: &["image/webp"], endings: &["webp"], largest: 500 * KB, may: &[] },
];

const LARGEST_STATIC_STICKER: usize = 100 * KB;

fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// A message of one of the media types.
pub fn message(name: &str, content: &Field<'_>, known: &Known<'_>) -> Result<(), Refusal> {
    let Some(kind) = kind(name) else { return Ok(()) };
    let may: Vec<&str> = kind.may.iter().copied().chain(["id", "link"]).collect();
    content.only(&may)?;
    content.find_text("caption", 1_024)?;
    content.find_text("filename", ANY)?;
    let file = usable(name, content, known)?;
    let is_ogg = |file: File| essence(&file.mime_type) == "audio/ogg";
    if content.find_bool("voice")? && file.is_some_and(|file| !is_ogg(file)) {
        return Err(Refusal::new(131_053, "A voice message must be audio/ogg with the opus codec"));
    }
    Ok(())
}

/// A file of this kind, wherever it stands; returns it where it is known here.
pub fn usable(name: &str, content: &Field<'_>, known: &Known<'_>) -> Result<Option<File>, Refusal> {
    match (content.find_text("id", ANY)?, content.find_text("link", ANY)?) {
        (Some(id), None) => {
            let file = (known.file)(id).ok_or_else(|| content.bad("has an id that is not a valid media id"))?;
            fits(name, &file)?;
            Ok(Some(file))
        }
        (None, Some(link)) => match Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "https" | "http")) {
            true => Ok(None),
            false => Err(content.bad("has a link that is not a valid URI")),
        },
        (Some(_), Some(_)) => Err(content.wrong("must have one of id and link")),
        (None, None) => Err(missing(&format!("{name}['id'] or {name}['link']"))),
    }
}

fn fits(name: &str, file: &File) -> Result<(), Refusal> {
    let Some(kind) = kind(name) else { return Ok(()) };
    let mime_type = essence(&file.mime_type);
    if !kind.types.is_empty() && !kind.types.contains(&mime_type) {
        return Err(Refusal::new(131_053, format!("A file of type {mime_type} cannot be sent as {name}")));
    }
    let is_static = name == "sticker" && !file.bytes.windows(4).take(KB).any(|bytes| bytes == b"ANIM");
    let largest = if is_static { LARGEST_STATIC_STICKER } else { kind.largest };
    match file.bytes.len() > largest {
        true => Err(Refusal::new(131_053, format!("A file sent as {name} may have {largest} bytes at the most"))),
        false => Ok(()),
    }
}

fn essence(mime_type: &str) -> &str {
    mime_type.split(';').next().unwrap_or_default().trim()
}

/// Whether Meta could not use a link that stands anywhere in `content`, the object named `name`: it is not HTTPS, leads to
/// no public host, or to a file that by its ending is of another kind.
pub fn unusable_link(name: &str, content: &Value) -> bool {
    match content {
        Value::Object(members) => members.iter().any(|(member, value)| match (member.as_str(), value.as_str()) {
            ("link", Some(link)) => kind(name).is_some_and(|kind| !is_public(link) || is_of_another(link, kind)),
            (member, _) => unusable_link(member, value),
        }),
        Value::Array(items) => items.iter().any(|item| unusable_link(name, item)),
        _ => false,
    }
}

fn is_public(link: &str) -> bool {
    let Ok(url) = Url::parse(link) else { return false };
    let reserved = [".invalid", ".test", ".localhost", ".local", ".internal"];
    url.scheme() == "https"
        && match url.host() {
            Some(Host::Domain(name)) => name != "localhost" && !reserved.iter().any(|end| name.ends_with(end)),
            Some(Host::Ipv4(at)) => !(at.is_loopback() || at.is_private() || at.is_link_local()),
            Some(Host::Ipv6(at)) => !IpAddr::from(at).is_loopback(),
            None => false,
        }
}

fn is_of_another(link: &str, kind: &Kind) -> bool {
    let ending = Url::parse(link).ok().and_then(|url| {
        let (_, ending) = url.path().rsplit_once('.')?;
        Some(ending.to_ascii_lowercase())
    });
    let known = |ending: &String| KINDS.iter().any(|kind| kind.endings.contains(&ending.as_str()));
    let ending = ending.filter(known);
    !kind.endings.is_empty() && ending.is_some_and(|ending| !kind.endings.contains(&ending.as_str()))
}
