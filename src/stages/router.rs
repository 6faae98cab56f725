//! The router: where a message goes. Three stages around shared code, one per input topic: commands as Avro, commands as
//! JSON, and inbound messages. It must not send anything, and must not leave a producer without a word about its command.

mod commands;
mod inbound;
mod plan;
mod refusal;
mod templates;

pub use commands::{Input, RouterCommands, RouterJson};
pub use inbound::RouterInbound;
pub use templates::Rules;

use self::{plan::Plan, templates::Catalogue};
use super::{
    ports::Accounts,
    telling::{own_event, publish},
    templates::Templates,
};
use crate::{
    domain::{carrier::Carriers, errors::own::EXPIRED, status},
    runtime::{Context, Emit, Fault, Headers, Outgoing, Scope},
    wire::{
        codec::Codec,
        contract::outbound_carrier,
        headers::{COMMAND_ID, UNORDERED},
        problem,
        records::{OutboundMessage, SendCommand, StatusEvent},
        topics::OUTBOUND_MESSAGES,
    },
};

const SOURCE: &str = "router";
/// Templates wait until the catalogue was read.
const CATALOGUE: Scope = Scope::Dependency("templates");

/// What both command stages know.
#[derive(Clone)]
pub struct CommandRouter {
    codec: Codec,
    accounts: Accounts,
    carriers: Carriers,
    catalogue: Catalogue,
}

impl CommandRouter {
    #[must_use]
    pub fn new(codec: Codec, accounts: Accounts, carriers: Carriers) -> Self {
        Self { codec, accounts, carriers, catalogue: Catalogue::default() }
    }

    /// Checks templates against these; else every template passes.
    #[must_use]
    pub fn with_templates(self, templates: Templates, rules: Rules) -> Self {
        Self { catalogue: Catalogue { templates, rules }, ..self }
    }

    async fn route(&self, command: SendCommand, headers: &Headers, cx: &Context) -> Result<Emit, Fault> {
        let names_template = command.template.is_some() || command.fallback_template.is_some();
        if let Some(why) = self.catalogue.templates.missing().filter(|_| names_template) {
            return Err(Fault::unavailable(CATALOGUE, "templates_unread").because(why));
        }
        match plan::plan(&command, &self.accounts, &self.carriers, &self.catalogue, cx.now_ms()) {
            Plan::Send(message) => self.send(&command, *message, headers, cx).await,
            Plan::HandOver { carrier } => {
                let topic = outbound_carrier(&carrier);
                let value = self.codec.encode(&topic, &command).await?;
                let headers = passed_on(headers, &command.command_id);
                let key = cx.key().cloned();
                Ok(Emit::record(Outgoing { topic: topic.into(), key, value: Some(value), headers, partition: None }))
            }
            Plan::Expired => {
                let mut event = about(&command, status::EXPIRED, cx.now_ms());
                event.error = Some(problem::own(&EXPIRED, None));
                Ok(Emit::record(publish(&self.codec, &event, headers).await?))
            }
            Plan::Decline(refusal) => {
                let event = about(&command, status::REJECTED, cx.now_ms());
                refusal::decline(&self.codec, event, *refusal, headers).await
            }
            Plan::Refuse(refusals) => {
                let event = about(&command, status::REJECTED, cx.now_ms());
                refusal::refuse(&self.codec, event, &refusals, headers).await
            }
        }
    }

    async fn send(
        &self,
        command: &SendCommand,
        message: OutboundMessage,
        headers: &Headers,
        cx: &Context,
    ) -> Result<Emit, Fault> {
        let queued = StatusEvent {
            lane: Some(message.lane.clone()),
            conversation_key: Some(message.lane.clone()),
            account: Some(message.account.clone()),
            phone_number_id: Some(message.phone_number_id.clone()),
            tenant: message.tenant.clone(),
            // in the language that is sent
            template: message
                .template_key
                .as_deref()
                .and_then(|key| key.split_once('/'))
                .map(|(_, rest)| rest.to_owned()),
            ..about(command, status::QUEUED, cx.now_ms())
        };
        let value = self.codec.encode(OUTBOUND_MESSAGES, &message).await?;
        let mut passed = passed_on(headers, &message.command_id).with("account", message.account);
        if message.unordered {
            passed.set(UNORDERED, "1");
        }
        let outbound = Outgoing::new(OUTBOUND_MESSAGES, message.lane, value).with_headers(passed);
        let records = vec![outbound, publish(&self.codec, &queued, headers).await?];
        Ok(Emit { records, ..Emit::default() })
    }
}

/// A status event about a command, with what its producer wants to see again.
fn about(command: &SendCommand, word: &str, at_ms: i64) -> StatusEvent {
    StatusEvent {
        to: Some(command.to.clone()),
        tenant: command.tenant.clone(),
        template: command.template.as_ref().map(|template| format!("{}/{}", template.name, template.language)),
        correlation_id: command.correlation_id.clone(),
        command_source: command.source.clone(),
        labels: command.labels.clone(),
        ..own_event(SOURCE, &command.command_id, word, 0, at_ms)
    }
}

/// The headers of a command's next record: its id, and the trace.
fn passed_on(headers: &Headers, command_id: &str) -> Headers {
    let mut passed = Headers::new().with(COMMAND_ID, command_id.to_owned());
    for name in ["traceparent", "tracestate"] {
        if let Some(value) = headers.get(name) {
            passed.set(name, value.clone());
        }
    }
    passed
}

#[cfg(test)]
mod tests;
