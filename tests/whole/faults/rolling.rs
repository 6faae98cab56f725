//! Workers replaced one by one, and more of them and fewer, under load: nothing lost, nothing twice, in order, no partition with
//! two owners, and no pause longer than the group itself needs. What was measured goes to the scenario's `rolling.txt`.

mod feeder;
mod owners;

use std::time::{Duration, Instant};

use self::{feeder::Feeder, owners::Owners};
use crate::support::{
    pipeline::{Pipeline, Worker},
    say, wait,
};

const SOON: Duration = Duration::from_secs(45);
const SESSION: Duration = Duration::from_secs(6);
/// What a restarted worker may need to restore what it was given, the group's own rebalance aside.
const RESTORE: Duration = Duration::from_secs(3);
/// Until its first call to Meta the registry has to tell it a dozen schemas, and an intent has to be committed: what it takes
/// depends on who else uses the machine, so this only catches what is stuck.
const FIRST_RECORD: Duration = Duration::from_secs(15);

/// How the group is kept.
#[derive(Debug, Clone, Copy)]
struct Group {
    assignor: &'static str,
    membership: &'static str,
}

impl Group {
    /// Scaling down leaves a static member's partitions to themselves for a session.
    fn longest_pause(self) -> Duration {
        SESSION + SESSION
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dynamic_members_of_a_cooperative_group_come_and_go() {
    come_and_go("rolling-cd", Group { assignor: "cooperative-sticky", membership: "dynamic" }, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn static_members_of_an_eager_group_come_and_go() {
    come_and_go("rolling-es", Group { assignor: "range", membership: "static" }, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the long matrix: every assignor with either membership, three rounds each (about ten minutes)"]
async fn every_kind_of_group_comes_and_goes_three_times() {
    for (name, assignor) in [("c", "cooperative-sticky"), ("g", "range"), ("r", "roundrobin")] {
        for membership in ["dynamic", "static"] {
            come_and_go(&format!("rolling-{name}{membership}"), Group { assignor, membership }, 3).await;
        }
    }
}

struct Scene {
    pipeline: &'static Pipeline,
    group: Group,
    feeder: Feeder,
    workers: Vec<(String, Worker)>,
    /// Workers that have ended, for their logs.
    gone: Vec<(String, Worker)>,
    restarts: Vec<String>,
}

async fn come_and_go(name: &str, group: Group, rounds: usize) {
    let _alone = super::alone().await;
    let began = Instant::now();
    // workers are started from a future of the scenario's, which lives as long as it does
    let pipeline: &'static Pipeline = Box::leak(Box::new(Pipeline::prepare(name).await));
    let feeder = Feeder::new(pipeline);
    let mut scene = Scene { pipeline, group, feeder, workers: Vec::new(), gone: Vec::new(), restarts: Vec::new() };
    for _ in 0..rounds {
        scene.scale_up(3).await;
        for n in 0..3 {
            scene.replace(n).await;
        }
        scene.scale_up(5).await;
        scene.scale_down(2).await;
    }
    scene.feeder.load.assert_whole(pipeline).await;
    scene.report(name, began);
}

impl Scene {
    /// In place `n`: a static member's instance is the place's, a dynamic one's is its own, as with pods.
    fn launch(&self, n: usize, name: &str) -> Worker {
        let Group { assignor, membership } = self.group;
        let instance = if membership == "static" { format!("w-{n}") } else { name.to_owned() };
        let settings = [
            ("kafka.assignor", assignor),
            ("kafka.membership", membership),
            ("instance", &instance),
            // commits of five workers that share two cores
            ("sender.intent.valid", "4s"),
            ("sender.in_doubt.wait", "10s"),
        ];
        self.pipeline.launch(name, &settings)
    }

    /// Of a log of its own.
    fn name_of(&self, n: usize) -> String {
        format!("w-{n}-{}", self.gone.len())
    }

    /// With so many workers, all of them ready.
    async fn scale_up(&mut self, count: usize) {
        let from = self.workers.len();
        for n in from..count {
            let name = self.name_of(n);
            let worker = self.launch(n, &name);
            self.workers.push((name, worker));
        }
        let Self { workers, feeder, pipeline, .. } = self;
        // before it is ready: what comes meanwhile is tried again
        pipeline.send_webhooks_to(&workers[0].1.webhooks);
        feeder
            .during(async {
                for (_, worker) in &mut workers[from..] {
                    worker.ready().await;
                }
            })
            .await;
    }

    async fn scale_down(&mut self, count: usize) {
        self.pipeline.send_webhooks_to(&self.workers[0].1.webhooks);
        while self.workers.len() > count {
            let (name, worker) = self.workers.pop().expect("there are more");
            self.end(name, worker).await;
        }
    }

    async fn end(&mut self, name: String, mut worker: Worker) {
        worker.process.ask_to_end();
        let ended = wait::until_async("the end of a worker", SOON, || {
            let ended = worker.process.ended();
            async move { ended }
        });
        let status = self.feeder.during(ended).await;
        assert!(status.success(), "{name} ended with {status}: {}", worker.process.words());
        self.gone.push((name, worker));
    }

    /// One worker ends and another takes its place, as a rolling update does it.
    async fn replace(&mut self, n: usize) {
        let other = (n + 1) % self.workers.len();
        self.pipeline.send_webhooks_to(&self.workers[other].1.webhooks);
        let (name, worker) = self.workers.remove(n);
        self.end(name, worker).await;
        let new = self.name_of(n);
        let mut worker = self.launch(n, &new);
        let launched = Instant::now();
        let health = worker.health.clone();
        let first = feeder::first_call(self.pipeline, &health, SOON);
        let to_first = self
            .feeder
            .during(async {
                worker.ready().await;
                first.await;
                launched.elapsed()
            })
            .await;
        let taken = owners::first_assignment(&worker);
        self.restarts.push(format!("{new}: first call to Meta {to_first:?} after the launch; {taken:?}"));
        assert!(taken.to_restored <= RESTORE && to_first <= FIRST_RECORD, "{:#?}", self.restarts);
        self.workers.insert(n, (new, worker));
    }

    fn report(&self, name: &str, began: Instant) {
        let mut owners = Owners::default();
        for (name, worker) in self.gone.iter().chain(&self.workers) {
            owners.read(name, worker);
        }
        let (worst, at) = self.feeder.worst(self.pipeline);
        let mut lines = vec![format!(
            "{name}: {:?}, {} commands in {:?}, {} times a partition was taken, worst pause {worst:?} ({at})",
            self.group,
            self.feeder.load.commands.len(),
            began.elapsed(),
            owners.count()
        )];
        lines.extend(self.restarts.iter().cloned());
        let report = lines.join("\n  ");
        say(&report);
        self.pipeline.ground.scenario.file("rolling.txt", &report);
        owners.assert_one_at_a_time();
        assert!(worst <= self.group.longest_pause(), "{report}");
    }
}
