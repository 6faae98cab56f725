//! Templates on Meta's side: asked for page by page, made, reviewed, decided about, and what a send is refused with then.

use omnichannel_whatsapp::{
    simulator::{Behaviour, Settings, templates::Verdict},
    stages::ports::{Graph, GraphFailure, TemplateSource},
    wire::template::page,
};
use serde_json::{Value, json};

use super::harness::{NUMBER, Receiver, World, http, quick};

const WABA: &str = "100000000000001";
const TOKEN: &str = "simulator-token";

fn order(language: &str) -> Value {
    json!({
        "name": "order_shipped", "language": language, "category": "UTILITY",
        "components": [{"type": "BODY", "text": "Hi {{1}}!", "example": {"body_text": [["Ada"]]}}],
    })
}

fn send(name: &str, language: &str, values: usize) -> String {
    let parameters: Vec<Value> = (0..values).map(|n| json!({"type": "text", "text": n.to_string()})).collect();
    let components = json!([{"type": "body", "parameters": parameters}]);
    json!({
        "messaging_product": "whatsapp", "to": "+15550000999", "type": "template",
        "template": {"name": name, "language": {"code": language}, "components": components},
    })
    .to_string()
}

async fn code(world: &World, body: String) -> Option<i64> {
    match world.client().send(NUMBER, body).await {
        Ok(_) => None,
        Err(GraphFailure::Refused(error)) => Some(error.code),
        Err(other) => panic!("expected a refusal, got {other:?}"),
    }
}

fn decide(world: &World, name: &str, status: &str) {
    let verdict = Verdict {
        name: name.to_owned(),
        status: Some(status.to_owned()),
        reason: Some("FIRST_PAUSE".to_owned()),
        ..Verdict::default()
    };
    world.simulator.decide(&verdict).unwrap();
}

#[tokio::test]
async fn a_template_is_made_reviewed_told_of_and_sent() {
    let (receiver, url) = Receiver::start().await;
    let behaviour = Behaviour { webhook_url: Some(url), template_review_ms: None, ..quick() };
    let world = World::start(Settings { behaviour: behaviour.clone(), ..Settings::default() }).await;
    let client = world.client();
    client.create_template(NUMBER, WABA, order("en").to_string()).await.unwrap();
    assert_eq!(code(&world, send("order_shipped", "en", 1)).await, Some(132_001), "it is in review for ever");
    world.simulator.behave(Behaviour { template_review_ms: Some(20), ..behaviour });
    let made = client.create_template(NUMBER, WABA, order("de").to_string()).await.unwrap();
    let made: Value = serde_json::from_slice(&made).unwrap();
    assert_eq!((&made["status"], &made["category"]), (&json!("PENDING"), &json!("UTILITY")));

    let told = receiver.wait_for(1).await[0].json()["entry"][0].clone();
    assert_eq!((&told["id"], &told["changes"][0]["field"]), (&json!(WABA), &json!("message_template_status_update")));
    let value = &told["changes"][0]["value"];
    assert_eq!((&value["event"], &value["message_template_name"]), (&json!("APPROVED"), &json!("order_shipped")));
    assert_eq!(value["message_template_id"].to_string(), made["id"].as_str().unwrap());
    assert_eq!(code(&world, send("order_shipped", "de", 2)).await, Some(132_000));
    assert_eq!(code(&world, send("order_shipped", "de", 1)).await, None);
    let one = client.template(NUMBER, made["id"].as_str().unwrap()).await.unwrap();
    let one: Value = serde_json::from_slice(&one).unwrap();
    assert_eq!((&one["status"], &one["components"]), (&json!("APPROVED"), &order("de")["components"]));
    world.stop().await;
}

#[tokio::test]
async fn what_is_decided_is_told_and_holds_for_sends() {
    let (receiver, url) = Receiver::start().await;
    let world =
        World::start(Settings { behaviour: Behaviour { webhook_url: Some(url), ..quick() }, ..Settings::default() })
            .await;
    decide(&world, "order_ready", "PAUSED");
    let values: Vec<Value> = receiver.wait_for(2).await.iter().map(super::harness::Posted::value).collect();
    assert!(values.iter().all(|value| value["event"] == "PAUSED" && value["other_info"]["title"] == "FIRST_PAUSE"));
    assert_eq!(code(&world, send("order_ready", "en", 2)).await, Some(132_015));
    decide(&world, "order_ready", "APPROVED");
    assert_eq!(code(&world, send("order_ready", "en", 2)).await, None);
    let unknown = Verdict { name: "nobody".to_owned(), ..Verdict::default() };
    assert!(world.simulator.decide(&unknown).is_err());
}

#[tokio::test]
async fn a_list_comes_in_pages_and_by_filter() {
    let world = World::with_three_templates().await;
    let names = async |query: &str| {
        let url = format!("{}/v25.0/{WABA}/message_templates?{query}", world.base_url);
        let body = http().get(url).bearer_auth(TOKEN).send().await.unwrap().bytes().await.unwrap();
        let read = page(&body).unwrap();
        let name = |one: &Value| format!("{} {}", one["name"].as_str().unwrap(), one["language"].as_str().unwrap());
        let all: Vec<Value> = read.templates.iter().map(|one| serde_json::from_str(one.get()).unwrap()).collect();
        (all.iter().map(name).collect::<Vec<_>>(), read.after)
    };
    let (first, after) = names("limit=2").await;
    let (second, end) = names(&format!("limit=2&after={}", after.unwrap())).await;
    assert_eq!([first, second].concat(), ["hello_world en_US", "order_ready en", "order_ready de"]);
    assert_eq!(end, None);
    assert_eq!(names("name=order_ready&language=de").await.0, ["order_ready de"]);
    assert!(names("status=REJECTED").await.0.is_empty());
}

#[tokio::test]
async fn what_meta_does_not_allow_is_refused() {
    let world = World::with_three_templates().await;
    let client = world.client();
    let code = |failure: GraphFailure| match failure {
        GraphFailure::Refused(error) => (error.code, error.subcode),
        other => panic!("expected a refusal, got {other:?}"),
    };
    let mut wrong = order("de");
    wrong["name"] = json!("Order-Shipped");
    assert_eq!(code(client.create_template(NUMBER, WABA, wrong.to_string()).await.unwrap_err()), (100, None));
    client.create_template(NUMBER, WABA, order("de").to_string()).await.unwrap();
    let twice = client.create_template(NUMBER, WABA, order("de").to_string()).await.unwrap_err();
    assert_eq!(code(twice), (100, Some(2_388_024)));
    let id = world.simulator.templates().iter().find(|one| one["name"] == "order_shipped").unwrap()["id"].clone();
    decide(&world, "order_shipped", "PENDING");
    let pending = client.edit_template(NUMBER, id.as_str().unwrap(), order("de").to_string()).await.unwrap_err();
    assert_eq!(code(pending), (100, Some(2_388_039)));
    assert_eq!(code(client.templates(NUMBER, "999", None).await.unwrap_err()), (100, Some(33)));
    assert_eq!(code(client.template(NUMBER, "7999").await.unwrap_err()), (100, Some(33)));
}

#[tokio::test]
async fn deleting_and_the_control_routes_do_what_they_say() {
    let world = World::with_three_templates().await;
    let at = |path: &str| format!("{}/{path}", world.base_url);
    let verdict = json!({"name": "hello_world", "status": "PAUSED"});
    let decided = http().post(at("_sim/templates")).json(&verdict).send().await.unwrap();
    assert_eq!(decided.json::<Value>().await.unwrap(), json!({"templates": 1}));
    let all: Value = http().get(at("_sim/templates")).send().await.unwrap().json().await.unwrap();
    let id = all[0]["id"].as_str().unwrap().to_owned();
    assert_eq!((&all[0]["name"], &all[0]["status"]), (&json!("hello_world"), &json!("PAUSED")));
    let unpaused = http().post(at(&format!("v25.0/{id}/unpause"))).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(unpaused.status(), 200);
    assert_eq!(code(&world, send("hello_world", "en_US", 0)).await, None);

    let delete = async |query: &str| {
        let url = at(&format!("v25.0/{WABA}/message_templates?{query}"));
        http().delete(url).bearer_auth(TOKEN).send().await.unwrap().status().as_u16()
    };
    assert_eq!((delete("name=order_ready").await, delete("name=order_ready").await), (200, 400));
    assert_eq!(code(&world, send("order_ready", "de", 2)).await, Some(132_001));
    assert_eq!(delete("name=hello_world").await, 200);
    assert_eq!(code(&world, send("anything", "xx", 9)).await, None, "who has no template is asked for none");
    world.simulator.reset();
    assert_eq!(world.simulator.templates().len(), 3);
}
