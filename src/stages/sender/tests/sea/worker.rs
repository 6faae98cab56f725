//! One process of the model: its own copy of the tables, and what the stage asks of the runtime and of Meta.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use bytes::Bytes;
use futures::future::BoxFuture;

use super::{Event, Fate, Mutant, Raw, STATUS_DELAY_MS, Sea, Tables, apply, held};
use crate::{
    runtime::{
        Context, Emit, Fault, Headers, Put, Record, Scope, Stage,
        controls::Controls,
        ports::Clock,
        stage::{IntentLost, TableView, WorkerPort},
    },
    stages::{
        ports::{Accepted, Download, Graph, GraphFailure, MediaInfo},
        sender::{
            Sender, Settings, Values,
            tests::world::{record, refused, taken},
        },
    },
    wire::{
        headers::PROBE,
        records::OutboundMessage,
        topics::{OUTBOUND_MESSAGES, WEBHOOK_RAW},
    },
};

/// One process that owns, or believes to own, the partition.
pub(super) struct Worker {
    sea: Arc<Sea>,
    epoch: u64,
    takeover_ms: i64,
    tables: Mutex<Tables>,
    /// What becomes of the next request.
    fate: Mutex<Fate>,
    /// What happens while it is frozen behind its next intent.
    freeze: Mutex<Option<Vec<Event>>>,
    /// Receipts arrive while a call of its own is open.
    calling: AtomicBool,
}

/// The worker as the stage sees it.
#[derive(Clone)]
struct Ports(Arc<Worker>);

impl Worker {
    /// Owns from now on, and knows what is committed.
    pub(super) fn new(sea: Arc<Sea>, epoch: u64) -> Self {
        let committed = held(&sea.committed).clone();
        Self {
            epoch,
            takeover_ms: sea.now_ms.unix_ms(),
            tables: Mutex::new(committed),
            fate: Mutex::new(Fate::Heard),
            freeze: Mutex::default(),
            calling: AtomicBool::new(false),
            sea,
        }
    }

    fn stage(self: &Arc<Self>) -> Sender {
        let values = Values { messages_per_second: 1_000, ..Values::default() };
        let settings = Settings { timing: self.sea.timing(), ..Settings::new(values).expect("they fit") };
        Sender::new(self.sea.codec.clone(), Arc::new(Ports(self.clone())), settings)
    }

    fn context(self: &Arc<Self>, record: &Record) -> Context {
        let ports = Arc::new(Ports(self.clone()));
        Context::new(Arc::new(record.clone()), 0, self.takeover_ms, self.sea.now_ms.clone(), ports.clone(), ports)
    }

    pub(super) async fn handle(
        self: &Arc<Self>,
        message: &OutboundMessage,
        fate: Fate,
        freeze: Option<Vec<Event>>,
    ) -> Result<Emit, Fault> {
        *held(&self.fate) = fate;
        *held(&self.freeze) = freeze;
        let value = self.sea.codec.encode(OUTBOUND_MESSAGES, message).await.expect("encodable");
        let record = record(OUTBOUND_MESSAGES, Some(value), Headers::new());
        let stage = self.stage();
        let result = stage.handle(stage.decode(&record).await?, &self.context(&record)).await;
        *held(&self.freeze) = None;
        result
    }

    pub(super) async fn side(self: &Arc<Self>, record: &Record) {
        let of_a_call = record.headers.get_str(PROBE).is_none() && self.calling.load(SeqCst);
        if of_a_call && self.sea.mutant == Mutant::ReceiptsOfCallsIgnored {
            return;
        }
        let emit = self.stage().side(record, &self.context(record)).await.expect("readable");
        self.keep(&emit.state);
    }

    fn owns(&self) -> bool {
        self.epoch == self.sea.epoch.load(SeqCst)
    }

    /// One transaction, refused to whoever is fenced.
    pub(super) fn commit(&self, result: Result<Emit, Fault>) {
        let emit = result.unwrap_or_else(|fault| fault.notes);
        if !self.owns() {
            return;
        }
        self.keep(&emit.state);
        for probe in emit.records.iter().filter(|record| &*record.topic == WEBHOOK_RAW) {
            let id = probe.headers.get_str(PROBE).expect("a question").to_owned();
            let partition = usize::try_from(probe.partition.expect("a partition")).expect("a number");
            if self.sea.mutant == Mutant::NoProbes {
                // as if somebody had answered before reading what lies there
                held(&self.sea.raw)[partition].push_front(Raw::Probe(id));
            } else {
                held(&self.sea.raw)[partition].push_back(Raw::Probe(id));
            }
        }
    }

    fn keep(&self, puts: &[Put]) {
        apply(&mut held(&self.tables), puts);
        apply(&mut held(&self.sea.committed), puts);
    }
}

impl TableView for Ports {
    fn get(&self, table: &str, key: &str) -> Option<Bytes> {
        if table == "receipt" && self.0.sea.mutant == Mutant::ReceiptsIgnored {
            return None;
        }
        held(&self.0.tables).get(&(table.to_owned(), key.to_owned())).cloned()
    }
}

impl WorkerPort for Ports {
    fn commit_intent(&self, put: Put) -> BoxFuture<'static, Result<(), IntentLost>> {
        let worker = self.0.clone();
        Box::pin(async move {
            let unfenced = worker.sea.mutant == Mutant::UnfencedIntent;
            if !worker.owns() && !unfenced {
                return Err(IntentLost);
            }
            worker.keep(std::slice::from_ref(&put));
            let meanwhile = held(&worker.freeze).take();
            if let Some(meanwhile) = meanwhile {
                *held(&worker.sea.owner) = Some(worker.sea.take_over());
                worker.sea.clone().run(meanwhile).await;
            }
            Ok(())
        })
    }

    fn served(&self, _: Scope) {}

    fn outstanding_before(&self) -> usize {
        0
    }

    fn partitions(&self) -> i32 {
        2
    }

    fn closed(&self, _: &Scope) -> bool {
        false
    }

    fn controls(&self) -> &Controls {
        &self.0.sea.controls
    }
}

impl Graph for Ports {
    fn send(&self, _: &str, _: String) -> BoxFuture<'_, Result<Accepted, GraphFailure>> {
        let sea = &self.0.sea;
        let fate = *held(&self.0.fate);
        if matches!(fate, Fate::Heard | Fate::Unheard | Fate::Overtaken) {
            sea.taken.fetch_add(1, SeqCst);
        }
        match fate {
            Fate::Heard | Fate::Unheard => {
                held(&sea.underway).push(sea.now_ms.unix_ms() + i64::try_from(STATUS_DELAY_MS).expect("small"));
            }
            Fate::Overtaken => held(&sea.raw)[0].push_back(Raw::Status),
            Fate::Lost | Fate::Refused => {}
        }
        Box::pin(async move {
            match fate {
                Fate::Overtaken => {
                    self.0.calling.store(true, SeqCst);
                    sea.ingress(usize::MAX).await;
                    self.0.calling.store(false, SeqCst);
                    Err(GraphFailure::Uncertain("cut".into()))
                }
                Fate::Heard => Ok(taken()),
                Fate::Unheard | Fate::Lost => Err(GraphFailure::Uncertain("cut".into())),
                Fate::Refused => Err(refused(131_000)),
            }
        })
    }

    fn media_info(&self, _: &str, _: &str) -> BoxFuture<'_, Result<MediaInfo, GraphFailure>> {
        Box::pin(async { Err(GraphFailure::NoToken) })
    }

    fn download(&self, _: &str, _: &str, _: u64) -> BoxFuture<'_, Result<Download, GraphFailure>> {
        Box::pin(async { Err(GraphFailure::NoToken) })
    }
}
