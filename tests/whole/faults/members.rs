//! A second worker joins and leaves while the first one works.

use std::time::Duration;

use super::load::Load;
use crate::support::{
    pipeline::{Pipeline, Worker},
    wait,
};

const SOON: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_second_worker_joins_and_leaves_under_load() {
    let pipeline = Pipeline::start("members", &[]).await;
    let mut load = Load::new("member", &pipeline);
    load.add(&pipeline, 60);
    let joining = pipeline.worker("second", &[]);
    // written while partitions move
    load.add(&pipeline, 40);
    let mut second = joining.await;
    load.add(&pipeline, 60);
    wait::until_async("commands sent by the second worker", SOON, || async {
        (sent_by(&pipeline, &second).await > 0).then_some(())
    })
    .await;

    load.add(&pipeline, 40);
    let status = tokio::task::block_in_place(|| second.process.terminate(SOON));
    assert!(status.success(), "the second worker ended with {status}: {}", second.process.words());
    load.add(&pipeline, 40);
    load.assert_whole(&pipeline).await;
}

/// Calls to Meta that this worker made.
async fn sent_by(pipeline: &Pipeline, worker: &Worker) -> u64 {
    let url = format!("http://{}/metrics", worker.health);
    let text = pipeline.http.get(url).send().await.expect("the worker answers").text().await.expect("text");
    let calls = text.lines().filter(|line| line.starts_with("omnichannel_graph_requests_total{"));
    calls.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}
