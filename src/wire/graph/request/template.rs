//! Template messages: the short form becomes Meta's components, the long form stays as it is. Knows no catalogue and no
//! limit.

use serde_json::{Value, json};

use super::{
    content::{json_object, pruned},
    media,
};
use crate::wire::{
    field_problem::FieldProblem,
    records::template::{CardComponent, Component, Parameter, Template, TemplateButton, TemplateHeader},
};

pub fn object(template: &Template, problems: &mut Vec<FieldProblem>) -> Value {
    if template.language.is_empty() {
        let why = "is missing, and the catalogue does not know the template's languages";
        problems.push(FieldProblem::not_supported(
            "template.language",
            why,
            "name it, such as en_US, or run `templates sync`",
        ));
    }
    let components = if template.components.is_empty() { short(template, problems) } else { long(template, problems) };
    let mut object = json!({"name": template.name, "language": {"code": template.language}});
    if !components.is_empty() {
        object["components"] = Value::Array(components);
    }
    object
}

/// Header, body, buttons: `fields` counts on this order.
fn short(template: &Template, problems: &mut Vec<FieldProblem>) -> Vec<Value> {
    if !template.body.is_empty() && !template.named.is_empty() {
        let fix = "a template's variables are either positional (body) or named";
        problems.push(FieldProblem::invalid("template.named", "stands beside body", fix));
    }
    let mut components = Vec::new();
    if let Some(parameter) = template.header.as_ref().map(|header| header_parameter(header, problems)) {
        components.push(json!({"type": "header", "parameters": [parameter]}));
    }
    let positional = template.body.iter().map(|text| json!({"type": "text", "text": text}));
    let named = template.named.iter().map(|(name, text)| json!({"type": "text", "parameter_name": name, "text": text}));
    let parameters: Vec<Value> = positional.chain(named).collect();
    if !parameters.is_empty() {
        components.push(json!({"type": "body", "parameters": parameters}));
    }
    components.extend(template.buttons.iter().enumerate().map(|(at, value)| button(at, value, problems)));
    components
}

fn header_parameter(header: &TemplateHeader, problems: &mut Vec<FieldProblem>) -> Value {
    match (&header.text, &header.media, &header.location) {
        (Some(text), None, None) => json!({"type": "text", "text": text}),
        (None, Some(file), None) => media::header("template.header.media", file, problems),
        (None, None, Some(place)) => json!({"type": "location", "location": pruned(json!(place))}),
        (text, file, place) => {
            let given = usize::from(text.is_some()) + usize::from(file.is_some()) + usize::from(place.is_some());
            let fix = "set exactly one of text, media and location";
            problems.push(FieldProblem::invalid("template.header", format!("has {given} values"), fix));
            Value::Null
        }
    }
}

fn button(at: usize, button: &TemplateButton, problems: &mut Vec<FieldProblem>) -> Value {
    let value = &button.value;
    let parameter = match button.sub_type.as_str() {
        "quick_reply" | "voice_call" => json!({"type": "payload", "payload": value}),
        "url" => json!({"type": "text", "text": value}),
        "copy_code" => json!({"type": "coupon_code", "coupon_code": value}),
        "flow" => json!({"type": "action", "action": {"flow_token": value}}),
        "catalog" => json!({"type": "action", "action": {"thumbnail_product_retailer_id": value}}),
        _ => {
            let field = format!("template.buttons[{at}].sub_type");
            problems.push(FieldProblem::invalid(field, "has no short form", "use template.components"));
            // what nothing more is said about
            json!({"type": "action", "action": {}})
        }
    };
    let (sub_type, index) = (&button.sub_type, button.index.to_string());
    json!({"type": "button", "sub_type": sub_type, "index": index, "parameters": [parameter]})
}

fn long(template: &Template, problems: &mut Vec<FieldProblem>) -> Vec<Value> {
    let short = !template.body.is_empty()
        || !template.named.is_empty()
        || template.header.is_some()
        || !template.buttons.is_empty();
    if short {
        let fix = "use either components, or body, named, header and buttons";
        problems.push(FieldProblem::invalid("template.components", "stands beside the short form", fix));
    }
    let components = template.components.iter().enumerate();
    components.map(|(at, component)| whole(&format!("template.components[{at}]"), component, problems)).collect()
}

fn whole(field: &str, component: &Component, problems: &mut Vec<FieldProblem>) -> Value {
    let cards = component.cards.iter().enumerate().map(|(at, card)| {
        let inner =
            card.components.iter().enumerate().map(|(inner, component)| {
                part(&format!("{field}.cards[{at}].components[{inner}]"), component, problems)
            });
        let inner: Vec<Value> = inner.collect();
        json!({"card_index": card.card_index, "components": inner})
    });
    let cards: Vec<Value> = cards.collect();
    let Component { r#type, sub_type, index, parameters, .. } = component.clone();
    let mut made = part(field, &CardComponent { r#type, sub_type, index, parameters }, problems);
    if !cards.is_empty() {
        made["cards"] = Value::Array(cards);
    }
    made
}

fn part(field: &str, component: &CardComponent, problems: &mut Vec<FieldProblem>) -> Value {
    let quick_reply = component.sub_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("quick_reply"));
    let all = component.parameters.iter().enumerate();
    let parameters = all.map(|(at, given)| {
        let field = format!("{field}.parameters[{at}].parameter_json");
        parameter(&field, given, quick_reply, problems)
    });
    let parameters: Vec<Value> = parameters.collect();
    let index = component.index.map(|index| index.to_string());
    let (kind, sub_type) = (&component.r#type, &component.sub_type);
    pruned(json!({"type": kind, "sub_type": sub_type, "index": index, "parameters": parameters}))
}

fn parameter(json_field: &str, given: &Parameter, quick_reply: bool, problems: &mut Vec<FieldProblem>) -> Value {
    match (&given.parameter_json, &given.text) {
        // of one that cannot be read nothing more is said
        (Some(json), _) => json_object(json_field, json, problems).map_or(json!({"type": "unreadable"}), Value::Object),
        // the payload of a button was once written as a text, and what comes back is the same
        (None, Some(text)) if quick_reply && given.r#type == "text" => json!({"type": "payload", "payload": text}),
        (None, _) => pruned(json!(given)),
    }
}
