//! Several workers under load while a seeded schedule kills, freezes and cuts them off; then peace, and an account of every
//! command and message. In CI for half a minute; `scripts/soak` for as long as one wants.

mod account;
mod fleet;
mod readers;
mod report;
mod schedule;
mod traffic;

use std::{
    env,
    fmt::Display,
    path::PathBuf,
    str::FromStr,
    time::{Duration, Instant},
};

use omnichannel_whatsapp::simulator::Behaviour;

use self::{
    account::Account,
    fleet::Fleet,
    report::Report,
    schedule::{Act, Schedule, Target},
    traffic::Traffic,
};
use crate::support::{pipeline::Pipeline, proxies::Proxies, proxy::Mode, say, stack::Stack};

const TICK: Duration = Duration::from_millis(50);
/// In peace some command comes to its end at least so often, or nothing will come any more: a doubt waits for twelve seconds,
/// and there may be three in a row.
const REST: Duration = Duration::from_secs(60);
/// Sessions are short, so that the dead are missed soon. What Meta tells of a message may be late by as long as no worker
/// is there to be told, and the wait of a doubtful send must be longer than that: so the product says, and holds nothing else.
const SETTINGS: [(&str, &str); 5] = [
    ("kafka.session_timeout", "3s"),
    ("sender.status_delay", "8s"),
    ("sender.in_doubt.wait", "12s"),
    ("http.publish_deadline", "1s"),
    ("telemetry.log_filter", "info"),
];

/// How much of it.
#[derive(Debug, Clone)]
struct Extent {
    seed: u64,
    lasts: Duration,
    /// Over as soon as there were so many.
    kills: usize,
    workers: usize,
    commands_per_s: f64,
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_minute_of_chaos_loses_nothing_and_does_nothing_twice() {
    let extent = Extent {
        seed: setting("CHAOS_SEED").unwrap_or(20_261_125),
        lasts: Duration::from_secs(25),
        kills: usize::MAX,
        workers: 2,
        commands_per_s: 8.0,
    };
    let report = chaos(&extent).await;
    assert!(report.kills() >= 4, "that was no chaos: {report}");
    assert!(report.holds(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "for as long as one wants: scripts/soak"]
async fn soak() {
    let extent = Extent {
        seed: setting("SOAK_SEED").unwrap_or_else(rand::random),
        lasts: Duration::from_secs(setting("SOAK_SECONDS").unwrap_or(900)),
        kills: setting("SOAK_KILLS").unwrap_or(usize::MAX),
        workers: setting("SOAK_WORKERS").unwrap_or(3),
        commands_per_s: setting("SOAK_RATE").unwrap_or(8.0),
    };
    let report = chaos(&extent).await;
    if let Some(folder) = setting::<PathBuf>("SOAK_REPORT") {
        report.write(&folder).expect("the report's folder is writable");
    }
    assert!(report.holds(), "{report}");
}

fn setting<T: FromStr<Err: Display>>(variable: &str) -> Option<T> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{variable}={text}: {error}")))
}

async fn chaos(extent: &Extent) -> Report {
    say(format_args!("chaos with seed {}: {extent:?}", extent.seed));
    let mut pipeline = Pipeline::prepare_on(Stack::proxied(), "chaos").await;
    let proxies = Proxies::before(&mut pipeline, extent.seed).await;
    let patience = Behaviour {
        retry_gap_ms: 100,
        retry_gap_max_ms: 400,
        webhook_timeout_ms: 1_000,
        duplicate_share: 0.1,
        reorder_share: 0.1,
        reorder_by_ms: 500,
        ..pipeline.simulator.behaviour()
    };
    pipeline.simulator.behave(patience);
    let mut scene = Scene {
        fleet: Fleet::new(extent.seed, extent.workers),
        traffic: Traffic::new(&pipeline, extent),
        schedule: Schedule::new(extent.seed, extent.workers),
        disturbed: Vec::new(),
        disturbances: 0,
        pipeline,
        proxies,
    };
    let took = scene.storm(extent).await;
    scene.peace();
    let account = scene.rest().await;
    scene.fleet.end();
    let report = Report::new(extent, took, &scene.fleet, scene.disturbances, &account);
    say(&report);
    report
}

struct Scene {
    pipeline: Pipeline,
    proxies: Proxies,
    fleet: Fleet,
    traffic: Traffic,
    schedule: Schedule,
    /// What is disturbed until when.
    disturbed: Vec<(Target, Instant)>,
    disturbances: usize,
}

impl Scene {
    /// Until the time is up or so many have been killed. The schedule begins when the first worker is ready.
    async fn storm(&mut self, extent: &Extent) -> Duration {
        self.fleet.step(&self.pipeline).await;
        self.fleet.first_ready().await;
        let began = Instant::now();
        while began.elapsed() < extent.lasts && self.fleet.kills() < extent.kills {
            for act in self.schedule.due(began.elapsed()) {
                self.obey(act);
            }
            self.end_disturbances(Instant::now());
            self.fleet.step(&self.pipeline).await;
            self.traffic.step(&self.pipeline, began.elapsed());
            tokio::time::sleep(TICK).await;
        }
        began.elapsed()
    }

    fn obey(&mut self, act: Act) {
        match act {
            Act::Kill { worker } => self.fleet.kill(worker),
            Act::Freeze { worker, lasts } => self.fleet.freeze(worker, lasts),
            Act::Disturb { target, mode, lasts } => {
                if self.disturbed.iter().all(|(other, _)| *other != target) {
                    self.set(target, mode);
                    self.disturbed.push((target, Instant::now() + lasts));
                    self.disturbances += 1;
                }
            }
        }
    }

    fn end_disturbances(&mut self, now: Instant) {
        let (over, on): (Vec<_>, Vec<_>) = self.disturbed.drain(..).partition(|(_, until)| *until <= now);
        self.disturbed = on;
        over.iter().for_each(|(target, _)| self.set(*target, Mode::Pass));
    }

    fn set(&self, target: Target, mode: Mode) {
        let proxy = match target {
            Target::Kafka => &self.proxies.kafka,
            Target::Registry => &self.proxies.registry,
            Target::Graph => &self.proxies.graph,
            Target::Objects => &self.proxies.objects,
        };
        proxy.set(mode);
    }

    fn peace(&mut self) {
        for (target, _) in std::mem::take(&mut self.disturbed) {
            self.set(target, Mode::Pass);
        }
        self.fleet.disarm();
    }

    /// Waits for the end of what is under way, however much of it there is; what does not come is lost.
    async fn rest(&mut self) -> Account {
        let (mut look_at, mut moved, mut most, mut settled) = (Instant::now(), Instant::now(), 0, false);
        loop {
            self.fleet.step(&self.pipeline).await;
            let now = Instant::now();
            if now >= look_at {
                look_at = now + Duration::from_secs(1);
                let done = account::done(&self.traffic, &self.pipeline);
                if done > most {
                    (most, moved) = (done, now);
                }
                // looked at again once all is settled: whatever was to be done twice has been done by then
                let over = self.traffic.is_over(&self.pipeline);
                if now - moved > REST || (over && settled) {
                    return Account::take(&self.traffic, &self.pipeline);
                }
                settled = over && account::settled(&self.traffic, &self.pipeline);
            }
            tokio::time::sleep(TICK).await;
        }
    }
}
