//! What the supervisor makes of a worker's end. Its factory fails at once, so no worker ever turns.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{ring::Plain, toy::Toy};
use crate::{
    runtime::{
        controls::Controls,
        log::LogError,
        memory::{ManualClock, MemoryLog},
        store::MemoryStores,
        supervisor::{LogFactory, Shared, start},
        worker::Settings,
    },
    telemetry::Signals,
};

/// Why the stage stopped, its workers having met these errors one after the other.
fn stopped_by(errors: impl IntoIterator<Item = LogError>) -> String {
    let tasks = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let left = Arc::new(Mutex::new(errors.into_iter().collect::<VecDeque<_>>()));
    let errors = left.clone();
    let logs: LogFactory<MemoryLog> = Arc::new(move |_, _| {
        let next = errors.lock().expect("not poisoned").pop_front();
        Err(next.unwrap_or_else(|| LogError::Stop("started once more".to_owned())))
    });
    let shared = Shared {
        directory: Arc::new(Plain::default()),
        clock: Arc::new(ManualClock::at(0)),
        stores: Arc::new(MemoryStores),
        signals: Signals::default(),
        tasks: tasks.handle().clone(),
        controls: Controls::default(),
        shutdown: CancellationToken::new(),
    };
    let running = start(Arc::<Toy<false>>::default(), 1, &Settings::default(), &shared, &logs).expect("a thread");
    let ended = tasks.block_on(async { tokio::time::timeout(Duration::from_secs(10), running.ended()).await });
    shared.shutdown.cancel();
    ended.expect("the stage stops by itself");
    assert!(left.lock().expect("not poisoned").is_empty(), "it stopped too early");
    let reason = running.stopped.lock().expect("not poisoned").take();
    reason.expect("it says why")
}

#[test]
fn a_worker_fenced_twice_within_minutes_stops_the_stage_and_names_the_shared_id() {
    let fenced = || LogError::Fenced("a newer producer".to_owned());
    let reason = stopped_by([fenced(), fenced()]);
    assert!(reason.contains("fenced twice") && reason.contains("transactional id"), "{reason}");
}

#[test]
fn a_worker_fenced_once_starts_again() {
    let reason = stopped_by([LogError::Fenced("a newer producer".to_owned()), LogError::Rebuild("cut".to_owned())]);
    assert_eq!(reason, "started once more");
}
