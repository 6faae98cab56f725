//! Keeps a stage's workers alive: one OS thread each, rebuilt when a client dies, stopped for good when a person must act.
//! Knows neither records nor Kafka: logs come from a factory.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use tokio::{runtime::Handle, sync::Semaphore};
use tokio_util::sync::CancellationToken;

use super::{
    log::{Log, LogError, Waker},
    ports::SharedClock,
    stage::Stage,
    topics::Directory,
    worker::{Ended, Report, Settings, Surroundings, Worker},
};
use crate::telemetry::Signals;

/// Makes a worker's log: worker number, waker.
pub type LogFactory<L> = Arc<dyn Fn(usize, Waker) -> Result<L, LogError> + Send + Sync>;

/// Everything the workers of a stage share.
#[derive(Clone)]
pub struct Shared {
    pub directory: Arc<dyn Directory>,
    pub clock: SharedClock,
    pub signals: Signals,
    pub tasks: Handle,
    pub shutdown: CancellationToken,
}

/// A running stage: its reports, and the way to wait for its end.
pub struct Running {
    pub stage: &'static str,
    pub reports: Vec<Arc<Mutex<Report>>>,
    /// Why the stage stopped although nobody asked it to.
    pub stopped: Arc<Mutex<Option<String>>>,
    /// One permit per worker that has ended.
    ends: Arc<Semaphore>,
}

impl Running {
    /// Every worker has its assignment, restored.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.reports.iter().all(|r| r.lock().unwrap_or_else(PoisonError::into_inner).ready)
    }

    /// Waits until all workers have ended.
    pub async fn ended(&self) {
        let workers = u32::try_from(self.reports.len()).unwrap_or(u32::MAX);
        // a semaphore nobody closes cannot fail
        let _ = self.ends.acquire_many(workers).await;
    }
}

/// Fenced so often within the window, two live workers share one transactional id.
const FENCED_WINDOW: Duration = Duration::from_secs(300);

/// Starts `workers` threads for `stage`.
///
/// # Errors
/// When the machine gives no thread.
pub fn start<S: Stage, L: Log + 'static>(
    stage: Arc<S>,
    workers: usize,
    settings: &Settings,
    shared: &Shared,
    logs: &LogFactory<L>,
) -> std::io::Result<Running> {
    let mut running =
        Running { stage: S::NAME, reports: Vec::new(), stopped: Arc::default(), ends: Arc::new(Semaphore::new(0)) };
    for number in 0..workers {
        let report = Arc::new(Mutex::new(Report::default()));
        let ended = running.ends.clone();
        let keeper = Keeper {
            stage: stage.clone(),
            number,
            settings: settings.clone(),
            shared: shared.clone(),
            logs: logs.clone(),
            report: report.clone(),
            stopped: running.stopped.clone(),
        };
        thread::Builder::new().name(format!("{}-{number}", S::NAME)).spawn(move || {
            keeper.keep();
            ended.add_permits(1);
        })?;
        running.reports.push(report);
    }
    Ok(running)
}

struct Keeper<S, L> {
    stage: Arc<S>,
    number: usize,
    settings: Settings,
    shared: Shared,
    logs: LogFactory<L>,
    report: Arc<Mutex<Report>>,
    stopped: Arc<Mutex<Option<String>>>,
}

impl<S: Stage, L: Log> Keeper<S, L> {
    /// Runs workers one after the other until shutdown or an error that only a person can mend.
    fn keep(self) {
        let mut fenced: Option<Instant> = None;
        let mut missed: Option<String> = None;
        let mut failures = 0_u32;
        while !self.shared.shutdown.is_cancelled() {
            let began = Instant::now();
            let error = match self.once(missed.take()) {
                Ended::Shutdown => return,
                Ended::Log(error) => error,
            };
            failures = if began.elapsed() > Duration::from_secs(60) { 0 } else { failures.saturating_add(1) };
            match error {
                LogError::Stop(reason) => return self.stop(&reason),
                LogError::Fenced(_) if fenced.is_some_and(|at| at.elapsed() < FENCED_WINDOW) => {
                    return self.stop(&format!(
                        "fenced twice within five minutes: another live process has the same `instance`, and so the same \
                         transactional id (and member id, where membership is static); give each its own ({error})",
                    ));
                }
                LogError::Missing(ref topic) => {
                    tracing::warn!(
                        stage = S::NAME,
                        worker = self.number,
                        topic,
                        "a topic is gone, looked for once more"
                    );
                    missed = Some(topic.clone());
                }
                LogError::Fenced(reason) => {
                    fenced = Some(Instant::now());
                    tracing::warn!(stage = S::NAME, worker = self.number, reason, "fenced, starting again");
                }
                LogError::Retriable(reason) | LogError::Abortable(reason) | LogError::Rebuild(reason) => {
                    tracing::warn!(stage = S::NAME, worker = self.number, reason, "worker rebuilt");
                }
            }
            self.shared.signals.worker_rebuilt(S::NAME);
            self.rest(failures);
        }
    }

    fn once(&self, missed: Option<String>) -> Ended {
        let thread = thread::current();
        let waker: Waker = Arc::new(move || thread.unpark());
        let log = match (self.logs)(self.number, waker.clone()) {
            Ok(log) => log,
            Err(error) => return error.into(),
        };
        let around = Surroundings {
            directory: self.shared.directory.clone(),
            clock: self.shared.clock.clone(),
            signals: self.shared.signals.clone(),
            tasks: self.shared.tasks.clone(),
            shutdown: self.shared.shutdown.clone(),
            report: self.report.clone(),
            waker,
        };
        Worker::new(self.stage.clone(), log, self.settings.clone(), around).with_missed(missed).run()
    }

    /// A pause before the next worker, longer with each failure in a row, ended by shutdown.
    fn rest(&self, failures: u32) {
        let pause = Duration::from_millis(100) * 2_u32.pow(failures.min(5));
        let until = Instant::now() + pause;
        while Instant::now() < until && !self.shared.shutdown.is_cancelled() {
            thread::park_timeout(Duration::from_millis(50));
        }
    }

    fn stop(&self, reason: &str) {
        self.shared.signals.stage_stopped(S::NAME, reason);
        self.report.lock().unwrap_or_else(PoisonError::into_inner).ready = false;
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
    }
}
