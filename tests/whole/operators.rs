//! What operators can do while the pipeline works: pause and resume a stage or an account, cancel a command, and free a stage
//! that its trip wire stopped. Every scenario ends with nothing lost and nothing sent that should not have been.

use std::time::{Duration, Instant};

use omnichannel_whatsapp::{
    adapters::clock::SystemClock,
    runtime::ports::Clock as _,
    simulator::{Number, Settings},
};
use serde_json::{Value, json};

use crate::{
    faults::load::Load,
    support::{
        kafka,
        pipeline::{Pipeline, Worker},
        wait,
    },
};

/// Within this every worker obeys.
const OBEYED: Duration = Duration::from_secs(2);
const SOON: Duration = Duration::from_secs(30);
const CALL_MS: u64 = 200;

/// A command of the tool; what it printed.
fn ops(pipeline: &Pipeline, args: &[&str]) -> String {
    ops_with(pipeline, &[], args)
}

/// The same with settings of its own.
fn ops_with(pipeline: &Pipeline, set: &[(&str, &str)], args: &[&str]) -> String {
    let args = [&["ops"], args, &["--by", "kim"]].concat();
    let (words, ended) = tokio::task::block_in_place(|| {
        let mut process = pipeline.ground.command("ops", &args, set).start();
        let ended = process.exit(SOON);
        (process.words(), ended)
    });
    assert!(ended.success(), "{args:?}: {words}");
    words
}

fn status(pipeline: &Pipeline) -> Value {
    let words = tokio::task::block_in_place(|| {
        let mut process = pipeline.ground.command("ops", &["ops", "status", "--json"], &[]).start();
        assert!(process.exit(SOON).success(), "{}", process.words());
        process.words()
    });
    serde_json::from_str(&words).unwrap_or_else(|error| panic!("{error}: {words}"))
}

/// What this worker says of a stage.
async fn health(pipeline: &Pipeline, worker: &Worker, stage: &str) -> String {
    let url = format!("http://{}/readyz", worker.health);
    let text = pipeline.http.get(url).send().await.expect("the worker answers").text().await.expect("text");
    let prefix = format!("{stage}: ");
    text.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_default().to_owned()
}

async fn wait_health(pipeline: &Pipeline, worker: &Worker, stage: &str, begins: &str) -> String {
    wait::until_async(&format!("{stage}: {begins}"), SOON, || async {
        Some(health(pipeline, worker, stage).await).filter(|text| text.starts_with(begins))
    })
    .await
}

fn command(id: &str, from: &str, to: &str) -> Value {
    json!({"command_id": id, "from": from, "to": to, "text": {"body": id}})
}

/// What was done, as the audit has it.
fn acts(pipeline: &Pipeline) -> Vec<(String, String, String)> {
    let topic = pipeline.ground.scenario.topic("whatsapp.ops.audit");
    let reader = kafka::reader(pipeline.ground.stack, &topic, "read_committed");
    let mut found = Vec::new();
    while let Some(text) = kafka::next_value(&reader, Duration::from_secs(2)) {
        let act: Value = serde_json::from_str(&text).expect("JSON");
        let text = |name: &str| act[name].as_str().unwrap_or_default().to_owned();
        found.push((text("by"), text("action"), text("subject")));
    }
    found.sort();
    found
}

fn act(action: &str, subject: &str) -> (String, String, String) {
    ("kim".to_owned(), action.to_owned(), subject.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_sender_sends_nothing_takes_webhooks_and_loses_nothing() {
    let mut pipeline = Pipeline::prepare("paused").await;
    let worker = pipeline.worker("worker", &[]).await;
    pipeline.take_webhooks_by(&worker);
    let mut load = Load::new("paused", &pipeline, CALL_MS);
    load.add(&pipeline, 400);
    wait::until_async("the first requests", SOON, || async {
        (pipeline.simulator.report(None, 0, 1).requests.len() == 1).then_some(())
    })
    .await;

    let told = ops(&pipeline, &["pause", "--stage", "sender", "--reason", "a drill"]);
    let said = Instant::now();
    assert!(told.contains("stage/sender is paused"), "{told}");
    tokio::time::sleep(OBEYED).await;
    let requests = || pipeline.simulator.report(None, 0, usize::MAX).requests.len();
    let (before, left) = (requests(), load.outstanding(&pipeline));
    assert!(left > 0, "the pause came too late to prove anything");
    load.add(&pipeline, 40);
    assert_eq!(pipeline.post(r#"{"object":"whatsapp_business_account","entry":[]}"#).await.0, 200);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(requests(), before, "requests left {:?} after the pause", said.elapsed());
    let text = health(&pipeline, &worker, "sender").await;
    assert!(text.starts_with("paused by kim since ") && text.ends_with(": a drill"), "{text}");
    let paused = &status(&pipeline)["paused"];
    assert_eq!((&paused[0]["subject"], &paused[0]["reason"]), (&json!("stage/sender"), &json!("a drill")));

    ops(&pipeline, &["resume", "--stage", "sender"]);
    load.assert_whole(&pipeline).await;
    assert_eq!(acts(&pipeline), [act("pause", "stage/sender"), act("resume", "stage/sender")]);
}

/// The second number of the simulator.
const OTHER: &str = "200000000000002";

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_account_waits_through_a_restart_beside_a_live_one() {
    let mut settings = Settings::default();
    settings.numbers.push(Number { phone_number_id: OTHER.to_owned(), ..settings.numbers[0].clone() });
    let mut pipeline = Pipeline::prepare_with("account", settings).await;
    let token = pipeline.ground.scenario.file("token", "simulator-token").display().to_string();
    let accounts = [
        ("accounts.0.alias", "live"),
        ("accounts.1.alias", "other"),
        ("accounts.1.waba_id", "100000000000001"),
        ("accounts.1.phone_number_id", OTHER),
        ("accounts.1.token_file", token.as_str()),
    ];
    let mut worker = pipeline.worker("worker", &accounts).await;
    pipeline.take_webhooks_by(&worker);

    // by number on purpose: the workers know it by its alias too
    ops_with(&pipeline, &accounts, &["pause", "--account", OTHER, "--reason", "complaints"]);
    tokio::time::sleep(OBEYED).await;
    let soon = SystemClock.unix_ms() + 8_000;
    let mut late = command("late", "other", "+15550040003");
    late["expires_at"] = json!(soon);
    let held = ["held-1", "held-2", "held-3"].map(|id| command(id, "other", "+15550040001"));
    let commands =
        [&held[..], &[late, command("free", "other", "+15550040002"), command("alive", "live", "+15550040001")]];
    pipeline.command_json(&commands.concat());
    pipeline.wait_status("alive", "read").await;
    for id in ["held-1", "late", "free"] {
        pipeline.wait_status(id, "held").await;
    }
    assert!(health(&pipeline, &worker, "sender").await.contains("pause of account/"), "it says what is waited for");

    // held-2 stands behind held-1 and hears of it in its turn; held-1 is called at once
    ops(&pipeline, &["cancel", "held-2"]);
    let said = Instant::now();
    ops(&pipeline, &["cancel", "held-1", "--reason", "sent twice"]);
    let cancelled = pipeline.wait_status("held-1", "cancelled").await;
    assert_eq!(cancelled["error"]["code"], "cancelled", "{cancelled}");
    pipeline.wait_status("held-2", "cancelled").await;
    println!("cancelled {:?} after the tool was started", said.elapsed());
    let expired = pipeline.wait_status("late", "expired").await;
    let by = expired["changed_at"].as_i64().expect("a time") - soon;
    assert!((0..5_000).contains(&by), "expired {by} ms after its time");

    worker.process.kill_nine();
    worker = pipeline.worker("worker", &accounts).await;
    pipeline.take_webhooks_by(&worker);
    wait_health(&pipeline, &worker, "sender", "waits for pause of account/").await;
    let sent_by_other = || {
        let requests = pipeline.simulator.report(None, 0, usize::MAX).requests;
        requests.into_iter().filter(|request| request.phone_number_id == OTHER).count()
    };
    assert_eq!(sent_by_other(), 0);
    // published once more, it is answered from the ledger
    pipeline.command_json(&held[..1]);

    ops_with(&pipeline, &accounts, &["resume", "--account", OTHER]);
    for id in ["held-3", "free"] {
        pipeline.wait_status(id, "read").await;
    }
    assert_eq!(sent_by_other(), 2, "cancelled and expired ones never left");
    assert_eq!(pipeline.simulator.count("alive").accepted, 1);
    assert!(pipeline.dead_letters().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tripped_stage_rests_through_a_restart_until_it_is_resumed() {
    const WIRE: [(&str, &str); 1] = [("runtime.trip_wire.dead_letters", "5")];
    let mut pipeline = Pipeline::prepare("tripped").await;
    let mut worker = pipeline.worker("worker", &WIRE).await;
    pipeline.take_webhooks_by(&worker);
    let topic = pipeline.ground.scenario.topic("omnichannel.send.commands.json");
    let producer = kafka::producer(pipeline.ground.stack);
    for n in 0..8 {
        kafka::write_keyed(&producer, &topic, &format!("{n}"), "{\"to\": ");
    }
    let text = wait_health(&pipeline, &worker, "router-json", "tripped by trip wire").await;
    assert!(text.contains("became dead letters"), "{text}");
    let letters = |pipeline: &Pipeline| pipeline.dead_letters().len();
    let dead =
        wait::until_async("the letters", SOON, || async { Some(letters(&pipeline)).filter(|dead| *dead >= 5) }).await;

    worker.process.kill_nine();
    worker = pipeline.worker("worker", &WIRE).await;
    pipeline.take_webhooks_by(&worker);
    wait_health(&pipeline, &worker, "router-json", "tripped by trip wire").await;
    let to = "+15550050001";
    pipeline.command_json(&[json!({"command_id": "behind", "to": to, "text": {"body": "behind"}})]);
    // the same router by its other way in
    pipeline
        .command_avro(&[json!({"command_id": "beside", "to": to, "text": {"body": "beside", "preview_url": false}})]);
    pipeline.wait_status("beside", "read").await;
    assert_eq!((letters(&pipeline), pipeline.simulator.count("behind").received), (dead, 0));
    assert_eq!(status(&pipeline)["tripped"][0]["stage"], "router-json");

    let told = ops(&pipeline, &["resume", "--stage", "router-json"]);
    assert!(told.contains("stage/router-json goes on; it was tripped by trip wire"), "{told}");
    pipeline.wait_status("behind", "read").await;
    wait::until_async("every bad one a letter", SOON, || async { (letters(&pipeline) == 8).then_some(()) }).await;
    assert_eq!(status(&pipeline)["tripped"], json!([]));
}
