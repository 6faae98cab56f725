//! A stage that was away while retention took records it had not read: they are counted and told, once, and the rest is done.

use std::time::Duration;

use rdkafka::producer::BaseProducer;
use serde_json::json;

use crate::support::{
    kafka,
    pipeline::{Pipeline, Worker},
};

const SOON: Duration = Duration::from_secs(20);
const TO: &str = "+15550070001";
const TOPIC: &str = "omnichannel.send.commands.json";
const PARTITIONS: i32 = 4;

fn write(pipeline: &Pipeline, producer: &BaseProducer, ids: &[&str]) {
    let record = |id: &&str| (TO.to_owned(), json!({"command_id": id, "to": TO, "text": {"body": id}}).to_string());
    let records: Vec<(String, String)> = ids.iter().map(record).collect();
    let topic = pipeline.ground.scenario.topic(TOPIC);
    tokio::task::block_in_place(|| kafka::write_all(producer, &topic, &records));
}

async fn lost(pipeline: &Pipeline, worker: &Worker) -> Vec<String> {
    let url = format!("http://{}/metrics", worker.health);
    let text = pipeline.http.get(url).send().await.expect("the worker answers").text().await.expect("text");
    text.lines().filter(|line| line.starts_with("omnichannel_lost_to_retention_total{")).map(str::to_owned).collect()
}

async fn ended(mut worker: Worker) {
    let status = tokio::task::block_in_place(|| worker.process.terminate(SOON));
    assert!(status.success(), "{status}: {}", worker.process.words());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_retention_took_while_a_stage_was_away_is_counted_once_and_the_rest_is_sent() {
    let pipeline = Pipeline::prepare("retention").await;
    let worker = pipeline.worker("before", &[]).await;
    pipeline.send_webhooks_to(&worker.webhooks);
    let producer = kafka::producer(pipeline.ground.stack);
    write(&pipeline, &producer, &["first"]);
    pipeline.wait_status("first", "read").await;
    ended(worker).await;

    write(&pipeline, &producer, &["gone-1", "gone-2", "gone-3", "kept-1", "kept-2"]);
    let (stack, topic) = (pipeline.ground.stack, pipeline.ground.scenario.topic(TOPIC));
    let bounds = |p| tokio::task::block_in_place(|| kafka::bounds(stack, &topic, p));
    let (partition, high) =
        (0..PARTITIONS).map(|p| (p, bounds(p).1)).find(|(_, high)| *high >= 5).expect("one key, one partition");
    kafka::delete_below(stack, &topic, partition, high - 2).await;

    let worker = pipeline.worker("after", &[]).await;
    pipeline.send_webhooks_to(&worker.webhooks);
    for id in ["kept-1", "kept-2"] {
        pipeline.wait_status(id, "read").await;
    }
    let counted = lost(&pipeline, &worker).await;
    let [line] = &counted[..] else { panic!("one stage lost records: {counted:?}") };
    assert!(line.contains(r#"stage="router-json""#) && line.ends_with(" 3"), "{line}");
    let words = worker.process.words();
    let told: Vec<&str> = words.lines().filter(|line| line.contains("records were lost to retention")).collect();
    assert!(matches!(told[..], [line] if line.contains("ERROR") && line.contains("records=3")), "{told:?}");
    let accepted = |id| pipeline.simulator.count(id).accepted;
    assert_eq!(["gone-1", "gone-2", "gone-3", "kept-1", "kept-2"].map(accepted), [0, 0, 0, 1, 1]);
    ended(worker).await;

    let worker = pipeline.worker("later", &[]).await;
    pipeline.send_webhooks_to(&worker.webhooks);
    write(&pipeline, &producer, &["last"]);
    pipeline.wait_status("last", "read").await;
    assert_eq!(lost(&pipeline, &worker).await, [""; 0], "what is lost is counted once");
    assert!(pipeline.dead_letters().is_empty());
}
