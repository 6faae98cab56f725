//! What became of a file, as records. Decides nothing.

use super::{File, Media};
use crate::{
    domain::event_id,
    runtime::{Context, Emit, Fault, Headers, Outgoing},
    wire::{
        cloud_events::CloudEvent,
        codec::Codec,
        records::{MediaPrepared, MediaRequest, MediaStored, WhatsAppError},
        topics::{MEDIA_PREPARED, MEDIA_STORED},
    },
};

const STORED_EVENT: &str = "omnichannel.whatsapp.media.stored";

/// How a request ended.
#[derive(Debug)]
pub enum Outcome {
    Stored { object_url: String, mime_type: String, size: usize, sha256: String },
    Failed(WhatsAppError),
}

impl Media {
    /// The record on `whatsapp.media.stored`.
    pub(super) async fn told(
        &self,
        file: File<'_>,
        outcome: Outcome,
        headers: &Headers,
        cx: &Context,
    ) -> Result<Emit, Fault> {
        let event = stored(file, outcome, cx.now_ms());
        let headers = CloudEvent {
            id: &event.event_id,
            kind: STORED_EVENT,
            source: &format!("/whatsapp/{}", file.request.phone_number_id),
            time_ms: event.stored_at,
            account: Some(&file.request.account),
        }
        .headers(headers);
        let value = self.codec.encode(MEDIA_STORED, &event).await?;
        let key = event.conversation_key;
        Ok(Emit::record(Outgoing::new(MEDIA_STORED, key, value).with_headers(headers)))
    }
}

fn stored(file: File<'_>, outcome: Outcome, now_ms: i64) -> MediaStored {
    let named = |word: &str| MediaStored {
        event_id: event_id::media(&file.request.phone_number_id, file.message_id, file.media_id, word).to_string(),
        message_id: file.message_id.to_owned(),
        media_id: file.media_id.to_owned(),
        conversation_key: file.conversation_key.to_owned(),
        outcome: word.to_owned(),
        stored_at: now_ms,
        ..MediaStored::default()
    };
    match outcome {
        Outcome::Stored { object_url, mime_type, size, sha256 } => MediaStored {
            object_url: Some(object_url),
            mime_type: Some(mime_type),
            size: i64::try_from(size).ok(),
            sha256: Some(sha256),
            ..named("stored")
        },
        Outcome::Failed(error) => {
            MediaStored { mime_type: file.request.mime_type.clone(), error: Some(error), ..named("failed") }
        }
    }
}

/// Tells the sender that a file it waits for will not come; `None` when the request names no command.
pub async fn not_prepared(
    codec: &Codec,
    request: &MediaRequest,
    error: WhatsAppError,
    headers: &Headers,
) -> Result<Option<Outgoing>, Fault> {
    let (Some(command_id), Some(lane)) = (&request.command_id, &request.lane) else { return Ok(None) };
    let answer = MediaPrepared {
        command_id: command_id.clone(),
        lane: lane.clone(),
        outcome: "failed".to_owned(),
        error: Some(error),
        ..MediaPrepared::default()
    };
    let value = codec.encode(MEDIA_PREPARED, &answer).await?;
    let trace = headers.get("traceparent").cloned();
    let headers = trace.map_or_else(Headers::new, |trace| Headers::new().with("traceparent", trace));
    Ok(Some(Outgoing::new(MEDIA_PREPARED, lane.clone(), value).with_headers(headers)))
}
