//! What a network does to one dependency at a time: work waits for it and goes on, nothing is given up, nothing is done twice.

use std::time::{Duration, Instant};

use omnichannel_whatsapp::simulator::{Behaviour, Inbound};
use serde_json::Value;

use super::load::Load;
use crate::support::{
    pipeline::{Pipeline, SECRET, Worker},
    proxies::Proxies,
    proxy::{Mode, Way},
    say,
    stack::Stack,
    wait, webhooks,
};

const SOON: Duration = Duration::from_secs(30);
const CALL_MS: u64 = 80;
/// More than the workers' session, and than a transaction of theirs may be open.
const AWAY: Duration = Duration::from_secs(12);
/// What a worker may hold more of after so long without a broker, under load.
const FLAT_MIB: u64 = 48;

async fn scene(name: &str) -> (Pipeline, Proxies) {
    let mut pipeline = Pipeline::prepare_on(Stack::proxied(), name).await;
    let proxies = Proxies::before(&mut pipeline, 7).await;
    (pipeline, proxies)
}

async fn started(pipeline: &Pipeline, set: &[(&str, &str)]) -> Worker {
    let worker = pipeline.worker("worker", set).await;
    pipeline.send_webhooks_to(&worker.webhooks);
    worker
}

/// Lines of its log with all of these parts.
fn said(worker: &Worker, parts: &[&str]) -> usize {
    worker.process.words().lines().filter(|line| parts.iter().all(|part| line.contains(part))).count()
}

fn waits_for(worker: &Worker, dependency: &str) -> usize {
    said(worker, &["waits for a dependency", &format!("dependency=\"{dependency}\"")])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_whose_answer_is_lost_is_in_doubt_until_its_receipt_comes() {
    let (pipeline, proxies) = scene("lost-answers").await;
    let worker = started(&pipeline, &[]).await;
    let mut load = Load::new("lost", &pipeline, CALL_MS).among(60);
    // later than the worker waits for an answer
    let behaviour = Behaviour { sent_after_ms: 2_500, ..pipeline.simulator.behaviour() };
    pipeline.simulator.behave(behaviour);
    proxies.graph.set(Mode::Mute(Way::Answers));
    load.add(&pipeline, 40);
    wait::until_async("every command at Meta", SOON, || async { (load.outstanding(&pipeline) == 0).then_some(()) })
        .await;
    wait::until("a doubt", SOON, || (said(&worker, &["send in doubt"]) > 0).then_some(()));
    proxies.graph.set(Mode::Pass);
    load.add(&pipeline, 20);
    load.assert_whole(&pipeline).await;
    load.assert_one_request_each(&pipeline);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_wait_for_an_object_store_that_is_cut_off() {
    let (pipeline, proxies) = scene("store-cut").await;
    let worker = started(&pipeline, &[]).await;
    proxies.objects.set(Mode::Cut);
    let image = |n: usize| {
        let user = Inbound { kind: Some("image".to_owned()), from: format!("1555004{n:04}"), ..Inbound::default() };
        pipeline.simulator.inbound(&user).expect("there is room").message_id
    };
    let images: Vec<String> = (0..12).map(image).collect();
    wait::until("a wait for the store", SOON, || (waits_for(&worker, "objects") > 0).then_some(()));
    // breakers probe meanwhile, and each probe fails
    let began = Instant::now();
    wait::until_async("some probes", SOON, || async { (began.elapsed() > AWAY / 2).then_some(()) }).await;
    let stored = |record: &Value| record["value"]["outcome"] == "stored";
    assert!(pipeline.observer.read("whatsapp.media.stored", |_| true).is_empty(), "the store is away");
    proxies.objects.set(Mode::Pass);
    let found = pipeline.observer.wait("whatsapp.media.stored", images.len(), stored).await;
    let mut ids: Vec<&str> = found.iter().filter_map(|record| record["value"]["message_id"].as_str()).collect();
    let mut wanted: Vec<&str> = images.iter().map(String::as_str).collect();
    ids.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(ids, wanted);
    assert!(pipeline.dead_letters().is_empty(), "{:?}", pipeline.dead_letters());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_is_slow_makes_work_late_and_nothing_else() {
    let (pipeline, proxies) = scene("registry-slow").await;
    // no answer of it is complete in time
    proxies.registry.set(Mode::Slow { bytes_per_s: 20 });
    let worker = started(&pipeline, &[("schema_registry.timeout", "1s")]).await;
    let mut load = Load::new("slow", &pipeline, CALL_MS);
    load.add(&pipeline, 20);
    wait::until("a wait for the registry", SOON, || (waits_for(&worker, "registry") > 0).then_some(()));
    assert_eq!(load.outstanding(&pipeline), 20, "nothing can be sent without its schema");
    proxies.registry.set(Mode::Delay { least: Duration::from_millis(100), jitter: Duration::from_millis(200) });
    load.assert_whole(&pipeline).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_takes_everything_and_answers_nothing_costs_nothing() {
    let (pipeline, proxies) = scene("broker-half-open").await;
    let mut worker = started(&pipeline, &[("http.publish_deadline", "1s")]).await;
    let mut load = Load::new("half", &pipeline, 1_000).among(60);
    load.add(&pipeline, 60);
    wait::until_async("calls", SOON, || async { (pipeline.simulator.report(None, 0, 0).received > 5).then_some(()) })
        .await;
    proxies.kafka.set(Mode::HalfOpen);
    assert!(load.outstanding(&pipeline) > 0, "the broker went away when there was nothing left to do");
    load.add(&pipeline, 60);
    let (began, before) = (Instant::now(), worker.process.resident_mib());
    let body = br#"{"object":"whatsapp_business_account","entry":[]}"#.to_vec();
    let signature = webhooks::signature(SECRET, &body);
    let mut refused = 0;
    while began.elapsed() < AWAY {
        let request = pipeline.http.post(&worker.webhooks).header("x-hub-signature-256", &signature);
        let answer = request.body(body.clone()).send().await.expect("the receiver answers");
        assert_eq!(answer.status(), 503, "nobody has answered for {:?}", began.elapsed());
        refused += 1;
    }
    let after = worker.process.resident_mib();
    say(format_args!("without a broker for {AWAY:?}: {refused} webhooks refused, {before} MiB before, {after} after"));
    assert!(after < before + FLAT_MIB, "memory grew from {before} to {after} MiB");
    proxies.kafka.set(Mode::Pass);
    worker.ready().await;
    load.add(&pipeline, 20);
    load.assert_whole(&pipeline).await;
}
