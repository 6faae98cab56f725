//! Messages all the way: in from Meta to a reader, out from a producer to Meta and its statuses back.

use omnichannel_whatsapp::simulator::Inbound;
use serde_json::{Value, json};

use crate::support::pipeline::{NUMBER, Pipeline};

#[tokio::test(flavor = "multi_thread")]
async fn a_users_text_is_read_as_avro_by_an_independent_client() {
    let pipeline = Pipeline::shared();
    let user = "15550010001";
    let inbound = Inbound { from: user.to_owned(), body: Some("Grüße 🌍".to_owned()), ..Inbound::default() };
    let written = pipeline.simulator.inbound(&inbound).expect("the simulator takes it");

    let is_it = |record: &Value| record["value"]["message_id"] == written.message_id.as_str();
    let [record] = &pipeline.observer.wait("whatsapp.inbound.messages", 1, is_it).await[..] else { panic!("once") };
    let value = &record["value"];
    assert_eq!((&record["format"], &record["key"]), (&json!("avro"), &json!(format!("{NUMBER}:{user}"))));
    assert_eq!(value["conversation_key"], record["key"]);
    assert_eq!((&value["type"], &value["text"]["body"]), (&json!("text"), &json!("Grüße 🌍")));
    assert_eq!((&value["account"], &value["from"]["wa_id"]), (&json!("default"), &json!(user)));
    let headers = &record["headers"];
    assert_eq!((&headers["ce_specversion"], &headers["ce_id"]), (&json!("1.0"), &value["event_id"]));
    assert_eq!(headers["ce_type"], "omnichannel.whatsapp.inbound.message");
    assert_eq!(headers["ce_source"], format!("/whatsapp/{NUMBER}"));
    assert_eq!((&headers["content-type"], &headers["account"]), (&json!("application/avro"), &json!("default")));
    assert!(headers["ce_time"].is_string() && headers["traceparent"].is_string(), "{headers}");

    let [routed] = &pipeline.observer.wait("omnichannel.inbound.default", 1, is_it).await[..] else { panic!("once") };
    assert_eq!((&routed["key"], &routed["headers"]["ce_id"]), (&record["key"], &headers["ce_id"]));
    assert_eq!(routed["value"]["route"], json!({"queue": "default", "rule": "default"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_avro_and_a_json_command_are_sent_once_and_reported_until_read() {
    let pipeline = Pipeline::shared();
    let avro = json!({"command_id": "avro-1", "to": "+15550010002", "text": {"body": "hi", "preview_url": false},
        "correlation_id": "order-7", "labels": {"team": "sales"}});
    pipeline.command_avro(&[avro]);
    // without an id of its own, its place is its id
    let json = json!({"to": "+15550010003", "text": {"body": "hello"}});
    let place = &pipeline.command_json(&[json])[0];
    let topic = pipeline.ground.scenario.topic("omnichannel.send.commands.json");
    let placed = format!("{topic}-{}-{}", place["partition"], place["offset"]);

    for (id, user) in [("avro-1", "15550010002"), (placed.as_str(), "15550010003")] {
        let status = pipeline.wait_status(id, "read").await;
        for time in ["accepted_at", "sent_at", "delivered_at", "read_at"] {
            assert!(status[time].is_i64(), "{time} of {status}");
        }
        assert_eq!(status["conversation_key"], format!("{NUMBER}:{user}"));
        let count = pipeline.simulator.count(id);
        assert_eq!((count.received, count.accepted), (1, 1), "{id}");
        let said = |record: &Value| record["value"]["command_id"] == id;
        let sent = pipeline.observer.wait("whatsapp.sent.messages", 1, said).await;
        assert_eq!((sent.len(), &sent[0]["value"]["message_id"]), (1, &status["message_id"]));
    }
    let status = pipeline.wait_status("avro-1", "read").await;
    assert_eq!((&status["correlation_id"], &status["labels"]), (&json!("order-7"), &json!({"team": "sales"})));
}
