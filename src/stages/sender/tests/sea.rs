//! A model to run the sender in: the log's committed state, workers that own it one after another, a Meta that takes
//! messages and reports them late, and an ingress that passes the reports on in order. Exactly what the sender's promise
//! assumes, and nothing kinder.

mod worker;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicI64, AtomicU64, Ordering::SeqCst},
    },
};

use bytes::Bytes;
use futures::future::BoxFuture;

use self::worker::Worker;
use super::world::{message, record};
use crate::{
    domain::ledger::Timing,
    runtime::{Headers, Put, Record, controls::Controls, ports::Clock},
    wire::{
        codec::Codec,
        headers::{OUTSTANDING, PROBE, RAW_PARTITION},
        records::StatusEvent,
        registry::LocalIds,
        sender_state::{Ledger, StateEntry},
        topics::{Names, SEND_RECEIPTS},
    },
};

type Tables = BTreeMap<(String, String), Bytes>;

pub const VALID_MS: u64 = 1_000;
pub const TIMEOUT_MS: u64 = 2_000;
pub const STATUS_DELAY_MS: u64 = 2_000;
pub const WAIT_MS: u64 = 6_000;

/// What becomes of one request.
#[derive(Debug, Clone, Copy)]
pub enum Fate {
    /// Taken; the answer arrives.
    Heard,
    /// Taken; the answer is lost. A status follows, as always.
    Unheard,
    /// Taken, and its first status is read while the call is still open; then the answer is lost.
    Overtaken,
    /// Never seen by Meta, and nobody knows.
    Lost,
    /// Refused for now.
    Refused,
}

/// What happens next.
#[derive(Debug, Clone)]
pub enum Event {
    /// The owner handles the command. `crash`: and dies before the result is committed.
    Handle {
        fate: Fate,
        crash: bool,
    },
    /// The owner freezes right after its intent is committed; another takes over and lives through these; then the frozen
    /// one goes on where it was.
    Freeze {
        fate: Fate,
        meanwhile: Vec<Event>,
    },
    Pass {
        ms: i64,
    },
    /// Ingress passes on what lies in the webhook topic, up to so many records per partition.
    Ingress {
        records: usize,
    },
}

/// What the model leaves out to show that the property would notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    None,
    UnfencedIntent,
    ReceiptsIgnored,
    /// Only a receipt of a command in doubt is noted: not one that comes while its call is open.
    ReceiptsOfCallsIgnored,
    NoWait,
    NoValidityLimit,
    NoProbes,
}

#[derive(Clone)]
enum Raw {
    Status,
    Probe(String),
}

pub struct Sea {
    mutant: Mutant,
    pub codec: Codec,
    now_ms: Arc<Now>,
    committed: Mutex<Tables>,
    epoch: AtomicU64,
    /// When each status reaches the webhook topic.
    underway: Mutex<Vec<i64>>,
    raw: Mutex<[VecDeque<Raw>; 2]>,
    taken: AtomicU64,
    owner: Mutex<Option<Arc<Worker>>>,
    controls: Controls,
}

struct Now(AtomicI64);

impl Clock for Now {
    fn unix_ms(&self) -> i64 {
        self.0.load(SeqCst)
    }

    fn boot_ms(&self) -> u64 {
        self.unix_ms().unsigned_abs()
    }
}

pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test thread panics with it")
}

fn apply(tables: &mut Tables, puts: &[Put]) {
    for put in puts {
        let key = (put.table.to_owned(), put.key.clone());
        match &put.value {
            Some(value) => tables.insert(key, value.clone()),
            None => tables.remove(&key),
        };
    }
}

impl Sea {
    pub fn new(mutant: Mutant) -> Arc<Self> {
        let now_ms = Arc::new(Now(AtomicI64::new(1_000_000)));
        Arc::new(Self {
            mutant,
            codec: Codec::new(Names::default(), Arc::new(LocalIds::default()), now_ms.clone()),
            now_ms,
            committed: Mutex::default(),
            epoch: AtomicU64::new(0),
            underway: Mutex::default(),
            raw: Mutex::default(),
            taken: AtomicU64::new(0),
            owner: Mutex::default(),
            controls: Controls::default(),
        })
    }

    /// How many messages Meta took.
    pub fn taken(&self) -> u64 {
        self.taken.load(SeqCst)
    }

    /// The command's outcome and how many attempts there were, once it is committed.
    pub fn settled(&self) -> Option<(String, u32)> {
        let key = ("ledger".to_owned(), message().command_id);
        let entry = held(&self.committed).get(&key).cloned()?;
        let ledger = Ledger::from_bytes(&entry).ok()?;
        Some((ledger.outcome()?.status.clone(), ledger.entry().attempt.number))
    }

    /// Runs a schedule; the command is the same throughout.
    pub fn run(self: Arc<Self>, events: Vec<Event>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            for event in events {
                match event {
                    Event::Handle { fate, crash } => self.handle(fate, crash, None).await,
                    Event::Freeze { fate, meanwhile } => self.handle(fate, false, Some(meanwhile)).await,
                    Event::Pass { ms } => self.pass(ms),
                    Event::Ingress { records } => self.ingress(records).await,
                }
            }
        })
    }

    /// Lets everything come to rest: until nothing is in doubt any more.
    pub async fn settle(self: &Arc<Self>) {
        for _ in 0..8 {
            let rest = [
                Event::Handle { fate: Fate::Heard, crash: false },
                Event::Ingress { records: usize::MAX },
                Event::Pass { ms: 7_000 },
            ];
            self.clone().run(rest.into()).await;
        }
    }

    fn owner(self: &Arc<Self>) -> Arc<Worker> {
        held(&self.owner).get_or_insert_with(|| self.take_over()).clone()
    }

    /// A new owner knows what was committed, and whoever had it before is fenced.
    fn take_over(self: &Arc<Self>) -> Arc<Worker> {
        let epoch = self.epoch.fetch_add(1, SeqCst) + 1;
        Arc::new(Worker::new(self.clone(), epoch))
    }

    fn pass(&self, ms: i64) {
        let now = self.now_ms.0.fetch_add(ms, SeqCst) + ms;
        let mut underway = held(&self.underway);
        let arrived = underway.iter().filter(|at| **at <= now).count();
        underway.retain(|at| *at > now);
        held(&self.raw)[0].extend(std::iter::repeat_n(Raw::Status, arrived));
    }

    async fn handle(self: &Arc<Self>, fate: Fate, crash: bool, freeze: Option<Vec<Event>>) {
        let worker = self.owner();
        let result = worker.handle(&message(), fate, freeze).await;
        if crash {
            *held(&self.owner) = None;
        } else {
            worker.commit(result);
        }
    }

    /// What lies in the webhook topic becomes receipts, in order; a question is answered once all before it is through.
    async fn ingress(self: &Arc<Self>, records: usize) {
        for partition in [0, 1] {
            for _ in 0..records {
                let Some(raw) = held(&self.raw)[partition].pop_front() else { break };
                let worker = self.owner();
                let record = self.receipt(raw, partition).await;
                worker.side(&record).await;
            }
        }
    }

    async fn receipt(&self, raw: Raw, partition: usize) -> Record {
        match raw {
            Raw::Status => {
                let event = StatusEvent {
                    status: "sent".into(),
                    message_id: Some("wamid.x".into()),
                    command_id: Some(message().command_id),
                    ..StatusEvent::default()
                };
                let value = self.codec.encode(SEND_RECEIPTS, &event).await.expect("encodable");
                record(SEND_RECEIPTS, Some(value), Headers::new())
            }
            Raw::Probe(id) => {
                let headers = Headers::new().with(PROBE, id).with(OUTSTANDING, "0");
                record(SEND_RECEIPTS, None, headers.with(RAW_PARTITION, partition.to_string()))
            }
        }
    }

    fn timing(&self) -> Timing {
        match self.mutant {
            Mutant::NoWait => Timing::unchecked(VALID_MS, TIMEOUT_MS, 0),
            Mutant::NoValidityLimit => Timing::unchecked(u64::MAX, TIMEOUT_MS, WAIT_MS),
            Mutant::None
            | Mutant::UnfencedIntent
            | Mutant::ReceiptsIgnored
            | Mutant::ReceiptsOfCallsIgnored
            | Mutant::NoProbes => Timing::new(VALID_MS, TIMEOUT_MS, WAIT_MS, STATUS_DELAY_MS).expect("they fit"),
        }
    }
}
