//! Sending when Meta does not simply say yes: answers that are lost, requests that are lost, refusals for now. The simulator
//! counts what really arrived.

use omnichannel_whatsapp::simulator::{Fault, Simulator};
use serde_json::{Value, json};

use crate::support::pipeline::Pipeline;

/// `sender.in_doubt.wait` of the pipeline.
const WAIT_MS: i64 = 6_000;

fn command(id: &str, to: &str) -> Value {
    json!({"command_id": id, "to": to, "text": {"body": id}})
}

/// Requests received and accepted.
fn count(simulator: &Simulator, id: &str) -> (u64, u64) {
    let count = simulator.count(id);
    (count.received, count.accepted)
}

async fn told(pipeline: &Pipeline, id: &str, status: &str) -> Value {
    let wanted = |record: &Value| record["value"]["command_id"] == id && record["value"]["status"] == status;
    pipeline.observer.wait("whatsapp.status.events", 1, wanted).await[0]["value"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_settled_by_the_receipt_and_nothing_is_sent_twice() {
    let pipeline = Pipeline::shared();
    let to = "+15550010030";
    pipeline.simulator.fail(Fault {
        to: Some(to.to_owned()),
        drop_answer: true,
        after_accept: Some(true),
        ..Fault::default()
    });
    pipeline.command_json(&[command("lost-answer", to)]);

    let doubt = told(&pipeline, "lost-answer", "pending").await;
    assert_eq!((&doubt["source"], &doubt["error"]["code"]), (&json!("sender"), &json!("no_answer")));
    let status = pipeline.wait_status("lost-answer", "read").await;
    assert!(status["accepted_at"].is_i64() && status["message_id"].is_string(), "{status}");
    let accepted = told(&pipeline, "lost-answer", "accepted").await;
    assert_eq!(accepted["message_id"], status["message_id"]);
    assert_eq!(count(&pipeline.simulator, "lost-answer"), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_request_is_sent_again_once_when_no_sign_of_it_came() {
    let pipeline = Pipeline::shared();
    let to = "+15550010031";
    pipeline.simulator.fail(Fault {
        to: Some(to.to_owned()),
        drop_answer: true,
        after_accept: Some(false),
        ..Fault::default()
    });
    pipeline.command_json(&[command("lost-request", to)]);

    pipeline.wait_status("lost-request", "read").await;
    assert_eq!(count(&pipeline.simulator, "lost-request"), (2, 1));
    let requests = pipeline.simulator.report(Some("lost-request"), 0, 10).requests;
    let waited_ms = requests[1].at_ms - requests[0].at_ms;
    assert!(waited_ms >= WAIT_MS, "sent again after {waited_ms} ms");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_producer_that_asked_for_it_is_told_of_the_doubt_instead() {
    let pipeline = Pipeline::shared();
    let to = "+15550010032";
    pipeline.simulator.fail(Fault {
        to: Some(to.to_owned()),
        drop_answer: true,
        after_accept: Some(false),
        ..Fault::default()
    });
    let mut doubtful = command("report-doubt", to);
    doubtful["on_unknown"] = json!("report");
    // the next one of the same lane waits for the judgement
    pipeline.command_json(&[doubtful, command("after-doubt", to)]);

    let status = pipeline.wait_status("report-doubt", "unknown").await;
    assert_eq!(status["error"]["code"], "no_answer", "{status}");
    pipeline.wait_status("after-doubt", "read").await;
    assert_eq!(count(&pipeline.simulator, "report-doubt"), (1, 0));
    assert_eq!(count(&pipeline.simulator, "after-doubt"), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_for_now_is_tried_again_later_and_delivered() {
    let pipeline = Pipeline::shared();
    let to = "+15550010033";
    pipeline.simulator.fail(Fault { to: Some(to.to_owned()), code: Some(131_000), ..Fault::default() });
    pipeline.command_json(&[command("transient", to)]);

    let pending = told(&pipeline, "transient", "pending").await;
    assert_eq!(pending["error"]["meta_code"], 131_000, "{pending}");
    pipeline.wait_status("transient", "read").await;
    assert_eq!(count(&pipeline.simulator, "transient"), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_final_refusal_is_a_failed_status_and_no_dead_letter() {
    let pipeline = Pipeline::shared();
    let to = "+15550010034";
    pipeline.simulator.fail(Fault { to: Some(to.to_owned()), code: Some(131_026), ..Fault::default() });
    pipeline.command_json(&[command("undeliverable", to)]);

    let status = pipeline.wait_status("undeliverable", "failed").await;
    assert_eq!(status["error"]["code"], "131026", "{status}");
    assert_eq!(count(&pipeline.simulator, "undeliverable"), (1, 0));
    let about_it = |letter: &Value| letter["value"]["command_id"] == "undeliverable";
    assert!(pipeline.observer.read("whatsapp.sender.dlq", about_it).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_one_recipient_waits_its_order_is_kept_and_others_are_not_delayed() {
    let pipeline = Pipeline::shared();
    let slow = "+15550010040";
    // four refusals take several seconds, whatever this machine is doing besides
    pipeline.simulator.fail(Fault {
        to: Some(slow.to_owned()),
        code: Some(131_000),
        count: Some(4),
        ..Fault::default()
    });
    let mut commands: Vec<Value> = (1..=3).map(|n| command(&format!("slow-{n}"), slow)).collect();
    // enough of them that some share the slow one's partition
    commands.extend((0..12).map(|n| command(&format!("quick-{n}"), &format!("+155500100{}", 50 + n))));
    pipeline.command_json(&commands);

    for command in &commands {
        pipeline.wait_status(command["command_id"].as_str().expect("an id"), "read").await;
    }
    let requests = pipeline.simulator.report(None, 0, usize::MAX).requests;
    let accepted: Vec<&str> = requests
        .iter()
        .filter(|request| request.outcome == "accepted")
        .filter_map(|request| request.command_id.as_deref())
        .collect();
    let place = |id: &str| accepted.iter().position(|accepted| *accepted == id).expect("accepted");
    assert!(place("slow-1") < place("slow-2") && place("slow-2") < place("slow-3"), "{accepted:?}");
    for n in 0..12 {
        assert!(place(&format!("quick-{n}")) < place("slow-1"), "quick-{n} waited: {accepted:?}");
    }
    assert_eq!(count(&pipeline.simulator, "slow-1"), (5, 1));
    assert_eq!(count(&pipeline.simulator, "slow-3"), (1, 1));
}
