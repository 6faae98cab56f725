//! `send`: one command onto the JSON topic, then its statuses until it is read or has ended. Validates nothing: the router
//! does, and its answer is a status like any other.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    adapters::kafka::{
        sink::{NotTaken, Sink},
        tail::Tail,
    },
    domain::status::{CANCELLED, DELIVERED, EXPIRED, FAILED, PLAYED, READ, REJECTED, REQUIRES_TEMPLATE, SENT, UNKNOWN},
    runtime::{Outgoing, Record},
    wire::{
        codec::Codec,
        records::{MessageStatus, WhatsAppError},
        topics::SEND_COMMANDS_JSON,
    },
};

/// What is to be said, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub command_id: String,
    pub to: String,
    /// Alias or phone number id; the only account where there is one.
    pub from: Option<String>,
    pub content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    Text(String),
    /// An approved template; values of its body in order.
    Template {
        name: String,
        language: String,
        body: Vec<String>,
    },
}

impl Order {
    /// The command as JSON, as any producer may write it.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut command = json!({"command_id": self.command_id, "to": self.to, "source": "cli"});
        match &self.content {
            Content::Text(body) => command["text"] = json!({"body": body}),
            Content::Template { name, language, body } => {
                command["template"] = json!({"name": name, "language": language, "body": body});
            }
        }
        if let Some(from) = &self.from {
            command["from"] = json!(from);
        }
        command
    }

    /// The record, keyed by its recipient so that commands to one stay in order.
    #[must_use]
    pub fn record(&self) -> Outgoing {
        Outgoing::new(SEND_COMMANDS_JSON, self.to.clone(), self.json().to_string())
    }
}

/// How a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Nothing better can come.
    Read,
    /// It left; more may be heard of it.
    OnItsWay,
    /// Not at Meta yet, as far as is known.
    Open,
    Ended,
}

fn standing(status: &str) -> Standing {
    match status {
        READ | PLAYED => Standing::Read,
        SENT | DELIVERED => Standing::OnItsWay,
        FAILED | REJECTED | EXPIRED | REQUIRES_TEMPLATE | CANCELLED | UNKNOWN => Standing::Ended,
        // the words are an open set: one of a later release ends nothing
        _ => Standing::Open,
    }
}

/// How it stood when it was not followed any longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Sent at least.
    Out,
    /// It ended without reaching anybody.
    Ended,
    /// The wait was over first.
    NotHeard { last: Option<String> },
}

#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    #[error("the statuses cannot be read: {0}")]
    Unreadable(String),
}

/// Where commands go and statuses come from.
pub struct Line {
    pub sink: Sink,
    /// On `whatsapp.message.status`, opened before anything is sent.
    pub statuses: Tail,
    pub codec: Codec,
}

impl Line {
    /// Publishes, then tells of each status until the message is read, has ended or `wait` is over.
    ///
    /// # Errors
    /// Kafka does not take the command, or the statuses cannot be read.
    pub async fn send(
        &self,
        order: &Order,
        wait: Duration,
        tell: impl Fn(i64, &MessageStatus),
    ) -> Result<Outcome, SendError> {
        let until = Instant::now() + wait;
        self.sink.publish(vec![order.record()]).await?;
        let mut last = None;
        while Instant::now() < until {
            let record = self.statuses.next_async(Duration::from_millis(200)).await.map_err(unreadable)?;
            let Some((at_ms, status)) = self.status_of(record, &order.command_id).await? else { continue };
            tell(at_ms, &status);
            match standing(&status.status) {
                Standing::Read => return Ok(Outcome::Out),
                Standing::Ended => return Ok(Outcome::Ended),
                Standing::OnItsWay | Standing::Open => last = Some(status.status),
            }
        }
        Ok(at_the_end(last))
    }

    /// With the time it was published.
    async fn status_of(
        &self,
        record: Option<Record>,
        command_id: &str,
    ) -> Result<Option<(i64, MessageStatus)>, SendError> {
        let Some(record) = record.filter(|record| record.key_str() == Some(command_id)) else { return Ok(None) };
        let Some(value) = record.value else { return Ok(None) };
        let status = self.codec.decode(&value).await.map_err(unreadable)?;
        Ok(Some((record.timestamp_ms, status)))
    }
}

fn unreadable(error: impl std::fmt::Display) -> SendError {
    SendError::Unreadable(error.to_string())
}

fn at_the_end(last: Option<String>) -> Outcome {
    match last.as_deref().map(standing) {
        Some(Standing::Read | Standing::OnItsWay) => Outcome::Out,
        Some(Standing::Open | Standing::Ended) | None => Outcome::NotHeard { last },
    }
}

/// A status as one line: when it was published, and the error where there is one. Meta's own times are whole seconds.
#[must_use]
pub fn line(at_ms: i64, status: &MessageStatus) -> String {
    let at = chrono::DateTime::from_timestamp_millis(at_ms).unwrap_or_default().format("%H:%M:%S%.3f");
    match &status.error {
        Some(error) => format!("{at}Z  {}  {}", status.status, explained(error)),
        None => format!("{at}Z  {}", status.status),
    }
}

/// What went wrong and what helps, in one line.
#[must_use]
pub fn explained(error: &WhatsAppError) -> String {
    let details = error.details.as_ref().map_or_else(String::new, |details| format!(" ({details})"));
    let field = error.field.as_ref().map_or_else(String::new, |field| format!("; field: {field}"));
    format!("{}: {}{details}{field}; action: {}", error.code, error.title, error.action)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::send_command_json;

    fn order(content: Content) -> Order {
        Order { command_id: "c-1".to_owned(), to: "+4915112345678".to_owned(), from: None, content }
    }

    #[test]
    fn an_order_is_a_command_that_the_router_takes() {
        let text = order(Content::Text("hi".to_owned()));
        let record = Order { from: Some("default".to_owned()), ..text }.record();
        let command = send_command_json::parse(&record.value.expect("a value"), "none").expect("a valid command");
        assert_eq!((command.command_id.as_str(), command.from.as_deref()), ("c-1", Some("default")));
        assert_eq!(command.text.expect("a text").body, "hi");

        let body = vec!["1042".to_owned(), "Friday".to_owned()];
        let content = Content::Template { name: "order_ready".to_owned(), language: "en".to_owned(), body };
        let command = send_command_json::parse(order(content).json().to_string().as_bytes(), "none").expect("valid");
        let template = command.template.expect("a template");
        assert_eq!((template.name.as_str(), template.body.len()), ("order_ready", 2));
    }

    #[test]
    fn what_was_sent_is_good_enough_when_the_wait_is_over() {
        let end = |word: &str| at_the_end(Some(word.to_owned()));
        assert_eq!((end(SENT), end(DELIVERED)), (Outcome::Out, Outcome::Out));
        assert_eq!(end("accepted"), Outcome::NotHeard { last: Some("accepted".to_owned()) });
        assert_eq!(at_the_end(None), Outcome::NotHeard { last: None });
    }

    #[test]
    fn a_status_says_what_helps() {
        let error = WhatsAppError {
            code: "131047".to_owned(),
            title: "Re-engagement message".to_owned(),
            action: "send_template".to_owned(),
            ..WhatsAppError::default()
        };
        let status = MessageStatus { status: FAILED.to_owned(), error: Some(error), ..MessageStatus::default() };
        assert_eq!(line(0, &status), "00:00:00.000Z  failed  131047: Re-engagement message; action: send_template");
    }
}
