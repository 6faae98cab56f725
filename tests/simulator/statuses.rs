//! What Meta tells about a message after it accepted it: to whom, billed how, and why it failed.

use omnichannel_whatsapp::{
    simulator::{Event, Inbound},
    stages::ports::Graph,
};
use serde_json::{Value, json};

use super::harness::{NUMBER, Receiver, World, heard};

async fn send(world: &World, change: Value) -> String {
    let mut body =
        json!({"messaging_product": "whatsapp", "to": "+15550000999", "type": "text", "text": {"body": "hi"}});
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    world.client().send(NUMBER, body.to_string()).await.unwrap().message_id
}

fn template(name: &str, count: usize) -> Value {
    let parameters = vec![json!({"type": "text", "text": "x"}); count];
    let components = json!([{"type": "body", "parameters": parameters}]);
    json!({"type": "template", "template": {"name": name, "language": {"code": "en"}, "components": components}})
}

/// The value of the status with this word, of the newest message that has one.
async fn told(receiver: &Receiver, word: &str, count: usize) -> Value {
    let posted = receiver.wait_for(count).await;
    let values = posted.iter().rev().map(super::harness::Posted::value);
    values.into_iter().find(|value| value["statuses"][0]["status"] == word).unwrap_or_else(|| panic!("no {word}"))
}

fn writes(kind: &str) -> Inbound {
    Inbound { kind: Some(kind.to_owned()), from: "15550000999".to_owned(), ..Inbound::default() }
}

#[tokio::test]
async fn a_user_with_an_id_and_a_username_is_told_with_both() {
    let (world, receiver) = heard(|_| {}).await;
    let zoe = Inbound {
        user_id: Some("US.12".into()),
        username: Some("zoe".into()),
        name: Some("Zoë".into()),
        ..writes("text")
    };
    world.simulator.inbound(&zoe).unwrap();
    send(&world, json!({})).await;
    let sent = told(&receiver, "sent", 4).await;
    assert_eq!(sent["contacts"], json!([{"profile": {"name": "Zoë"}, "wa_id": "15550000999", "user_id": "US.12"}]));
    assert_eq!(sent["statuses"][0]["recipient_user_id"], "US.12");
    let read = told(&receiver, "read", 4).await;
    assert_eq!(read["contacts"][0]["profile"]["username"], "zoe");
}

#[tokio::test]
async fn a_message_to_an_id_tells_no_number() {
    let (world, receiver) = heard(|_| {}).await;
    send(&world, json!({"to": null, "recipient": "US.12"})).await;
    let value = told(&receiver, "delivered", 3).await;
    assert_eq!(value["contacts"], json!([{"profile": {"name": "Simulated User"}, "user_id": "US.12"}]));
    let status = &value["statuses"][0];
    assert_eq!((&status["recipient_user_id"], status.get("recipient_id")), (&json!("US.12"), None));
}

#[tokio::test]
async fn users_have_no_ids_where_these_are_switched_off() {
    let (world, receiver) = heard(|behaviour| behaviour.user_ids = false).await;
    send(&world, json!({})).await;
    let value = told(&receiver, "sent", 1).await;
    assert_eq!((value.get("contacts"), value["statuses"][0].get("recipient_user_id")), (None, None));
}

#[tokio::test]
async fn a_failure_to_a_number_tells_the_number_and_why() {
    let (world, receiver) = heard(|_| {}).await;
    send(&world, json!({"type": "image", "image": {"link": "https://files.invalid/a.jpg"}})).await;
    let value = told(&receiver, "failed", 1).await;
    assert_eq!(value.get("contacts"), None);
    let status = &value["statuses"][0];
    assert_eq!((&status["recipient_id"], status.get("recipient_user_id")), (&json!("15550000999"), None));
    assert_eq!((status["errors"][0]["code"].as_i64(), status.get("pricing")), (Some(131_053), None));
    let error = status["errors"][0].as_object().unwrap();
    assert_eq!(error.keys().collect::<Vec<_>>(), ["code", "error_data", "href", "message", "title"]);
}

#[tokio::test]
async fn a_group_tells_who_of_it_read() {
    let (world, receiver) = heard(|_| {}).await;
    for from in ["15550000998", "15550000999"] {
        let group = Some("Z3JvdXA=".to_owned());
        world.simulator.inbound(&Inbound { from: from.into(), group, ..writes("text") }).unwrap();
    }
    send(&world, json!({"recipient_type": "group", "to": "Z3JvdXA="})).await;
    let sent = told(&receiver, "sent", 5).await;
    assert_eq!(sent["statuses"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&sent["statuses"][0]["recipient_type"], &sent["statuses"][0]["recipient_id"]),
        (&json!("group"), &json!("Z3JvdXA="))
    );
    let read = told(&receiver, "read", 5).await;
    let readers: Vec<&Value> =
        read["statuses"].as_array().unwrap().iter().map(|status| &status["recipient_participant_id"]).collect();
    assert_eq!(readers, ["15550000998", "15550000999"]);
}

#[tokio::test]
async fn a_voice_message_is_played() {
    let (world, receiver) = heard(|_| {}).await;
    send(&world, json!({"type": "audio", "audio": {"link": "https://example.com/a.ogg", "voice": true}})).await;
    receiver.wait_for(4).await;
    assert_eq!(receiver.statuses(), ["sent", "delivered", "read", "played"]);
}

#[tokio::test]
async fn each_message_is_billed_as_what_it_is() {
    let (world, receiver) = heard(|behaviour| behaviour.read_after_ms = None).await;
    let mut count = 0;
    let mut billed = async |message: Value| {
        send(&world, message).await;
        count += 2;
        let pricing = told(&receiver, "sent", count).await["statuses"][0]["pricing"].clone();
        [&pricing["type"], &pricing["category"]].map(|word| word.as_str().unwrap().to_owned())
    };
    assert_eq!(billed(template("order_ready", 2)).await, ["regular", "utility"]);
    assert_eq!(billed(template("spring_sale", 1)).await, ["regular", "marketing"]);
    assert_eq!(billed(template("login_code", 1)).await, ["regular", "authentication"]);
    assert_eq!(billed(json!({})).await, ["free_customer_service", "service"]);
}

#[tokio::test]
async fn inside_the_window_a_utility_template_is_free() {
    let (world, receiver) = heard(|_| {}).await;
    world.simulator.inbound(&writes("text")).unwrap();
    send(&world, template("order_ready", 2)).await;
    let pricing = told(&receiver, "sent", 2).await["statuses"][0]["pricing"].clone();
    assert_eq!(
        pricing,
        json!({"billable": false, "pricing_model": "PMP", "type": "free_customer_service", "category": "utility"})
    );
}

#[tokio::test]
async fn after_an_ad_everything_is_free_and_belongs_to_a_conversation() {
    let (world, receiver) = heard(|_| {}).await;
    world.simulator.inbound(&writes("ad")).unwrap();
    send(&world, json!({})).await;
    let sent = told(&receiver, "sent", 3).await["statuses"][0].clone();
    assert_eq!(sent["pricing"]["type"], "free_entry_point");
    assert_eq!(sent["conversation"]["origin"]["type"], "referral_conversion");
    assert!(sent["conversation"]["expiration_timestamp"].is_string());
    let delivered = told(&receiver, "delivered", 3).await["statuses"][0].clone();
    assert_eq!(delivered["conversation"]["id"], sent["conversation"]["id"]);
    assert_eq!(delivered["conversation"].get("expiration_timestamp"), None);
}

#[tokio::test]
async fn who_stopped_marketing_gets_none_until_they_resume() {
    let (world, receiver) = heard(|_| {}).await;
    let says = |what: &str| Event { field: "user_preferences".into(), what: Some(what.into()), ..Event::default() };
    world.simulator.event(&says("stop")).unwrap();
    send(&world, template("spring_sale", 1)).await;
    let failed = told(&receiver, "failed", 2).await;
    assert_eq!(failed["statuses"][0]["errors"][0]["code"], 131_050);
    world.simulator.event(&says("resume")).unwrap();
    send(&world, template("spring_sale", 1)).await;
    told(&receiver, "sent", 4).await;
}

#[tokio::test]
async fn an_identity_that_changed_is_found_out_afterwards() {
    let (world, receiver) = heard(|_| {}).await;
    world.simulator.inbound(&writes("identity_check")).unwrap();
    let hash = receiver.wait_for(1).await[0].value()["contacts"][0]["identity_key_hash"].clone();
    send(&world, json!({"recipient_identity_key_hash": hash})).await;
    let sent = told(&receiver, "sent", 2).await;
    assert_eq!(sent["statuses"][0]["recipient_identity_key_hash"], hash);
    send(&world, json!({"recipient_identity_key_hash": "of before"})).await;
    let failed = told(&receiver, "failed", 5).await;
    assert_eq!(failed["statuses"][0]["errors"][0]["code"], 137_000);
}
