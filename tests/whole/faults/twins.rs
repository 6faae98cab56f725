//! Two live processes under one name: each stage goes on in one of them and stops in the other, which says why; nothing is sent
//! twice meanwhile.

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;

use crate::support::{
    pipeline::{Pipeline, Worker},
    wait,
};

const LIMIT: Duration = Duration::from_secs(60);
const STATIC: [(&str, &str); 2] = [("kafka.membership", "static"), ("instance", "twin")];

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_of_one_static_name_are_told_apart_and_one_stops_with_the_reason() {
    let pipeline = Pipeline::prepare("twins").await;
    let first = pipeline.worker("first", &STATIC).await;
    pipeline.send_webhooks_to(&first.webhooks);
    let second = pipeline.launch("second", &STATIC);
    let twins = [&first, &second];
    let mut sent = 0;
    wait::until_async("a sender that stopped", LIMIT, || {
        // fenced workers notice when they commit
        sent += 1;
        let id = format!("twin-{sent}");
        pipeline.command_json(&[json!({"command_id": id, "to": "+15550080001", "text": {"body": id}})]);
        let stopped = twins.map(|twin| reasons(twin).iter().any(|(stage, _)| stage == "sender"));
        async move { stopped.contains(&true).then_some(()) }
    })
    .await;
    for n in 1..=sent {
        pipeline.wait_status(&format!("twin-{n}"), "read").await;
    }
    let [stopped_first, stopped_second] = twins.map(|twin| {
        for (stage, reason) in reasons(twin) {
            assert!(reason.contains("fenced twice") && reason.contains("`instance`"), "{stage}: {reason}");
        }
        reasons(twin).into_iter().map(|(stage, _)| stage).collect::<BTreeSet<_>>()
    });
    assert!(
        stopped_first.is_disjoint(&stopped_second),
        "a stage stopped in both: {stopped_first:?} {stopped_second:?}"
    );
    for n in 1..=sent {
        assert_eq!(pipeline.simulator.count(&format!("twin-{n}")).accepted, 1, "twin-{n}");
    }
    assert!(pipeline.dead_letters().is_empty());
}

/// Stages that stopped in this process, and why.
fn reasons(twin: &Worker) -> Vec<(String, String)> {
    let words = twin.process.words();
    let lines = words.lines().filter(|line| line.contains("stage stopped"));
    let part = |line: &str, from: &str| Some(line.split_once(from)?.1.split('"').next()?.to_owned());
    lines.filter_map(|line| Some((part(line, r#"stage=""#)?, part(line, r#"reason=""#)?))).collect()
}
