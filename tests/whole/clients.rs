//! The independent client reads what it wrote, so that a scenario may trust what it says about the worker.

use std::time::Duration;

use serde_json::json;

use crate::support::{clients, kafka, scenario::Scenario, stack::Stack};

const LIMIT: Duration = Duration::from_secs(20);

const SCHEMA: &str = r#"{"type":"record","name":"Note","namespace":"test","fields":[
    {"name":"id","type":"string"},
    {"name":"at","type":["null",{"type":"long","logicalType":"timestamp-millis"}],"default":null},
    {"name":"labels","type":{"type":"map","values":"string"},"default":{}}]}"#;

#[tokio::test(flavor = "multi_thread")]
async fn avro_in_confluent_framing_comes_back_as_the_record_it_was() {
    let (stack, scenario) = (Stack::shared(), Scenario::new("avro"));
    let topic = scenario.topic("omnichannel.send.commands");
    kafka::create_topic(stack, &topic, 4).await;
    let schema = scenario.file("note.avsc", SCHEMA);
    let notes = [json!({"id": "one", "at": 1_700_000_000_123_i64}), json!({"id": "two", "labels": {"a": "b"}})];

    let schema_option = schema.to_str().expect("the path is UTF-8");
    let places = clients::produce(
        stack,
        &topic,
        &notes,
        &["--schema", schema_option, "--key-field", "id", "--header", "account=main"],
    );

    let mut read = clients::first(stack, &topic, 2, LIMIT);
    read.sort_by_key(|record| record["key"].to_string());
    assert_eq!(places.len(), 2);
    assert_eq!(read[0]["value"], json!({"id": "one", "at": 1_700_000_000_123_i64, "labels": {}}));
    assert_eq!(read[1]["value"], json!({"id": "two", "at": null, "labels": {"a": "b"}}));
    assert_eq!(read[0]["headers"], json!({"account": "main"}));
    assert_eq!(read[0]["format"], "avro");
}

#[tokio::test(flavor = "multi_thread")]
async fn json_and_an_empty_topic_are_told_apart_from_avro() {
    let (stack, scenario) = (Stack::shared(), Scenario::new("json"));
    let topic = scenario.topic("omnichannel.send.commands.json");
    kafka::create_topic(stack, &topic, 2).await;
    assert!(clients::all(stack, std::slice::from_ref(&topic), LIMIT).is_empty());

    let command = json!({"to": "+4915112345678", "text": {"body": "hi"}});
    clients::produce(stack, &topic, std::slice::from_ref(&command), &["--key", "k"]);

    let read = clients::all(stack, &[topic], LIMIT);
    assert_eq!(read.len(), 1);
    assert_eq!((&read[0]["format"], &read[0]["value"], &read[0]["key"]), (&json!("json"), &command, &json!("k")));
}
