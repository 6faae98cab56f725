//! A stage of the measurements' own at work on the real runtime, with one worker. Measures nothing.

use std::sync::{Arc, PoisonError};

use omnichannel_whatsapp::{
    adapters::{
        clock::SystemClock,
        kafka::log::{Identity, KafkaLog, surveyor},
    },
    runtime::{
        Stage,
        controls::Controls,
        store::{MemoryStores, Stores},
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

/// What a stage works on.
pub struct Setup<'a> {
    pub stack: &'a Stack,
    pub signals: &'a Signals,
    pub directory: Arc<dyn Directory>,
    /// Is the transactional id too.
    pub group: Arc<str>,
    pub stores: Arc<dyn Stores>,
}

impl<'a> Setup<'a> {
    /// Topics under a prefix, tables in memory.
    pub fn new(stack: &'a Stack, signals: &'a Signals, prefix: &str, group: &str) -> Self {
        let directory = Arc::new(Prefixed(prefix.to_owned()));
        Self { stack, signals, directory, group: group.into(), stores: Arc::new(MemoryStores) }
    }

    pub fn start<S: Stage>(self, stage: S, settings: &worker::Settings) -> Started {
        let (clients, shutdown) = (ground::clients(self.stack), CancellationToken::new());
        let input = self.directory.physical(S::INPUT);
        let shared = Shared {
            directory: self.directory,
            clock: Arc::new(SystemClock),
            stores: self.stores,
            controls: Controls::default(),
            signals: self.signals.clone(),
            tasks: tokio::runtime::Handle::current(),
            shutdown: shutdown.clone(),
        };
        let transactional_id = self.group.to_string();
        let identity = Identity { group: self.group, input, transactional_id, instance: None };
        let (surveyor, clock) = (surveyor(&clients).expect("a client"), shared.clock.clone());
        let logs: LogFactory<KafkaLog> =
            Arc::new(move |_, waker| KafkaLog::join(&clients, &identity, surveyor.clone(), &clock, waker));
        let running = supervisor::start(Arc::new(stage), 1, settings, &shared, &logs).expect("a thread");
        Started { running, shutdown }
    }
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
