//! The loop that runs one stage on one log: poll, decide, run handlers, publish. Owns the thread it is called on; never
//! sleeps while something is ready, never holds a transaction open while something waits.

mod arriving;
mod guards;
mod halt;
mod handlers;
mod housekeeping;
mod inbox;
mod leaving;
mod opening;
mod outlet;
mod reading;
mod report;
mod restore;
mod sides;
mod slot;
#[cfg(test)]
mod tests;
mod traced;
mod transaction;
mod trying;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{runtime::Handle, sync::oneshot, task::JoinSet};
use tokio_util::sync::CancellationToken;

pub use self::report::Report;
use self::{
    arriving::Arriving,
    inbox::{Inbox, Served},
    leaving::{Leaving, say_let_go},
    slot::{Live, Slot},
    transaction::Transaction,
};
use super::{
    controls::{Controls, Halt},
    log::{Event, Log, LogError, Waker},
    partition::Limits,
    ports::SharedClock,
    publishing::Pacer,
    record::Record,
    stage::{IntentLost, Stage},
    store::Stores,
    topics::{Directory, StageTopics},
    trip_wire::{self, TripWire},
};
use crate::telemetry::Signals;

/// Bounds of one worker.
#[derive(Debug, Clone)]
pub struct Settings {
    pub limits: Limits,
    /// Handlers at once.
    pub concurrency: usize,
    /// Units in one transaction.
    pub batch: usize,
    /// How long a revoked or stopping partition's running handlers may take to finish.
    pub drain: Duration,
    /// The producer's: a transaction that is older is ended by the coordinator.
    pub transaction_timeout: Duration,
    pub trip_wire: trip_wire::Plan,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            concurrency: 256,
            batch: 5_000,
            drain: Duration::from_secs(8),
            transaction_timeout: Duration::from_secs(20),
            trip_wire: trip_wire::Plan::default(),
        }
    }
}

/// Why a worker ended.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    #[error("stopped")]
    Shutdown,
    #[error(transparent)]
    Log(#[from] LogError),
}

/// Everything a worker needs besides its stage and log.
#[derive(Clone)]
pub struct Surroundings {
    pub directory: Arc<dyn Directory>,
    pub clock: SharedClock,
    /// Where tables lie.
    pub stores: Arc<dyn Stores>,
    pub signals: Signals,
    pub tasks: Handle,
    pub shutdown: CancellationToken,
    pub report: Arc<Mutex<Report>>,
    pub waker: Waker,
    pub controls: Controls,
}

/// One stage on one log.
pub struct Worker<S: Stage, L: Log> {
    stage: Arc<S>,
    log: L,
    settings: Settings,
    around: Surroundings,
    topics: Arc<StageTopics>,
    /// Partitions of the input; 0 until the topics were looked at.
    partitions: i32,
    /// A topic that was missed before: it must be there.
    missed: Option<String>,
    slots: BTreeMap<i32, Slot>,
    /// Given partitions whose offsets are not known yet.
    arriving: Arriving,
    /// Not tried again before then (unix ms), since the state store is not available.
    store_again_ms: Option<i64>,
    /// Taken partitions that still finish.
    leaving: Option<Leaving>,
    transaction: Option<Transaction>,
    pacer: Pacer,
    inbox: Arc<Inbox>,
    served: Arc<Served>,
    running: JoinSet<()>,
    /// Tasks whose result is not in the inbox yet.
    pending: usize,
    /// The partition whose handler took the last permit.
    last_started: i32,
    intents: HashMap<u64, oneshot::Sender<Result<(), IntentLost>>>,
    next_id: u64,
    names: HashMap<Arc<str>, Arc<str>>,
    assigned_once: bool,
    stopping: Option<i64>,
    /// What operators and trip wires say, as far as it was heard.
    halt: Option<Halt>,
    heard: Option<u64>,
    trip_wire: TripWire,
    /// A handler's fault that ends the stage.
    ending: Option<Ended>,
    housekeeping_ms: i64,
    refreshed_ms: i64,
    events: Vec<Event>,
    followed: Vec<Record>,
}

/// The longest sleep: timers nobody wakes us for are this late at most.
const NAP: Duration = Duration::from_millis(100);
/// For leaving the group: behind a rebalance under way, which lasts until every member had its next heartbeat.
const GOODBYE_MS: u64 = 5_000;

impl<S: Stage, L: Log> Worker<S, L> {
    pub fn new(stage: Arc<S>, log: L, settings: Settings, around: Surroundings) -> Self {
        let topics = Arc::new(StageTopics::of::<S>(around.directory.as_ref()));
        let inbox = Arc::new(Inbox::new(around.waker.clone()));
        Self {
            stage,
            log,
            halt: Some(Halt::Unread(None)),
            heard: None,
            trip_wire: TripWire::new(settings.trip_wire.clone()),
            settings,
            topics,
            partitions: 0,
            missed: None,
            slots: BTreeMap::new(),
            arriving: Arriving::default(),
            store_again_ms: None,
            leaving: None,
            transaction: None,
            pacer: Pacer::default(),
            inbox,
            served: Arc::default(),
            running: JoinSet::new(),
            pending: 0,
            last_started: -1,
            intents: HashMap::new(),
            next_id: 0,
            names: HashMap::new(),
            assigned_once: false,
            stopping: None,
            ending: None,
            housekeeping_ms: 0,
            refreshed_ms: around.clock.unix_ms(),
            events: Vec::new(),
            followed: Vec::new(),
            around,
        }
    }

    /// Goes on only if this topic (physical name) is there: another worker missed it.
    #[must_use]
    pub fn with_missed(self, missed: Option<String>) -> Self {
        Self { missed, ..self }
    }

    /// Runs until shutdown or until the log says it cannot go on.
    pub fn run(mut self) -> Ended {
        let ended = match self.check_topics() {
            Ok(()) => self.turn_until_the_end(),
            Err(ended) => ended,
        };
        self.running.abort_all();
        self.tell(false);
        let held: Vec<i32> = self.slots.keys().copied().collect();
        match &ended {
            Ended::Shutdown | Ended::Log(LogError::Stop(_) | LogError::Missing(_)) => {
                // an open transaction would keep the next owner waiting until it times out
                if let Err(error) = self.abort() {
                    tracing::warn!(stage = S::NAME, %error, "the last transaction was left open");
                }
                say_let_go(S::NAME, &held);
                self.log.close(GOODBYE_MS);
            }
            // with the broker gone or the client dead there is nobody to say goodbye to
            Ended::Log(_) => {
                say_let_go(S::NAME, &held);
                self.log.close(200);
            }
        }
        ended
    }

    fn turn_until_the_end(&mut self) -> Ended {
        loop {
            match self.step() {
                Ok(Some(pause)) => std::thread::park_timeout(pause),
                Ok(None) => {}
                Err(ended) => return ended,
            }
        }
    }

    /// One turn of the loop; says how long to sleep, `None` when there is more to do at once.
    ///
    /// # Errors
    /// Shutdown completed, or the log cannot go on.
    pub fn step(&mut self) -> Result<Option<Duration>, Ended> {
        let now = self.around.clock.unix_ms();
        while self.running.try_join_next().is_some() {}
        let mut busy = self.read_inbox(now);
        if let Some(ended) = self.ending.take() {
            return Err(ended);
        }
        self.check_tables()?;
        self.hear(now);
        busy |= self.poll(now)?;
        self.arrive(now)?;
        busy |= self.dispatch(now)?;
        self.housekeep(now)?;
        busy |= self.publish(now)?;
        self.leave(now)?;
        self.stop_when_drained(now)?;
        self.tell(true);
        if busy {
            return Ok(None);
        }
        Ok(Some(self.pause(now)))
    }

    fn pause(&self, now: i64) -> Duration {
        let permits = self.pending < self.settings.concurrency;
        let rests = self.halt.is_some();
        let timers = self.slots.values().filter_map(Slot::live).filter_map(|l| l.next_timer_ms(permits, rests)).min();
        let mut pause = timers.map_or(NAP, |due| Duration::from_millis(u64::try_from(due - now).unwrap_or(0)).min(NAP));
        if self.transaction.is_none() && self.has_units() {
            pause = pause.min(Duration::from_millis(self.pacer.wait_ms(self.around.clock.boot_ms())));
        }
        if self.slots.values().any(|s| s.live().is_none()) {
            pause = pause.min(Duration::from_millis(5));
        }
        // a store that is not there is asked for again in its own time, not before every nap
        if self.store_again_ms.is_none_or(|again| again <= now)
            && let Some(ask) = self.arriving.pause_ms(self.around.clock.boot_ms())
        {
            pause = pause.min(Duration::from_millis(ask));
        }
        pause.max(Duration::from_micros(200))
    }
}
