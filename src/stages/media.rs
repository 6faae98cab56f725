//! The media stage: files of inbound messages go from Meta into the object store, and every request ends in a record that
//! says so. It must not announce a file that is not stored, nor keep one whose digest is not the announced one.

mod digest;
mod fetch;
mod outcome;

use std::{num::NonZeroUsize, sync::Arc};

use tokio::sync::Semaphore;

use self::{
    fetch::{Fetched, Shortfall},
    outcome::Outcome,
};
use super::ports::{Graph, Objects, ObjectsFailure};
use crate::{
    domain::{
        errors::own::{GAVE_UP, MEDIA_GONE, NOT_SUPPORTED},
        object_key,
    },
    runtime::{Context, Emit, Fault, Headers, KeyOrder, Record, Reject, Scope, Stage},
    wire::{codec::Codec, problem, records::MediaRequest, topics::MEDIA_REQUESTS},
};

/// The scope of the store.
pub const OBJECTS: Scope = Scope::Dependency("objects");
/// The scope of the hosts that Meta's files come from: they fail, and are well, apart from the API.
pub const MEDIA_HOST: Scope = Scope::Dependency("media_host");

const INBOUND: &str = "inbound";
const OUTBOUND: &str = "outbound";

/// What the stage may use.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Bytes of one file; Meta's own limit is 100 MB.
    pub largest: u64,
    /// Files held in memory at once.
    pub parallel: NonZeroUsize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { largest: 100 << 20, parallel: NonZeroUsize::new(4).unwrap_or(NonZeroUsize::MIN) }
    }
}

/// Fetches files.
pub struct Media {
    codec: Codec,
    graph: Arc<dyn Graph>,
    objects: Arc<dyn Objects>,
    largest: u64,
    /// One permit per file in memory.
    room: Semaphore,
}

/// A request, and the headers it came with.
#[derive(Debug, Clone)]
pub struct Wanted {
    request: MediaRequest,
    headers: Headers,
}

/// An inbound file by its three names.
#[derive(Debug, Clone, Copy)]
struct File<'a> {
    request: &'a MediaRequest,
    message_id: &'a str,
    media_id: &'a str,
    conversation_key: &'a str,
}

impl<'a> File<'a> {
    fn of(request: &'a MediaRequest) -> Option<Self> {
        Some(Self {
            request,
            message_id: request.message_id.as_deref()?,
            media_id: request.media_id.as_deref()?,
            conversation_key: request.lane.as_deref()?,
        })
    }
}

impl Media {
    #[must_use]
    pub fn new(codec: Codec, graph: Arc<dyn Graph>, objects: Arc<dyn Objects>, settings: &Settings) -> Self {
        let room = Semaphore::new(settings.parallel.get().min(Semaphore::MAX_PERMITS));
        Self { codec, graph, objects, largest: settings.largest, room }
    }

    async fn take_in(&self, file: File<'_>, headers: &Headers, cx: &Context) -> Result<Emit, Fault> {
        let outcome = if file.request.expires_at <= cx.now_ms() {
            Outcome::Failed(problem::own(&MEDIA_GONE, None))
        } else {
            self.fetch_and_store(file, cx).await?
        };
        self.told(file, outcome, headers, cx).await
    }

    async fn fetch_and_store(&self, file: File<'_>, cx: &Context) -> Result<Outcome, Fault> {
        // never closed, so a permit always comes
        let _room = self.room.acquire().await;
        match fetch::fetch(&*self.graph, file, self.largest, cx).await {
            Ok(fetched) => self.store(file, fetched, cx).await,
            Err(Shortfall::Final(error)) => Ok(Outcome::Failed(*error)),
            Err(Shortfall::Fault(fault)) => Err(*fault),
        }
    }

    async fn store(&self, file: File<'_>, fetched: Fetched, cx: &Context) -> Result<Outcome, Fault> {
        let key = object_key::media(file.message_id, file.media_id);
        let size = fetched.bytes.len();
        let stored = self.objects.put(&key, fetched.bytes, &fetched.mime_type).await;
        let object_url = stored.map_err(not_stored)?;
        cx.served(OBJECTS);
        Ok(Outcome::Stored { object_url, mime_type: fetched.mime_type, size, sha256: fetched.sha256 })
    }

    /// Files for our own sends are not prepared by this release: said at once, so that the send does not wait.
    async fn refuse_outbound(&self, request: &MediaRequest, headers: &Headers) -> Result<Emit, Fault> {
        let error = problem::own(&NOT_SUPPORTED, Some("files are not uploaded to Meta by this release".to_owned()));
        let mut emit = match outcome::not_prepared(&self.codec, request, error, headers).await? {
            Some(record) => Emit::record(record),
            None => Emit::default(),
        };
        emit.rejects.push(reject("outbound_media", "the request is of direction outbound"));
        Ok(emit)
    }
}

impl Stage for Media {
    const NAME: &'static str = "media";
    const ORDER: KeyOrder = KeyOrder::Relaxed;
    const INPUT: &'static str = MEDIA_REQUESTS;

    type Input = Wanted;

    async fn decode(&self, record: &Record) -> Result<Wanted, Fault> {
        let value = record.value.as_ref().ok_or_else(|| Fault::poison("no_value"))?;
        let request = self.codec.decode(value).await?;
        Ok(Wanted { request, headers: record.headers.clone() })
    }

    async fn handle(&self, input: Wanted, cx: &Context) -> Result<Emit, Fault> {
        let Wanted { request, headers } = input;
        match (request.direction.as_str(), File::of(&request)) {
            (INBOUND, Some(file)) => self.take_in(file, &headers, cx).await,
            (INBOUND, None) => {
                Ok(rejected("incomplete_request", "message_id, media_id and lane are needed for direction inbound"))
            }
            (OUTBOUND, _) => self.refuse_outbound(&request, &headers).await,
            _ => Ok(rejected("unknown_direction", "the direction is neither inbound nor outbound")),
        }
    }

    async fn ending(&self, record: &Record, fault: &Fault, cx: &Context) -> Result<Emit, Fault> {
        let Ok(Wanted { request, headers }) = self.decode(record).await else { return Ok(Emit::default()) };
        let error = problem::own(&GAVE_UP, Some(fault.code.to_string()));
        match (request.direction.as_str(), File::of(&request)) {
            (INBOUND, Some(file)) => self.told(file, Outcome::Failed(error), &headers, cx).await,
            _ => {
                let record = outcome::not_prepared(&self.codec, &request, error, &headers).await?;
                Ok(record.map_or_else(Emit::default, Emit::record))
            }
        }
    }
}

fn rejected(code: &'static str, detail: &str) -> Emit {
    Emit { rejects: vec![reject(code, detail)], ..Emit::default() }
}

fn reject(code: &'static str, detail: &str) -> Reject {
    Reject { code, detail: detail.to_owned() }
}

/// Both wait: a person mends the store, and nothing is lost meanwhile.
fn not_stored(failure: ObjectsFailure) -> Fault {
    let code = match failure {
        ObjectsFailure::Unavailable(_) => "objects_unavailable",
        ObjectsFailure::Refused(_) => "objects_refused",
    };
    Fault::unavailable(OBJECTS, code).because(failure)
}
