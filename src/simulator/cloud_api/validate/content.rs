//! The object named like the message's type: presence and documented limits. Knows nothing of recipients.

use serde_json::Value;

use super::{Known, Refusal, at_most, missing, required, text};

pub fn check(kind: &str, content: &Value, known: &Known<'_>) -> Result<(), Refusal> {
    match kind {
        "text" => {
            required(content, "body")?;
            at_most("text['body']", text(content, "body"), 4_096)
        }
        "image" | "video" | "audio" | "document" | "sticker" => media(kind, content, known),
        "template" => template(content, known),
        "location" => match content.get("latitude").is_some() && content.get("longitude").is_some() {
            true => Ok(()),
            false => Err(missing("location['latitude'], location['longitude']")),
        },
        "contacts" => match content.as_array().is_some_and(|contacts| !contacts.is_empty()) {
            true => Ok(()),
            false => Err(missing("contacts")),
        },
        "reaction" => match required(content, "message_id")?.starts_with("wamid.") {
            true => Ok(()),
            false => Err(Refusal::new(131_009, "Parameter reaction['message_id'] is not a valid message id")),
        },
        "interactive" => interactive(content),
        _ => Err(Refusal::new(131_051, format!("Unsupported message type {kind}"))),
    }
}

fn media(kind: &str, content: &Value, known: &Known<'_>) -> Result<(), Refusal> {
    at_most(&format!("{kind}['caption']"), text(content, "caption"), 1_024)?;
    match (text(content, "id"), text(content, "link")) {
        (Some(id), None) if (known.has_media)(id) => Ok(()),
        (Some(_), None) => Err(Refusal::new(131_009, format!("Param {kind}['id'] is not a valid media id"))),
        (None, Some(link)) if link.starts_with("https://") || link.starts_with("http://") => Ok(()),
        (None, Some(_)) => Err(Refusal::new(131_009, format!("Param {kind}['link'] is not a valid URI"))),
        (Some(_), Some(_)) => Err(Refusal::parameter(&format!("Param {kind} must have one of id and link"))),
        (None, None) => Err(missing(&format!("{kind}['id'] or {kind}['link']"))),
    }
}

fn template(content: &Value, known: &Known<'_>) -> Result<(), Refusal> {
    required(content, "name")?;
    content.get("language").map_or(Err(missing("language")), |language| required(language, "code"))?;
    (known.template)(content)
}

fn interactive(content: &Value) -> Result<(), Refusal> {
    let kind = required(content, "type")?;
    let action = content.get("action").ok_or_else(|| missing("interactive['action']"))?;
    let body = content.get("body").and_then(|body| text(body, "text"));
    let most = if kind == "list" { 4_096 } else { 1_024 };
    at_most("interactive['body']['text']", body, most)?;
    at_most("interactive['footer']['text']", content.get("footer").and_then(|footer| text(footer, "text")), 60)?;
    match kind {
        "button" => buttons(action),
        "list" => rows(action),
        _ => Ok(()),
    }
}

fn buttons(action: &Value) -> Result<(), Refusal> {
    let buttons = action.get("buttons").and_then(Value::as_array).ok_or_else(|| missing("action['buttons']"))?;
    if !(1..=3).contains(&buttons.len()) {
        return Err(Refusal::new(131_009, "Buttons count in interactive action has to be between 1 and 3"));
    }
    for button in buttons {
        let reply = button.get("reply").ok_or_else(|| missing("buttons['reply']"))?;
        required(reply, "id")?;
        required(reply, "title")?;
        at_most("reply['id']", text(reply, "id"), 256)?;
        at_most("reply['title']", text(reply, "title"), 20)?;
    }
    Ok(())
}

fn rows(action: &Value) -> Result<(), Refusal> {
    at_most("action['button']", Some(required(action, "button")?), 20)?;
    let sections = action.get("sections").and_then(Value::as_array).ok_or_else(|| missing("action['sections']"))?;
    let rows: Vec<&Value> = sections.iter().filter_map(|section| section.get("rows")?.as_array()).flatten().collect();
    if !(1..=10).contains(&rows.len()) {
        return Err(Refusal::new(131_009, "Total row count in interactive list has to be between 1 and 10"));
    }
    for row in rows {
        required(row, "id")?;
        at_most("row['id']", text(row, "id"), 200)?;
        at_most("row['title']", Some(required(row, "title")?), 24)?;
        at_most("row['description']", text(row, "description"), 72)?;
    }
    Ok(())
}
