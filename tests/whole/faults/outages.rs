//! A broker and a registry that are away: the way in says so, the rest waits, and nothing is given up. Each scenario has a
//! stack of its own to stop.

use std::time::{Duration, Instant};

use omnichannel_whatsapp::simulator::Inbound;
use serde_json::{Value, json};

use super::load::Load;
use crate::support::{pipeline::Pipeline, stack::Stack, wait, webhooks};

const AWAY: Duration = Duration::from_secs(20);
const SOON: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_for_twenty_seconds_costs_nothing() {
    let stack = own_stack("outage-of-the-broker");
    let pipeline = Pipeline::prepare_on(stack, "broker-away").await;
    let worker = pipeline.worker("worker", &[("http.publish_deadline", "1s")]).await;
    pipeline.send_webhooks_to(&worker.webhooks);
    let mut load = Load::new("broker", &pipeline);
    load.add(&pipeline, 40);

    tokio::task::block_in_place(|| stack.stop_broker(1));
    let began = Instant::now();
    let body = br#"{"object":"whatsapp_business_account","entry":[]}"#.to_vec();
    let signature = webhooks::signature(crate::support::pipeline::SECRET, &body);
    let mut refused = 0;
    while began.elapsed() < AWAY {
        let request = pipeline.http.post(&worker.webhooks).header("x-hub-signature-256", &signature);
        let answer = request.body(body.clone()).send().await.expect("the receiver answers");
        assert_eq!(answer.status(), 503, "the broker is away for {:?}", began.elapsed());
        refused += 1;
    }
    assert!(refused > 1);
    tokio::task::block_in_place(|| stack.start_broker(1));
    load.add(&pipeline, 40);
    load.assert_whole(&pipeline).await;
    drop(worker);
    stop(stack);
}

#[tokio::test(flavor = "multi_thread")]
async fn work_waits_for_a_registry_that_is_away_at_start_and_later() {
    let stack = own_stack("outage-of-the-registry");
    let pipeline = Pipeline::prepare_on(stack, "registry-away").await;
    tokio::task::block_in_place(|| stack.stop_registry());
    let mut worker = pipeline.worker("worker", &[]).await;
    pipeline.send_webhooks_to(&worker.webhooks);
    let early = write(&pipeline, "early");
    pipeline.command_json(&[json!({"command_id": "early", "to": "+15550050001", "text": {"body": "early"}})]);
    worker.process.wait_for_line("waits for a dependency", SOON);
    assert!(pipeline.simulator.report(None, 0, 1).requests.is_empty(), "nothing can be sent without its schema");
    come_back(&pipeline);
    read_once(&pipeline, &early).await;
    pipeline.wait_status("early", "read").await;

    // the media stage has not written yet, so it has yet to ask for its schema
    tokio::task::block_in_place(|| stack.stop_registry());
    let image = Inbound { kind: Some("image".to_owned()), from: "15550050002".to_owned(), ..Inbound::default() };
    let image = pipeline.simulator.inbound(&image).expect("there is room").message_id;
    wait::until("a second wait for the registry", SOON, || {
        (worker.process.words().matches("waits for a dependency").count() > 1).then_some(())
    });
    come_back(&pipeline);
    read_once(&pipeline, &image).await;
    let is_it = |record: &Value| record["value"]["message_id"] == image.as_str();
    assert_eq!(pipeline.observer.wait("whatsapp.media.stored", 1, is_it).await.len(), 1);
    let dead = pipeline.dead_letters();
    assert!(dead.is_empty(), "{dead:?}");
    drop(worker);
    stop(stack);
}

/// Kept until the process ends, because a pipeline borrows it for so long; its servers are stopped by [`stop`].
fn own_stack(name: &str) -> &'static Stack {
    Box::leak(Box::new(tokio::task::block_in_place(|| Stack::outage(name))))
}

fn stop(stack: &Stack) {
    tokio::task::block_in_place(|| {
        stack.stop_registry();
        stack.kill_broker(1);
    });
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
