//! Meta's own examples of requests: the simulator takes every one of them, once what they leave to the reader is filled in.

use bytes::Bytes;
use omnichannel_whatsapp::simulator::{Settings, Template, shelf::File};
use serde_json::{Value, json};

use super::harness::{NUMBER, World, http, quick};
use crate::meta;

/// Endpoint, name and body of every example; none when the file is not there.
fn examples() -> Option<Vec<(&'static str, String, Value)>> {
    let document = meta::document()?;
    let of = |endpoint: &'static str| {
        let all = meta::examples(&document, &format!("/{{Version}}/{{Phone-Number-ID}}/{endpoint}"));
        all.into_iter().map(move |(name, body)| (endpoint, name, body))
    };
    Some(of("messages").chain(of("marketing_messages")).collect())
}

/// What stands in angle brackets or braces, by the member it stands in and the object around it.
fn filled(value: &Value, member: &str, around: &str, file: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, inner)| (name.clone(), filled(inner, name, member, file))).collect()
        }
        Value::Array(items) => items.iter().map(|item| filled(item, member, around, file)).collect(),
        Value::String(text) => match (member, text.starts_with(['<', '{']) || text.starts_with("http(s)")) {
            ("to", true) => json!("+15550000999"),
            ("message_id", true) => json!("wamid.A"),
            ("link", true) => json!("https://example.com/file"),
            ("id", true) if around != "reply" && around != "rows" => json!(file(around)),
            ("type", true) => json!("text"),
            _ => value.clone(),
        },
        other => other.clone(),
    }
}

/// The template of an example, as it must be stored for the example to be right.
fn template(body: &Value, marketing: bool) -> Option<Template> {
    let template = body.get("template")?;
    let components = template["components"].as_array().into_iter().flatten();
    let body = components.into_iter().find(|component| component["type"] == "body");
    let count = body.and_then(|body| body["parameters"].as_array()).map_or(0, Vec::len);
    let template = Template::new(template["name"].as_str()?, template["language"]["code"].as_str()?, count);
    Some(if marketing { template.of("MARKETING") } else { template })
}

fn files(world: &World) -> impl Fn(&str) -> String {
    let keep = |mime_type: &str| {
        let (phone_number_id, bytes) = (NUMBER.to_owned(), Bytes::from_static(b"file"));
        world.simulator.keep(File { phone_number_id, mime_type: mime_type.to_owned(), bytes })
    };
    let kinds =
        [("image", "image/png"), ("video", "video/mp4"), ("audio", "audio/mpeg"), ("document", "application/pdf")];
    let kinds = kinds.into_iter().chain([("sticker", "image/webp")]);
    let ids: Vec<(&str, String)> = kinds.map(|(kind, mime_type)| (kind, keep(mime_type))).collect();
    move |kind| {
        let found = ids.iter().find(|(known, _)| *known == kind);
        found.unwrap_or_else(|| panic!("an id in {kind}")).1.clone()
    }
}

#[tokio::test]
async fn every_example_of_meta_is_accepted() {
    let Some(examples) = examples() else { return };
    assert!(examples.len() >= 53, "only {} examples were read from Meta's file", examples.len());
    for (endpoint, name, body) in &examples {
        // templates of one name are told apart by nothing but their counts
        let stored = template(body, *endpoint == "marketing_messages").into_iter().collect();
        let settings = Settings { templates: stored, behaviour: quick(), ..Settings::default() };
        let world = World::start(settings).await;
        let mut body = filled(body, "", "", &files(&world));
        // the one example that leaves its type out, which would make it a text
        if name == "Send Reply to List Message" {
            body["type"] = json!("interactive");
        }
        let url = format!("{}/v25.0/{NUMBER}/{endpoint}", world.base_url);
        let answer = http().post(url).bearer_auth("simulator-token").json(&body).send().await.unwrap();
        let (status, answer) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{name}: {answer}\n{body}");
    }
}
