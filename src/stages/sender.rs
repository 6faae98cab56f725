//! The sender: commands become requests to Meta, each at most once as far as that can be known (`domain::ledger` holds
//! the judgement, `ARCHITECTURE.md` the argument). It must not call Meta before an intent is committed, nor tell an
//! outcome apart from its ledger entry.
//!
//! ```text
//! free ──commit open──► call ──200──────────────► settled (accepted)
//!  ▲                     │ ├──refused for good──► settled (failed)
//!  └──commit clear───────┘ └──no certain answer─► open: in doubt ──receipt──► settled (accepted)
//!     refused for now                                 └──no sign──► settled (unknown) or the next attempt
//! ```

mod attempt;
mod call;
mod doubt;
mod ending;
mod flights;
mod held;
mod memory;
mod opt_out;
mod outcome;
mod pace;
mod settings;
mod side;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

pub use self::settings::{Settings, Values};
use self::{
    flights::Flights,
    memory::Memory,
    outcome::{settle, status},
    pace::Pace,
};
use super::ports::Graph;
use crate::{
    domain::{
        errors::own::DUPLICATE_ID,
        ledger::{Attempt, Standing},
        status,
    },
    runtime::{Context, Emit, Fault, FaultKind, Headers, KeyOrder, Record, SideEmit, Stage, stage::TableSpec},
    telemetry::Signals,
    wire::{
        codec::Codec,
        headers::COMMAND_ID,
        problem,
        records::OutboundMessage,
        sender_state::{Outcome, Receipt},
        topics::{OUTBOUND_MESSAGES, PREFERENCES, SEND_RECEIPTS, WEBHOOK_RAW},
    },
};

/// Sends what the router prepared.
pub struct Sender {
    codec: Codec,
    /// The topic's name on the cluster: side records are told apart by it.
    preferences: String,
    graph: Arc<dyn Graph>,
    settings: Settings,
    pace: Pace,
    flights: Flights,
    signals: Signals,
}

/// A message to send, and the headers it came with.
#[derive(Debug, Clone)]
pub struct Order {
    message: OutboundMessage,
    headers: Headers,
}

impl Sender {
    #[must_use]
    pub fn new(codec: Codec, graph: Arc<dyn Graph>, settings: Settings) -> Self {
        let pace = Pace::new(settings.messages_per_second);
        let preferences = codec.names().physical(PREFERENCES);
        let (flights, signals) = (Flights::default(), Signals::default());
        Self { codec, preferences, graph, settings, pace, flights, signals }
    }

    /// Tells of doubt there.
    #[must_use]
    pub fn with_signals(self, signals: Signals) -> Self {
        Self { signals, ..self }
    }

    async fn accepted_by(
        &self,
        receipt: Receipt,
        order: &Order,
        cx: &Context,
        attempt: Attempt,
    ) -> Result<Emit, Fault> {
        self.settle(order, cx, attempt, Outcome::accepted(receipt.at, receipt.message_id)).await
    }

    async fn settle(&self, order: &Order, cx: &Context, attempt: Attempt, outcome: Outcome) -> Result<Emit, Fault> {
        settle(&self.codec, order, cx, attempt, outcome).await
    }

    /// The recorded outcome once more: the command was published twice, or read again after a crash.
    async fn answer_again(&self, order: &Order, memory: &Memory) -> Result<Emit, Fault> {
        match memory.ledger.as_ref().and_then(|ledger| Some((ledger.entry().attempt.number, ledger.outcome()?))) {
            Some((attempt, outcome)) => Ok(Emit::record(status(&self.codec, order, attempt, outcome).await?)),
            None => Ok(Emit::nothing("no_outcome")),
        }
    }

    /// The id, and the projection under it, are the first command's: this one is told of under its own place.
    async fn reuse(&self, order: &Order, cx: &Context) -> Result<Emit, Fault> {
        let origin = cx.origin();
        let place = format!("{}-{}-{}", origin.topic, origin.partition, origin.offset);
        let details = format!("command_id {} is another message's", order.message.command_id);
        let error = Some(problem::own(&DUPLICATE_ID, Some(details)));
        let placed = OutboundMessage { command_id: place, ..order.message.clone() };
        let placed = Order { message: placed, headers: order.headers.clone() };
        let outcome = Outcome::without_message(status::REJECTED, cx.now_ms(), error);
        Ok(Emit::record(status(&self.codec, &placed, 0, &outcome).await?))
    }
}

impl Stage for Sender {
    const NAME: &'static str = "sender";
    const ORDER: KeyOrder = KeyOrder::Strict;
    const INPUT: &'static str = OUTBOUND_MESSAGES;
    const TABLES: &'static [TableSpec] = memory::TABLES;
    const SIDES: &'static [&'static str] = &[SEND_RECEIPTS, PREFERENCES];
    const ALIGNED: &'static [&'static str] = &[WEBHOOK_RAW];
    const CANCELLED_BY: Option<&'static str> = Some(COMMAND_ID);

    type Input = Order;

    async fn decode(&self, record: &Record) -> Result<Order, Fault> {
        let value = record.value.as_ref().ok_or_else(|| Fault::poison("no_value"))?;
        Ok(Order { message: self.codec.decode(value).await?, headers: record.headers.clone() })
    }

    async fn handle(&self, order: Order, cx: &Context) -> Result<Emit, Fault> {
        let command_id = &order.message.command_id;
        let Some(_flight) = self.flights.enter(command_id) else {
            return Err(Fault::new(FaultKind::Throttled(SAME_ID_PAUSE), "same_id_in_flight"));
        };
        let memory = Memory::of(command_id, cx)?;
        match memory.standing(&order.message.content_hash) {
            Standing::Answered => self.answer_again(&order, &memory).await,
            Standing::Reused => {
                let notes = self.reuse(&order, cx).await?;
                Err(Fault::new(FaultKind::Rejected, DUPLICATE_ID.code).with_notes(notes))
            }
            Standing::Receipted { attempt, receipt } => {
                self.signals.in_doubt_settled(command_id, "receipt");
                self.accepted_by(receipt, &order, cx, attempt).await
            }
            Standing::InDoubt { attempt, since_ms } => self.in_doubt(&order, cx, &memory, attempt, since_ms).await,
            Standing::Free(attempt) => self.attempt(&order, cx, attempt).await,
        }
    }

    async fn side(&self, record: &Record, cx: &Context) -> Result<SideEmit, Fault> {
        match *record.origin.topic == *self.preferences {
            true => opt_out::note(record, cx),
            false => side::note(&self.codec, record, cx).await,
        }
    }

    async fn ending(&self, record: &Record, fault: &Fault, cx: &Context) -> Result<Emit, Fault> {
        self.ended(self.decode(record).await, record, fault, cx).await
    }

    fn entry_time_ms(&self, table: &str, value: &[u8]) -> Option<i64> {
        memory::entry_time_ms(table, value)
    }
}

/// How long a second record of a command waits for the first one's handler.
const SAME_ID_PAUSE: Duration = Duration::from_secs(1);
