//! What a producer hears when its command ends as a dead letter: it was not sent. The ledger is left as it is, so a replay
//! of the dead letter is an ordinary next attempt.

use super::{Order, outcome::status};
use crate::{
    domain::{
        errors::own::{GAVE_UP, UNDECODABLE},
        status::REJECTED,
    },
    runtime::{Context, Emit, Fault, FaultKind, Record},
    stages::telling::{own_event, publish},
    wire::{codec::Codec, headers::COMMAND_ID, problem, records::StatusEvent, sender_state::Outcome},
};

/// `decoded`: the record read once more.
pub(super) async fn told(
    codec: &Codec,
    decoded: Result<Order, Fault>,
    record: &Record,
    fault: &Fault,
    cx: &Context,
) -> Result<Emit, Fault> {
    let at = cx.now_ms();
    let code = Some(fault.code.to_string());
    match decoded {
        Ok(order) => {
            let error = Some(problem::own(&GAVE_UP, code));
            let outcome = Outcome { status: REJECTED.to_owned(), at, message_id: None, error };
            Ok(Emit::record(status(codec, &order, cx.attempt(), &outcome).await?))
        }
        Err(unreadable) if unreadable.kind == FaultKind::Poison => {
            let Some(command_id) = record.headers.get_str(COMMAND_ID) else { return Ok(Emit::default()) };
            let event = StatusEvent {
                error: Some(problem::own(&UNDECODABLE, code)),
                ..own_event("sender", command_id, REJECTED, cx.attempt(), at)
            };
            Ok(Emit::record(publish(codec, &event, &record.headers).await?))
        }
        Err(not_now) => Err(not_now),
    }
}
