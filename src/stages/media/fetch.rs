//! Two steps to a file: its address by its id, then the bytes. Both once more where the address went stale or the bytes
//! are not the announced ones; everything else is judged once. Stores nothing.
//!
//! The API and the hosts of the files are two dependencies: each is served, and fails, in its own scope. What a host
//! says is never the end of a file, since Meta keeps it for days: it is tried again, and at last a dead letter.

use bytes::Bytes;

use super::{File, MEDIA_HOST, digest};
use crate::{
    domain::errors::{
        Class, classify,
        own::{MEDIA_GONE, MEDIA_MISMATCH, MEDIA_TOO_LARGE},
    },
    runtime::{Context, Fault, Scope},
    stages::ports::{Download, Graph, GraphFailure, MediaInfo},
    wire::{
        graph::fault::{GRAPH, refused},
        problem,
        records::WhatsAppError,
    },
};

/// Meta's code for an id that is no (more) file's.
const NO_OBJECT: i64 = 100;
const UNTYPED: &str = "application/octet-stream";

/// A file that is what was announced.
#[derive(Debug)]
pub struct Fetched {
    pub bytes: Bytes,
    pub mime_type: String,
    /// Lowercase hex.
    pub sha256: String,
}

/// Why there is none.
#[derive(Debug)]
pub enum Shortfall {
    /// Waiting does not help.
    Final(Box<WhatsAppError>),
    Fault(Box<Fault>),
}

/// # Errors
/// [`Shortfall`].
pub async fn fetch(graph: &dyn Graph, file: File<'_>, largest: u64, cx: &Context) -> Result<Fetched, Shortfall> {
    match try_once(graph, file, largest, cx).await {
        Err(Miss::Stale(_) | Miss::Mismatch) => {}
        Err(Miss::Short(shortfall)) => return Err(shortfall),
        Ok(fetched) => return Ok(fetched),
    }
    try_once(graph, file, largest, cx).await.map_err(|miss| match miss {
        Miss::Stale(http_status) => fault(not_given(http_status)),
        Miss::Mismatch => given_up(problem::own(&MEDIA_MISMATCH, None)),
        Miss::Short(shortfall) => shortfall,
    })
}

enum Miss {
    /// The host answered with this status: the address may have gone stale between the two steps.
    Stale(u16),
    Mismatch,
    Short(Shortfall),
}

async fn try_once(graph: &dyn Graph, file: File<'_>, largest: u64, cx: &Context) -> Result<Fetched, Miss> {
    let (number, account) = (&file.request.phone_number_id, &file.request.account);
    let answered = || {
        cx.served(GRAPH);
        cx.served(Scope::Account(account.clone()));
    };
    let info = graph.media_info(number, file.media_id).await.map_err(|failure| {
        let shortfall = no_address(failure, account);
        if matches!(shortfall, Shortfall::Final(_)) {
            answered();
        }
        Miss::Short(shortfall)
    })?;
    answered();
    let download = graph.download(number, &info.url, largest).await.map_err(|failure| no_file(failure, account))?;
    cx.served(MEDIA_HOST);
    let sum = digest::of(&download.bytes);
    if !digest::fits(&sum, [file.request.sha256.as_deref(), info.sha256.as_deref()]) {
        return Err(Miss::Mismatch);
    }
    let mime_type = mime_type(&info, &download, file);
    Ok(Fetched { bytes: download.bytes, mime_type, sha256: hex::encode(sum) })
}

/// Meta's word about the file before the server's about the answer.
fn mime_type(info: &MediaInfo, download: &Download, file: File<'_>) -> String {
    let known = [Some(info.mime_type.as_str()), file.request.mime_type.as_deref(), download.mime_type.as_deref()];
    known.into_iter().flatten().find(|text| !text.is_empty()).unwrap_or(UNTYPED).to_owned()
}

fn fault(fault: Fault) -> Shortfall {
    Shortfall::Fault(Box::new(fault))
}

fn given_up(error: WhatsAppError) -> Shortfall {
    Shortfall::Final(Box::new(error))
}

fn no_token(account: &str) -> Shortfall {
    fault(Fault::unavailable(Scope::Account(account.to_owned()), "no_access_token"))
}

fn too_large(limit: u64) -> Shortfall {
    given_up(WhatsAppError { limit: i64::try_from(limit).ok(), ..problem::own(&MEDIA_TOO_LARGE, None) })
}

/// The API's failures.
fn no_address(failure: GraphFailure, account: &str) -> Shortfall {
    match failure {
        // with a wrong token Meta says 190, so it is the file that is not there
        GraphFailure::Refused(error) if error.code == NO_OBJECT => given_up(problem::own(&MEDIA_GONE, None)),
        GraphFailure::Refused(error) => match classify(&error).class {
            Class::Rejected => given_up(problem::from_meta(&error)),
            Class::Transient | Class::Throttled { .. } | Class::AccountGate => fault(refused(&error, account)),
        },
        GraphFailure::NotSent(why) => {
            fault(Fault::transient("graph_unreachable").in_scope(GRAPH).because(why).quickly())
        }
        // reading has no effect, so an uncertain answer is simply asked for again
        GraphFailure::Uncertain(why) => {
            fault(Fault::transient("graph_no_answer").in_scope(GRAPH).because(why).quickly())
        }
        GraphFailure::NoToken => no_token(account),
        GraphFailure::TooLarge { limit } => too_large(limit),
    }
}

/// The failures of the file's host.
fn no_file(failure: GraphFailure, account: &str) -> Miss {
    let host = |code, why: String| fault(Fault::transient(code).in_scope(MEDIA_HOST).because(why).quickly());
    Miss::Short(match failure {
        GraphFailure::Refused(error) => match error.http_status {
            Some(http_status) => return Miss::Stale(http_status),
            // a person mends the allow-list and replays
            None => fault(Fault::poison("media_address_refused").because(error.details.unwrap_or_default())),
        },
        GraphFailure::NotSent(why) => host("media_host_unreachable", why),
        GraphFailure::Uncertain(why) => host("media_host_no_answer", why),
        GraphFailure::NoToken => no_token(account),
        GraphFailure::TooLarge { limit } => too_large(limit),
    })
}

/// A host that keeps its answer for a fresh address too.
fn not_given(http_status: u16) -> Fault {
    let code = match http_status {
        404 | 410 => "media_not_found",
        _ => "media_refused",
    };
    Fault::transient(code).in_scope(MEDIA_HOST).because(format!("status {http_status} for a file"))
}
