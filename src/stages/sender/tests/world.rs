//! A sender without Kafka and without Meta: tables in memory, a scripted Graph API, a clock that is told.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use bytes::Bytes;
use futures::future::BoxFuture;

use crate::{
    domain::errors::MetaError,
    runtime::{
        Context, Emit, Fault, FaultKind, Headers, Origin, Put, Record, Scope, SideEmit, Stage,
        controls::Controls,
        ports::Clock,
        stage::{IntentLost, TableView, WorkerPort},
    },
    stages::{
        ports::{Accepted, Download, Graph, GraphFailure, MediaInfo},
        sender::{Sender, Settings, Values},
    },
    wire::{
        codec::Codec,
        headers::{OUTSTANDING, PROBE, RAW_PARTITION},
        records::{OutboundMessage, StatusEvent},
        registry::LocalIds,
        sender_state::{Ledger, StateEntry},
        topics::{Names, OUTBOUND_MESSAGES, SEND_RECEIPTS, STATUS_EVENTS},
    },
};

pub const LANE: &str = "2:49170";
pub const ID: &str = "c1";
/// `in_doubt.wait` of these tests.
pub const WAIT_MS: i64 = 6_000;

/// What the worker and Meta saw, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// A committed intent: phase and attempt.
    Intent(&'static str, u32),
    Call,
    /// A call's request went out after its process had stood still.
    Left,
}

/// One scripted answer of Meta's.
pub enum Reply {
    Now(Result<Accepted, GraphFailure>),
    /// Before it answers, Meta's first status of the message arrives.
    AfterReceipt(Result<Accepted, GraphFailure>),
    Never,
    /// The connection is made, and then the process stands still for so many milliseconds before anything goes out.
    AfterFreeze(i64),
}

#[derive(Default)]
pub struct Shared {
    pub tables: Mutex<BTreeMap<(String, String), Bytes>>,
    pub seen: Mutex<Vec<Seen>>,
    /// What the sender said to work.
    pub served: Mutex<Vec<Scope>>,
    /// What others wait for.
    pub closed: Mutex<Option<Scope>>,
    pub controls: Controls,
    now_ms: AtomicI64,
    replies: Mutex<VecDeque<Reply>>,
    /// Happens while the next intent is being committed.
    pub on_intent: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    /// How long the next commits of an intent take.
    pub commits_take_ms: Mutex<VecDeque<i64>>,
    /// After so many intents the worker takes no more: it is leaving, or was fenced.
    pub intents_left: AtomicI64,
}

impl Shared {
    pub fn apply(&self, put: &Put) {
        let mut tables = self.tables.lock().unwrap();
        let key = (put.table.to_owned(), put.key.clone());
        match &put.value {
            Some(value) => tables.insert(key, value.clone()),
            None => tables.remove(&key),
        };
    }

    pub fn entries(&self, table: &str) -> usize {
        self.tables.lock().unwrap().keys().filter(|(name, _)| name == table).count()
    }
}

impl Clock for Shared {
    fn unix_ms(&self) -> i64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    fn boot_ms(&self) -> u64 {
        self.unix_ms().try_into().unwrap()
    }
}

impl TableView for Shared {
    fn get(&self, table: &str, key: &str) -> Option<Bytes> {
        self.tables.lock().unwrap().get(&(table.to_owned(), key.to_owned())).cloned()
    }
}

/// The worker's and Meta's side of the same world.
#[derive(Clone)]
struct Ports(Arc<Shared>);

impl WorkerPort for Ports {
    fn commit_intent(&self, put: Put) -> BoxFuture<'static, Result<(), IntentLost>> {
        let shared = self.0.clone();
        Box::pin(async move {
            let left = shared.intents_left.fetch_sub(1, Ordering::SeqCst);
            if left <= 0 {
                return Err(IntentLost);
            }
            let took = shared.commits_take_ms.lock().unwrap().pop_front().unwrap_or(0);
            shared.now_ms.fetch_add(took, Ordering::SeqCst);
            let ledger = Ledger::from_bytes(put.value.as_ref().unwrap()).unwrap();
            let entry = ledger.entry();
            shared.seen.lock().unwrap().push(Seen::Intent(entry.phase.name(), entry.attempt.number));
            shared.apply(&put);
            if let Some(meanwhile) = shared.on_intent.lock().unwrap().take() {
                meanwhile();
            }
            Ok(())
        })
    }

    fn served(&self, scope: Scope) {
        self.0.served.lock().unwrap().push(scope);
    }

    fn outstanding_before(&self) -> usize {
        0
    }

    fn partitions(&self) -> i32 {
        2
    }

    fn closed(&self, scope: &Scope) -> bool {
        self.0.closed.lock().unwrap().as_ref() == Some(scope)
    }

    fn controls(&self) -> &Controls {
        &self.0.controls
    }
}

impl Graph for Ports {
    fn send(&self, _: &str, _: String) -> BoxFuture<'_, Result<Accepted, GraphFailure>> {
        self.0.seen.lock().unwrap().push(Seen::Call);
        let reply = self.0.replies.lock().unwrap().pop_front().expect("a call nobody scripted");
        Box::pin(async move {
            match reply {
                Reply::Now(answer) => answer,
                Reply::AfterReceipt(answer) => {
                    let receipt = crate::wire::sender_state::Receipt::new(77, Some("wamid.receipt".into()));
                    self.0.apply(&Put::new("receipt", ID, receipt.to_bytes()));
                    answer
                }
                Reply::Never => std::future::pending().await,
                Reply::AfterFreeze(ms) => {
                    self.0.now_ms.fetch_add(ms, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    self.0.seen.lock().unwrap().push(Seen::Left);
                    Ok(taken())
                }
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

pub struct World {
    pub shared: Arc<Shared>,
    pub sender: Sender,
    pub codec: Codec,
    takeover_ms: i64,
}

impl World {
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::named(Names::default(), replies)
    }

    /// With topics of other names on the cluster.
    pub fn named(names: Names, replies: impl IntoIterator<Item = Reply>) -> Self {
        let shared = Arc::new(Shared::default());
        shared.now_ms.store(1_000_000, Ordering::SeqCst);
        shared.intents_left.store(1_000, Ordering::SeqCst);
        shared.replies.lock().unwrap().extend(replies);
        let codec = Codec::new(names, Arc::new(LocalIds::default()), shared.clone());
        let values = Values {
            intent_valid_ms: 1_000,
            request_timeout_ms: 2_000,
            in_doubt_wait_ms: 6_000,
            status_delay_ms: 2_000,
            ..Values::default()
        };
        let sender =
            Sender::new(codec.clone(), Arc::new(Ports(shared.clone())), Settings::new(values).expect("times that fit"));
        Self { takeover_ms: shared.unix_ms(), shared, sender, codec }
    }

    pub fn now(&self) -> i64 {
        self.shared.unix_ms()
    }

    pub fn advance(&self, ms: i64) {
        self.shared.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Another worker takes the partition over: what was committed is all there is.
    pub fn take_over(&mut self) {
        self.advance(500);
        self.takeover_ms = self.now();
    }

    /// Handles the command and commits what comes of it.
    pub async fn handle(&self, message: &OutboundMessage) -> Result<Emit, Fault> {
        let result = self.handle_and_crash(message).await;
        let emit = match &result {
            Ok(emit) => emit,
            Err(fault) => &fault.notes,
        };
        self.keep(emit);
        result
    }

    /// Commits what an emit says of the tables.
    pub fn keep(&self, emit: &Emit) {
        emit.state.iter().for_each(|put| self.shared.apply(put));
    }

    /// Handles the command and dies before anything of the result is committed.
    pub async fn handle_and_crash(&self, message: &OutboundMessage) -> Result<Emit, Fault> {
        let record = self.record(message).await;
        let order = self.sender.decode(&record).await?;
        self.sender.handle(order, &self.context(&record)).await
    }

    /// The command ends as a dead letter, for this fault.
    pub async fn end(&self, message: &OutboundMessage, fault: &Fault) -> Emit {
        let record = self.record(message).await;
        self.sender.ending(&record, fault, &self.context(&record)).await.expect("told")
    }

    pub async fn record(&self, message: &OutboundMessage) -> Record {
        let value = self.codec.encode(OUTBOUND_MESSAGES, message).await.expect("encodable");
        record(OUTBOUND_MESSAGES, Some(value), Headers::new().with("command-id", ID))
    }

    pub fn context(&self, record: &Record) -> Context {
        let shared = &self.shared;
        let worker = Arc::new(Ports(shared.clone()));
        Context::new(Arc::new(record.clone()), 0, self.takeover_ms, shared.clone(), shared.clone(), worker)
    }

    /// Meta's status about a command reaches the side input.
    pub async fn receipt(&self, command_id: &str) -> SideEmit {
        let event = StatusEvent {
            status: "sent".into(),
            occurred_at: 77,
            source: "meta".into(),
            message_id: Some("wamid.receipt".into()),
            command_id: Some(command_id.into()),
            ..StatusEvent::default()
        };
        let value = self.codec.encode(SEND_RECEIPTS, &event).await.expect("encodable");
        self.side(record(SEND_RECEIPTS, Some(value), Headers::new())).await.expect("readable")
    }

    /// One partition of the webhook topic answers a question.
    pub async fn reply(&self, question: &str, partition: i32, outstanding: u64) -> SideEmit {
        let headers = Headers::new()
            .with(PROBE, question.to_owned())
            .with(RAW_PARTITION, partition.to_string())
            .with(OUTSTANDING, outstanding.to_string());
        self.side(record(SEND_RECEIPTS, None, headers)).await.expect("readable")
    }

    pub async fn side(&self, record: Record) -> Result<SideEmit, Fault> {
        let emit = self.sender.side(&record, &self.context(&record)).await?;
        emit.state.iter().for_each(|put| self.shared.apply(put));
        Ok(emit)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    pub fn calls(&self) -> usize {
        self.seen().iter().filter(|seen| **seen == Seen::Call).count()
    }

    /// The status events of an emit.
    pub async fn statuses(&self, emit: &Emit) -> Vec<StatusEvent> {
        let mut events = Vec::new();
        for record in emit.records.iter().filter(|record| &*record.topic == STATUS_EVENTS) {
            events.push(self.codec.decode(record.value.as_ref().expect("a value")).await.expect("a status event"));
        }
        events
    }

    /// The words of an emit's status events.
    pub async fn words(&self, emit: &Emit) -> Vec<String> {
        self.statuses(emit).await.into_iter().map(|event| event.status).collect()
    }
}

pub fn message() -> OutboundMessage {
    OutboundMessage {
        command_id: ID.into(),
        lane: LANE.into(),
        account: "main".into(),
        phone_number_id: "2".into(),
        request_json: r#"{"type":"text","text":{"body":"hi"}}"#.into(),
        content_hash: "aa".into(),
        ..OutboundMessage::default()
    }
}

pub fn record(topic: &str, value: Option<Bytes>, headers: Headers) -> Record {
    Record {
        origin: Origin { topic: topic.into(), partition: 1, offset: 5 },
        key: Some(Bytes::from_static(LANE.as_bytes())),
        value,
        headers,
        timestamp_ms: 0,
    }
}

pub fn yes() -> Reply {
    Reply::Now(Ok(taken()))
}

pub fn taken() -> Accepted {
    Accepted { message_id: "wamid.answer".into(), wa_id: None, message_status: None }
}

pub fn no(code: i64) -> Reply {
    Reply::Now(Err(refused(code)))
}

pub fn refused(code: i64) -> GraphFailure {
    GraphFailure::Refused(Box::new(MetaError { code, title: "no".into(), ..MetaError::default() }))
}

pub fn silence() -> Reply {
    Reply::Now(Err(GraphFailure::Uncertain("cut".into())))
}

/// When an in-doubt command is looked at again.
pub fn recheck_ms(result: &Result<Emit, Fault>) -> i64 {
    match result.as_ref().map_err(|fault| fault.kind) {
        Err(FaultKind::Unknown { recheck_at_ms }) => recheck_at_ms,
        other => panic!("not in doubt: {other:?}"),
    }
}
