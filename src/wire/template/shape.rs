//! What a send of a template must give, read from Meta's components. Says nothing of cards: each of a carousel's has
//! components of its own, and Meta checks those.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    domain::template::{AUTHENTICATION, NAMED},
    wire::records::template_state::TemplateStateButton,
};

/// The places of a template that take values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shape {
    /// Meta's word: TEXT, IMAGE, LOCATION …
    pub header_format: Option<String>,
    /// Variables of a text header: none or one.
    pub header_params: usize,
    /// Its name, where the template's variables have names.
    pub header_name: Option<String>,
    /// Variables of the body.
    pub body_params: usize,
    /// Their names, in the order of the text, where they have names.
    pub names: Option<Vec<String>>,
    pub buttons: Vec<TemplateStateButton>,
}

impl Shape {
    /// `None`: nothing is known of its components, so nothing can be checked.
    #[must_use]
    pub fn of(components: &Value, parameter_format: &str, category: &str) -> Option<Self> {
        let components = components.as_array().filter(|components| !components.is_empty())?;
        let mut shape = Self { names: (parameter_format == NAMED).then(Vec::new), ..Self::default() };
        for component in components {
            match word(component, "type").as_str() {
                "HEADER" => shape.header(component),
                "BODY" => shape.body(component, category),
                "BUTTONS" => shape.buttons = buttons(component),
                _ => {}
            }
        }
        Some(shape)
    }

    fn header(&mut self, header: &Value) {
        let format = word(header, "format");
        if format == "TEXT" {
            let found = placeholders(text(header, "text"));
            self.header_params = found.len();
            self.header_name = self.names.is_some().then(|| found.into_iter().next()).flatten();
        }
        self.header_format = Some(format).filter(|format| !format.is_empty());
    }

    fn body(&mut self, body: &Value, category: &str) {
        let found = match body.get("text").and_then(Value::as_str) {
            Some(text) => placeholders(text),
            // the text of these is Meta's, and holds the code
            None if category == AUTHENTICATION => vec!["1".to_owned()],
            None => Vec::new(),
        };
        self.body_params = found.len();
        if let Some(names) = &mut self.names {
            *names = found;
        }
    }
}

/// What stands between double braces, each once, in the order of the text.
#[must_use]
pub fn placeholders(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let inner = text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name.trim());
    inner.filter(|name| seen.insert(*name)).map(str::to_owned).collect()
}

fn buttons(component: &Value) -> Vec<TemplateStateButton> {
    let all = component.get("buttons").and_then(Value::as_array).into_iter().flatten();
    let read = |(index, button): (usize, &Value)| {
        let kind = word(button, "type");
        TemplateStateButton {
            index: i32::try_from(index).unwrap_or(i32::MAX),
            needs_value: needs_value(&kind, text(button, "url")),
            text: button.get("text").and_then(Value::as_str).map(str::to_owned),
            r#type: kind,
        }
    };
    all.enumerate().map(read).collect()
}

/// Whether Meta refuses a send without a value for it.
fn needs_value(kind: &str, url: &str) -> bool {
    match kind {
        "URL" => url.contains("{{"),
        "OTP" | "COPY_CODE" | "FLOW" | "MPM" | "ORDER_DETAILS" => true,
        _ => false,
    }
}

/// Meta writes these words in capitals; people who write files may not.
#[must_use]
pub fn word(value: &Value, name: &str) -> String {
    text(value, name).to_uppercase()
}

/// Empty where there is none.
#[must_use]
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::template::POSITIONAL;

    #[test]
    fn every_place_that_takes_a_value_is_found() {
        let components = json!([
            {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"},
            {"type": "BODY", "text": "For {{1}}: {{ 2 }}, again {{1}}."},
            {"type": "FOOTER", "text": "{{9}} is no variable here"},
            {"type": "BUTTONS", "buttons": [
                {"type": "QUICK_REPLY", "text": "Stop"},
                {"type": "URL", "text": "Shop", "url": "https://example.invalid/"},
                {"type": "URL", "text": "Track", "url": "https://example.invalid/{{1}}"},
                {"type": "COPY_CODE"},
            ]},
        ]);
        let shape = Shape::of(&components, POSITIONAL, "UTILITY").expect("components");
        assert_eq!((shape.header_format.as_deref(), shape.header_params, shape.body_params), (Some("TEXT"), 1, 2));
        assert_eq!(shape.names, None);
        let needed: Vec<(i32, bool)> = shape.buttons.iter().map(|button| (button.index, button.needs_value)).collect();
        assert_eq!(needed, [(0, false), (1, false), (2, true), (3, true)]);
    }

    #[test]
    fn names_keep_the_order_of_the_text() {
        let components = json!([{"type": "body", "text": "{{zoe}} and {{ada}} and {{zoe}}"}]);
        let shape = Shape::of(&components, NAMED, "MARKETING").expect("components");
        assert_eq!((shape.names, shape.body_params), (Some(vec!["zoe".to_owned(), "ada".to_owned()]), 2));
    }

    #[test]
    fn an_authentication_template_takes_its_code_though_it_shows_no_text() {
        let components = json!([{"type": "BODY", "add_security_recommendation": true}]);
        assert_eq!(Shape::of(&components, POSITIONAL, "AUTHENTICATION").map(|shape| shape.body_params), Some(1));
        assert_eq!(Shape::of(&components, POSITIONAL, "UTILITY").map(|shape| shape.body_params), Some(0));
        assert_eq!(Shape::of(&json!([]), POSITIONAL, "UTILITY"), None);
    }
}
