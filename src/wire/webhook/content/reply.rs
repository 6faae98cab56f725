//! What a user tapped or filled in, wherever it was offered: one shape for six of Meta's. Must not interpret answers.

use crate::wire::{records::content::Reply, webhook::json::Object};

/// A template's quick-reply button.
pub(super) fn button(members: &Object<'_>) -> Reply {
    Reply { id: members.text("payload"), title: members.text("text"), ..of_kind("button") }
}

/// `None` for a kind of tomorrow: `raw` has it.
pub(super) fn interactive(members: &Object<'_>) -> Option<Reply> {
    let kind = members.text("type")?;
    let inner = members.object(&kind)?;
    match kind.as_str() {
        "button_reply" | "list_reply" => Some(Reply {
            id: inner.text("id"),
            title: inner.text("title"),
            description: inner.text("description"),
            ..of_kind(&kind)
        }),
        "nfm_reply" => {
            let name = inner.text("name").unwrap_or_else(|| "flow".to_owned());
            let kind = if name == "address_message" { "address" } else { &name };
            Some(Reply { title: inner.text("body"), response_json: inner.text("response_json"), ..of_kind(kind) })
        }
        "call_permission_reply" => {
            let answer = members.get(&kind).map(|raw| raw.get().to_owned());
            Some(Reply { title: inner.text("response"), response_json: answer, ..of_kind("call_permission") })
        }
        _ => None,
    }
}

fn of_kind(kind: &str) -> Reply {
    Reply { kind: kind.to_owned(), ..Reply::default() }
}
