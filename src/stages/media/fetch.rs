//! Two steps to a file: its address by its id, then the bytes. Both once more where the address went stale or the bytes
//! are not the announced ones; everything else is judged once. Stores nothing.

use bytes::Bytes;

use super::{File, digest};
use crate::{
    domain::errors::{
        Class, MetaError, classify,
        own::{MEDIA_GONE, MEDIA_MISMATCH, MEDIA_TOO_LARGE},
    },
    runtime::{Fault, Scope},
    stages::ports::{Download, Graph, GraphFailure, MediaInfo},
    wire::{
        graph::fault::{GRAPH, refused},
        problem,
        records::WhatsAppError,
    },
};

/// Meta's codes for an id that is no (more) file's, and for a file that is not at its address.
const NO_OBJECT: i64 = 100;
const NOT_AT_ADDRESS: i64 = 131_052;
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
pub async fn fetch(graph: &dyn Graph, file: File<'_>, largest: u64) -> Result<Fetched, Shortfall> {
    match try_once(graph, file, largest).await {
        Err(Miss::Stale(_) | Miss::Mismatch) => {}
        Err(Miss::Short(shortfall)) => return Err(shortfall),
        Ok(fetched) => return Ok(fetched),
    }
    try_once(graph, file, largest).await.map_err(|miss| match miss {
        Miss::Stale(error) => Shortfall::Final(Box::new(problem::from_meta(&error))),
        Miss::Mismatch => Shortfall::Final(Box::new(problem::own(&MEDIA_MISMATCH, None))),
        Miss::Short(shortfall) => shortfall,
    })
}

enum Miss {
    Stale(Box<MetaError>),
    Mismatch,
    Short(Shortfall),
}

async fn try_once(graph: &dyn Graph, file: File<'_>, largest: u64) -> Result<Fetched, Miss> {
    let (number, account) = (&file.request.phone_number_id, &file.request.account);
    let info = graph.media_info(number, file.media_id).await.map_err(|failure| judge(failure, account))?;
    let download = graph.download(number, &info.url, largest).await.map_err(|failure| judge(failure, account))?;
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

fn judge(failure: GraphFailure, account: &str) -> Miss {
    let fault = |fault: Fault| Miss::Short(Shortfall::Fault(Box::new(fault)));
    let given_up = |error: WhatsAppError| Miss::Short(Shortfall::Final(Box::new(error)));
    match failure {
        GraphFailure::Refused(error) if error.code == NOT_AT_ADDRESS => Miss::Stale(error),
        // with a wrong token Meta says 190, so it is the file that is not there
        GraphFailure::Refused(error) if error.code == NO_OBJECT => given_up(problem::own(&MEDIA_GONE, None)),
        GraphFailure::Refused(error) => match classify(&error).class {
            Class::Rejected => given_up(problem::from_meta(&error)),
            Class::Transient | Class::Throttled { .. } | Class::AccountGate => fault(refused(&error, account)),
        },
        GraphFailure::NotSent(why) => fault(Fault::transient("graph_unreachable").in_scope(GRAPH).because(why)),
        // reading has no effect, so an uncertain answer is simply asked for again
        GraphFailure::Uncertain(why) => fault(Fault::transient("graph_no_answer").in_scope(GRAPH).because(why)),
        GraphFailure::NoToken => fault(Fault::unavailable(Scope::Account(account.to_owned()), "no_access_token")),
        GraphFailure::TooLarge { limit } => {
            given_up(WhatsAppError { limit: i64::try_from(limit).ok(), ..problem::own(&MEDIA_TOO_LARGE, None) })
        }
    }
}
