//! Messages a user can tap. Types without fields of their own take Meta's `action` as JSON.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{content::pruned, media};
use crate::wire::{
    graph::limits::{
        BUTTON_ID, BUTTON_TITLE, BUTTONS, FOOTER_TEXT, FieldProblem, HEADER_TEXT, INTERACTIVE_BODY, LIST_BODY,
        LIST_ROWS, LIST_SECTIONS, PRODUCTS, Problems, ROW_DESCRIPTION, ROW_ID, ROW_TITLE, SECTION_TITLE,
    },
    records::interactive::{Button, Interactive, InteractiveHeader, List, Product},
};

pub fn object(interactive: &Interactive, problems: &mut Problems) -> Value {
    problems.require("interactive.type", &interactive.r#type);
    let kind = interactive.r#type.as_str();
    let mut object = Map::from_iter([("type".to_owned(), json!(kind))]);
    if let Some(header) = &interactive.header {
        object.insert("header".to_owned(), self::header(header, problems));
    }
    match &interactive.body {
        Some(body) => {
            let limit = if kind == "list" { LIST_BODY } else { INTERACTIVE_BODY };
            problems.text("interactive.body", body, limit);
            object.insert("body".to_owned(), json!({"text": body}));
        }
        None if matches!(kind, "button" | "list" | "cta_url" | "flow") => problems.require("interactive.body", ""),
        None => {}
    }
    if let Some(footer) = &interactive.footer {
        problems.at_most("interactive.footer", footer, FOOTER_TEXT);
        object.insert("footer".to_owned(), json!({"text": footer}));
    }
    object.insert("action".to_owned(), action(interactive, problems));
    Value::Object(object)
}

fn header(header: &InteractiveHeader, problems: &mut Problems) -> Value {
    match (&header.text, &header.media) {
        (Some(text), None) => {
            problems.text("interactive.header.text", text, HEADER_TEXT);
            json!({"type": "text", "text": text})
        }
        (None, Some(file)) => media::header("interactive.header.media", file, problems),
        _ => {
            problems.add(FieldProblem::invalid("interactive.header", "needs exactly one of text and media"));
            Value::Null
        }
    }
}

fn action(interactive: &Interactive, problems: &mut Problems) -> Value {
    if let Some(action) = &interactive.action_json {
        return serde_json::from_str::<Map<String, Value>>(action).map_or_else(
            |_| {
                problems.add(FieldProblem::invalid("interactive.action_json", "is not a JSON object"));
                Value::Null
            },
            Value::Object,
        );
    }
    let none = Product::default();
    let product = interactive.product.as_ref().unwrap_or(&none);
    match interactive.r#type.as_str() {
        "button" => buttons(&interactive.buttons, problems),
        "list" => list(interactive.list.as_ref().unwrap_or(&List::default()), problems),
        "location_request_message" => json!({"name": "send_location"}),
        "product" => one_product(product, problems),
        "product_list" => products(product, problems),
        "catalog_message" => {
            let thumbnail = json!({"thumbnail_product_retailer_id": product.product_retailer_id});
            json!({"name": "catalog_message", "parameters": pruned(thumbnail)})
        }
        _ => {
            problems.require("interactive.action_json", "");
            Value::Null
        }
    }
}

fn buttons(buttons: &[Button], problems: &mut Problems) -> Value {
    problems.items("interactive.buttons", buttons.len(), BUTTONS);
    for (at, button) in buttons.iter().enumerate() {
        problems.text(&format!("interactive.buttons[{at}].id"), &button.id, BUTTON_ID);
        problems.text(&format!("interactive.buttons[{at}].title"), &button.title, BUTTON_TITLE);
    }
    unique("interactive.buttons", "id", buttons.iter().map(|button| &button.id), problems);
    unique("interactive.buttons", "title", buttons.iter().map(|button| &button.title), problems);
    let reply = |button: &Button| json!({"type": "reply", "reply": {"id": button.id, "title": button.title}});
    json!({"buttons": buttons.iter().map(reply).collect::<Vec<_>>()})
}

fn unique<'a>(field: &str, name: &str, values: impl Iterator<Item = &'a String>, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for (at, value) in values.enumerate() {
        if !seen.insert(value) {
            problems.add(FieldProblem::invalid(format!("{field}[{at}].{name}"), "is used twice"));
        }
    }
}

fn list(list: &List, problems: &mut Problems) -> Value {
    problems.text("interactive.list.button", &list.button, BUTTON_TITLE);
    problems.items("interactive.list.sections", list.sections.len(), LIST_SECTIONS);
    let rows = list.sections.iter().map(|section| section.rows.len()).sum();
    problems.items("interactive.list.sections.rows", rows, LIST_ROWS);
    for (at, section) in list.sections.iter().enumerate() {
        let field = format!("interactive.list.sections[{at}]");
        section_title(&field, section.title.as_deref(), list.sections.len(), problems);
        for (at, row) in section.rows.iter().enumerate() {
            problems.text(&format!("{field}.rows[{at}].id"), &row.id, ROW_ID);
            problems.text(&format!("{field}.rows[{at}].title"), &row.title, ROW_TITLE);
            let description = row.description.as_deref().unwrap_or_default();
            problems.at_most(&format!("{field}.rows[{at}].description"), description, ROW_DESCRIPTION);
        }
    }
    pruned(json!(list))
}

fn section_title(field: &str, title: Option<&str>, sections: usize, problems: &mut Problems) {
    let (field, title) = (format!("{field}.title"), title.unwrap_or_default());
    problems.at_most(&field, title, SECTION_TITLE);
    if sections > 1 {
        problems.require(&field, title);
    }
}

fn one_product(product: &Product, problems: &mut Problems) -> Value {
    problems.require("interactive.product.catalog_id", product.catalog_id.as_deref().unwrap_or_default());
    let id = product.product_retailer_id.as_deref().unwrap_or_default();
    problems.require("interactive.product.product_retailer_id", id);
    json!({"catalog_id": product.catalog_id, "product_retailer_id": id})
}

fn products(product: &Product, problems: &mut Problems) -> Value {
    problems.require("interactive.product.catalog_id", product.catalog_id.as_deref().unwrap_or_default());
    problems.items("interactive.product.sections", product.sections.len(), LIST_SECTIONS);
    let count = product.sections.iter().map(|section| section.product_retailer_ids.len()).sum();
    problems.items("interactive.product.sections.product_retailer_ids", count, PRODUCTS);
    let sections = product.sections.iter().enumerate().map(|(at, section)| {
        let field = format!("interactive.product.sections[{at}]");
        section_title(&field, section.title.as_deref(), product.sections.len(), problems);
        let items: Vec<Value> =
            section.product_retailer_ids.iter().map(|id| json!({"product_retailer_id": id})).collect();
        pruned(json!({"title": section.title, "product_items": items}))
    });
    let sections: Vec<Value> = sections.collect();
    json!({"catalog_id": product.catalog_id, "sections": sections})
}
