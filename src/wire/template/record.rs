//! A template's state as its record, the same whoever writes it.

use super::key;
use crate::{
    runtime::{Fault, Headers, Outgoing},
    wire::{cloud_events::CloudEvent, codec::Codec, records::TemplateState, topics::TEMPLATES},
};

const KIND: &str = "omnichannel.whatsapp.template.state";
const SOURCE: &str = "/whatsapp/catalogue";

/// `event_id`: of what made it known. `cause`: the headers of the record it answers.
///
/// # Errors
/// Those of [`Codec::encode`].
pub async fn record(
    codec: &Codec,
    state: &TemplateState,
    event_id: &str,
    account: &str,
    cause: &Headers,
) -> Result<Outgoing, Fault> {
    let headers =
        CloudEvent { id: event_id, kind: KIND, source: SOURCE, time_ms: state.updated_at, account: Some(account) }
            .headers(cause);
    let value = codec.encode(TEMPLATES, state).await?;
    Ok(Outgoing::new(TEMPLATES, key(&state.waba_id, &state.name, &state.language), value).with_headers(headers))
}
