//! The five media types: ids, links, sizes and what may stand beside.

use super::*;

fn id(id: &str) -> Value {
    json!({ "id": id })
}

#[test]
fn image() {
    let link = json!({"link": "https://example.com/a.jpg", "caption": "é".repeat(1_024)});
    table(
        "image",
        &[id("png"), link.clone()],
        &[
            (json!({"caption": "no file"}), 131_008),
            (id("no such"), 131_009),
            (id("mp4"), 131_053),
            (id("webp"), 131_053),
            (id("large png"), 131_053),
            (with(link.clone(), "/caption", long(1_025)), 100),
            (with(link.clone(), "/link", json!("a.jpg")), 131_009),
            (with(link, "/link", json!("ftp://example.com/a.jpg")), 131_009),
            (json!({"id": "png", "link": "https://example.com/a.jpg"}), 100),
            (json!({"id": "png", "filename": "a.png"}), 100),
        ],
    );
}

#[test]
fn video() {
    table(
        "video",
        &[id("mp4"), json!({"id": "mp4", "caption": "look"})],
        &[(id("png"), 131_053), (json!({}), 131_008)],
    );
}

#[test]
fn audio() {
    table(
        "audio",
        &[id("mp3"), json!({"id": "opus", "voice": true}), json!({"link": "https://example.com/a.ogg", "voice": true})],
        &[
            (json!({"id": "mp3", "voice": true}), 131_053),
            (json!({"id": "mp3", "voice": "yes"}), 100),
            (json!({"id": "mp3", "caption": "listen"}), 100),
            (id("mp4"), 131_053),
        ],
    );
    let Ok(Request::Message(voice)) = checked(&message("audio", json!({"id": "opus", "voice": true}))) else {
        panic!("not taken")
    };
    assert!(voice.voice);
}

#[test]
fn document() {
    table(
        "document",
        &[id("pdf"), id("mp3"), json!({"id": "pdf", "filename": "a.pdf", "caption": "read"})],
        &[(json!({"id": "pdf", "caption": long(1_025)}), 100), (json!({"id": "pdf", "voice": true}), 100)],
    );
}

#[test]
fn sticker() {
    table(
        "sticker",
        &[id("webp")],
        &[(id("large webp"), 131_053), (id("png"), 131_053), (json!({"id": "webp", "caption": "ha"}), 100)],
    );
}

#[test]
fn a_link_that_meta_could_not_use_fails_afterwards() {
    let fate = |kind: &str, link: &str| match checked(&message(kind, json!({ "link": link }))) {
        Ok(Request::Message(message)) => message.fate,
        other => panic!("{link}: {other:?}"),
    };
    for link in [
        "http://example.com/a.jpg",
        "https://example.invalid/a.jpg",
        "https://localhost/a.jpg",
        "https://127.0.0.1:9000/a.jpg",
        "https://[::1]/a.jpg",
        "https://192.168.1.2/a.jpg",
        "https://example.com/a.MP4?x=1",
    ] {
        assert_eq!(fate("image", link), Some(131_053), "{link}");
    }
    for link in ["https://example.com/a.jpg", "https://example.com/download?id=7", "https://example.com/v1.2/a"] {
        assert_eq!(fate("image", link), None, "{link}");
    }
    assert_eq!(fate("document", "https://example.com/a.mp4"), None);
    assert_eq!(fate("sticker", "https://example.com/a.png"), Some(131_053));
}

#[test]
fn a_header_is_a_file_like_any_other() {
    let button = |header: Value| {
        message(
            "interactive",
            json!({"type": "button", "header": header, "body": {"text": "?"}, "action": {
            "buttons": [{"type": "reply", "reply": {"id": "1", "title": "Yes"}}]}}),
        )
    };
    let image = |image: Value| button(json!({"type": "image", "image": image}));
    assert!(checked(&image(id("png"))).is_ok());
    assert_eq!(checked(&image(id("mp4"))).err(), Some(131_053));
    let Ok(Request::Message(linked)) = checked(&image(json!({"link": "http://example.com/a.png"}))) else {
        panic!("not taken")
    };
    assert_eq!(linked.fate, Some(131_053));
}
