//! The loop that runs one stage on one log: poll, decide, run handlers, publish. Owns the thread it is called on; never
//! sleeps while something is ready, never holds a transaction open while something waits.

mod arriving;
mod guards;
mod halt;
mod handlers;
mod leaving;
mod opening;
mod outlet;
mod restore;
mod sides;
mod slot;
#[cfg(test)]
mod tests;
mod traced;
mod transaction;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{runtime::Handle, sync::oneshot, task::JoinSet};
use tokio_util::sync::CancellationToken;

use self::{
    arriving::Arriving,
    guards::grown,
    handlers::{Inbox, Served},
    leaving::{Leaving, say_let_go},
    opening::unkept,
    slot::{Live, Slot},
    transaction::Transaction,
};
use super::{
    controls::{Controls, Halt},
    fault::Scope,
    log::{Event, Log, LogError, Waker},
    partition::{Limits, Load},
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

/// What a worker tells of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The group gave an assignment (possibly of nothing), and all of it is restored.
    pub ready: bool,
    pub partitions: usize,
    pub restoring: usize,
    pub parked: usize,
    pub running: usize,
    /// Dependencies, accounts and ends of pauses that something waits for.
    pub waiting_for: Vec<String>,
    /// Why nothing starts.
    pub halt: Option<Halt>,
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

/// Events taken from the log in one step.
const POLL_BATCH: usize = 500;
/// The longest sleep: timers nobody wakes us for are this late at most.
const NAP: Duration = Duration::from_millis(100);
/// For leaving the group: behind a rebalance under way, which lasts until every member had its next heartbeat.
const GOODBYE_MS: u64 = 5_000;
const HOUSEKEEPING_MS: i64 = 1_000;
/// Tombstones of expired entries per partition in one go, and how soon the next ones follow.
const EXPIRE: usize = 100;
const EXPIRE_AGAIN_MS: i64 = 20;
/// Brokers forget offsets of topics that nobody subscribes to unless they are committed now and then.
const REFRESH_MS: i64 = 3_600_000;

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

    fn poll(&mut self, now: i64) -> Result<bool, Ended> {
        let mut busy = false;
        if !self.holding_back() {
            let mut events = std::mem::take(&mut self.events);
            self.log.poll(POLL_BATCH, &mut events)?;
            busy |= !events.is_empty();
            for event in events.drain(..) {
                self.on_event(event, now)?;
            }
            self.events = events;
        }
        let mut records = std::mem::take(&mut self.followed);
        self.log.poll_followed(POLL_BATCH, &mut records)?;
        busy |= !records.is_empty();
        for record in records.drain(..) {
            self.on_followed(record);
        }
        self.followed = records;
        self.balance_input();
        self.balance_sides()?;
        Ok(busy)
    }

    /// A transaction is under way and a partition has its window full: the next poll can wait the few milliseconds, which
    /// is cheaper than a pause that throws away what was fetched.
    fn holding_back(&self) -> bool {
        let young = self.transaction.as_ref().is_some_and(|t| self.around.clock.boot_ms() - t.began_ms < 500);
        if !young {
            return false;
        }
        let load = self.load();
        self.slots.values().filter_map(Slot::live).any(|l| l.partition.full(load))
    }

    fn on_event(&mut self, event: Event, now: i64) -> Result<(), Ended> {
        match event {
            Event::Record(record) => {
                if let Some(live) = self.slots.get_mut(&record.origin.partition).and_then(Slot::live_mut) {
                    live.partition.read(record);
                }
            }
            Event::Assigned(partitions) => {
                if let Some(p) = partitions.iter().find(|p| self.partitions > 0 && **p >= self.partitions) {
                    return Err(grown(&self.topics.input, p + 1, self.partitions));
                }
                self.around.signals.rebalanced(S::NAME, "assigned", &partitions);
                self.arriving.given(&partitions, now);
                self.assigned_once = true;
            }
            Event::Revoked { partitions, lost } => self.revoked(partitions, lost, now)?,
        }
        Ok(())
    }

    pub(super) fn load(&self) -> Load {
        self.slots.values().filter_map(Slot::live).map(|live| live.partition.load()).sum()
    }

    fn balance_input(&mut self) {
        let load = self.load();
        for (p, slot) in &mut self.slots {
            let Some(live) = slot.live_mut() else { continue };
            if !live.paused && (self.halt.is_some() || live.partition.full(load)) {
                live.paused = true;
                self.log.pause(&[*p]);
            } else if live.paused && self.halt.is_none() && live.partition.roomy(load) && !live.leaving {
                live.paused = false;
                self.log.resume(&[*p]);
            }
        }
    }

    /// Once a second: expired table entries, trailing markers, signals.
    fn housekeep(&mut self, now: i64) -> Result<(), Ended> {
        if now - self.housekeeping_ms < HOUSEKEEPING_MS {
            return Ok(());
        }
        self.housekeeping_ms = now;
        let refresh = now - self.refreshed_ms >= REFRESH_MS;
        if refresh {
            self.refreshed_ms = now;
        }
        for (p, slot) in &mut self.slots {
            let Some(live) = slot.live_mut().filter(|l| !l.leaving) else { continue };
            live.tell_levels();
            if let Some(position) = self.log.input_position(*p) {
                live.partition.drained_to(position);
            }
            if refresh {
                live.partition.refresh();
            }
            let expired = live.tables.expire(now, EXPIRE).map_err(unkept)?;
            if expired.more {
                // there is more: soon again, a few at a time
                self.housekeeping_ms = now - HOUSEKEEPING_MS + EXPIRE_AGAIN_MS;
            }
            if !expired.tombstones.is_empty() {
                live.partition.housekeeping(expired.tombstones);
            }
        }
        Ok(())
    }

    fn tell(&self, alive: bool) {
        let live = || self.slots.values().filter_map(Slot::live);
        let restoring = self.slots.len() - live().count() + self.arriving.len();
        let scopes = live().flat_map(|l| l.partition.waiting_for()).map(ToString::to_string);
        let held = live().flat_map(|l| l.partition.held()).map(|subject| Scope::Hold(subject.to_owned()).to_string());
        let mut waiting_for: Vec<String> = scopes.chain(held).collect();
        waiting_for.sort();
        waiting_for.dedup();
        let unread = matches!(self.halt, Some(Halt::Unread(_)));
        let report = Report {
            ready: alive && self.assigned_once && restoring == 0 && !unread,
            partitions: self.slots.len() + self.arriving.len(),
            restoring,
            parked: live().map(|l| l.partition.parked()).sum(),
            running: live().map(|l| l.partition.running()).sum(),
            waiting_for,
            halt: self.halt.clone(),
        };
        *self.around.report.lock().unwrap_or_else(PoisonError::into_inner) = report;
    }
}
