//! What the phone posts: signed, in order, again until it is taken, and disturbed on request.

use std::sync::atomic::Ordering;

use omnichannel_whatsapp::{
    simulator::{Fault, Inbound},
    stages::ports::Graph,
};
use serde_json::{Value, json};

use super::harness::{NUMBER, Posted, World, heard, http, text, until};

fn says(body: &str) -> Inbound {
    Inbound { from: "15550000999".into(), body: Some(body.into()), name: Some("Zoë".into()), ..Inbound::default() }
}

#[tokio::test]
async fn a_message_is_reported_sent_delivered_and_read_with_its_callback_data() {
    let (world, receiver) = heard(|_| {}).await;
    let accepted = world.client().send(NUMBER, text("c1")).await.unwrap();
    let posted = receiver.wait_for(3).await;
    assert_eq!(receiver.statuses(), ["sent", "delivered", "read"]);
    for post in &posted {
        assert!(post.is_genuine());
        let status = &post.value()["statuses"][0];
        assert_eq!(status["id"], accepted.message_id.as_str());
        assert_eq!(status["recipient_id"], "15550000999");
        assert_eq!(status["biz_opaque_callback_data"], format!("1:c1:{NUMBER}:15550000999"));
    }
    let value = posted[0].value();
    insta::assert_json_snapshot!(value, {
        ".statuses[0].id" => "[wamid]", ".statuses[0].timestamp" => "[seconds]",
    });
    world.stop().await;
}

#[tokio::test]
async fn an_inbound_text_is_ascii_on_the_wire_and_unchanged_when_read() {
    let (world, receiver) = heard(|_| {}).await;
    let written = world.simulator.inbound(&says("héllo 😀 / ok")).unwrap();
    let posted = receiver.wait_for(1).await.remove(0);
    assert!(posted.body.is_ascii() && posted.is_genuine());
    let value = posted.value();
    assert_eq!(value["messages"][0]["id"], written.message_id.as_str());
    assert_eq!(value["messages"][0]["text"]["body"], "héllo 😀 / ok");
    assert_eq!(value["contacts"][0]["profile"]["name"], "Zoë");
    assert_eq!(value["metadata"]["phone_number_id"], NUMBER);
}

#[tokio::test]
async fn a_webhook_is_posted_again_until_it_is_taken() {
    let (world, receiver) = heard(|_| {}).await;
    receiver.refuse.store(3, Ordering::SeqCst);
    world.simulator.inbound(&says("hi")).unwrap();
    receiver.wait_for(1).await;
    until("it is acknowledged", || world.simulator.webhooks().acknowledged > 0).await;
    let tally = world.simulator.webhooks();
    assert_eq!((tally.posted, tally.failed, tally.acknowledged), (4, 3, 1));
}

#[tokio::test]
async fn a_webhook_that_is_too_old_is_given_up() {
    let (world, receiver) = heard(|behaviour| behaviour.retry_for_ms = 0).await;
    receiver.refuse.store(1, Ordering::SeqCst);
    world.simulator.inbound(&says("hi")).unwrap();
    until("it is given up", || world.simulator.webhooks().gave_up > 0).await;
    assert!(receiver.posted().is_empty());
}

#[tokio::test]
async fn duplicates_repeat_the_same_bytes() {
    let (world, receiver) = heard(|behaviour| behaviour.duplicate_share = 1.0).await;
    world.simulator.inbound(&says("hi")).unwrap();
    let posted = receiver.wait_for(2).await;
    assert_eq!(posted[0].body, posted[1].body);
}

#[tokio::test]
async fn disorder_lets_later_statuses_overtake_earlier_ones() {
    let (world, receiver) = heard(|behaviour| {
        behaviour.reorder_share = 0.5;
        behaviour.reorder_by_ms = 300;
    })
    .await;
    let client = world.client();
    for n in 0..10 {
        client.send(NUMBER, text(&format!("c{n}"))).await.unwrap();
    }
    receiver.wait_for(30).await;
    let mut late = 0;
    for n in 0..10 {
        let data = format!("1:c{n}:{NUMBER}:15550000999");
        let of_one: Vec<String> = receiver
            .posted()
            .iter()
            .filter(|post| post.value()["statuses"][0]["biz_opaque_callback_data"] == data.as_str())
            .filter_map(Posted::status)
            .collect();
        assert_eq!(of_one.len(), 3);
        late += usize::from(of_one != ["sent", "delivered", "read"]);
    }
    assert!(late > 0, "nothing was reordered");
}

#[tokio::test]
async fn a_failure_can_come_as_a_status_after_a_200() {
    let (world, receiver) = heard(|_| {}).await;
    world.simulator.fail(Fault { code: Some(131_026), as_status: true, ..Fault::default() });
    world.client().send(NUMBER, text("c1")).await.unwrap();
    let status = receiver.wait_for(1).await[0].value()["statuses"][0].clone();
    assert_eq!((&status["status"], &status["errors"][0]["code"]), (&json!("failed"), &json!(131_026)));
}

#[tokio::test]
async fn outside_the_window_only_a_template_arrives() {
    let (world, receiver) = heard(|behaviour| {
        behaviour.window = true;
        behaviour.read_after_ms = None;
    })
    .await;
    let client = world.client();
    client.send(NUMBER, text("c1")).await.unwrap();
    receiver.wait_for(1).await;
    assert_eq!(receiver.posted()[0].value()["statuses"][0]["errors"][0]["code"], 131_047);
    let template = json!({
        "messaging_product": "whatsapp", "to": "+15550000999", "type": "template",
        "template": {"name": "hello_world", "language": {"code": "en_US"}},
    });
    client.send(NUMBER, template.to_string()).await.unwrap();
    receiver.wait_for(3).await;
    world.simulator.inbound(&says("now I wrote")).unwrap();
    client.send(NUMBER, text("c2")).await.unwrap();
    receiver.wait_for(6).await;
    assert_eq!(receiver.statuses(), ["failed", "sent", "delivered", "sent", "delivered"]);
}

#[tokio::test]
async fn a_dropped_answer_still_brings_its_statuses() {
    let (world, receiver) = heard(|_| {}).await;
    world.simulator.fail(Fault { drop_answer: true, ..Fault::default() });
    world.client().send(NUMBER, text("c1")).await.unwrap_err();
    receiver.wait_for(3).await;
    assert_eq!(receiver.statuses(), ["sent", "delivered", "read"]);
}

#[tokio::test]
async fn two_simulators_of_one_seed_give_the_same_ids() {
    let (first, second) = (World::quick().await, World::quick().await);
    let mut ids = Vec::new();
    for world in [&first, &second] {
        ids.push(world.client().send(NUMBER, text("c1")).await.unwrap().message_id);
    }
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn the_control_routes_do_what_the_handle_does() {
    let (world, receiver) = heard(|_| {}).await;
    let http = http();
    let url = |path: &str| format!("{}/_sim/{path}", world.base_url);
    let post = |path: &str, body: Value| http.post(url(path)).json(&body).send();
    let get = async |path: &str| -> Value { http.get(url(path)).send().await.unwrap().json().await.unwrap() };

    assert_eq!(get("health").await["status"], "ok");
    assert_eq!(post("faults", json!({"code": 131_000, "count": 2})).await.unwrap().status(), 204);
    assert_eq!(get("faults").await[0]["count"], 2);
    world.client().send(NUMBER, text("c1")).await.unwrap_err();
    world.client().send(NUMBER, text("c1")).await.unwrap_err();
    world.client().send(NUMBER, text("c1")).await.unwrap();
    let requests = get("requests").await;
    assert_eq!(requests["commands"]["c1"], json!({"received": 3, "accepted": 1}));
    assert_eq!(requests["requests"][0]["outcome"], "131000");

    let told = |list: &Value, name: &str, word: &str| list.as_array().unwrap().iter().any(|item| item[name] == word);
    assert!(told(&get("inbound").await, "kind", "button_reply"));
    assert!(told(&get("events").await, "field", "user_preferences"));
    assert_eq!(post("events", json!({"field": "security"})).await.unwrap().status(), 204);
    assert_eq!(post("events", json!({"field": "nonsense"})).await.unwrap().status(), 400);

    let image = json!({"kind": "image", "from": "+15550000999", "body": "look"});
    let written: Value = post("inbound", image).await.unwrap().json().await.unwrap();
    assert!(written["media_id"].is_string());
    assert_eq!(post("inbound", json!({"from": ""})).await.unwrap().status(), 400);
    assert_eq!(post("settings", json!({"duplicate_share": 1})).await.unwrap().status(), 200);
    assert_eq!(post("settings", json!({"nonsense": 1})).await.unwrap().status(), 400);
    assert_eq!(get("settings").await["duplicate_share"], 1.0);
    let verified: Value = post("verify", json!({})).await.unwrap().json().await.unwrap();
    assert_eq!(verified["verified"], true);

    receiver.wait_for(5).await;
    assert_eq!(post("reset", json!({})).await.unwrap().status(), 204);
    assert_eq!(get("requests").await["received"], 0);
    assert_eq!(get("settings").await["duplicate_share"], 0.0);
}
