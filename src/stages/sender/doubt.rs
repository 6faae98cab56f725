//! A send that may have happened: its lane waits, asks whether a sign of it is still under way, and only then goes on.
//! Never calls Meta.

use super::{
    Order, Sender,
    memory::{Memory, QUESTION, REPLIES},
};
use crate::{
    domain::{
        doubt::{self, Answers, Asked, Step},
        errors::own::NO_ANSWER,
        ledger::Attempt,
        status::UNKNOWN,
    },
    runtime::{Context, Emit, Fault, FaultKind, Headers, Outgoing, Put},
    wire::{
        graph::request::has_statuses,
        headers::{PROBE, REPLY_PARTITION},
        problem,
        sender_state::{Outcome, Question, StateEntry},
        topics::WEBHOOK_RAW,
    },
};

pub(super) const REPORT: &str = "report";

impl Sender {
    /// An entry found open: this attempt began at `since_ms` and its end is not known.
    pub(super) async fn in_doubt(
        &self,
        order: &Order,
        cx: &Context,
        memory: &Memory,
        attempt: Attempt,
        since_ms: i64,
    ) -> Result<Emit, Fault> {
        if !has_statuses(&order.message.request_json) {
            return self.attempt(order, cx, attempt.after_none()).await;
        }
        let until_ms = self.settings.timing.doubtful_until(since_ms, cx.takeover_ms());
        match self.next_step(until_ms, cx, memory.asked()) {
            Step::Wait { until_ms } => Err(wait(until_ms)),
            Step::Ask { partitions } => {
                let before = memory.asked().map(|(asked, _)| asked);
                let round = before.filter(|asked| asked.at_ms >= until_ms).map_or(0, |asked| asked.round + 1);
                let at_ms = cx.now_ms();
                let id = format!("{}/{}/{at_ms}", order.message.command_id, attempt.number);
                let asked = Asked { id, at_ms, partitions, round };
                let recheck_ms = match self.next_step(until_ms, cx, Some((&asked, &Answers::new()))) {
                    Step::Wait { until_ms } => until_ms,
                    Step::Ask { .. } | Step::Over => at_ms,
                };
                Err(wait(recheck_ms).with_notes(ask(order, cx, asked, before)))
            }
            Step::Over if order.message.on_unknown == REPORT || !attempt.may_be_doubted_again() => {
                self.signals.in_doubt_settled(&order.message.command_id, REPORT);
                self.report(order, cx, attempt).await
            }
            Step::Over => {
                self.signals.in_doubt_settled(&order.message.command_id, "resend");
                self.attempt(order, cx, attempt.after_doubt()).await
            }
        }
    }

    /// Every partition of the webhook topic must say that no sign is under way.
    fn next_step(&self, until_ms: i64, cx: &Context, asked: Option<(&Asked, &Answers)>) -> Step {
        doubt::next(until_ms, cx.now_ms(), cx.partitions(), asked, self.settings.question_patience_ms)
    }

    /// The producer would rather know than have it sent again, or it is too late, or was too often in doubt, for that.
    pub(super) async fn report(&self, order: &Order, cx: &Context, attempt: Attempt) -> Result<Emit, Fault> {
        let error = Some(problem::own(&NO_ANSWER, None));
        self.settle(order, cx, attempt, Outcome::without_message(UNKNOWN, cx.now_ms(), error)).await
    }
}

fn wait(recheck_at_ms: i64) -> Fault {
    Fault::new(FaultKind::Unknown { recheck_at_ms }, "in_doubt")
}

/// The question as records, one per partition, and as state; what the question before it knows is forgotten.
fn ask(order: &Order, cx: &Context, asked: Asked, before: Option<&Asked>) -> Emit {
    let records =
        asked.partitions.iter().map(|partition| probe(&asked.id, cx.origin().partition, *partition)).collect();
    let question = Question { asked, lane: order.message.lane.clone() };
    let mut state: Vec<Put> = before.map(|before| Put::tombstone(REPLIES, before.id.clone())).into_iter().collect();
    state.push(Put::new(QUESTION, order.message.command_id.clone(), question.to_bytes()));
    Emit { records, state, ..Emit::default() }
}

fn probe(id: &str, reply_partition: i32, raw_partition: i32) -> Outgoing {
    let headers = Headers::new().with(PROBE, id.to_owned()).with(REPLY_PARTITION, reply_partition.to_string());
    Outgoing { topic: WEBHOOK_RAW.into(), key: None, value: None, headers, partition: Some(raw_partition) }
}
