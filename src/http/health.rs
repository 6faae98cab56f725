//! `/healthz`, `/readyz`, `/metrics`: what platforms and scrapers ask. Asks components when asked, and remembers nothing.

use std::{
    fmt::Write as _,
    sync::{Arc, PoisonError},
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{
    runtime::{controls::Halt, supervisor::Running, worker::Report},
    telemetry::Exposition,
};

/// What a component can say of itself, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Ready,
    /// Not there yet: no assignment, or state being restored.
    Starting(String),
    /// Works again when these do. A process that is restarted would only wait again, so this counts as ready.
    WaitingFor(Vec<String>),
    /// Until a person acts.
    Stopped(String),
    /// At an operator's or the trip wire's word; who, since when and why.
    Resting(String),
}

/// A part of the process, by the name operators know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    pub name: String,
    pub condition: Condition,
}

impl Component {
    /// A stage's condition is that of its worst worker.
    #[must_use]
    pub fn stage(running: &Running) -> Self {
        let stopped = running.stopped.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let reports: Vec<Report> =
            running.reports.iter().map(|r| r.lock().unwrap_or_else(PoisonError::into_inner).clone()).collect();
        Self { name: running.stage.to_owned(), condition: condition(stopped, &reports) }
    }
}

fn condition(stopped: Option<String>, reports: &[Report]) -> Condition {
    if let Some(reason) = stopped {
        return Condition::Stopped(reason);
    }
    let halt = reports.iter().find_map(|report| report.halt.as_ref());
    if let Some(word @ (Halt::Paused(_) | Halt::Tripped(_))) = halt {
        return Condition::Resting(word.to_string());
    }
    let mut waiting: Vec<String> = reports.iter().flat_map(|report| report.waiting_for.iter().cloned()).collect();
    waiting.sort();
    waiting.dedup();
    if !waiting.is_empty() {
        return Condition::WaitingFor(waiting);
    }
    if reports.iter().all(|report| report.ready) {
        return Condition::Ready;
    }
    if let Some(unread @ Halt::Unread(_)) = halt {
        return Condition::Starting(unread.to_string());
    }
    let restoring: usize = reports.iter().map(|report| report.restoring).sum();
    Condition::Starting(match restoring {
        0 => "waits for its assignment".to_owned(),
        partitions => format!("restores {partitions} partitions"),
    })
}

/// Whether traffic should come, and one line per component.
#[must_use]
pub fn readiness(components: &[Component]) -> (bool, String) {
    let mut ready = true;
    let mut text = String::new();
    for Component { name, condition } in components {
        let _ = match condition {
            Condition::Ready => writeln!(text, "{name}: ready"),
            // its process may do other work, and nothing is wrong with it
            Condition::Resting(word) => writeln!(text, "{name}: {word}"),
            Condition::WaitingFor(what) => writeln!(text, "{name}: waits for {}", what.join(", ")),
            Condition::Starting(what) => {
                ready = false;
                writeln!(text, "{name}: {what}")
            }
            Condition::Stopped(why) => {
                ready = false;
                writeln!(text, "{name}: stopped: {why}")
            }
        };
    }
    (ready, text)
}

/// Asked on every `/readyz`.
pub type Probe = Arc<dyn Fn() -> Vec<Component> + Send + Sync>;

#[derive(Clone)]
struct Sources {
    probe: Probe,
    exposition: Exposition,
}

/// No webhook may come here.
pub const PATHS: [&str; 3] = [LIVE, READY, METRICS];
const LIVE: &str = "/healthz";
const READY: &str = "/readyz";
const METRICS: &str = "/metrics";

/// The three routes.
pub fn router(probe: Probe, exposition: Exposition) -> Router {
    Router::new()
        // A stage that stopped is reported, not killed: the others go on.
        .route(LIVE, get(|| async { "ok\n" }))
        .route(READY, get(ready))
        .route(METRICS, get(metrics))
        .with_state(Sources { probe, exposition })
}

async fn ready(State(sources): State<Sources>) -> (StatusCode, String) {
    let (ready, text) = readiness(&(sources.probe)());
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, text)
}

async fn metrics(State(sources): State<Sources>) -> Response {
    match sources.exposition.metrics_text() {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        extract::Request,
    };
    use tower::ServiceExt as _;

    use super::*;
    use crate::runtime::controls::Word;

    fn report(ready: bool, restoring: usize, waiting_for: &[&str]) -> Report {
        let waiting_for = waiting_for.iter().map(|what| (*what).to_owned()).collect();
        Report { ready, restoring, waiting_for, ..Report::default() }
    }

    async fn answer(path: &str, components: Vec<Component>) -> (StatusCode, String) {
        let router = router(Arc::new(move || components.clone()), Exposition::new(prometheus::Registry::new()));
        let request = Request::builder().uri(path).body(Body::empty()).expect("a request");
        let response = router.oneshot(request).await.expect("infallible");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (status, String::from_utf8(bytes.to_vec()).expect("text"))
    }

    fn component(name: &str, condition: Condition) -> Component {
        Component { name: name.to_owned(), condition }
    }

    #[test]
    fn a_stage_is_as_ready_as_its_worst_worker() {
        let ready = report(true, 0, &[]);
        assert_eq!(condition(None, &[ready.clone(), ready.clone()]), Condition::Ready);
        let restoring = condition(None, &[ready.clone(), report(false, 2, &[])]);
        assert_eq!(restoring, Condition::Starting("restores 2 partitions".to_owned()));
        let waiting =
            condition(None, &[ready.clone(), report(false, 0, &["registry"]), report(true, 0, &["graph", "registry"])]);
        assert_eq!(waiting, Condition::WaitingFor(vec!["graph".to_owned(), "registry".to_owned()]));
        assert_eq!(
            condition(Some("topic missing".to_owned()), &[ready]),
            Condition::Stopped("topic missing".to_owned())
        );
    }

    #[tokio::test]
    async fn a_resting_stage_is_ready_and_says_at_whose_word_and_one_that_knows_no_word_yet_is_not() {
        let word = Word::new("kim", 0, Some("complaints".to_owned()));
        let halted = |halt, ready| Report { halt: Some(halt), ..report(ready, 0, &["graph"]) };
        let paused = component("sender", condition(None, &[halted(Halt::Paused(word), true)]));
        let text = "sender: paused by kim since 1970-01-01T00:00:00.000Z: complaints\n".to_owned();
        assert_eq!(answer("/readyz", vec![paused]).await, (StatusCode::OK, text));
        let unread = Report { halt: Some(Halt::Unread(None)), ..Report::default() };
        let unread = component("sender", condition(None, &[unread]));
        let text = "sender: reads the control topic\n".to_owned();
        assert_eq!(answer("/readyz", vec![unread]).await, (StatusCode::SERVICE_UNAVAILABLE, text));
    }

    #[tokio::test]
    async fn waiting_for_a_dependency_is_ready_and_says_so() {
        let components = vec![
            component("ingress", Condition::Ready),
            component("sender", Condition::WaitingFor(vec!["graph".to_owned()])),
        ];
        let text = "ingress: ready\nsender: waits for graph\n".to_owned();
        assert_eq!(answer("/readyz", components).await, (StatusCode::OK, text));
    }

    #[tokio::test]
    async fn starting_and_stopped_are_not_ready_but_alive() {
        let components = vec![
            component("status", Condition::Starting("restores 2 partitions".to_owned())),
            component("sender", Condition::Stopped("topic missing".to_owned())),
        ];
        let text = "status: restores 2 partitions\nsender: stopped: topic missing\n".to_owned();
        assert_eq!(answer("/readyz", components.clone()).await, (StatusCode::SERVICE_UNAVAILABLE, text));
        assert_eq!(answer("/healthz", components).await, (StatusCode::OK, "ok\n".to_owned()));
    }

    #[tokio::test]
    async fn metrics_are_text() {
        assert_eq!(answer("/metrics", Vec::new()).await, (StatusCode::OK, String::new()));
    }
}
