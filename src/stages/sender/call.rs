//! The request itself, and what its end proves. Writes no state: that a call was made is known before it is made.

use std::time::Duration;

use super::Sender;
use crate::{
    domain::{
        errors::{
            Class, Limit, MetaError, classify,
            own::{NO_ANSWER, UNKNOWN_ACCOUNT},
        },
        ledger::Answer,
    },
    runtime::{
        Fault, FaultKind, Scope, Stage,
        crash::{self, Point},
    },
    stages::ports::{Accepted, Graph, GraphFailure},
    wire::{
        graph::{
            fault::{GRAPH, refused},
            request::has_statuses,
        },
        problem,
        records::{OutboundMessage, WhatsAppError},
    },
};

/// What the end of a call proves to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Works {
    /// Nobody answered.
    Nothing,
    /// Meta's API, whatever is the matter with the account.
    Graph,
    /// The account too: Meta judged the message, or told it to come later.
    Account,
}

/// Why a call brought no message id: what the runtime does about it, and what the producer is told.
#[derive(Debug)]
pub(super) struct Setback {
    pub fault: Fault,
    pub error: Option<WhatsAppError>,
    /// The whole number was too fast, not this message: for how long nobody else should try.
    pub slow_down_ms: Option<u64>,
    pub works: Works,
}

impl Setback {
    pub(super) fn new(fault: Fault, error: Option<WhatsAppError>) -> Self {
        Self { fault, error, slow_down_ms: None, works: Works::Nothing }
    }
}

pub(super) type Heard = Answer<Accepted, Setback>;

/// Posts the message once. The total time is bounded here, whatever the adapter does.
pub(super) async fn post(graph: &dyn Graph, message: &OutboundMessage, timeout_ms: u64, recheck_at_ms: i64) -> Heard {
    let call = graph.send(&message.phone_number_id, message.request_json.clone());
    let call = crash::during(Point::DuringCall, Sender::NAME, call);
    let unclear = |why: String| match has_statuses(&message.request_json) {
        true => Answer::Unclear(no_answer(recheck_at_ms, why)),
        // no sign of it will ever come, and done twice it is done once
        false => Answer::NotTaken(ask_again(why)),
    };
    match tokio::time::timeout(Duration::from_millis(timeout_ms), call).await {
        Ok(Ok(accepted)) => Answer::Taken(accepted),
        Ok(Err(failure)) => judge(failure, &message.account).unwrap_or_else(unclear),
        Err(_) => unclear(format!("no answer within {timeout_ms} ms")),
    }
}

/// `Err`: the failure proves nothing.
fn judge(failure: GraphFailure, account: &str) -> Result<Heard, String> {
    match failure {
        GraphFailure::Refused(error) => Ok(judge_refusal(&error, account)),
        GraphFailure::NotSent(why) => {
            let fault = Fault::transient("graph_unreachable").in_scope(GRAPH).because(why);
            Ok(Answer::NotTaken(Setback::new(fault, None)))
        }
        GraphFailure::NoToken => {
            let fault = Fault::unavailable(Scope::Account(account.to_owned()), "no_access_token");
            let error = problem::own(&UNKNOWN_ACCOUNT, Some("no access token is configured".to_owned()));
            Ok(Answer::NotTaken(Setback::new(fault, Some(error))))
        }
        GraphFailure::Uncertain(why) => Err(why),
        GraphFailure::TooLarge { limit } => Err(format!("an answer of more than {limit} bytes")),
    }
}

/// Meta answered with an error object, so nothing was sent.
fn judge_refusal(error: &MetaError, account: &str) -> Heard {
    let told = Setback::new(refused(error, account), Some(problem::from_meta(error)));
    let working = |works, slow_down_ms| Setback { works, slow_down_ms, ..told };
    match classify(error).class {
        Class::Rejected => Answer::Refused(working(Works::Account, None)),
        Class::Transient | Class::AccountGate => Answer::NotTaken(working(Works::Graph, None)),
        Class::Throttled { limit: Limit::Pair, .. } => Answer::NotTaken(working(Works::Account, None)),
        Class::Throttled { limit: Limit::Number | Limit::App | Limit::Waba, wait_ms } => {
            Answer::NotTaken(working(Works::Account, Some(wait_ms)))
        }
    }
}

/// The fault of a call that may have happened, and may again.
fn ask_again(why: String) -> Setback {
    let fault = Fault::transient("no_answer").in_scope(GRAPH).because(why);
    Setback::new(fault, Some(problem::own(&NO_ANSWER, None)))
}

/// The fault of a call that may have happened.
fn no_answer(recheck_at_ms: i64, why: String) -> Setback {
    let fault = Fault::new(FaultKind::Unknown { recheck_at_ms }, "no_answer").in_scope(GRAPH).because(why);
    Setback::new(fault, Some(problem::own(&NO_ANSWER, None)))
}
