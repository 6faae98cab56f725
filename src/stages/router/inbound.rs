//! Inbound messages to their queue. There is one, until workflows choose; the record says which rule chose it.

use crate::{
    runtime::{Context, Emit, Fault, Headers, KeyOrder, Outgoing, Record, Stage},
    wire::{
        codec::Codec,
        contract::inbound_queue,
        records::{InboundMessage, content::Route},
        topics::INBOUND_MESSAGES,
    },
};

const QUEUE: &str = "default";
const RULE: &str = "default";
/// Headers beside those of CloudEvents that go with a message wherever it goes.
const KEPT: [&str; 4] = ["content-type", "traceparent", "tracestate", "account"];

/// Routes inbound messages.
pub struct RouterInbound {
    codec: Codec,
}

impl RouterInbound {
    #[must_use]
    pub fn new(codec: Codec) -> Self {
        Self { codec }
    }
}

/// A message and the headers it came with.
#[derive(Debug, Clone)]
pub struct Arrival {
    message: InboundMessage,
    headers: Headers,
}

impl Stage for RouterInbound {
    const NAME: &'static str = "router-inbound";
    const ORDER: KeyOrder = KeyOrder::Strict;
    const INPUT: &'static str = INBOUND_MESSAGES;

    type Input = Arrival;

    async fn decode(&self, record: &Record) -> Result<Arrival, Fault> {
        let value = record.value.as_ref().ok_or_else(|| Fault::poison("no_value"))?;
        Ok(Arrival { message: self.codec.decode(value).await?, headers: kept(&record.headers) })
    }

    async fn handle(&self, Arrival { mut message, headers }: Arrival, cx: &Context) -> Result<Emit, Fault> {
        message.route = Some(Route { queue: QUEUE.to_owned(), rule: RULE.to_owned() });
        let topic = inbound_queue(QUEUE);
        let value = self.codec.encode(&topic, &message).await?;
        let key = cx.key().cloned().unwrap_or_else(|| message.conversation_key.into());
        Ok(Emit::record(Outgoing::new(topic, key, value).with_headers(headers)))
    }
}

fn kept(headers: &Headers) -> Headers {
    headers.only(|name| name.starts_with("ce_") || KEPT.contains(&name))
}
