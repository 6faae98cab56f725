//! What Meta is documented to refuse in a definition: told before anything is sent. A rule that is not here is Meta's to say.

use serde_json::Value;

use super::Definition;
use crate::{
    domain::template::{AUTHENTICATION, MARKETING, NAMED, POSITIONAL, UTILITY},
    wire::{
        graph::limits::TEMPLATE_NAME,
        template::{placeholders, text, word},
    },
};

const HEADER: usize = 60;
const BODY: usize = 1_024;
const FOOTER: usize = 60;
const BUTTONS: usize = 10;
const LABEL: usize = 25;
const URL: usize = 2_000;
const PHONE: usize = 20;

/// Everything, each with its member, the limit and what to do.
#[must_use]
pub fn broken(definition: &Definition) -> Vec<String> {
    let mut found = Vec::new();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let name = &definition.name;
    if name.is_empty() || name.len() > TEMPLATE_NAME.max || !name.chars().all(fits) {
        found.push(format!("name: use lowercase letters, digits and '_', at most {} of them", TEMPLATE_NAME.max));
    }
    if ![MARKETING, UTILITY, AUTHENTICATION].contains(&definition.category.as_str()) {
        found.push(format!("category: write {MARKETING}, {UTILITY} or {AUTHENTICATION}"));
    }
    if ![POSITIONAL, NAMED].contains(&definition.parameter_format.as_str()) {
        found.push(format!("parameter_format: write {POSITIONAL} or {NAMED}"));
    }
    if let Some(ttl) = definition.message_send_ttl_seconds {
        found.extend(lifetime(ttl, &definition.category));
    }
    let all = definition.components.as_array().map_or(&[][..], Vec::as_slice);
    if !all.iter().any(|component| kind(component) == "BODY") {
        found.push("components: a BODY is required".to_owned());
    }
    for component in all {
        match kind(component).as_str() {
            "HEADER" => found.extend(header(component)),
            "BODY" => found.extend(body(component, &definition.parameter_format)),
            "FOOTER" => found.extend(footer(component)),
            "BUTTONS" => found.extend(buttons(component)),
            _ => {}
        }
    }
    found
}

/// Seconds; −1 is thirty days, where there is no shorter one.
fn lifetime(ttl: i64, category: &str) -> Option<String> {
    let (least, most) = match category {
        AUTHENTICATION => (30, 900),
        UTILITY => (30, 43_200),
        MARKETING => (43_200, 2_592_000),
        _ => return None,
    };
    let ok = (least..=most).contains(&ttl) || (ttl == -1 && category != MARKETING);
    (!ok).then(|| format!("message_send_ttl_seconds: {category} takes {least} to {most}"))
}

fn header(header: &Value) -> Vec<String> {
    if word(header, "format") != "TEXT" {
        return Vec::new();
    }
    let words = text(header, "text");
    let mut found: Vec<String> = longer("HEADER text", words, HEADER).into_iter().collect();
    if placeholders(words).len() > 1 {
        found.push("HEADER text: at most one variable".to_owned());
    }
    found
}

fn body(body: &Value, format: &str) -> Vec<String> {
    let words = text(body, "text");
    let mut found: Vec<String> = longer("BODY text", words, BODY).into_iter().collect();
    let trimmed = words.trim();
    if trimmed.starts_with("{{") || trimmed.ends_with("}}") {
        found.push("BODY text: no variable at the beginning or the end".to_owned());
    }
    let variables = placeholders(words);
    if format == NAMED {
        let named = |name: &String| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        if !variables.iter().all(named) {
            found.push("BODY text: NAMED variables are {{lower_snake}}".to_owned());
        }
    } else if !variables.iter().enumerate().all(|(at, name)| *name == (at + 1).to_string()) {
        found.push("BODY text: POSITIONAL variables are {{1}}, {{2}} … in this order".to_owned());
    }
    let example = &body["example"];
    if !variables.is_empty() && example["body_text"].is_null() && example["body_text_named_params"].is_null() {
        found.push("BODY example: Meta's reviewers want one value for each variable".to_owned());
    }
    found
}

fn footer(footer: &Value) -> Vec<String> {
    let words = text(footer, "text");
    let mut found: Vec<String> = longer("FOOTER text", words, FOOTER).into_iter().collect();
    if !placeholders(words).is_empty() {
        found.push("FOOTER text: takes no variable".to_owned());
    }
    found
}

fn buttons(component: &Value) -> Vec<String> {
    let all = component["buttons"].as_array().map_or(&[][..], Vec::as_slice);
    let of = |wanted: &str| all.iter().filter(|button| kind(button) == wanted).count();
    let mut found = Vec::new();
    for (what, count, most) in [
        ("buttons", all.len(), BUTTONS),
        ("URL buttons", of("URL"), 2),
        ("PHONE_NUMBER buttons", of("PHONE_NUMBER"), 1),
        ("COPY_CODE buttons", of("COPY_CODE"), 1),
    ] {
        if count > most {
            found.push(format!("BUTTONS: {count} {what}, and Meta takes {most}"));
        }
    }
    let quick: Vec<bool> = all.iter().map(|button| kind(button) == "QUICK_REPLY").collect();
    if quick.windows(2).filter(|pair| pair[0] != pair[1]).count() > 1 {
        found.push("BUTTONS: QUICK_REPLY buttons must stand together".to_owned());
    }
    for (at, button) in all.iter().enumerate() {
        found.extend(longer(&format!("BUTTONS[{at}] text"), text(button, "text"), LABEL));
        found.extend(longer(&format!("BUTTONS[{at}] url"), text(button, "url"), URL));
        found.extend(longer(&format!("BUTTONS[{at}] phone_number"), text(button, "phone_number"), PHONE));
        let url = text(button, "url");
        if placeholders(url).len() > 1 || (url.contains("{{") && !url.ends_with("}}")) {
            found.push(format!("BUTTONS[{at}] url: one variable, at the end"));
        }
    }
    found
}

fn longer(what: &str, words: &str, limit: usize) -> Option<String> {
    let count = words.chars().count();
    (count > limit).then(|| format!("{what}: {count} characters, and Meta takes {limit}"))
}

fn kind(value: &Value) -> String {
    word(value, "type")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn definition(components: Value) -> Definition {
        Definition {
            name: "order_1".to_owned(),
            language: "de".to_owned(),
            category: UTILITY.to_owned(),
            parameter_format: "POSITIONAL".to_owned(),
            message_send_ttl_seconds: None,
            components,
        }
    }

    fn good() -> Definition {
        definition(json!([
            {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"},
            {"type": "BODY", "text": "Hi {{1}}, it is {{2}}.", "example": {"body_text": [["Ada", "ready"]]}},
            {"type": "BUTTONS", "buttons": [
                {"type": "QUICK_REPLY", "text": "Stop"},
                {"type": "URL", "text": "Track", "url": "https://example.invalid/{{1}}"},
            ]},
        ]))
    }

    #[test]
    fn a_good_definition_breaks_no_rule() {
        assert_eq!(broken(&good()), Vec::<String>::new());
        let authentication = Definition {
            category: AUTHENTICATION.to_owned(),
            message_send_ttl_seconds: Some(-1),
            ..definition(json!([{"type": "BODY", "add_security_recommendation": true}]))
        };
        assert_eq!(broken(&authentication), Vec::<String>::new());
    }

    #[test]
    fn what_speaks_of_the_whole_is_told() {
        for (wrong, told) in [
            (Definition { name: "Order-1".to_owned(), ..good() }, "name: use lowercase"),
            (Definition { category: "ADS".to_owned(), ..good() }, "category: write MARKETING"),
            (Definition { parameter_format: "ANY".to_owned(), ..good() }, "parameter_format: write"),
            (
                Definition { message_send_ttl_seconds: Some(5), ..good() },
                "message_send_ttl_seconds: UTILITY takes 30 to 43200",
            ),
            (definition(json!([])), "components: a BODY is required"),
        ] {
            assert!(broken(&wrong)[0].starts_with(told), "{:?}", broken(&wrong));
        }
    }

    #[test]
    fn each_component_is_held_to_its_limits() {
        let example = json!({"body_text": [["a"]]});
        for (component, told) in [
            (json!({"type": "HEADER", "format": "TEXT", "text": "x".repeat(61)}), "HEADER text: 61 characters"),
            (json!({"type": "HEADER", "format": "TEXT", "text": "{{1}} {{2}}"}), "HEADER text: at most one"),
            (json!({"type": "BODY", "text": "é".repeat(1_025)}), "BODY text: 1025 characters, and Meta takes 1024"),
            (json!({"type": "BODY", "text": "{{1}} is it", "example": example}), "BODY text: no variable at"),
            (json!({"type": "BODY", "text": "a {{2}} b", "example": example}), "BODY text: POSITIONAL variables"),
            (json!({"type": "BODY", "text": "a {{1}} b"}), "BODY example:"),
            (json!({"type": "FOOTER", "text": "a {{1}} b"}), "FOOTER text: takes no variable"),
            (
                json!({"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://{{1}}.invalid/"}]}),
                "BUTTONS[0] url: one variable, at the end",
            ),
            (
                json!({"type": "BUTTONS", "buttons": [
                    {"type": "QUICK_REPLY"}, {"type": "URL"}, {"type": "QUICK_REPLY"},
                ]}),
                "BUTTONS: QUICK_REPLY buttons must stand together",
            ),
            (
                json!({"type": "BUTTONS", "buttons": [{"type": "URL"}, {"type": "URL"}, {"type": "URL"}]}),
                "BUTTONS: 3 URL",
            ),
            (json!({"type": "BUTTONS", "buttons": [{"text": "x".repeat(26)}]}), "BUTTONS[0] text: 26 characters"),
        ] {
            let mut components = vec![component];
            if components[0]["type"] != "BODY" {
                components.push(json!({"type": "BODY", "text": "x"}));
            }
            let found = broken(&definition(Value::Array(components)));
            assert!(found.len() == 1 && found[0].starts_with(told), "{told}: {found:?}");
        }
    }
}
