//! What a producer hears when its command ends as a dead letter: that it was not sent, where that is known. The ledger is
//! left as it is, so a replay of the dead letter is an ordinary next attempt; only a receipt settles it here too.

use super::{Order, Sender, memory::Memory, outcome::status};
use crate::{
    domain::{
        errors::own::{GAVE_UP, NO_ANSWER, Own, UNDECODABLE},
        ledger::{Attempt, Standing},
        status::{REJECTED, UNKNOWN},
    },
    runtime::{Context, Emit, Fault, FaultKind, Record},
    stages::telling::{own_event, publish},
    wire::{headers::COMMAND_ID, problem, records::StatusEvent, sender_state::Outcome},
};

impl Sender {
    /// `decoded`: the record read once more.
    pub(super) async fn ended(
        &self,
        decoded: Result<Order, Fault>,
        record: &Record,
        fault: &Fault,
        cx: &Context,
    ) -> Result<Emit, Fault> {
        match decoded {
            Ok(order) => self.gave_up(&order, fault, cx).await,
            Err(unreadable) if unreadable.kind == FaultKind::Poison => {
                let Some(command_id) = record.headers.get_str(COMMAND_ID) else { return Ok(Emit::default()) };
                let event = StatusEvent {
                    error: Some(problem::own(&UNDECODABLE, Some(fault.code.to_string()))),
                    ..own_event("sender", command_id, REJECTED, cx.attempt(), cx.now_ms())
                };
                Ok(Emit::record(publish(&self.codec, &event, &record.headers).await?))
            }
            Err(not_now) => Err(not_now),
        }
    }

    /// Nobody says that a command never left which may have.
    async fn gave_up(&self, order: &Order, fault: &Fault, cx: &Context) -> Result<Emit, Fault> {
        let memory = Memory::of(&order.message.command_id, cx)?;
        let (word, own, number): (_, &Own, _) = match memory.standing(&order.message.content_hash) {
            Standing::Answered => return self.answer_again(order, &memory).await,
            Standing::Reused => return self.reuse(order, cx).await,
            Standing::Receipted { attempt, receipt } => return self.accepted_by(receipt, order, cx, attempt).await,
            Standing::InDoubt { attempt, .. } => (UNKNOWN, &NO_ANSWER, attempt.number),
            Standing::Free(Attempt { number, doubts: 1.. }) => (UNKNOWN, &NO_ANSWER, number),
            Standing::Free(Attempt { doubts: 0, .. }) => (REJECTED, &GAVE_UP, cx.attempt()),
        };
        let error = Some(problem::own(own, Some(fault.code.to_string())));
        let outcome = Outcome::without_message(word, cx.now_ms(), error);
        Ok(Emit::record(status(&self.codec, order, number, &outcome).await?))
    }
}
