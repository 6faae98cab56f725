//! Messages a user can tap. Types without fields of their own take Meta's `action` as JSON. Knows no limit.

use serde_json::{Map, Value, json};

use super::{
    content::{json_object, pruned},
    media,
};
use crate::wire::{
    field_problem::FieldProblem,
    records::interactive::{Button, CtaUrl, Flow, Interactive, InteractiveCard, InteractiveHeader, Product},
};

pub fn object(interactive: &Interactive, problems: &mut Vec<FieldProblem>) -> Value {
    let mut object = Map::from_iter([("type".to_owned(), json!(interactive.r#type))]);
    if let Some(header) = &interactive.header {
        object.insert("header".to_owned(), self::header(header, problems));
    }
    for (name, text) in [("body", &interactive.body), ("footer", &interactive.footer)] {
        if let Some(text) = text {
            object.insert(name.to_owned(), json!({"text": text}));
        }
    }
    misplaced(interactive, problems);
    object.insert("action".to_owned(), action(interactive, problems));
    Value::Object(object)
}

fn header(header: &InteractiveHeader, problems: &mut Vec<FieldProblem>) -> Value {
    match (&header.text, &header.media) {
        (None, Some(file)) => media::header("interactive.header.media", file, problems),
        (Some(text), other) => {
            if other.is_some() {
                let fix = "set exactly one of text and media";
                problems.push(FieldProblem::invalid("interactive.header", "has a text and a file", fix));
            }
            json!({"type": "text", "text": text})
        }
        (None, None) => json!({}),
    }
}

/// What would be ignored: the fields of another type, or any beside Meta's own action.
fn misplaced(interactive: &Interactive, problems: &mut Vec<FieldProblem>) {
    let kind = interactive.r#type.as_str();
    let fields: [(&str, bool, &[&str]); 6] = [
        ("buttons", !interactive.buttons.is_empty(), &["button"]),
        ("list", interactive.list.is_some(), &["list"]),
        ("product", interactive.product.is_some(), &["product", "product_list", "catalog_message"]),
        ("cta_url", interactive.cta_url.is_some(), &["cta_url"]),
        ("flow", interactive.flow.is_some(), &["flow"]),
        ("cards", !interactive.cards.is_empty(), &["carousel"]),
    ];
    for (name, _, kinds) in fields.into_iter().filter(|(_, set, _)| *set) {
        let field = format!("interactive.{name}");
        if interactive.action_json.is_some() {
            problems.push(FieldProblem::invalid(field, "stands beside action_json", "set one of the two"));
        } else if !kinds.contains(&kind) {
            let fix = format!("use it with type {} only", kinds.join(", "));
            problems.push(FieldProblem::invalid(field, "is not of this type", fix));
        }
    }
}

fn action(interactive: &Interactive, problems: &mut Vec<FieldProblem>) -> Value {
    if let Some(action) = &interactive.action_json {
        return json_object("interactive.action_json", action, problems).map_or(Value::Null, Value::Object);
    }
    let product = interactive.product.as_ref();
    match interactive.r#type.as_str() {
        "button" => json!({"buttons": buttons("reply", &interactive.buttons)}),
        "list" => pruned(json!(interactive.list)),
        "product" => product.map_or(Value::Null, one_product),
        "product_list" => product.map_or(Value::Null, products),
        "cta_url" => cta_url(interactive.cta_url.as_ref()),
        "flow" => flow(interactive.flow.as_ref().unwrap_or(&Flow::default()), problems),
        "carousel" => {
            let cards = interactive.cards.iter().enumerate();
            json!({"cards": cards.map(|(at, content)| card(at, content, problems)).collect::<Vec<_>>()})
        }
        "catalog_message" => {
            let thumbnail = json!({"thumbnail_product_retailer_id": product.map(|p| &p.product_retailer_id)});
            json!({"name": "catalog_message", "parameters": pruned(thumbnail)})
        }
        "location_request_message" => json!({"name": "send_location"}),
        kind @ ("call_permission_request" | "voice_call" | "request_contact_info") => json!({"name": kind}),
        kind => {
            // an empty type is said to be empty, and that is enough
            if !kind.is_empty() {
                let fix = "give Meta's action object as JSON text";
                problems.push(FieldProblem::invalid("interactive.action_json", "is missing for this type", fix));
            }
            Value::Null
        }
    }
}

fn buttons(kind: &str, buttons: &[Button]) -> Value {
    buttons.iter().map(|button| json!({"type": kind, kind: {"id": button.id, "title": button.title}})).collect()
}

fn cta_url(button: Option<&CtaUrl>) -> Value {
    json!({"name": "cta_url", "parameters": button})
}

fn one_product(product: &Product) -> Value {
    pruned(json!({"catalog_id": product.catalog_id, "product_retailer_id": product.product_retailer_id}))
}

fn products(product: &Product) -> Value {
    let sections = product.sections.iter().map(|section| {
        let items: Vec<Value> =
            section.product_retailer_ids.iter().map(|id| json!({"product_retailer_id": id})).collect();
        pruned(json!({"title": section.title, "product_items": items}))
    });
    let sections: Vec<Value> = sections.collect();
    pruned(json!({"catalog_id": product.catalog_id, "sections": sections}))
}

fn flow(flow: &Flow, problems: &mut Vec<FieldProblem>) -> Value {
    let data = flow.data_json.as_ref().and_then(|data| json_object("interactive.flow.data_json", data, problems));
    let payload = (flow.screen.is_some() || data.is_some()).then(|| json!({"screen": flow.screen, "data": data}));
    let parameters = json!({
        "flow_message_version": "3",
        "flow_id": flow.flow_id,
        "flow_name": flow.flow_name,
        "flow_cta": flow.flow_cta,
        "flow_token": flow.flow_token,
        "mode": flow.mode,
        "flow_action": flow.flow_action,
    });
    let mut parameters = pruned(parameters);
    if let Some(mut payload) = payload {
        // the data are the producer's: what is null in them stays
        payload.as_object_mut().into_iter().for_each(|payload| payload.retain(|_, value| !value.is_null()));
        parameters["flow_action_payload"] = payload;
    }
    json!({"name": "flow", "parameters": parameters})
}

fn card(at: usize, card: &InteractiveCard, problems: &mut Vec<FieldProblem>) -> Value {
    let action = match &card.product {
        Some(product) => one_product(product),
        None if card.buttons.is_empty() => cta_url(card.cta_url.as_ref()),
        None => json!({"buttons": buttons("quick_reply", &card.buttons)}),
    };
    let field = format!("interactive.cards[{at}]");
    let others = [card.product.is_some(), !card.buttons.is_empty(), card.cta_url.is_some()];
    if others.into_iter().filter(|set| *set).count() > 1 {
        let fix = "set one of product, buttons and cta_url";
        problems.push(FieldProblem::invalid(&field, "has more than one thing to tap", fix));
    }
    let kind = if card.product.is_some() { "product" } else { "cta_url" };
    let header = card.media.as_ref().map(|file| media::header(&format!("{field}.media"), file, problems));
    let body = card.body.as_ref().map(|text| json!({"text": text}));
    pruned(json!({"card_index": at, "type": kind, "header": header, "body": body, "action": action}))
}
