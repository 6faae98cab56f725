//! How handlers speak to their worker from whatever thread they run on.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{FutureExt, future::BoxFuture};
use tokio::sync::oneshot;

use crate::runtime::{
    controls::Controls,
    fault::{Fault, Scope},
    log::Waker,
    partition::Run,
    ports::SharedClock,
    record::{Put, Record},
    stage::{Emit, IntentLost, SideEmit, WorkerPort},
};

/// What a handler tells its worker.
pub(super) enum Message {
    Done { partition: i32, epoch: u64, run: Run, result: Result<Emit, Fault> },
    SideDone { partition: i32, epoch: u64, side: usize, record: Record, result: Result<SideEmit, Fault> },
    Intent { partition: i32, epoch: u64, put: Put, reply: oneshot::Sender<Result<(), IntentLost>> },
}

/// Bounded by the number of handlers: each posts one result and at most one intent at a time.
pub(super) struct Inbox {
    messages: Mutex<Vec<Message>>,
    waker: Waker,
}

impl Inbox {
    pub fn new(waker: Waker) -> Self {
        Self { messages: Mutex::default(), waker }
    }

    pub fn post(&self, message: Message) {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).push(message);
        (self.waker)();
    }

    pub fn take(&self) -> Vec<Message> {
        std::mem::take(&mut *self.messages.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// When each scope last answered (unix ms).
#[derive(Default)]
pub(super) struct Served(Mutex<HashMap<Scope, i64>>);

impl Served {
    fn note(&self, scope: Scope, now_ms: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(scope, now_ms);
    }

    pub fn since(&self, scope: &Scope, since_ms: i64) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(scope).is_some_and(|at| *at > since_ms)
    }
}

/// A handler's way back.
pub(super) struct Port {
    pub partition: i32,
    pub epoch: u64,
    pub outstanding: usize,
    pub partitions: i32,
    pub closed: Vec<Scope>,
    pub inbox: Arc<Inbox>,
    pub served: Arc<Served>,
    pub clock: SharedClock,
    pub controls: Controls,
}

impl WorkerPort for Port {
    fn commit_intent(&self, put: Put) -> BoxFuture<'static, Result<(), IntentLost>> {
        let (reply, answer) = oneshot::channel();
        self.inbox.post(Message::Intent { partition: self.partition, epoch: self.epoch, put, reply });
        async move { answer.await.unwrap_or(Err(IntentLost)) }.boxed()
    }

    fn served(&self, scope: Scope) {
        self.served.note(scope, self.clock.unix_ms());
    }

    fn outstanding_before(&self) -> usize {
        self.outstanding
    }

    fn partitions(&self) -> i32 {
        self.partitions
    }

    fn closed(&self, scope: &Scope) -> bool {
        self.closed.contains(scope)
    }

    fn controls(&self) -> &Controls {
        &self.controls
    }
}
