//! A user answers what the business sent: the answer quotes it, comes from whoever got it, and chooses from what it offers.

use omnichannel_whatsapp::{
    simulator::{Inbound, handle::Unusable},
    stages::ports::Graph,
};
use serde_json::{Value, json};

use super::harness::{NUMBER, Receiver, World, heard};

async fn quiet() -> (World, Receiver) {
    // the statuses of what is sent come long after the test
    heard(|behaviour| behaviour.sent_after_ms = 600_000).await
}

async fn send(world: &World, kind: &str, content: Value) -> String {
    let mut body = json!({"messaging_product": "whatsapp", "to": "+15550000777", "type": kind});
    body[kind] = content;
    world.client().send(NUMBER, body.to_string()).await.unwrap().message_id
}

async fn ask(world: &World) -> String {
    let button = |id: &str, title: &str| json!({"type": "reply", "reply": {"id": id, "title": title}});
    let action = json!({"buttons": [button("y", "Yes"), button("n", "No")]});
    send(world, "interactive", json!({"type": "button", "body": {"text": "Shall we?"}, "action": action})).await
}

fn answer(kind: &str, to: &str, option: Option<&str>) -> Inbound {
    let option = option.map(str::to_owned);
    Inbound { kind: Some(kind.to_owned()), to: Some(to.to_owned()), option, ..Inbound::default() }
}

async fn heard_of(receiver: &Receiver, count: usize) -> Value {
    receiver.wait_for(count).await[count - 1].value()["messages"][0].clone()
}

#[tokio::test]
async fn a_button_of_the_message_is_tapped_by_whoever_got_it() {
    let (world, receiver) = quiet().await;
    let asked = ask(&world).await;
    for (n, (option, id)) in [(None, "y"), (Some("No"), "n"), (Some("2"), "n")].into_iter().enumerate() {
        world.simulator.inbound(&answer("button_reply", &asked, option)).unwrap();
        let message = heard_of(&receiver, n + 1).await;
        assert_eq!(message["from"], "15550000777");
        assert_eq!(message["context"], json!({"from": "15550000001", "id": asked}));
        assert_eq!(message["interactive"]["button_reply"]["id"], id, "{option:?}");
    }
}

#[tokio::test]
async fn a_row_comes_with_its_description() {
    let (world, receiver) = quiet().await;
    let rows = json!([{"id": "s", "title": "Small"}, {"id": "l", "title": "Large", "description": "for two"}]);
    let action = json!({"button": "Choose", "sections": [{"rows": rows}]});
    let list = json!({"type": "list", "body": {"text": "Which?"}, "action": action});
    let asked = send(&world, "interactive", list).await;
    world.simulator.inbound(&answer("list_reply", &asked, Some("l"))).unwrap();
    let reply = heard_of(&receiver, 1).await["interactive"]["list_reply"].clone();
    assert_eq!(reply, json!({"id": "l", "title": "Large", "description": "for two"}));
}

#[tokio::test]
async fn a_quick_reply_carries_the_payload_that_was_sent() {
    let (world, receiver) = quiet().await;
    let parameter = json!([{"type": "payload", "payload": "CONFIRM-7"}]);
    let button = json!({"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": parameter});
    let template = json!({"name": "hello_world", "language": {"code": "en_US"}, "components": [button]});
    let asked = send(&world, "template", template).await;
    world.simulator.inbound(&Inbound { body: Some("Confirm".into()), ..answer("button", &asked, None) }).unwrap();
    let button = heard_of(&receiver, 1).await["button"].clone();
    assert_eq!(button, json!({"payload": "CONFIRM-7", "text": "Confirm"}));
}

#[tokio::test]
async fn a_flow_comes_back_with_its_token() {
    let (world, receiver) = quiet().await;
    let parameters = json!({"flow_message_version": "3", "flow_id": "7", "flow_cta": "Book", "flow_token": "t-1"});
    let action = json!({"name": "flow", "parameters": parameters});
    let flow = json!({"type": "flow", "body": {"text": "Book a table"}, "action": action});
    let asked = send(&world, "interactive", flow).await;
    let answers = Inbound { content: Some(json!({"table": 4})), ..answer("flow", &asked, None) };
    world.simulator.inbound(&answers).unwrap();
    let reply = heard_of(&receiver, 1).await["interactive"]["nfm_reply"].clone();
    let given: Value = serde_json::from_str(reply["response_json"].as_str().unwrap()).unwrap();
    assert_eq!(given, json!({"table": 4, "flow_token": "t-1"}));
}

#[tokio::test]
async fn what_the_message_does_not_offer_cannot_be_chosen() {
    let (world, _receiver) = quiet().await;
    let asked = ask(&world).await;
    let refused = |inbound: Inbound| {
        let Unusable(why) = world.simulator.inbound(&inbound).unwrap_err();
        why
    };
    assert_eq!(
        refused(answer("button_reply", &asked, Some("Perhaps"))),
        "that message does not offer this option; it offers y (Yes), n (No)"
    );
    assert!(refused(answer("list_reply", &asked, None)).contains("what leads to a button_reply"));
    let text = send(&world, "text", json!({"body": "hi"})).await;
    assert!(refused(answer("button_reply", &text, None)).contains("nothing to tap on"));
    assert!(refused(answer("button_reply", "wamid.unknown", None)).starts_with("from is required"));
}

#[tokio::test]
async fn any_message_can_be_quoted() {
    let (world, receiver) = quiet().await;
    let asked = ask(&world).await;
    world.simulator.inbound(&answer("image", &asked, None)).unwrap();
    assert_eq!(heard_of(&receiver, 1).await["context"]["id"], asked.as_str());
    world.simulator.inbound(&answer("reaction", &asked, Some("🎉"))).unwrap();
    let reaction = heard_of(&receiver, 2).await;
    assert_eq!(reaction["reaction"], json!({"message_id": asked, "emoji": "🎉"}));
    assert_eq!(reaction.get("context"), None);
}
