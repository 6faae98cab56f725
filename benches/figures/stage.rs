//! A stage of the measurements' own at work on the real runtime, with one worker. Measures nothing.

use std::sync::{Arc, PoisonError};

use omnichannel_whatsapp::{
    adapters::{
        clock::SystemClock,
        kafka::log::{Identity, KafkaLog, surveyor},
    },
    runtime::{
        Stage,
        supervisor::{self, LogFactory, Running, Shared},
        topics::Directory,
        worker,
    },
    telemetry::Signals,
};
use tokio_util::sync::CancellationToken;

use crate::{
    ground::{self, Prefixed},
    kafka,
    stack::Stack,
};

/// Ends when told to.
pub struct Started {
    running: Running,
    shutdown: CancellationToken,
}

/// The stage's topics; its input has so many partitions.
pub async fn topics<S: Stage>(stack: &Stack, prefix: &str, partitions: i32) {
    let directory = Prefixed(prefix.to_owned());
    let own = ["retry", "dlq", "replay"].map(|kind| format!("whatsapp.{}.{kind}", S::NAME));
    for logical in std::iter::once(S::INPUT.to_owned()).chain(own) {
        kafka::create_topic(stack, &directory.physical(&logical), partitions).await;
    }
}

/// `group` is the transactional id too.
pub fn start<S: Stage>(
    stack: &Stack,
    signals: &Signals,
    (prefix, group): (&str, &str),
    stage: S,
    settings: &worker::Settings,
) -> Started {
    let (clients, shutdown) = (ground::clients(stack), CancellationToken::new());
    let directory = Arc::new(Prefixed(prefix.to_owned()));
    let input = directory.physical(S::INPUT);
    let shared = Shared {
        directory,
        clock: Arc::new(SystemClock),
        signals: signals.clone(),
        tasks: tokio::runtime::Handle::current(),
        shutdown: shutdown.clone(),
    };
    let identity = Identity { group: group.into(), input, transactional_id: group.to_owned(), instance: None };
    let (surveyor, clock) = (surveyor(&clients).expect("a client"), shared.clock.clone());
    let logs: LogFactory<KafkaLog> =
        Arc::new(move |_, waker| KafkaLog::join(&clients, &identity, surveyor.clone(), &clock, waker));
    let running = supervisor::start(Arc::new(stage), 1, settings, &shared, &logs).expect("a thread");
    Started { running, shutdown }
}

impl Started {
    pub fn ready(&self) -> bool {
        self.running.ready()
    }

    /// Parked records of the worker.
    pub fn parked(&self) -> usize {
        self.running.reports.iter().map(|r| r.lock().unwrap_or_else(PoisonError::into_inner).parked).sum()
    }

    pub async fn end(self) {
        self.shutdown.cancel();
        self.running.ended().await;
    }
}
