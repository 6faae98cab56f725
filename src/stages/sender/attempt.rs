//! One attempt: what must hold before a request may leave, the intent, the call, and what its end means. Knows nothing of
//! attempts before it but how many were doubtful.

use std::time::Duration;

use super::{
    Order, Sender,
    call::{Heard, Limits, Setback, Works, post},
    held::paused,
    memory::Memory,
    opt_out::{self, is_unwanted},
    outcome::{notice, pending},
};
use crate::{
    domain::{
        errors::own::{CANCELLED, EXPIRED, OPTED_OUT, Own},
        ledger::{Answer, Attempt, Phase, Verdict, expired, verdict},
        status,
    },
    runtime::{
        Context, Emit, Fault, FaultKind, Scope, Stage,
        crash::{self, Point},
        stage::IntentLost,
    },
    wire::{
        graph::fault::GRAPH,
        problem,
        records::{SentMessage, StatusEvent},
        sender_state::{Outcome, Unreadable},
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
        if let Some(why) = needless(order, cx)? {
            return self.give_up(order, cx, attempt, why).await;
        }
        if let Some(gate) = gate(order, cx) {
            return Err(self.behind_gate(order, cx, attempt, gate).await?);
        }
        let message = &order.message;
        let paced = self.pace.turn(&message.phone_number_id, &message.command_id, left_ms(order, cx), cx.clock()).await;
        if let Err(not_yet) = paced {
            return Err(self.postpone(order, cx, attempt, Setback::new(not_yet, None)).await?);
        }
        if let Some(why) = needless(order, cx)? {
            return self.give_up(order, cx, attempt, why).await;
        }
        if let Some(subject) = paused(&order.message, cx) {
            return Err(self.behind_gate(order, cx, attempt, Scope::Hold(subject)).await?);
        }
        let began_ms = match self.intend(order, cx, attempt).await? {
            Intent::Holds { began_ms } => began_ms,
            Intent::Needless(emit) => return Ok(emit),
        };
        let recheck_ms = self.settings.timing.doubtful_until(began_ms, cx.takeover_ms());
        let timeout_ms = self.settings.timing.request_timeout_ms();
        let limits = Limits { timeout_ms, recheck_at_ms: recheck_ms, clock: cx.clock().as_ref() };
        crash::point(Point::BeforeCall, Self::NAME);
        let heard = post(&*self.graph, message, limits).await;
        crash::point(Point::AfterAnswer, Self::NAME);
        self.conclude(order, cx, attempt, heard).await
    }

    /// Commits that a request may leave. Nothing has left yet, so whatever the commit took too long for can still be said.
    async fn intend(&self, order: &Order, cx: &Context, attempt: Attempt) -> Result<Intent, Fault> {
        loop {
            let (began_ms, at_boot_ms) = (cx.now_ms(), cx.clock().boot_ms());
            crash::point(Point::BeforeIntent, Self::NAME);
            cx.commit_intent(pending(order, Phase::Open, attempt, began_ms)).await.map_err(lost)?;
            crash::point(Point::AfterIntent, Self::NAME);
            if let Some(receipt) = Memory::of(&order.message.command_id, cx)?.receipt {
                return Ok(Intent::Needless(self.accepted_by(receipt, order, cx, attempt).await?));
            }
            if let Some(why) = needless(order, cx)? {
                return Ok(Intent::Needless(self.give_up(order, cx, attempt, why).await?));
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
                let stopped = opt_out::of_answer(order, error.as_ref(), cx.now_ms());
                let failed = Outcome::without_message(status::FAILED, cx.now_ms(), error);
                let mut notes = self.settle(order, cx, attempt, failed).await?;
                notes.state.extend(stopped);
                Err(fault.with_notes(notes))
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
        if let Some(left) = left_ms(order, cx).map(Duration::from_millis) {
            fault.no_sooner = fault.no_sooner.min(left);
            if let FaultKind::Throttled(wait) = fault.kind {
                fault.kind = FaultKind::Throttled(wait.min(left));
            }
        }
        let word = match (fault.kind, &fault.scope) {
            (FaultKind::Unavailable, Some(Scope::Account(_) | Scope::Hold(_))) => status::HELD,
            _ => status::PENDING,
        };
        let notes = notice(&self.codec, order, cx, (word, attempt.number), error).await?;
        Ok(fault.with_notes(notes).with_deadline(order.message.expires_at))
    }

    /// No call of this command's, and no intent.
    async fn behind_gate(&self, order: &Order, cx: &Context, attempt: Attempt, gate: Scope) -> Result<Fault, Fault> {
        let code = if matches!(gate, Scope::Hold(_)) { "paused" } else { "account_held" };
        self.postpone(order, cx, attempt, Setback::new(Fault::unavailable(gate, code), None)).await
    }

    /// Nothing leaves any more. Whether nothing ever did is another question.
    async fn give_up(
        &self,
        order: &Order,
        cx: &Context,
        attempt: Attempt,
        (word, own): (&str, &Own),
    ) -> Result<Emit, Fault> {
        if attempt.is_doubted() {
            return self.report(order, cx, attempt).await;
        }
        let error = Some(problem::own(own, None));
        let ended = self.settle(order, cx, attempt, Outcome::without_message(word, cx.now_ms(), error)).await?;
        match word {
            status::REJECTED => Err(Fault::new(FaultKind::Rejected, own.code).with_notes(ended)),
            _ => Ok(ended),
        }
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

/// Why the command must not be sent any more, whatever it waits for: the word for its status, and the error.
fn needless(order: &Order, cx: &Context) -> Result<Option<(&'static str, &'static Own)>, Unreadable> {
    if cx.is_cancelled(&order.message.command_id) {
        return Ok(Some((status::CANCELLED, &CANCELLED)));
    }
    if is_late(order, cx) {
        return Ok(Some((status::EXPIRED, &EXPIRED)));
    }
    Ok(is_unwanted(order, cx)?.then_some((status::REJECTED, &OPTED_OUT)))
}

/// What the command waits behind: a pause, or an account that others wait for already, of whom one finds out for all.
fn gate(order: &Order, cx: &Context) -> Option<Scope> {
    let account = Scope::Account(order.message.account.clone());
    paused(&order.message, cx).map(Scope::Hold).or_else(|| cx.closed(&account).then_some(account))
}

/// How long the command may still be sent; `None`: for ever.
fn left_ms(order: &Order, cx: &Context) -> Option<u64> {
    order.message.expires_at.map(|at| u64::try_from(at - cx.now_ms()).unwrap_or(0))
}

/// Another worker has the partition, or soon will: nothing may be done in its name.
fn lost(error: IntentLost) -> Fault {
    Fault::unavailable(Scope::Dependency("partition"), "intent_lost").because(error)
}
