//! Everything that is no message and no status, as an account event: a few facts to filter by, the rest in `raw`.
//! Must not lose an item for a shape it does not know.

mod facts;

use sha2::{Digest, Sha256};

use self::facts::Facts;
use super::place::{Kind, Place};
use crate::{domain::event_id, wire::records::AccountEvent};

/// The field of an item that names none.
const NO_FIELD: &str = "unknown";

/// What Meta says. Account and tenant are the reader's to add. `received_ms` is also the time of an item that tells none.
#[must_use]
pub fn read(place: &Place<'_, '_>, received_ms: i64) -> AccountEvent {
    let waba_id = place.entry.id.clone().unwrap_or_default();
    let field = place.change.and_then(|(_, change)| change.field.clone()).unwrap_or_else(|| NO_FIELD.to_owned());
    let members = place.members().unwrap_or_default();
    let digest = hex::encode(Sha256::digest(place.raw.as_bytes()));
    let facts = match place.kind {
        Kind::Value => Facts::of_value(&field, &members, &waba_id),
        Kind::Message | Kind::Status | Kind::Leftover | Kind::Change | Kind::Entry => Facts::other(),
    };
    AccountEvent {
        event_id: event_id::account(&waba_id, &field, place.entry.time_s, &digest).to_string(),
        subject_kind: facts.subject_kind.to_owned(),
        subject_id: facts.subject_id,
        event: facts.event,
        previous: facts.previous,
        current: facts.current,
        reason: facts.reason,
        user: facts.user,
        preference: facts.preference,
        phone_number_id: place.number(),
        occurred_at: place.time_ms(&members).unwrap_or(received_ms),
        received_at: received_ms,
        raw: place.raw.to_string(),
        waba_id,
        field,
        account: None,
        tenant: None,
    }
}
