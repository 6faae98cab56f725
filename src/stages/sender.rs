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

mod call;
mod doubt;
mod ending;
mod flights;
mod memory;
mod outcome;
mod pace;
mod settings;
mod side;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

pub use self::settings::{Settings, Values};
use self::{
    call::{Heard, Setback, post},
    flights::Flights,
    memory::Memory,
    outcome::{notice, pending, settle, status},
    pace::Pace,
};
use super::ports::Graph;
use crate::{
    domain::{
        errors::own::{DUPLICATE_ID, EXPIRED},
        ledger::{Answer, Phase, Standing, Verdict, expired, verdict},
        status,
    },
    runtime::{
        Context, Emit, Fault, FaultKind, Headers, KeyOrder, Record, Scope, SideEmit, Stage,
        stage::{IntentLost, TableSpec},
    },
    telemetry::Signals,
    wire::{
        codec::Codec,
        graph::fault::GRAPH,
        problem,
        records::{OutboundMessage, SentMessage, StatusEvent},
        sender_state::{Outcome, Receipt},
        topics::{OUTBOUND_MESSAGES, SEND_RECEIPTS, SENT_MESSAGES, STATUS_EVENTS, WEBHOOK_RAW},
    },
};

/// Sends what the router prepared.
pub struct Sender {
    codec: Codec,
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
        Self { codec, graph, settings, pace, flights: Flights::default(), signals: Signals::default() }
    }

    /// Tells of doubt there.
    #[must_use]
    pub fn with_signals(self, signals: Signals) -> Self {
        Self { signals, ..self }
    }

    /// Makes attempt number `attempt`. `doubted`: an earlier one may have happened after all.
    async fn attempt(&self, order: &Order, cx: &Context, attempt: u32, doubted: bool) -> Result<Emit, Fault> {
        // what must be known to tell the outcome is learned while there is none: afterwards nothing may stand in its way
        self.codec.warm::<StatusEvent>(STATUS_EVENTS).await?;
        self.codec.warm::<SentMessage>(SENT_MESSAGES).await?;
        if !expired(order.message.expires_at, cx.now_ms()) {
            self.pace.turn(&order.message.phone_number_id, cx.clock()).await?;
        }
        let began_ms = loop {
            if expired(order.message.expires_at, cx.now_ms()) {
                return self.too_late(order, cx, attempt, doubted).await;
            }
            let (at_ms, at_boot_ms) = (cx.now_ms(), cx.clock().boot_ms());
            cx.commit_intent(pending(order, Phase::Open, attempt, at_ms)).await.map_err(lost)?;
            if let Some(receipt) = Memory::of(&order.message.command_id, cx)?.receipt {
                return self.accepted_by(receipt, order, cx, attempt).await;
            }
            // nothing has left yet, so a stale intent is simply written anew
            if self.settings.timing.intent_holds(at_boot_ms, cx.clock().boot_ms()) {
                break at_ms;
            }
        };
        let recheck_ms = self.settings.timing.doubtful_until(began_ms, cx.takeover_ms());
        let timeout_ms = self.settings.timing.request_timeout_ms();
        let heard = post(&*self.graph, &order.message, timeout_ms, recheck_ms).await;
        self.conclude(order, cx, attempt, heard).await
    }

    /// What the call's end means, by the tables as they are now: a receipt may have come first.
    async fn conclude(&self, order: &Order, cx: &Context, attempt: u32, heard: Heard) -> Result<Emit, Fault> {
        self.note_service(order, cx, &heard);
        let receipt = Memory::of(&order.message.command_id, cx)?.receipt;
        match verdict(heard, receipt) {
            Verdict::Accept(accepted) => {
                let message_id = Some(accepted.message_id).filter(|id| !id.is_empty());
                self.settle(order, cx, attempt, accepted_at(cx.now_ms(), message_id)).await
            }
            Verdict::AcceptByReceipt(receipt) => self.accepted_by(receipt, order, cx, attempt).await,
            Verdict::Fail(Setback { fault, error, .. }) => {
                let failed = Outcome { status: status::FAILED.to_owned(), at: cx.now_ms(), message_id: None, error };
                Err(fault.with_notes(self.settle(order, cx, attempt, failed).await?))
            }
            Verdict::Clear(setback) => Err(self.put_off(order, cx, attempt, setback).await?),
            Verdict::Doubt(Setback { fault, error, .. }) => {
                self.signals.in_doubt_opened(&order.message.command_id);
                Err(fault.with_notes(notice(&self.codec, order, cx, (status::PENDING, attempt), error).await?))
            }
        }
    }

    /// The attempt is known not to have happened. That is committed before anything else is done: as a note of the fault
    /// it could be published after the next attempt's intent, and a crash would then find that one clear. A worker that is
    /// leaving takes no intents any more and makes no next attempt, so there the note is right.
    async fn put_off(&self, order: &Order, cx: &Context, attempt: u32, setback: Setback) -> Result<Fault, Fault> {
        let Setback { mut fault, error, .. } = setback;
        let clear = pending(order, Phase::Clear, attempt, cx.now_ms());
        let leaving = cx.commit_intent(clear.clone()).await.is_err();
        if let (FaultKind::Throttled(wait), Some(expires_at)) = (fault.kind, order.message.expires_at) {
            let left_ms = u64::try_from(expires_at - cx.now_ms()).unwrap_or(0);
            fault.kind = FaultKind::Throttled(wait.min(Duration::from_millis(left_ms)));
        }
        let word = match (fault.kind, &fault.scope) {
            (FaultKind::Unavailable, Some(Scope::Account(_))) => status::HELD,
            _ => status::PENDING,
        };
        let mut notes = notice(&self.codec, order, cx, (word, attempt), error).await?;
        if leaving {
            notes.state.push(clear);
        }
        Ok(fault.with_notes(notes))
    }

    async fn too_late(&self, order: &Order, cx: &Context, attempt: u32, doubted: bool) -> Result<Emit, Fault> {
        if doubted {
            return self.report(order, cx, attempt - 1).await;
        }
        let error = Some(problem::own(&EXPIRED, None));
        let outcome = Outcome { status: status::EXPIRED.to_owned(), at: cx.now_ms(), message_id: None, error };
        self.settle(order, cx, attempt, outcome).await
    }

    async fn accepted_by(&self, receipt: Receipt, order: &Order, cx: &Context, attempt: u32) -> Result<Emit, Fault> {
        self.settle(order, cx, attempt, accepted_at(receipt.at, receipt.message_id)).await
    }

    async fn settle(&self, order: &Order, cx: &Context, attempt: u32, outcome: Outcome) -> Result<Emit, Fault> {
        settle(&self.codec, order, cx, attempt, outcome).await
    }

    /// The recorded outcome once more: the command was published twice, or read again after a crash.
    async fn answer_again(&self, order: &Order, memory: &Memory) -> Result<Emit, Fault> {
        match memory.ledger.as_ref().and_then(|ledger| Some((ledger.entry().attempt, ledger.outcome()?))) {
            Some((attempt, outcome)) => Ok(Emit::record(status(&self.codec, order, attempt, outcome).await?)),
            None => Ok(Emit::nothing("no_outcome")),
        }
    }

    async fn refuse_reuse(&self, order: &Order, cx: &Context) -> Result<Emit, Fault> {
        let error = Some(problem::own(&DUPLICATE_ID, None));
        let outcome = Outcome { status: status::REJECTED.to_owned(), at: cx.now_ms(), message_id: None, error };
        let notes = Emit::record(status(&self.codec, order, 0, &outcome).await?);
        Err(Fault::new(FaultKind::Rejected, DUPLICATE_ID.code).with_notes(notes))
    }

    /// Lets the runtime know what works, and the number's pace that it was too fast.
    fn note_service(&self, order: &Order, cx: &Context, heard: &Heard) {
        match heard {
            Answer::Taken(_) | Answer::Refused(_) => {
                cx.served(GRAPH);
                cx.served(Scope::Account(order.message.account.clone()));
            }
            Answer::NotTaken(setback) => {
                if let Some(wait_ms) = setback.slow_down_ms {
                    self.pace.slow_down(&order.message.phone_number_id, wait_ms, cx.clock());
                }
            }
            Answer::Unclear(_) => {}
        }
    }
}

impl Stage for Sender {
    const NAME: &'static str = "sender";
    const ORDER: KeyOrder = KeyOrder::Strict;
    const INPUT: &'static str = OUTBOUND_MESSAGES;
    const TABLES: &'static [TableSpec] = memory::TABLES;
    const SIDES: &'static [&'static str] = &[SEND_RECEIPTS];
    const ALIGNED: &'static [&'static str] = &[WEBHOOK_RAW];

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
            Standing::Reused => self.refuse_reuse(&order, cx).await,
            Standing::Receipted { attempt, receipt } => {
                self.signals.in_doubt_settled(command_id, "receipt");
                self.accepted_by(receipt, &order, cx, attempt).await
            }
            Standing::InDoubt { attempt, since_ms } => self.in_doubt(&order, cx, &memory, attempt, since_ms).await,
            Standing::Free { attempt } => self.attempt(&order, cx, attempt, false).await,
        }
    }

    async fn side(&self, record: &Record, cx: &Context) -> Result<SideEmit, Fault> {
        side::note(&self.codec, record, cx).await
    }

    async fn ending(&self, record: &Record, fault: &Fault, cx: &Context) -> Result<Emit, Fault> {
        ending::told(&self.codec, self.decode(record).await, record, fault, cx).await
    }

    fn entry_time_ms(&self, table: &str, value: &[u8]) -> Option<i64> {
        memory::entry_time_ms(table, value)
    }
}

/// How long a second record of a command waits for the first one's handler.
const SAME_ID_PAUSE: Duration = Duration::from_secs(1);

fn accepted_at(at: i64, message_id: Option<String>) -> Outcome {
    Outcome { status: status::ACCEPTED.to_owned(), at, message_id, error: None }
}

/// Another worker has the partition, or soon will: nothing may be done in its name.
fn lost(error: IntentLost) -> Fault {
    Fault::unavailable(Scope::Dependency("partition"), "intent_lost").because(error)
}
