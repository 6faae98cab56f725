//! The workers: started again whenever they have died, stopped and woken as they are told to. It must not decide who dies.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use tokio::net::TcpStream;

use super::{SETTINGS, schedule};
use crate::support::{
    pipeline::{Pipeline, Worker},
    process::ended_by,
};

/// One process after the other under one instance.
struct Berth {
    number: usize,
    worker: Option<Worker>,
    /// How many there were.
    lives: usize,
    /// Where this life ends by itself.
    armed: Option<String>,
    /// It takes webhooks.
    listens: bool,
    frozen_until: Option<Instant>,
}

pub struct Fleet {
    seed: u64,
    berths: Vec<Berth>,
    disarmed: bool,
    /// By the point, or `kill -9` where the schedule chose the moment.
    pub killed: BTreeMap<String, usize>,
    pub frozen: usize,
    told: Option<String>,
}

impl Fleet {
    pub fn new(seed: u64, workers: usize) -> Self {
        let berth = |number| Berth { number, worker: None, lives: 0, armed: None, listens: false, frozen_until: None };
        let berths = (0..workers).map(berth).collect();
        Self { seed, berths, disarmed: false, killed: BTreeMap::new(), frozen: 0, told: None }
    }

    pub fn kills(&self) -> usize {
        self.killed.values().sum()
    }

    pub async fn first_ready(&mut self) {
        let first = self.berths.first_mut().and_then(|berth| berth.worker.as_mut());
        first.expect("every worker was started").ready().await;
    }

    /// Starts who is dead, wakes who has been frozen long enough, and lets Meta know who takes webhooks.
    pub async fn step(&mut self, pipeline: &Pipeline) {
        let now = Instant::now();
        for berth in &mut self.berths {
            if let Some(cause) = berth.died() {
                *self.killed.entry(cause).or_default() += 1;
            }
            if berth.worker.is_none() {
                let armed = schedule::end(self.seed, berth.number, berth.lives).filter(|_| !self.disarmed);
                berth.launch(pipeline, armed);
            }
            if berth.frozen_until.is_some_and(|until| until <= now) {
                berth.thaw();
            }
            berth.listen().await;
        }
        let able = self.berths.iter().filter(|berth| berth.listens && berth.frozen_until.is_none());
        let urls: Vec<&str> = able.filter_map(|berth| Some(berth.worker.as_ref()?.webhooks.as_str())).collect();
        // who is told of goes on being told of for as long as it can
        let url = urls.iter().find(|url| self.told.as_deref() == Some(**url)).or_else(|| urls.first());
        if let Some(url) = url.filter(|url| self.told.as_deref() != Some(**url)) {
            pipeline.send_webhooks_to(url);
            self.told = Some((*url).to_owned());
        }
    }

    pub fn kill(&mut self, number: usize) {
        let berth = &mut self.berths[number];
        if let Some(mut worker) = berth.worker.take() {
            worker.process.kill_nine();
            berth.gone();
            *self.killed.entry("kill -9".to_owned()).or_default() += 1;
        }
    }

    pub fn freeze(&mut self, number: usize, lasts: Duration) {
        let berth = &mut self.berths[number];
        if let Some(worker) = berth.worker.as_mut().filter(|_| berth.frozen_until.is_none()) {
            // it may have died since it was looked at
            if worker.process.ended().is_none() {
                worker.process.freeze();
                berth.frozen_until = Some(Instant::now() + lasts);
                self.frozen += 1;
            }
        }
    }

    /// Whoever is started from now on lives; who is armed may still die once.
    pub fn disarm(&mut self) {
        self.disarmed = true;
        self.berths.iter_mut().for_each(Berth::thaw);
    }

    pub fn end(&mut self) {
        self.berths.iter_mut().for_each(|berth| drop(berth.worker.take()));
    }
}

impl Berth {
    fn launch(&mut self, pipeline: &Pipeline, armed: Option<String>) {
        let environment: Vec<(&str, &str)> = armed.iter().map(|at| ("OMNICHANNEL_CRASH_AT", at.as_str())).collect();
        let membership = [("kafka.membership", ["static", "dynamic"][self.number % 2])];
        let settings = [&SETTINGS[..], &membership].concat();
        self.worker = Some(pipeline.launch_with(&format!("worker-{}", self.number), &settings, &environment));
        self.armed = armed;
        self.lives += 1;
    }

    /// How, if it has since it was last asked. Nobody may end but by the hand of a test.
    fn died(&mut self) -> Option<String> {
        let worker = self.worker.as_mut()?;
        let status = worker.process.ended()?;
        assert!(ended_by(status, 9), "worker {} ended with {status}: {}", self.number, worker.process.words());
        let point = self.armed.as_ref().and_then(|armed| Some(armed.split_once(':')?.0.to_owned()));
        self.worker = None;
        self.gone();
        Some(point.expect("nobody else ends a process by SIGKILL"))
    }

    fn gone(&mut self) {
        (self.listens, self.frozen_until, self.armed) = (false, None, None);
    }

    fn thaw(&mut self) {
        if self.frozen_until.take().is_some()
            && let Some(worker) = &mut self.worker
            && worker.process.ended().is_none()
        {
            worker.process.thaw();
        }
    }

    async fn listen(&mut self) {
        if let Some(worker) = self.worker.as_ref().filter(|_| !self.listens) {
            let address = worker.webhooks.trim_start_matches("http://").split('/').next().unwrap_or_default();
            self.listens = TcpStream::connect(address).await.is_ok();
        }
    }
}
