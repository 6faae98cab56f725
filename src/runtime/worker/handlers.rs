//! Running handlers: polled once where they are, and on the task pool only if they have to wait. Results and requests come
//! back through the inbox, so every decision is made on the worker's thread.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll, Waker as TaskWaker},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use tokio::sync::oneshot;
use tracing::{Instrument as _, Span};

use super::{
    Ended, Worker,
    inbox::{Message, Port},
    slot::{Live, Slot},
    traced,
    trying::{attempt, panicked},
};
use crate::runtime::{
    fault::Fault,
    log::{Log, LogError},
    partition::{After, Run},
    record::{Put, Record},
    stage::{Context, Emit, IntentLost, Stage},
};

impl<S: Stage, L: Log> Worker<S, L> {
    /// Starts what may run; the results of handlers that did not have to wait are taken at once.
    pub(super) fn dispatch(&mut self, now: i64) -> Result<bool, Ended> {
        let mut busy = false;
        let mut load = self.load();
        let mut partitions: Vec<i32> = self.slots.keys().copied().collect();
        // whoever took the last permit is served last
        let first = partitions.iter().position(|p| *p > self.last_started).unwrap_or(0);
        partitions.rotate_left(first);
        for p in partitions {
            loop {
                let permits = self.settings.concurrency.saturating_sub(self.pending).min(64);
                let Some(live) = self.slots.get_mut(&p).and_then(Slot::live_mut) else { break };
                live.partition.lose_patience(now);
                if self.halt.is_some() || live.leaving || permits == 0 || live.partition.full_of_units(load) {
                    break;
                }
                let runs = live.partition.dispatch(now, permits);
                if runs.is_empty() {
                    break;
                }
                busy = true;
                for run in runs {
                    self.start(p, run, now)?;
                }
                load = self.load();
                self.watch(p, now);
            }
            self.start_sides(p, load, now);
            let Some(live) = self.slots.get_mut(&p).and_then(Slot::live_mut) else { continue };
            for outcome in live.partition.drain_outcomes() {
                self.around.signals.record(S::NAME, outcome.kind, &outcome.code);
            }
            match live.partition.drain_done() {
                0 => {}
                done => self.around.signals.records_done(S::NAME, done),
            }
            live.tell_dependencies(S::NAME, &self.around.signals);
            self.watch(p, now);
        }
        Ok(busy)
    }

    /// `run`: of an input record; a side record has none.
    pub(super) fn context(&self, p: i32, live: &Live, record: Arc<Record>, run: Option<&Run>) -> Context {
        let port = Port {
            partition: p,
            epoch: live.epoch,
            outstanding: run.map_or(0, |run| live.partition.outstanding_before(run)),
            partitions: self.partitions,
            closed: run.map(|run| run.closed.clone()).unwrap_or_default(),
            inbox: self.inbox.clone(),
            served: self.served.clone(),
            clock: self.around.clock.clone(),
            controls: self.around.controls.clone(),
        };
        let (attempt, clock) = (run.map_or(0, |run| run.attempt), self.around.clock.clone());
        Context::new(record, attempt, live.takeover_ms, clock, live.tables.clone(), Arc::new(port))
    }

    fn start(&mut self, p: i32, run: Run, now: i64) -> Result<(), Ended> {
        let Some(live) = self.slots.get(&p).and_then(Slot::live) else { return Ok(()) };
        let cx = self.context(p, live, run.record.clone(), Some(&run));
        let epoch = live.epoch;
        if run.due_ms > 0 {
            let late = u64::try_from(now - run.due_ms).unwrap_or_default();
            self.around.signals.retry_ran(S::NAME, Duration::from_millis(late));
        }
        let span = traced::span(S::NAME, &run.record).unwrap_or_else(Span::none);
        let record = traced::in_span(run.record.clone(), &span);
        let (stage, phase) = (self.stage.clone(), run.phase.clone());
        let quick = self.settings.limits.retry.quick;
        let attempt = AssertUnwindSafe(
            async move {
                let result = attempt(stage.as_ref(), &record, &phase, &cx, quick).await;
                if let Err(fault) = &result {
                    Span::current().record("error.type", &*fault.code);
                }
                result
            }
            .instrument(span),
        );
        let future = attempt.catch_unwind().map(|r| r.unwrap_or_else(|panic| Err(panicked(&*panic)))).boxed();
        match self.poll_once(future) {
            Ok(result) => self.finish_run(p, epoch, &run, result, now),
            Err(future) => {
                if let Some(live) = self.slots.get_mut(&p).and_then(Slot::live_mut) {
                    live.partition.pending(&run, now);
                }
                self.last_started = p;
                let inbox = self.inbox.clone();
                let task = async move {
                    let result = future.await;
                    inbox.post(Message::Done { partition: p, epoch, run, result });
                };
                self.pending += 1;
                self.running.spawn_on(task, &self.around.tasks);
                Ok(())
            }
        }
    }

    /// Most handlers have their answer at once; they never see the task pool.
    pub(super) fn poll_once<T>(&self, mut future: BoxFuture<'static, T>) -> Result<T, BoxFuture<'static, T>> {
        let _tasks = self.around.tasks.enter();
        match Pin::new(&mut future).poll(&mut TaskContext::from_waker(TaskWaker::noop())) {
            Poll::Ready(result) => Ok(result),
            Poll::Pending => Err(future),
        }
    }

    fn finish_run(
        &mut self,
        p: i32,
        epoch: u64,
        run: &Run,
        result: Result<Emit, Fault>,
        now: i64,
    ) -> Result<(), Ended> {
        let result = match result {
            Ok(emit) => self.within_limits(&emit).map(|()| emit),
            Err(fault) => self.within_limits(&fault.notes).map_or_else(Err, |()| Err(fault)),
        };
        let Some(live) = self.slots.get_mut(&p).and_then(Slot::live_mut).filter(|l| l.epoch == epoch) else {
            return Ok(());
        };
        let said = match &result {
            Ok(emit) => Some(emit),
            Err(fault) => fault.says_notes().then_some(&fault.notes),
        };
        if live.tables.failed().is_some() {
            // it may have read what is not so: the worker is about to be made anew
            return Ok(());
        }
        for put in said.filter(|_| live.partition.expects(run)).into_iter().flat_map(|emit| &emit.state) {
            live.tables.apply(put);
        }
        if let Err(fault) = &result {
            tracing::debug!(stage = S::NAME, partition = p, offset = run.record.origin.offset, %fault, "record failed");
        }
        // a delay counts from the failure, and the turn began before it
        let now = if result.is_err() { self.around.clock.unix_ms() } else { now };
        let served = self.served.clone();
        match live.partition.done(run, result, |scope, since| served.since(scope, since), now) {
            After::Nothing | After::Stale => Ok(()),
            After::Stop(reason) => Err(LogError::Stop(reason).into()),
        }
    }

    /// Sizes are checked before anything is produced: an output too large is the input's fault, not the transaction's.
    pub(super) fn within_limits(&self, emit: &Emit) -> Result<(), Fault> {
        let records = emit.records.iter().map(|r| (&*r.topic, r.size()));
        let mut sizes = records.chain(emit.state.iter().filter_map(|put| self.size_of(put)));
        match sizes.find(|(topic, size)| *size > self.around.directory.max_bytes(topic)) {
            None => Ok(()),
            Some((topic, size)) => Err(Fault::poison("output_too_large")
                .because(format!("{size} bytes for {topic}, which is more than it takes"))),
        }
    }

    /// The logical topic of a table's changelog, and the bytes `put` takes there.
    fn size_of(&self, put: &Put) -> Option<(&str, usize)> {
        let topic = self.topics.tables.iter().find(|t| t.table == put.table)?;
        let value = put.value.as_ref().map_or(0, bytes::Bytes::len);
        Some((&topic.logical, put.table.len() + 1 + put.key.len() + value + put.headers.size()))
    }

    pub(super) fn read_inbox(&mut self, now: i64) -> bool {
        let messages = self.inbox.take();
        let busy = !messages.is_empty();
        for message in messages {
            match message {
                Message::Done { partition, epoch, run, result } => {
                    self.pending -= 1;
                    if let Err(ended) = self.finish_run(partition, epoch, &run, result, now) {
                        self.ending = Some(ended);
                    }
                }
                Message::SideDone { partition, epoch, side, record, result } => {
                    self.pending -= 1;
                    self.finish_side(partition, epoch, side, record, result, now);
                }
                Message::Intent { partition, epoch, put, reply } => self.intent(partition, epoch, put, reply),
            }
        }
        busy
    }

    fn intent(&mut self, p: i32, epoch: u64, put: Put, reply: oneshot::Sender<Result<(), IntentLost>>) {
        if self.within_limits(&Emit { state: vec![put.clone()], ..Emit::default() }).is_err() {
            return;
        }
        let ours = |l: &&mut Live| l.epoch == epoch && !l.leaving && l.tables.failed().is_none();
        // dropping the reply says that the partition is lost
        let Some(live) = self.slots.get_mut(&p).and_then(Slot::live_mut).filter(ours) else { return };
        live.tables.apply(&put);
        self.next_id += 1;
        live.partition.intent(put, self.next_id);
        self.intents.insert(self.next_id, reply);
    }
}
