//! Template messages: the short form becomes Meta's components, the long form stays as it is. Knows no catalogue.

use serde_json::{Map, Value, json};

use super::{
    content::{location, pruned},
    media,
};
use crate::wire::{
    graph::limits::{FieldProblem, Problems, TEMPLATE_NAME},
    records::template::{Parameter, Template, TemplateButton, TemplateHeader},
};

pub fn object(template: &Template, problems: &mut Problems) -> Value {
    problems.text("template.name", &template.name, TEMPLATE_NAME);
    if template.language.is_empty() {
        let problem = "is required: the catalogue does not know the template, so nobody knows its languages; `templates sync` fills it";
        problems.add(FieldProblem::not_supported("template.language", problem));
    }
    let components = if template.components.is_empty() { short(template, problems) } else { long(template, problems) };
    let mut object = json!({"name": template.name, "language": {"code": template.language}});
    if !components.is_empty() {
        object["components"] = Value::Array(components);
    }
    object
}

fn short(template: &Template, problems: &mut Problems) -> Vec<Value> {
    if !template.body.is_empty() && !template.named.is_empty() {
        problems.add(FieldProblem::invalid("template.named", "cannot go with template.body"));
    }
    let mut components = Vec::new();
    if let Some(parameter) = template.header.as_ref().map(|header| header_parameter(header, problems)) {
        components.push(json!({"type": "header", "parameters": [parameter]}));
    }
    let positional = template.body.iter().enumerate().map(|(index, text)| {
        problems.require(&format!("template.body[{index}]"), text);
        json!({"type": "text", "text": text})
    });
    let mut parameters: Vec<Value> = positional.collect();
    for (name, text) in &template.named {
        problems.require(&format!("template.named.{name}"), text);
        parameters.push(json!({"type": "text", "parameter_name": name, "text": text}));
    }
    if !parameters.is_empty() {
        components.push(json!({"type": "body", "parameters": parameters}));
    }
    components.extend(template.buttons.iter().enumerate().map(|(at, value)| button(at, value, problems)));
    components
}

fn header_parameter(header: &TemplateHeader, problems: &mut Problems) -> Value {
    match (&header.text, &header.media, &header.location) {
        (Some(text), None, None) => json!({"type": "text", "text": text}),
        (None, Some(file), None) => media::header("template.header.media", file, problems),
        (None, None, Some(place)) => {
            json!({"type": "location", "location": location("template.header.location", place, problems)})
        }
        _ => {
            let problem = "needs exactly one of text, media and location";
            problems.add(FieldProblem::invalid("template.header", problem));
            Value::Null
        }
    }
}

fn button(at: usize, button: &TemplateButton, problems: &mut Problems) -> Value {
    let (field, value) = (format!("template.buttons[{at}]"), &button.value);
    if !(0..=9).contains(&button.index) {
        problems.add(FieldProblem::invalid(format!("{field}.index"), "is not between 0 and 9"));
    }
    let parameter = match button.sub_type.as_str() {
        "quick_reply" => json!({"type": "payload", "payload": value}),
        "url" => json!({"type": "text", "text": value}),
        "copy_code" => json!({"type": "coupon_code", "coupon_code": value}),
        "flow" => json!({"type": "action", "action": {"flow_token": value}}),
        "catalog" => json!({"type": "action", "action": {"thumbnail_product_retailer_id": value}}),
        "voice_call" => json!({"type": "payload", "payload": value}),
        _ => {
            let problem = "has no short form; use template.components";
            problems.add(FieldProblem::invalid(format!("{field}.sub_type"), problem));
            Value::Null
        }
    };
    let (sub_type, index) = (&button.sub_type, button.index.to_string());
    json!({"type": "button", "sub_type": sub_type, "index": index, "parameters": [parameter]})
}

fn long(template: &Template, problems: &mut Problems) -> Vec<Value> {
    let short = !template.body.is_empty()
        || !template.named.is_empty()
        || template.header.is_some()
        || !template.buttons.is_empty();
    if short {
        let problem = "cannot go with body, named, header or buttons";
        problems.add(FieldProblem::invalid("template.components", problem));
    }
    let components = template.components.iter().enumerate().map(|(at, component)| {
        let field = format!("template.components[{at}]");
        let cards = component.cards.iter().enumerate().map(|(at, card)| {
            let field = format!("{field}.cards[{at}]");
            let inner = card.components.iter().enumerate().map(|(at, inner)| {
                let field = format!("{field}.components[{at}]");
                let parameters = parameters(&field, &inner.parameters, problems);
                part(&inner.r#type, inner.sub_type.as_deref(), inner.index, parameters)
            });
            let inner: Vec<Value> = inner.collect();
            json!({"card_index": card.card_index, "components": inner})
        });
        let cards: Vec<Value> = cards.collect();
        let parameters = parameters(&field, &component.parameters, problems);
        let mut made = part(&component.r#type, component.sub_type.as_deref(), component.index, parameters);
        if !cards.is_empty() {
            made["cards"] = Value::Array(cards);
        }
        made
    });
    components.collect()
}

fn part(kind: &str, sub_type: Option<&str>, index: Option<i32>, parameters: Vec<Value>) -> Value {
    let index = index.map(|index| index.to_string());
    pruned(json!({"type": kind, "sub_type": sub_type, "index": index, "parameters": parameters}))
}

fn parameters(field: &str, all: &[Parameter], problems: &mut Problems) -> Vec<Value> {
    let made = all.iter().enumerate().map(|(at, parameter)| match &parameter.parameter_json {
        None => pruned(json!(parameter)),
        Some(json) => match serde_json::from_str::<Map<String, Value>>(json) {
            Ok(parameter) => Value::Object(parameter),
            Err(_) => {
                let field = format!("{field}.parameters[{at}].parameter_json");
                problems.add(FieldProblem::invalid(field, "is not a JSON object"));
                Value::Null
            }
        },
    });
    made.collect()
}
