//! One attempt: what must hold before a request may leave, the intent, the call, and what its end means. Knows nothing of
//! attempts before it but how many were doubtful.

use std::time::Duration;

use super::{
    Order, Sender,
    call::{Heard, Setback, Works, post},
    memory::Memory,
    outcome::{notice, pending},
};
use crate::{
    domain::{
        errors::own::EXPIRED,
        ledger::{Answer, Attempt, Phase, Verdict, expired, verdict},
        status,
    },
    runtime::{Context, Emit, Fault, FaultKind, Scope, stage::IntentLost},
    wire::{
        graph::fault::GRAPH,
        problem,
        records::{SentMessage, StatusEvent},
        sender_state::Outcome,
        topics::{SENT_MESSAGES, STATUS_EVENTS},
    },
};

/// What became of the wish to send.
enum Intent {
    /// Committed at `began_ms` (unix ms), and fresh enough to send under.
    Holds { began_ms: i64 },
    /// Nothing is to be sent any more.
    Needless(Emit),
}

impl Sender {
    pub(super) async fn attempt(&self, order: &Order, cx: &Context, attempt: Attempt) -> Result<Emit, Fault> {
        // what must be known to tell the outcome is learned while there is none: afterwards nothing may stand in its way
        self.codec.warm::<StatusEvent>(STATUS_EVENTS).await?;
        self.codec.warm::<SentMessage>(SENT_MESSAGES).await?;
        if is_late(order, cx) {
            return self.too_late(order, cx, attempt).await;
        }
        if cx.closed(&Scope::Account(order.message.account.clone())) {
            return Err(self.behind_gate(order, cx, attempt).await?);
        }
        let message = &order.message;
        let paced = self.pace.turn(&message.phone_number_id, &message.command_id, left_ms(order, cx), cx.clock()).await;
        if let Err(not_yet) = paced {
            return Err(self.postpone(order, cx, attempt, Setback::new(not_yet, None)).await?);
        }
        if is_late(order, cx) {
            return self.too_late(order, cx, attempt).await;
        }
        let began_ms = match self.intend(order, cx, attempt).await? {
            Intent::Holds { began_ms } => began_ms,
            Intent::Needless(emit) => return Ok(emit),
        };
        let recheck_ms = self.settings.timing.doubtful_until(began_ms, cx.takeover_ms());
        let timeout_ms = self.settings.timing.request_timeout_ms();
        let heard = post(&*self.graph, message, timeout_ms, recheck_ms).await;
        self.conclude(order, cx, attempt, heard).await
    }

    /// Commits that a request may leave. Nothing has left yet, so whatever the commit took too long for can still be said.
    async fn intend(&self, order: &Order, cx: &Context, attempt: Attempt) -> Result<Intent, Fault> {
        loop {
            let (began_ms, at_boot_ms) = (cx.now_ms(), cx.clock().boot_ms());
            cx.commit_intent(pending(order, Phase::Open, attempt, began_ms)).await.map_err(lost)?;
            if let Some(receipt) = Memory::of(&order.message.command_id, cx)?.receipt {
                return Ok(Intent::Needless(self.accepted_by(receipt, order, cx, attempt).await?));
            }
            if is_late(order, cx) {
                return Ok(Intent::Needless(self.too_late(order, cx, attempt).await?));
            }
            if self.settings.timing.intent_holds(at_boot_ms, cx.clock().boot_ms()) {
                return Ok(Intent::Holds { began_ms });
            }
            // a stale intent is simply written anew; where that never ends, nothing is sent, and this says why
            let (command_id, took_ms) = (&order.message.command_id, cx.clock().boot_ms().saturating_sub(at_boot_ms));
            tracing::warn!(command_id, took_ms, "an intent was stale before it was committed");
        }
    }

    /// What the call's end means, by the tables as they are now: a receipt may have come first.
    async fn conclude(&self, order: &Order, cx: &Context, attempt: Attempt, heard: Heard) -> Result<Emit, Fault> {
        self.note_service(order, cx, &heard);
        let receipt = Memory::of(&order.message.command_id, cx)?.receipt;
        match verdict(heard, receipt) {
            Verdict::Accept(accepted) => {
                let message_id = Some(accepted.message_id).filter(|id| !id.is_empty());
                self.settle(order, cx, attempt, Outcome::accepted(cx.now_ms(), message_id)).await
            }
            Verdict::AcceptByReceipt(receipt) => self.accepted_by(receipt, order, cx, attempt).await,
            Verdict::Fail(Setback { fault, error, .. }) => {
                let failed = Outcome::without_message(status::FAILED, cx.now_ms(), error);
                Err(fault.with_notes(self.settle(order, cx, attempt, failed).await?))
            }
            Verdict::Clear(setback) => Err(self.put_off(order, cx, attempt, setback).await?),
            Verdict::Doubt(Setback { fault, error, .. }) => {
                self.signals.in_doubt_opened(&order.message.command_id);
                let word = (status::PENDING, attempt.number);
                Err(fault.with_notes(notice(&self.codec, order, cx, word, error).await?))
            }
        }
    }

    /// The attempt is known not to have happened. That is committed before anything else is done: as a note of the fault
    /// it could be published after the next attempt's intent, and a crash would then find that one clear. A worker that is
    /// leaving takes no intents any more and makes no next attempt, so there the note is right.
    async fn put_off(&self, order: &Order, cx: &Context, attempt: Attempt, setback: Setback) -> Result<Fault, Fault> {
        let clear = pending(order, Phase::Clear, attempt, cx.now_ms());
        let leaving = cx.commit_intent(clear.clone()).await.is_err();
        let mut fault = self.postpone(order, cx, attempt, setback).await?;
        if leaving {
            fault.notes.state.push(clear);
        }
        Ok(fault)
    }

    /// The command waits, its producer hears of it, and it does not wait beyond its expiry.
    async fn postpone(&self, order: &Order, cx: &Context, attempt: Attempt, setback: Setback) -> Result<Fault, Fault> {
        let Setback { mut fault, error, .. } = setback;
        if let (FaultKind::Throttled(wait), Some(left_ms)) = (fault.kind, left_ms(order, cx)) {
            fault.kind = FaultKind::Throttled(wait.min(Duration::from_millis(left_ms)));
        }
        let word = match (fault.kind, &fault.scope) {
            (FaultKind::Unavailable, Some(Scope::Account(_))) => status::HELD,
            _ => status::PENDING,
        };
        let notes = notice(&self.codec, order, cx, (word, attempt.number), error).await?;
        Ok(fault.with_notes(notes))
    }

    /// Others wait for the account already, and one of them finds out for all: no call of this command's, and no intent.
    async fn behind_gate(&self, order: &Order, cx: &Context, attempt: Attempt) -> Result<Fault, Fault> {
        let fault = Fault::unavailable(Scope::Account(order.message.account.clone()), "account_held");
        self.postpone(order, cx, attempt, Setback::new(fault, None)).await
    }

    /// Nothing leaves any more. Whether nothing ever did is another question.
    async fn too_late(&self, order: &Order, cx: &Context, attempt: Attempt) -> Result<Emit, Fault> {
        if attempt.is_doubted() {
            return self.report(order, cx, attempt).await;
        }
        let error = Some(problem::own(&EXPIRED, None));
        self.settle(order, cx, attempt, Outcome::without_message(status::EXPIRED, cx.now_ms(), error)).await
    }

    /// Lets the runtime know what works, and the number's pace that it was too fast.
    fn note_service(&self, order: &Order, cx: &Context, heard: &Heard) {
        let (works, slow_down_ms) = match heard {
            Answer::Taken(_) => (Works::Account, None),
            Answer::Refused(setback) | Answer::NotTaken(setback) | Answer::Unclear(setback) => {
                (setback.works, setback.slow_down_ms)
            }
        };
        match works {
            Works::Nothing => {}
            Works::Graph => cx.served(GRAPH),
            Works::Account => {
                cx.served(GRAPH);
                cx.served(Scope::Account(order.message.account.clone()));
            }
        }
        if let Some(wait_ms) = slow_down_ms {
            self.pace.slow_down(&order.message.phone_number_id, wait_ms, cx.clock());
        }
    }
}

fn is_late(order: &Order, cx: &Context) -> bool {
    expired(order.message.expires_at, cx.now_ms())
}

/// How long the command may still be sent; `None`: for ever.
fn left_ms(order: &Order, cx: &Context) -> Option<u64> {
    order.message.expires_at.map(|at| u64::try_from(at - cx.now_ms()).unwrap_or(0))
}

/// Another worker has the partition, or soon will: nothing may be done in its name.
fn lost(error: IntentLost) -> Fault {
    Fault::unavailable(Scope::Dependency("partition"), "intent_lost").because(error)
}
