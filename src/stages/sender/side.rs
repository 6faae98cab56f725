//! The receipts topic: Meta's signs of our sends, and the answers to our questions. Notes them and wakes whom they concern;
//! whether they settle anything is the handler's decision.

use super::{
    memory::{LEDGER, QUESTION, RECEIPT, REPLIES, read},
    opt_out,
};
use crate::{
    domain::{doubt::unanswered, ledger::wants_receipt},
    runtime::{Context, Fault, Put, Record, SideEmit},
    wire::{
        codec::Codec,
        headers::{OUTSTANDING, PROBE, RAW_PARTITION},
        records::StatusEvent,
        sender_state::{Ledger, Question, Receipt, Replies, StateEntry},
    },
};

pub(super) async fn note(codec: &Codec, record: &Record, cx: &Context) -> Result<SideEmit, Fault> {
    match record.headers.get_str(PROBE) {
        Some(question) => note_reply(question, record, cx),
        None => note_receipt(codec, record, cx).await,
    }
}

async fn note_receipt(codec: &Codec, record: &Record, cx: &Context) -> Result<SideEmit, Fault> {
    let Some(value) = &record.value else { return Ok(SideEmit::default()) };
    let event: StatusEvent = codec.decode(value).await?;
    let Some(command_id) = event.command_id.clone() else { return Ok(SideEmit::default()) };
    let ledger: Option<Ledger> = read(cx, LEDGER, &command_id)?;
    let lane = record.key_str().or(event.lane.as_deref());
    let mut state: Vec<Put> = opt_out::of_status(&event, lane).into_iter().collect();
    let known = cx.state(RECEIPT, &command_id).is_some();
    if known || !wants_receipt(ledger.as_ref().map(Ledger::entry)) {
        return Ok(SideEmit { state, ..SideEmit::default() });
    }
    let wake = lane.map(str::to_owned).into_iter().collect();
    state.push(Put::new(RECEIPT, command_id, Receipt::new(event.occurred_at, event.message_id).to_bytes()));
    Ok(SideEmit { state, wake, ..SideEmit::default() })
}

/// A question's id begins with its command's.
fn note_reply(question_id: &str, record: &Record, cx: &Context) -> Result<SideEmit, Fault> {
    let bad = || Fault::poison("bad_probe_answer");
    let command_id = question_id.split('/').next().unwrap_or_default();
    let number = |name| record.headers.get_i64(name).ok_or_else(bad);
    let partition = i32::try_from(number(RAW_PARTITION)?).map_err(|_| bad())?;
    let outstanding = u64::try_from(number(OUTSTANDING)?).map_err(|_| bad())?;
    let asked: Option<Question> = read(cx, QUESTION, command_id)?;
    let Some(question) = asked.filter(|question| question.asked.id == question_id) else {
        // an older question, or one whose command is settled
        return Ok(SideEmit::default());
    };
    let before: Option<Replies> = read(cx, REPLIES, question_id)?;
    let mut answers = before.map(|replies| replies.outstanding).unwrap_or_default();
    answers.insert(partition, outstanding);
    let complete = unanswered(&question.asked, &answers).is_empty();
    let replies = Replies::new(cx.now_ms(), answers);
    Ok(SideEmit {
        state: vec![Put::new(REPLIES, question_id, replies.to_bytes())],
        wake: complete.then_some(question.lane).into_iter().collect(),
        ..SideEmit::default()
    })
}
