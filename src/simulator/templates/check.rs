//! What Meta looks at when a template is made and when one is sent. Its own reading of the components, so that it cannot
//! share a mistake with the worker's.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Unfit;

/// A template that can be made.
#[derive(Debug, Clone)]
pub struct Definition {
    pub name: String,
    pub language: String,
    pub category: String,
    pub parameter_format: String,
    pub components: Value,
    pub ttl_seconds: Option<i64>,
}

/// # Errors
/// What Meta refuses it for.
pub fn definition(body: &Value) -> Result<Definition, Unfit> {
    let required = |name: &str| match body[name].as_str() {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(Unfit::new(100, format!("The parameter {name} is required."))),
    };
    let name = required("name")?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.len() > 512 || !name.chars().all(fits) {
        return Err(Unfit::new(100, "Message template name can only have lowercase letters, digits and underscores"));
    }
    let category = required("category")?;
    if !["MARKETING", "UTILITY", "AUTHENTICATION"].contains(&category.as_str()) {
        return Err(Unfit::new(100, "Param category must be one of {UTILITY, MARKETING, AUTHENTICATION}"));
    }
    let components = body["components"].clone();
    if component(&components, "BODY").is_none() {
        return Err(Unfit::new(100, "components must have a BODY"));
    }
    let parameter_format = body["parameter_format"].as_str().unwrap_or("POSITIONAL").to_owned();
    let (language, ttl_seconds) = (required("language")?, body["message_send_ttl_seconds"].as_i64());
    Ok(Definition { name, language, category, parameter_format, components, ttl_seconds })
}

/// # Errors
/// What a message with this `template` object is refused with.
pub fn values(template: &Definition, content: &Value) -> Result<(), Unfit> {
    let has = |kind: &str| component(&template.components, kind);
    let given = |kind: &str| component(&content["components"], kind).map_or(&[][..], |one| list(&one["parameters"]));
    let variables = has("BODY").map_or(0, |body| match body["text"].as_str() {
        Some(text) => count(text),
        None => usize::from(template.category == "AUTHENTICATION"),
    });
    expect("body", given("BODY").len(), variables)?;
    if let Some(header) = has("HEADER") {
        self::header(header, given("HEADER"))?;
    }
    let buttons = has("BUTTONS").map_or(&[][..], |buttons| list(&buttons["buttons"]));
    for (index, button) in buttons.iter().enumerate().filter(|(_, button)| takes_value(button)) {
        let index = index.to_string();
        let is_it = |one: &Value| is(one, "BUTTON") && number(&one["index"]) == index;
        if !list(&content["components"]).iter().any(is_it) {
            let kind = button["type"].as_str().unwrap_or_default();
            return Err(Unfit::new(
                131_008,
                format!("buttons: Button at index {index} of type {kind} requires a parameter"),
            ));
        }
    }
    Ok(())
}

fn header(header: &Value, given: &[Value]) -> Result<(), Unfit> {
    let format = header["format"].as_str().unwrap_or_default();
    if format == "TEXT" {
        return expect("header", given.len(), count(header["text"].as_str().unwrap_or_default()));
    }
    let received = given.first().and_then(|one| one["type"].as_str()).unwrap_or("UNKNOWN").to_uppercase();
    match received == format || (format == "GIF" && received == "VIDEO") {
        true => Ok(()),
        false => Err(Unfit::new(132_012, format!("header: Format mismatch, expected {format}, received {received}"))),
    }
}

fn expect(place: &str, given: usize, expected: usize) -> Result<(), Unfit> {
    match given == expected {
        true => Ok(()),
        false => Err(Unfit::new(
            132_000,
            format!(
                "{place}: number of localizable_params ({given}) does not match the expected number of params ({expected})"
            ),
        )),
    }
}

fn takes_value(button: &Value) -> bool {
    match button["type"].as_str() {
        Some("URL") => count(button["url"].as_str().unwrap_or_default()) > 0,
        Some("OTP" | "COPY_CODE" | "FLOW") => true,
        _ => false,
    }
}

/// Distinct variables of a text.
fn count(text: &str) -> usize {
    let mut rest = text;
    let mut names = BTreeSet::new();
    while let Some(begin) = rest.find("{{") {
        let Some(length) = rest[begin..].find("}}") else { break };
        names.insert(rest[begin + 2..begin + length].trim());
        rest = &rest[begin + length..];
    }
    names.len()
}

fn component<'v>(components: &'v Value, kind: &str) -> Option<&'v Value> {
    list(components).iter().find(|one| is(one, kind))
}

fn is(component: &Value, kind: &str) -> bool {
    component["type"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(kind))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn number(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
