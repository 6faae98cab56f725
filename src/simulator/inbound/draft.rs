//! A message that takes shape: its content, what stands beside it, and the webhook around it. Knows no kind.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Scene, Written};
use crate::simulator::{payload, state::locked};

/// What is told, before it is told of whom and when.
pub struct Draft {
    /// Its type and the object named like it; none for what is no message.
    message: Option<(String, Option<Value>)>,
    /// Other members of the message.
    beside: Map<String, Value>,
    /// Other members of the change.
    shared: Map<String, Value>,
    context: Map<String, Value>,
    contact: bool,
    media_id: Option<String>,
    referred: bool,
}

impl Draft {
    pub fn message(kind: &str, content: Value) -> Self {
        Self { message: Some((kind.to_owned(), Some(content))), ..Self::nothing() }
    }

    /// A message without an object named like its type.
    pub fn bare(kind: &str) -> Self {
        Self { message: Some((kind.to_owned(), None)), ..Self::nothing() }
    }

    pub fn nothing() -> Self {
        Self {
            message: None,
            beside: Map::new(),
            shared: Map::new(),
            context: Map::new(),
            contact: true,
            media_id: None,
            referred: false,
        }
    }

    pub fn beside(mut self, name: &str, value: Value) -> Self {
        self.beside.insert(name.to_owned(), value);
        self
    }

    pub fn shared(mut self, name: &str, value: Value) -> Self {
        self.shared.insert(name.to_owned(), value);
        self
    }

    pub fn context(mut self, name: &str, value: Value) -> Self {
        self.context.insert(name.to_owned(), value);
        self
    }

    /// Quotes a message of the business: the one that was named, or one that nobody remembers.
    pub fn quoting(self, scene: &Scene<'_>) -> Self {
        let business = &scene.number.display_phone_number;
        self.context("from", json!(business)).context("id", json!(scene.target()))
    }

    pub fn without_contact(mut self) -> Self {
        self.contact = false;
        self
    }

    pub fn with_file(mut self, media_id: String) -> Self {
        self.media_id = Some(media_id);
        self
    }

    /// Came by an ad or a post.
    pub fn referred(self, referral: Value) -> Self {
        Self { referred: true, ..self.beside("referral", referral) }
    }

    /// Puts it into the outbox; a message opens the user's window.
    pub fn send(mut self, scene: &Scene<'_>) -> Written {
        let Scene { state, number, person, asked, .. } = scene;
        let chance = state.dice.bytes(&format!("inbound {}", state.next()));
        let message_id = payload::wamid(person.id(), &chance, false);
        self.remember(scene);
        if asked.forwarded {
            self.context.insert("forwarded".to_owned(), json!(true));
        }
        if asked.to.is_some() && self.context.is_empty() && self.may_quote() {
            self = self.quoting(scene);
        }
        let mut members = std::mem::take(&mut self.shared);
        if self.contact {
            let mut contact = payload::contact(person, person.wa_id.as_deref(), person.username.as_deref());
            if let Some(hash) = &person.identity_key_hash {
                contact["identity_key_hash"] = json!(hash);
            }
            members.insert("contacts".to_owned(), json!([contact]));
        }
        let media_id = self.media_id.take();
        if let Some(message) = self.into_message(scene, &message_id) {
            members.insert("messages".to_owned(), json!([message]));
        }
        let body = payload::ascii(&payload::envelope(number, Value::Object(members)));
        state.outbox.add(body, Duration::ZERO, &message_id, &state.behaviour(), state.dice);
        Written { message_id, media_id }
    }

    /// What speaks of a message otherwise than by quoting it.
    fn may_quote(&self) -> bool {
        let kind = self.message.as_ref().map(|(kind, _)| kind.as_str());
        kind.is_some_and(|kind| !matches!(kind, "reaction" | "edit" | "revoke" | "system"))
    }

    fn remember(&self, scene: &Scene<'_>) {
        let Scene { state, number, person, asked, at_ms, .. } = scene;
        if self.message.is_none() {
            return;
        }
        let mut windows = locked(&state.windows);
        for id in person.ids().chain(asked.group.as_deref()) {
            windows.opened(&number.phone_number_id, id, *at_ms);
            if self.referred {
                windows.entered(&number.phone_number_id, id, *at_ms);
            }
        }
        drop(windows);
        if let Some(group) = &asked.group {
            locked(&state.people).joined(group, person);
        }
    }

    fn into_message(self, scene: &Scene<'_>, message_id: &str) -> Option<Value> {
        let (kind, content) = self.message?;
        let mut message = json!({"id": message_id, "timestamp": scene.seconds().to_string(), "type": kind});
        let ids =
            [("from", &scene.person.wa_id), ("from_user_id", &scene.person.user_id), ("group_id", &scene.asked.group)];
        for (name, id) in ids {
            if let Some(id) = id {
                message[name] = json!(id);
            }
        }
        if let Some(content) = content {
            message[kind.as_str()] = content;
        }
        if !self.context.is_empty() {
            message["context"] = Value::Object(self.context);
        }
        for (name, value) in self.beside {
            message[name] = value;
        }
        Some(message)
    }
}
