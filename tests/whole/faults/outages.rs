//! A broker and a registry that are away: the way in says so, the rest waits, and nothing is given up. Each scenario has a
//! stack of its own to stop.

use std::time::{Duration, Instant};

use omnichannel_whatsapp::simulator::Inbound;
use serde_json::{Value, json};

use super::load::Load;
use crate::support::{
    pipeline::{Pipeline, SECRET, Worker},
    stack::Stack,
    wait, webhooks,
};

const AWAY: Duration = Duration::from_secs(20);
const SOON: Duration = Duration::from_secs(30);
/// Less than the worker waits for an answer, and long enough that the broker goes away in the midst of the load.
const CALL_MS: u64 = 1_000;
/// How a worker's log names it.
const REGISTRY: &str = r#"dependency="registry""#;

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_for_twenty_seconds_costs_nothing() {
    let own = Own::start("outage-of-the-broker");
    let stack = own.0;
    let pipeline = Pipeline::prepare_on(stack, "broker-away").await;
    let worker = pipeline.worker("worker", &[("http.publish_deadline", "1s")]).await;
    pipeline.send_webhooks_to(&worker.webhooks);
    let mut load = Load::new("broker", &pipeline, CALL_MS);
    load.add(&pipeline, 100);

    tokio::task::block_in_place(|| stack.stop_broker(1));
    assert!(load.outstanding(&pipeline) > 0, "the broker went away when there was nothing left to do");
    let began = Instant::now();
    // one that is started now must wait like the others, not end
    let mut late = pipeline.launch("late", &[("http.publish_deadline", "1s")]);
    wait::until_async("a process without a broker that says it is alive", SOON, || answers_alive(&pipeline, &late))
        .await;
    let body = br#"{"object":"whatsapp_business_account","entry":[]}"#.to_vec();
    let signature = webhooks::signature(SECRET, &body);
    let mut refused = 0;
    while began.elapsed() < AWAY {
        let url = [&worker.webhooks, &late.webhooks][refused % 2];
        let request = pipeline.http.post(url).header("x-hub-signature-256", &signature);
        let answer = request.body(body.clone()).send().await.expect("the receiver answers");
        assert_eq!(answer.status(), 503, "the broker is away for {:?}", began.elapsed());
        refused += 1;
    }
    assert!(refused > 2);
    tokio::task::block_in_place(|| stack.start_broker(1));
    late.ready().await;
    load.add(&pipeline, 40);
    load.assert_whole(&pipeline).await;
}

async fn answers_alive(pipeline: &Pipeline, worker: &Worker) -> Option<()> {
    let get = async |path| pipeline.http.get(format!("http://{}{path}", worker.health)).send().await.ok();
    let (alive, ready) = (get("/healthz").await?, get("/readyz").await?);
    assert_eq!(ready.status(), 503, "nothing is ready without a broker");
    (alive.status() == 200).then_some(())
}

#[tokio::test(flavor = "multi_thread")]
async fn work_waits_for_a_registry_that_is_away_at_start_and_later() {
    let own = Own::start("outage-of-the-registry");
    let stack = own.0;
    let pipeline = Pipeline::prepare_on(stack, "registry-away").await;
    tokio::task::block_in_place(|| stack.stop_registry());
    let worker = pipeline.worker("worker", &[]).await;
    pipeline.send_webhooks_to(&worker.webhooks);
    let early = write(&pipeline, "early");
    pipeline.command_json(&[json!({"command_id": "early", "to": "+15550050001", "text": {"body": "early"}})]);
    let waits = |worker: &Worker| {
        let words = worker.process.words();
        words.lines().filter(|line| line.contains("waits for a dependency") && line.contains(REGISTRY)).count()
    };
    wait::until("a wait for the registry", SOON, || (waits(&worker) > 0).then_some(()));
    assert!(pipeline.simulator.report(None, 0, 1).requests.is_empty(), "nothing can be sent without its schema");
    come_back(&pipeline);
    read_once(&pipeline, &early).await;
    pipeline.wait_status("early", "read").await;

    // the media stage has not written yet, so it has yet to ask for its schema
    let before = waits(&worker);
    tokio::task::block_in_place(|| stack.stop_registry());
    let image = Inbound { kind: Some("image".to_owned()), from: "15550050002".to_owned(), ..Inbound::default() };
    let image = pipeline.simulator.inbound(&image).expect("there is room").message_id;
    wait::until("another wait for the registry", SOON, || (waits(&worker) > before).then_some(()));
    come_back(&pipeline);
    read_once(&pipeline, &image).await;
    let is_it = |record: &Value| record["value"]["message_id"] == image.as_str();
    assert_eq!(pipeline.observer.wait("whatsapp.media.stored", 1, is_it).await.len(), 1);
    let dead = pipeline.dead_letters();
    assert!(dead.is_empty(), "{dead:?}");
}

/// A stack of the scenario's own. It is kept until the process ends, because a pipeline borrows it for so long; its servers
/// end with the scenario, however that ends.
pub struct Own(pub &'static Stack);

impl Own {
    fn start(name: &str) -> Self {
        Self::of(tokio::task::block_in_place(|| Stack::outage(name)))
    }

    pub fn three_brokers(name: &str) -> Self {
        Self::of(tokio::task::block_in_place(|| Stack::three_brokers(name)))
    }

    fn of(stack: Stack) -> Self {
        Self(Box::leak(Box::new(stack)))
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        tokio::task::block_in_place(|| self.0.end());
    }
}

/// The registry forgot everything, so its owner registers again.
fn come_back(pipeline: &Pipeline) {
    tokio::task::block_in_place(|| {
        pipeline.ground.stack.start_registry();
        let mut schemas = pipeline.ground.command("schemas", &["schemas", "register"], &[]).start();
        assert!(schemas.exit(SOON).success(), "{}", schemas.words());
    });
}

fn write(pipeline: &Pipeline, body: &str) -> String {
    let inbound = Inbound { from: "15550050001".to_owned(), body: Some(body.to_owned()), ..Inbound::default() };
    pipeline.simulator.inbound(&inbound).expect("there is room").message_id
}

async fn read_once(pipeline: &Pipeline, message_id: &str) {
    let is_it = |record: &Value| record["value"]["message_id"] == message_id;
    assert_eq!(pipeline.observer.wait("whatsapp.inbound.messages", 1, is_it).await.len(), 1);
}
