//! Three brokers: the controller hangs, the coordinator loses its power, and with it a second one is away for longer than
//! transactions and sessions last. Everybody waits, nobody gives up, and at the end everything is accounted for. One stack for all of it.

use std::time::{Duration, Instant};

use rdkafka::{consumer::BaseConsumer, producer::BaseProducer};

use super::{
    load::{Load, REST},
    outages::Own,
};
use crate::support::{
    kafka,
    pipeline::{Pipeline, SECRET, Worker},
    say,
    stack::Stack,
    wait, webhooks,
};

const SOON: Duration = Duration::from_secs(60);
/// Longer than the transaction's and the session's 6 s together.
const AWAY: Duration = Duration::from_secs(14);
const CALL_MS: u64 = 500;
const WAVE: usize = 24;
/// What the process may have grown by at the end.
const GROWTH_KIB: u64 = 96 * 1024;
const NODES: [u8; 3] = [1, 2, 3];
const SETTINGS: [(&str, &str); 4] = [
    ("http.publish_deadline", "1s"),
    ("kafka.transaction_timeout", "6s"),
    // a commit on three brokers that share two cores with everything else
    ("sender.intent.valid", "4s"),
    ("sender.in_doubt.wait", "10s"),
];

struct Scene {
    stack: &'static Stack,
    pipeline: Pipeline,
    worker: Worker,
    load: Load,
    producer: BaseProducer,
    report: Vec<String>,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes two and a half minutes on two cores, and three brokers: asked for by name"]
async fn whatever_befalls_one_or_two_of_three_brokers_costs_nothing() {
    let _alone = super::alone().await;
    let own = Own::three_brokers("three-brokers");
    let began = Instant::now();
    let mut scene = Scene::start(own.0).await;
    let before = scene.worker.process.resident_kib();
    scene.controller_frozen().await;
    let killed = scene.coordinator_killed().await;
    scene.second_away_too(killed, AWAY).await;
    let Scene { pipeline, worker, load, report, .. } = &scene;
    load.assert_whole(pipeline).await;
    let after = worker.process.resident_kib();
    let rebuilt = scene.rebuilt().await;
    let lines = report.join("\n  ");
    let report = format!(
        "three brokers: {:?}, resident {before} -> {after} KiB, {rebuilt} rebuilds\n  {lines}",
        began.elapsed()
    );
    say(&report);
    pipeline.ground.scenario.file("brokers.txt", &report);
    assert!(after < before + GROWTH_KIB, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "two of three brokers away for ten minutes, under the product's own timeouts"]
async fn two_of_three_brokers_away_for_ten_minutes_cost_nothing() {
    let own = Own::three_brokers("three-brokers-long");
    let mut scene = Scene::start(own.0).await;
    let before = scene.worker.process.resident_kib();
    let killed = scene.coordinator_killed().await;
    scene.second_away_too(killed, Duration::from_secs(600)).await;
    scene.load.assert_whole(&scene.pipeline).await;
    let after = scene.worker.process.resident_kib();
    say(format!(
        "ten minutes away: resident {before} -> {after} KiB, {} rebuilds; {:#?}",
        scene.rebuilt().await,
        scene.report
    ));
    assert!(after < before + GROWTH_KIB);
}

impl Scene {
    async fn start(stack: &'static Stack) -> Self {
        let pipeline = Pipeline::prepare_on(stack, "brokers").await;
        let worker = pipeline.worker("worker", &SETTINGS).await;
        pipeline.send_webhooks_to(&worker.webhooks);
        let load = Load::new("three", &pipeline, CALL_MS);
        let producer = kafka::producer(stack);
        let mut scene = Self { stack, pipeline, worker, load, producer, report: Vec::new() };
        scene.load.add(&scene.pipeline, WAVE);
        scene
    }

    fn write(&mut self) {
        self.load.write(&self.pipeline, &self.producer, WAVE);
    }

    /// That everything written so far reached Meta, and how long it took.
    async fn accepted(&mut self, what: &str) {
        let (began, load, pipeline) = (Instant::now(), &self.load, &self.pipeline);
        let all = wait::until_async(what, REST, || async { (load.outstanding(pipeline) == 0).then_some(()) });
        if tokio::time::timeout(REST.mul_f32(0.9), all).await.is_err() {
            let url = format!("http://{}/metrics", self.worker.health);
            let text = pipeline.http.get(url).send().await.expect("the worker answers").text().await.expect("text");
            let at = pipeline.ground.scenario.file("metrics.txt", &text);
            panic!("{what}: {} commands are not accepted yet; {}", load.outstanding(pipeline), at.display());
        }
        self.report.push(format!("{what}: all accepted after {:?}", began.elapsed()));
    }

    /// Which one it was; it is not started again.
    async fn coordinator_killed(&mut self) -> u8 {
        let group = self.pipeline.ground.scenario.names.group("sender");
        let node = blocking(|| kafka::coordinator_of(self.stack, &group));
        let node = u8::try_from(node).expect("it has a coordinator");
        self.write();
        blocking(|| self.stack.kill_broker(node));
        assert!(self.load.outstanding(&self.pipeline) > 0, "the coordinator went when there was nothing left to do");
        self.write();
        self.accepted(&format!("the coordinator, broker {node}, killed")).await;
        node
    }

    async fn controller_frozen(&mut self) {
        let stack = self.stack;
        let node = wait::until_async("a controller", SOON, || async { stack.controller(&NODES) }).await;
        let others: Vec<u8> = NODES.into_iter().filter(|other| *other != node).collect();
        self.write();
        blocking(|| stack.freeze_broker(node));
        assert!(self.load.outstanding(&self.pipeline) > 0, "the controller hung when there was nothing left to do");
        let next = wait::until_async("another controller", SOON, || async { stack.controller(&others) }).await;
        self.write();
        self.accepted(&format!("broker {node}, the controller, frozen, {next} after it")).await;
        blocking(|| stack.thaw_broker(node));
        self.in_sync().await;
    }

    /// Fewer replicas than `min.insync.replicas`: nothing can be committed.
    async fn second_away_too(&mut self, killed: u8, away: Duration) {
        let stack = self.stack;
        let second = NODES.into_iter().find(|node| *node != killed).expect("there are three");
        for _ in 0..4 {
            self.write();
        }
        blocking(|| stack.stop_broker(second));
        assert!(self.load.outstanding(&self.pipeline) > 0, "the broker went when there was nothing left to do");
        let began = Instant::now();
        let mut refused = 0;
        while began.elapsed() < away {
            self.assert_refused().await;
            refused += 1;
            assert!(self.worker.process.ended().is_none(), "the process ended without its brokers");
            let health = format!("http://{}/healthz", self.worker.health);
            let alive = self.pipeline.http.get(health).send().await.expect("the worker answers");
            assert_eq!(alive.status(), 200, "without its brokers the process is alive all the same");
        }
        assert!(refused > 2);
        self.report.push(format!("two away: {refused} webhooks refused in {:?}", began.elapsed()));
        for node in [killed, second] {
            blocking(|| stack.start_broker(node));
        }
        self.write();
        self.accepted("two brokers back").await;
    }

    async fn assert_refused(&self) {
        let body = br#"{"object":"whatsapp_business_account","entry":[]}"#.to_vec();
        let signature = webhooks::signature(SECRET, &body);
        let request = self.pipeline.http.post(&self.worker.webhooks).header("x-hub-signature-256", &signature);
        let answer = request.body(body).send().await.expect("the receiver answers");
        assert_eq!(answer.status(), 503, "fewer replicas than the topic asks for");
    }

    /// Every replica of every partition is back.
    async fn in_sync(&self) {
        let consumer: BaseConsumer = kafka::config(self.stack).create().expect("the configuration is valid");
        wait::until_async("every replica in sync", SOON, || async {
            blocking(|| kafka::all_in_sync(&consumer, NODES.len())).then_some(())
        })
        .await;
    }

    async fn rebuilt(&self) -> u64 {
        let url = format!("http://{}/metrics", self.worker.health);
        let text = self.pipeline.http.get(url).send().await.expect("the worker answers").text().await.expect("text");
        let lines = text.lines().filter(|line| line.starts_with("omnichannel_workers_rebuilt_total{"));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }
}

fn blocking<T>(what: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(what)
}
