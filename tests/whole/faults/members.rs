//! A second worker joins and leaves while the first one works.

use std::time::Duration;

use super::load::Load;
use crate::support::{
    pipeline::{Pipeline, Worker},
    wait,
};

const SOON: Duration = Duration::from_secs(30);
/// Long enough that work is always under way, whatever this machine is doing besides.
const CALL_MS: u64 = 300;
const WAVE: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn a_second_worker_joins_and_leaves_under_load() {
    let pipeline = Pipeline::start("members", &[]).await;
    let mut load = Load::new("member", &pipeline, CALL_MS);
    let mut second = joined_under_load(&pipeline, &mut load).await;
    assert!(load.outstanding(&pipeline) > 0, "nothing was under way when the second worker was ready");
    wait::until_async("commands sent by the second worker", SOON, || async {
        (sent_by(&pipeline, &second).await > 0).then_some(())
    })
    .await;

    load.add(&pipeline, WAVE);
    assert!(load.outstanding(&pipeline) > 0, "nothing was under way when the second worker was told to leave");
    let status = tokio::task::block_in_place(|| second.process.terminate(SOON));
    assert!(status.success(), "the second worker ended with {status}: {}", second.process.words());
    load.add(&pipeline, WAVE);
    load.assert_whole(&pipeline).await;
}

/// A second worker, wave upon wave being written until it is ready.
async fn joined_under_load(pipeline: &Pipeline, load: &mut Load) -> Worker {
    let joining = pipeline.worker("second", &[]);
    tokio::pin!(joining);
    loop {
        load.add(pipeline, WAVE);
        // between two waves it is asked whether it is ready
        let breath = tokio::time::timeout(Duration::from_millis(CALL_MS), &mut joining).await;
        if let Ok(second) = breath {
            return second;
        }
    }
}

/// Calls to Meta that this worker made.
async fn sent_by(pipeline: &Pipeline, worker: &Worker) -> u64 {
    let url = format!("http://{}/metrics", worker.health);
    let text = pipeline.http.get(url).send().await.expect("the worker answers").text().await.expect("text");
    let calls = text.lines().filter(|line| line.starts_with("omnichannel_graph_requests_total{"));
    calls.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}
