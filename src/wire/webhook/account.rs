//! Everything that is no message and no status of one, as an account event: a few facts to filter by, the rest in `raw`.
//! Must not lose an item for a shape it does not know.

mod facts;

use sha2::{Digest, Sha256};

use self::facts::Facts;
use super::{
    json::Object,
    place::{Kind, Place, unix_ms},
};
use crate::{domain::event_id, wire::records::AccountEvent};

/// The field of an item that names none.
const NO_FIELD: &str = "unknown";

/// What Meta says in `raw`, which is `place`'s text or what [`value::parts`](super::value::parts) made of it. Account and
/// tenant are the reader's to add. `received_ms` is also the time of an item that tells none.
#[must_use]
pub fn read(place: &Place<'_, '_>, raw: &str, received_ms: i64) -> AccountEvent {
    let waba_id = place.entry.id.clone().unwrap_or_default();
    let field = place.change.and_then(|(_, change)| change.field.clone()).unwrap_or_else(|| NO_FIELD.to_owned());
    let members: Object<'_> = serde_json::from_str(raw).unwrap_or_default();
    let digest = hex::encode(Sha256::digest(raw.as_bytes()));
    let facts = match place.kind {
        Kind::Value | Kind::Leftover => Facts::of_value(&field, &members, &waba_id),
        Kind::Status => Facts::of_status(&members),
        Kind::Message | Kind::Change | Kind::Entry => Facts::other(),
    };
    let own_time = facts.at_s.and_then(unix_ms);
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
        occurred_at: own_time.or_else(|| place.time_ms(&members)).unwrap_or(received_ms),
        received_at: received_ms,
        raw: raw.to_owned(),
        name: facts.name,
        language: facts.language,
        category: facts.category,
        details: facts.details,
        request_id: facts.request_id,
        effective_at: facts.effective_s.and_then(unix_ms),
        waba_id,
        field,
        account: None,
        tenant: None,
    }
}
