//! What a command's handler gives back: outcomes with their ledger entry, and notices of a wait. Each is one unit, so the
//! ledger never knows an outcome that was not published.

use super::{
    Order,
    memory::{LEDGER, Memory, NOTICE},
};
use crate::{
    domain::{
        ledger::{Attempt, Entry, Phase},
        status::ACCEPTED,
    },
    runtime::{Context, Emit, Fault, Outgoing, Put},
    stages::telling::{own_event, publish},
    wire::{
        cloud_events::CloudEvent,
        codec::Codec,
        records::{StatusEvent, WhatsAppError},
        sender_state::{Ledger, Notice, Outcome, StateEntry},
        sent::sent_message,
        topics::SENT_MESSAGES,
    },
};

const SOURCE: &str = "sender";
const SENT_KIND: &str = "omnichannel.whatsapp.sent.message";

/// The ledger's entry while no outcome is known.
pub(super) fn pending(order: &Order, phase: Phase, attempt: Attempt, at_ms: i64) -> Put {
    let entry = Entry { phase, attempt, at_ms, content_hash: order.message.content_hash.clone() };
    Put::new(LEDGER, order.message.command_id.clone(), Ledger::Pending(entry).to_bytes())
}

/// The command's end: status, what was said, the settled entry, and everything else of it forgotten.
pub(super) async fn settle(
    codec: &Codec,
    order: &Order,
    cx: &Context,
    attempt: Attempt,
    outcome: Outcome,
) -> Result<Emit, Fault> {
    let message = &order.message;
    let mut records = vec![status(codec, order, attempt.number, &outcome).await?];
    if outcome.status == ACCEPTED {
        records.extend(said(codec, order, &outcome).await?);
    }
    let entry =
        Entry { phase: Phase::Settled, attempt, at_ms: cx.now_ms(), content_hash: message.content_hash.clone() };
    let settled = Put::new(LEDGER, message.command_id.clone(), Ledger::Settled(entry, Box::new(outcome)).to_bytes());
    let mut state = vec![settled];
    state.extend(Memory::of(&message.command_id, cx)?.forget(&message.command_id));
    Ok(Emit { records, state, ..Emit::default() })
}

/// The status event of an outcome, the same whenever it is told.
pub(super) async fn status(codec: &Codec, order: &Order, attempt: u32, outcome: &Outcome) -> Result<Outgoing, Fault> {
    let event = StatusEvent {
        message_id: outcome.message_id.clone(),
        error: outcome.error.clone(),
        ..event(order, &outcome.status, attempt, outcome.at)
    };
    publish(codec, &event, &order.headers).await
}

/// The message as downstream reads it, where the request said anything.
async fn said(codec: &Codec, order: &Order, outcome: &Outcome) -> Result<Option<Outgoing>, Fault> {
    let Some(message_id) = &outcome.message_id else { return Ok(None) };
    let Some(sent) = sent_message(&order.message, message_id, outcome.at) else { return Ok(None) };
    let source = format!("/whatsapp/{}", sent.phone_number_id);
    let headers = CloudEvent {
        id: &sent.event_id,
        kind: SENT_KIND,
        source: &source,
        time_ms: sent.occurred_at,
        account: sent.account.as_deref(),
    }
    .headers(&order.headers);
    let value = codec.encode(SENT_MESSAGES, &sent).await?;
    Ok(Some(Outgoing::new(SENT_MESSAGES, sent.conversation_key, value).with_headers(headers)))
}

/// The notice that the command waits, unless its producer knows.
pub(super) async fn notice(
    codec: &Codec,
    order: &Order,
    cx: &Context,
    (word, attempt): (&str, u32),
    error: Option<WhatsAppError>,
) -> Result<Emit, Fault> {
    let command_id = &order.message.command_id;
    if Memory::of(command_id, cx)?.told(word) {
        return Ok(Emit::default());
    }
    let outcome = Outcome::without_message(word, cx.now_ms(), error);
    let mut notes = Emit::record(status(codec, order, attempt, &outcome).await?);
    notes.state.push(Put::new(NOTICE, command_id.clone(), Notice::new(outcome.at, word).to_bytes()));
    Ok(notes)
}

fn event(order: &Order, word: &str, attempt: u32, at_ms: i64) -> StatusEvent {
    let message = &order.message;
    StatusEvent {
        lane: Some(message.lane.clone()),
        account: Some(message.account.clone()),
        phone_number_id: Some(message.phone_number_id.clone()),
        conversation_key: Some(message.lane.clone()),
        tenant: message.tenant.clone(),
        template: message.template_key.as_deref().and_then(|key| key.split_once('/')).map(|(_, name)| name.to_owned()),
        correlation_id: message.correlation_id.clone(),
        command_source: message.source.clone(),
        labels: message.labels.clone(),
        ..own_event(SOURCE, &message.command_id, word, attempt, at_ms)
    }
}
