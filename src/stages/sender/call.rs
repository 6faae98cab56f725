//! The request itself, and what its end proves. Writes no state: that a call was made is known before it is made.

use std::{future::poll_fn, task::Poll, time::Duration};

use futures::FutureExt as _;

use super::{Sender, doubt::REPORT};
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
        ports::Clock,
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

/// How long a call may take, and when its command is looked at again if nobody knows what came of it.
pub(super) struct Limits<'a> {
    pub timeout_ms: u64,
    pub recheck_at_ms: i64,
    pub clock: &'a dyn Clock,
}

/// Posts the message once. The total time is bounded here, whatever the adapter does.
pub(super) async fn post(graph: &dyn Graph, message: &OutboundMessage, limits: Limits<'_>) -> Heard {
    let Limits { timeout_ms, recheck_at_ms, clock } = limits;
    let call = graph.send(&message.phone_number_id, message.request_json.clone());
    let call = crash::during(Point::DuringCall, Sender::NAME, in_time(call, timeout_ms, clock));
    let unclear = |why: String| match has_statuses(&message.request_json) {
        true => Answer::Unclear(no_answer(recheck_at_ms, why)),
        // no sign of it will ever come, and done twice it is done once
        false => Answer::NotTaken(ask_again(why)),
    };
    match tokio::time::timeout(Duration::from_millis(timeout_ms), call).await {
        Ok(Some(Ok(accepted))) => Answer::Taken(accepted),
        Ok(Some(Err(failure))) => judge(failure, message, recheck_at_ms).unwrap_or_else(unclear),
        Ok(None) | Err(_) => unclear(format!("no answer within {timeout_ms} ms")),
    }
}

/// `None`: the time was up before the answer was there. A process that stood still meanwhile (frozen, or its machine asleep)
/// finds the call where it was, perhaps with its connection just made: it must not go on, since others have been free to send
/// the message for as long as this one was not heard of.
async fn in_time<F: Future + Unpin>(mut call: F, timeout_ms: u64, clock: &dyn Clock) -> Option<F::Output> {
    let until_ms = clock.boot_ms().saturating_add(timeout_ms);
    poll_fn(|cx| match clock.boot_ms() >= until_ms {
        true => Poll::Ready(None),
        false => call.poll_unpin(cx).map(Some),
    })
    .await
}

/// `Err`: the failure proves nothing.
fn judge(failure: GraphFailure, message: &OutboundMessage, recheck_at_ms: i64) -> Result<Heard, String> {
    match failure {
        GraphFailure::Refused(error) => Ok(judge_refusal(&error, message, recheck_at_ms)),
        GraphFailure::NotSent(why) => {
            let fault = Fault::transient("graph_unreachable").in_scope(GRAPH).because(why);
            Ok(Answer::NotTaken(Setback::new(fault, None)))
        }
        GraphFailure::NoToken => {
            let fault = Fault::unavailable(Scope::Account(message.account.clone()), "no_access_token");
            let error = problem::own(&UNKNOWN_ACCOUNT, Some("no access token is configured".to_owned()));
            Ok(Answer::NotTaken(Setback::new(fault, Some(error))))
        }
        GraphFailure::Uncertain(why) => Err(why),
        GraphFailure::TooLarge { limit } => Err(format!("an answer of more than {limit} bytes")),
    }
}

/// Meta answered with an error object, so nothing was sent; but where its own server failed, nobody can promise that to a
/// producer who would rather not have the message sent than twice.
fn judge_refusal(error: &MetaError, message: &OutboundMessage, recheck_at_ms: i64) -> Heard {
    let told = Setback::new(refused(error, &message.account), Some(problem::from_meta(error)));
    let working = |works, slow_down_ms| Setback { works, slow_down_ms, ..told };
    let policy = classify(error);
    if policy.may_hide_accept() && message.on_unknown == REPORT && has_statuses(&message.request_json) {
        let mut doubtful = working(Works::Graph, None);
        doubtful.fault.kind = FaultKind::Unknown { recheck_at_ms };
        return Answer::Unclear(doubtful);
    }
    match policy.class {
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
