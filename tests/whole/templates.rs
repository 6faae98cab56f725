//! The catalogue of templates all the way: filled by a sync, kept by webhooks, and asked before a template is sent.

use std::time::Duration;

use omnichannel_whatsapp::simulator::templates::Verdict;
use serde_json::{Value, json};

use crate::support::pipeline::{Pipeline, WABA};

/// Within this every worker knows what lies on the topic.
const KNOWN: Duration = Duration::from_secs(2);
const SOON: Duration = Duration::from_secs(30);

fn command(id: &str, language: &str, body: &[&str]) -> Value {
    let template = json!({"name": "order_ready", "language": language, "body": body});
    json!({"command_id": id, "to": "+15550060001", "template": template})
}

fn sync(pipeline: &Pipeline) -> String {
    tokio::task::block_in_place(|| {
        let mut process = pipeline.ground.command("sync", &["templates", "sync"], &[]).start();
        let ended = process.exit(SOON);
        assert!(ended.success(), "{}", process.words());
        process.words()
    })
}

/// Somebody at Meta decides, and the catalogue hears of it.
async fn decide(pipeline: &Pipeline, status: &str, reason: Option<&str>) {
    let verdict = Verdict {
        name: "order_ready".to_owned(),
        language: Some("de".to_owned()),
        status: Some(status.to_owned()),
        reason: reason.map(str::to_owned),
        ..Verdict::default()
    };
    pipeline.simulator.decide(&verdict).expect("it is there");
    let told = |record: &Value| {
        let value = &record["value"];
        record["key"] == format!("{WABA}/order_ready/de")
            && (&value["status"], &value["source"]) == (&json!(status), &json!("webhook"))
            && value["reason"] == json!(reason)
    };
    pipeline.observer.wait("whatsapp.templates", 1, told).await;
    tokio::time::sleep(KNOWN).await;
}

async fn refused(pipeline: &Pipeline, id: &str, code: &str) {
    let status = pipeline.wait_status(id, "rejected").await;
    assert_eq!(status["error"]["code"], code, "{status}");
    assert_eq!(pipeline.simulator.count(id).received, 0, "{id} was sent all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_checked_paused_resumed_and_sent_in_the_language_there_is() {
    let mut pipeline = Pipeline::prepare("templates").await;
    let words = sync(&pipeline);
    assert!(words.contains("5 new, 0 changed, 0 deleted, 0 the same"), "{words}");
    assert!(sync(&pipeline).contains("0 new, 0 changed, 0 deleted, 5 the same"), "nothing is written twice");
    // started afterwards, it knows the templates before the first command
    let worker = pipeline.worker("worker", &[]).await;
    pipeline.take_webhooks_by(&worker);

    pipeline.command_json(&[command("wrong-count", "de", &["7"]), command("no-language", "fr", &["7", "8"])]);
    refused(&pipeline, "wrong-count", "template_params").await;
    refused(&pipeline, "no-language", "template_language").await;

    decide(&pipeline, "PAUSED", Some("FIRST_PAUSE")).await;
    pipeline.command_json(&[command("paused", "de_AT", &["7", "8"])]);
    refused(&pipeline, "paused", "template_paused").await;
    let about_it = |letter: &Value| letter["value"]["command_id"] == "paused";
    assert!(pipeline.observer.read("whatsapp.router-json.dlq", about_it).is_empty(), "its producer made no mistake");

    decide(&pipeline, "APPROVED", None).await;
    pipeline.command_json(&[command("resumed", "de_AT", &["7", "8"])]);
    let status = pipeline.wait_status("resumed", "read").await;
    assert_eq!(status["template"], "order_ready/de", "{status}");
    assert_eq!(pipeline.simulator.count("resumed").accepted, 1);
}
