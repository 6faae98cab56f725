//! Users who stopped marketing messages: nothing of that kind leaves for them, whoever runs the sender, until they resume.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    clients, kafka,
    observer::LIMIT,
    pipeline::{NUMBER, Pipeline},
    wait,
};

const USER: &str = "15550000999";
const MOMENT: Duration = Duration::from_millis(500);

/// Meta posts that the user said so, at this time (unix seconds).
async fn say(pipeline: &Pipeline, fixture: &str, at: i64) {
    assert!(fixture.contains("1780000090"), "{fixture}");
    assert_eq!(pipeline.post(fixture.replace("1780000090", &at.to_string())).await.0, 200);
}

/// Until the sender's committed state has this word under both identities of the user.
async fn known(pipeline: &Pipeline, word: &str, at: i64) {
    let topic = pipeline.ground.scenario.topic("whatsapp.sender.state");
    let entry = format!(r#"{{"v":1,"marketing":"{word}","at":{}}}"#, at * 1_000);
    wait::until_async(&format!("the sender knows of the {word}"), LIMIT, || {
        let reader = kafka::reader(pipeline.ground.stack, &topic, "read_committed");
        let values = std::iter::from_fn(|| kafka::next_value(&reader, MOMENT));
        let found = values.filter(|value| *value == entry).count();
        async move { (found == 2).then_some(()) }
    })
    .await;
}

/// A message as the router hands it over, with the category that it knows of the template.
fn send(pipeline: &Pipeline, id: &str, category: &str) {
    let request = json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": USER, "type": "text",
        "text": {"body": id}, "biz_opaque_callback_data": format!("1:{id}:{NUMBER}:{USER}")});
    let message = json!({"command_id": id, "lane": format!("{NUMBER}:{USER}"), "account": "default",
        "phone_number_id": NUMBER, "request_json": request.to_string(), "content_hash": id, "category": category});
    let topic = pipeline.ground.scenario.topic("whatsapp.outbound.messages");
    clients::produce(pipeline.ground.stack, &topic, &[message], &["--avro", "--key-field", "lane"]);
}

async fn rejected(pipeline: &Pipeline, id: &str) {
    let status: Value = pipeline.wait_status(id, "rejected").await;
    let error = &status["error"];
    assert_eq!((&error["code"], &error["action"]), (&json!("opted_out"), &json!("other_channel")), "{status}");
    assert_eq!(pipeline.simulator.count(id).received, 0, "{id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn marketing_stops_at_a_users_word_through_a_kill_and_goes_on_at_the_next() {
    let mut pipeline = Pipeline::prepare("opt-outs").await;
    let mut worker = pipeline.worker("worker", &[]).await;
    pipeline.take_webhooks_by(&worker);
    say(&pipeline, include_str!("../fixtures/webhooks/089a_preference_stop.json"), 1_780_000_090).await;
    known(&pipeline, "stop", 1_780_000_090).await;

    send(&pipeline, "offer-1", "MARKETING");
    send(&pipeline, "receipt-1", "UTILITY");
    rejected(&pipeline, "offer-1").await;
    pipeline.wait_status("receipt-1", "read").await;
    worker.process.kill_nine();

    let worker = pipeline.worker("worker", &[]).await;
    pipeline.take_webhooks_by(&worker);
    send(&pipeline, "offer-2", "MARKETING");
    rejected(&pipeline, "offer-2").await;

    say(&pipeline, include_str!("../fixtures/webhooks/089b_preference_resume.json"), 1_780_000_095).await;
    known(&pipeline, "resume", 1_780_000_095).await;
    send(&pipeline, "offer-3", "MARKETING");
    pipeline.wait_status("offer-3", "read").await;
    assert_eq!(pipeline.simulator.count("offer-3").accepted, 1);
}
