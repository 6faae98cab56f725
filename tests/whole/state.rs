//! Tables on disk: after a kill -9 only what the disk does not have is read, and a redelivered webhook is still known.

use std::time::Duration;

use serde_json::Value;

use crate::support::{
    observer::LIMIT,
    pipeline::{Pipeline, SECRET, Worker},
    say, wait, webhooks,
};

const MESSAGES: usize = 60;
const MOMENT: Duration = Duration::from_millis(500);
const INBOUND: &str = "whatsapp.inbound.messages";

fn id(n: usize) -> String {
    format!("wamid.STATE{n}==")
}

/// A text message of its own user.
fn body(n: usize) -> String {
    let text = include_str!("../fixtures/webhooks/001_text.json");
    let user = format!("1555{n:07}");
    let body = text.replace("wamid.TESTin001==", &id(n)).replace("15550000999", &user);
    assert!(body.contains(&id(n)) && body.contains(&user), "{body}");
    body
}

async fn post(pipeline: &Pipeline, worker: &Worker, body: String) {
    let signature = webhooks::signature(SECRET, body.as_bytes());
    let request = pipeline.http.post(&worker.webhooks).header("content-type", "application/json");
    let answer =
        request.header("x-hub-signature-256", signature).body(body).send().await.expect("the receiver answers");
    assert_eq!(answer.status(), 200);
}

fn published(pipeline: &Pipeline, n: usize) -> usize {
    let id = id(n);
    pipeline.observer.read(INBOUND, |record: &Value| record["value"]["message_id"] == *id).len()
}

/// The sum of a counter's lines that have all of `labels`.
async fn measured(pipeline: &Pipeline, worker: &Worker, name: &str, labels: &[&str]) -> u64 {
    let url = format!("http://{}/metrics", worker.health);
    let text = pipeline.http.get(url).send().await.expect("the worker answers").text().await.expect("text");
    let lines = text.lines().filter(|line| line.starts_with(name) && labels.iter().all(|label| line.contains(label)));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).map(|value| value as u64).sum()
}

/// Table entries that the ingress stage read to restore; no store may have been refused.
async fn restored(pipeline: &Pipeline, worker: &Worker) -> u64 {
    let emptied = measured(pipeline, worker, "omnichannel_store_emptied_total", &[]).await;
    assert_eq!(emptied, 0, "every store was gone on from");
    measured(pipeline, worker, "omnichannel_restore_read_total", &["stage=\"ingress\""]).await
}

async fn duplicates(pipeline: &Pipeline, worker: &Worker) -> u64 {
    measured(pipeline, worker, "omnichannel_records_total", &["ingress", "dropped", "duplicate"]).await
}

async fn all_published(pipeline: &Pipeline, from: usize, to: usize) {
    wait::until_async(&format!("messages {from} to {to}, each once"), LIMIT, || {
        let counts: Vec<usize> = (from..to).map(|n| published(pipeline, n)).collect();
        assert!(counts.iter().all(|count| *count < 2), "{counts:?}");
        async move { counts.iter().all(|count| *count == 1).then_some(()) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_worker_goes_on_from_its_disk_and_knows_what_it_has_seen() {
    let pipeline = Pipeline::prepare("state").await;
    let folder = pipeline.ground.scenario.dir.join("state");
    let folder = folder.to_str().expect("UTF-8");
    let set = [("state.store", "disk"), ("state.path", folder)];

    let mut worker = pipeline.worker("worker", &set).await;
    for n in 0..MESSAGES {
        post(&pipeline, &worker, body(n)).await;
    }
    all_published(&pipeline, 0, MESSAGES).await;
    // an outside reader sees a commit at once, the store a moment later
    tokio::time::sleep(MOMENT).await;
    worker.process.kill_nine();

    let mut worker = pipeline.worker("worker", &set).await;
    assert_eq!(restored(&pipeline, &worker).await, 0, "everything was on the disk");
    // in the middle of the next ones
    for n in MESSAGES..2 * MESSAGES {
        post(&pipeline, &worker, body(n)).await;
    }
    worker.process.kill_nine();

    let worker = pipeline.worker("worker", &set).await;
    let read = restored(&pipeline, &worker).await;
    say(format_args!("{read} table entries read after a kill under load"));
    assert!(read <= MESSAGES as u64, "{read} of {MESSAGES} new entries were read again");
    all_published(&pipeline, 0, 2 * MESSAGES).await;

    let before = duplicates(&pipeline, &worker).await;
    for n in 0..MESSAGES {
        post(&pipeline, &worker, body(n)).await;
    }
    wait::until_async("each redelivery counted as a duplicate", LIMIT, || async {
        (duplicates(&pipeline, &worker).await - before == MESSAGES as u64).then_some(())
    })
    .await;
    tokio::time::sleep(MOMENT).await;
    all_published(&pipeline, 0, 2 * MESSAGES).await;
}
