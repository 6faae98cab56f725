//! Who wants no marketing messages: two tables, with one writer each for what they hold, and the question a command asks of
//! them. Calls nobody.
//!
//! A user's own words (`whatsapp.preferences`) are kept for ever. What Meta refused in a user's name is kept for a time only:
//! where the account is not subscribed to `user_preferences`, nobody would ever hear that the user resumed.

use super::{
    Order,
    memory::{PREFERENCE, REFUSAL, read},
};
use crate::{
    domain::{
        preference::{STOPPED_MARKETING, is_news, opted_out},
        status::FAILED,
        template::MARKETING,
    },
    runtime::{Context, Fault, Put, Record, SideEmit},
    wire::{
        preference::{Preference, Refusal},
        records::{StatusEvent, WhatsAppError},
        sender_state::{StateEntry, Unreadable},
    },
};

/// A user's word reaches the partition that writes to them. A tombstone forgets the user.
pub(super) fn note(record: &Record, cx: &Context) -> Result<SideEmit, Fault> {
    let key = record.key_str().ok_or_else(|| Fault::poison("preference_without_key"))?;
    let Some(value) = &record.value else {
        return Ok(remembering([Put::tombstone(PREFERENCE, key), Put::tombstone(REFUSAL, key)]));
    };
    let preference = Preference::from_bytes(value).map_err(|why| Fault::poison("bad_preference").because(why))?;
    let before: Option<Preference> = read(cx, PREFERENCE, key)?;
    match is_news(before.map(|before| before.word()), preference.word()) {
        true => Ok(remembering([Put::new(PREFERENCE, key, preference.to_bytes())])),
        false => Ok(SideEmit::default()),
    }
}

fn remembering(puts: impl IntoIterator<Item = Put>) -> SideEmit {
    SideEmit { state: puts.into_iter().collect(), ..SideEmit::default() }
}

/// What a status of a command says of its user, if Meta failed it because they had opted out.
pub(super) fn of_status(event: &StatusEvent, lane: Option<&str>) -> Option<Put> {
    lane.filter(|_| event.status == FAILED && is_stopped(event.error.as_ref()))
        .map(|lane| refusal(lane, event.occurred_at))
}

/// The same of an answer.
pub(super) fn of_answer(order: &Order, error: Option<&WhatsAppError>, now_ms: i64) -> Option<Put> {
    // in Meta's times, which are whole seconds: a word of the same second is not to look older
    is_stopped(error).then(|| refusal(&order.message.lane, now_ms - now_ms.rem_euclid(1_000)))
}

fn is_stopped(error: Option<&WhatsAppError>) -> bool {
    error.and_then(|error| error.meta_code) == Some(STOPPED_MARKETING)
}

fn refusal(lane: &str, at_ms: i64) -> Put {
    Put::new(REFUSAL, lane, Refusal::new(at_ms).to_bytes())
}

/// Whether the command is marketing, and its user wants none.
pub(super) fn is_unwanted(order: &Order, cx: &Context) -> Result<bool, Unreadable> {
    let message = &order.message;
    if !message.category.as_deref().is_some_and(|category| category.eq_ignore_ascii_case(MARKETING)) {
        return Ok(false);
    }
    let preference: Option<Preference> = read(cx, PREFERENCE, &message.lane)?;
    let refusal: Option<Refusal> = read(cx, REFUSAL, &message.lane)?;
    Ok(opted_out(preference.map(|preference| preference.word()), refusal.map(|refusal| refusal.at)))
}
