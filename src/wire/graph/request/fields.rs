//! Which field of a command a place in its request was made of, for whoever is told what is wrong there. Builds nothing.

use crate::wire::{
    records::{interactive::Interactive, template::Template},
    send_command::Content,
};

/// `path`: in the body. Where the command has Meta's own names, it is the field.
#[must_use]
pub fn named(content: Content<'_>, path: &str) -> String {
    if path.starts_with("context") {
        return "reply_to".to_owned();
    }
    match content {
        Content::Media(media) => renamed(path, &[(media.kind.as_str(), "media")]),
        Content::Interactive(content) => interactive(content, path),
        Content::Template(content) if content.components.is_empty() => short_template(content, path),
        Content::Template(_) => renamed(path, &[("template.language.code", "template.language")]),
        Content::MarkRead(_) => format!("mark_read.{path}"),
        Content::Typing(_) => format!("typing.{path}"),
        Content::Text(_)
        | Content::Location(_)
        | Content::Contacts(_)
        | Content::Reaction(_)
        | Content::Pin(_)
        | Content::Raw(_) => path.to_owned(),
    }
}

/// Each name once, in order.
fn renamed(path: &str, names: &[(&str, &str)]) -> String {
    names.iter().fold(path.to_owned(), |path, (from, to)| path.replacen(from, to, 1))
}

fn interactive(content: &Interactive, path: &str) -> String {
    let Some(rest) = path.strip_prefix("interactive.action") else {
        let has_media = content.header.as_ref().is_some_and(|header| header.media.is_some());
        let names = [
            ("interactive.header.type", if has_media { "interactive.header.media.kind" } else { "interactive.header" }),
            ("interactive.header.image", "interactive.header.media"),
            ("interactive.header.video", "interactive.header.media"),
            ("interactive.header.document", "interactive.header.media"),
            ("interactive.body.text", "interactive.body"),
            ("interactive.footer.text", "interactive.footer"),
        ];
        return renamed(path, &names);
    };
    if content.action_json.is_some() {
        return format!("interactive.action_json{rest}");
    }
    let names: &[(&str, &str)] = match content.r#type.as_str() {
        "button" => &[(".reply", "")],
        "list" => return format!("interactive.list{rest}"),
        "product" | "product_list" | "catalog_message" => &[
            ("", ".product"),
            (".parameters.thumbnail_product_retailer_id", ".product_retailer_id"),
            ("].product_retailer_id", "]"),
            (".product_items", ".product_retailer_ids"),
        ],
        "cta_url" => &[(".name", ".cta_url"), (".parameters", ".cta_url")],
        "flow" => {
            &[(".parameters", ".flow"), (".flow_action_payload.screen", ".screen"), (".flow_action_payload", ".screen")]
        }
        "carousel" => &[
            (".header.type", ".media.kind"),
            (".header.image", ".media"),
            (".header.video", ".media"),
            (".body.text", ".body"),
            (".action.parameters", ".cta_url"),
            (".action.buttons", ".buttons"),
            (".action", ".product"),
            (".quick_reply", ""),
        ],
        _ => &[],
    };
    format!("interactive{}", renamed(rest, names))
}

/// The short form makes a header, a body and buttons, in this order, each where it is there.
fn short_template(template: &Template, path: &str) -> String {
    let Some((at, rest)) = path.strip_prefix("template.components[").and_then(|path| path.split_once(']')) else {
        return renamed(path, &[("template.language.code", "template.language")]);
    };
    let at: usize = at.parse().unwrap_or_default();
    let (headers, bodies) = (usize::from(template.header.is_some()), usize::from(has_values(template)));
    if at < headers {
        const NAMES: &[(&str, &str)] = &[
            (".parameters[0]", ""),
            (".type", ".media.kind"),
            (".image", ".media"),
            (".video", ".media"),
            (".document", ".media"),
        ];
        return format!("template.header{}", renamed(rest, NAMES));
    }
    if at < headers + bodies {
        return value_of_body(template, rest);
    }
    let member = if rest.starts_with(".parameters") { ".value" } else { rest };
    format!("template.buttons[{}]{member}", at - headers - bodies)
}

fn has_values(template: &Template) -> bool {
    !template.body.is_empty() || !template.named.is_empty()
}

/// `rest`: after the body's component, such as `.parameters[1].text`.
fn value_of_body(template: &Template, rest: &str) -> String {
    let position = rest.strip_prefix(".parameters[").and_then(|rest| rest.split_once(']'));
    let at: usize = position.and_then(|(at, _)| at.parse().ok()).unwrap_or_default();
    match at.checked_sub(template.body.len()).and_then(|at| template.named.keys().nth(at)) {
        Some(name) => format!("template.named.{name}"),
        None => format!("template.body[{at}]"),
    }
}
