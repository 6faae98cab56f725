//! What is refused at the door, and what becomes of commands that nobody can read: the producer always hears of it.

use serde_json::{Value, json};

use crate::support::{
    kafka,
    pipeline::{NUMBER, OTHER_CARRIER, Pipeline, SECRET, Shared, VERIFY_TOKEN, WABA, answer},
    webhooks::signature,
};

const INVALID_SIGNATURE: (u16, &str) = (401, r#"{"error":"Invalid signature"}"#);

fn text(user: &str, id: &str, body: &str) -> Vec<u8> {
    json!({"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": [{"field": "messages", "value": {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550000001", "phone_number_id": NUMBER},
        "messages": [{"from": user, "id": id, "timestamp": "1780000000", "type": "text", "text": {"body": body}}]}}]}]})
    .to_string()
    .into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_its_right_signature_is_refused_and_leaves_no_trace() {
    let pipeline = Pipeline::shared();
    let body = text("15550010010", "wamid.forged", "forged");
    let right = signature(SECRET, &body);
    let wrong = [
        None,
        Some(signature("another-secret", &body)),
        Some(signature(SECRET, b"another body")),
        Some(right[..40].to_owned()),
        Some(right.replace("sha256=", "sha1=")),
        Some(format!("sha256={}", "zz".repeat(32))),
        Some("sha256=".to_owned()),
    ];
    for signature in wrong {
        let (status, answer) = pipeline.post_signed(body.clone(), signature.as_deref()).await;
        assert_eq!((status.as_u16(), answer.as_str()), INVALID_SIGNATURE, "{signature:?}");
    }
    let honest = text("15550010010", "wamid.honest", "honest");
    assert_eq!(pipeline.post(honest).await.0, 200);
    let of = |id: &'static str| move |record: &Value| record["value"]["message_id"] == id;
    pipeline.observer.wait("whatsapp.inbound.messages", 1, of("wamid.honest")).await;
    assert!(pipeline.observer.read("whatsapp.inbound.messages", of("wamid.forged")).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_refused_and_one_just_under_it_is_passed_on_whole() {
    let pipeline = Pipeline::shared();
    const LIMIT: usize = 3 * 1024 * 1024;
    let (status, answer) = pipeline.post(vec![b' '; LIMIT + 1]).await;
    assert_eq!((status.as_u16(), answer.as_str()), (413, r#"{"error":"Payload too large"}"#));

    // of a type that is only kept as it is; a text would be in its record twice
    let long = "x".repeat(LIMIT - 1_000);
    let body = String::from_utf8(text("15550010011", "wamid.long", &long)).expect("UTF-8");
    assert_eq!(pipeline.post(body.replace(r#""type":"text""#, r#""type":"novelty""#)).await.0, 200);
    let is_it = |record: &Value| record["value"]["message_id"] == "wamid.long";
    let [record] = &pipeline.observer.wait("omnichannel.inbound.default", 1, is_it).await[..] else { panic!("once") };
    let raw: Value = serde_json::from_str(record["value"]["raw"].as_str().expect("raw")).expect("JSON");
    assert!(raw["text"]["body"] == long, "the body came out with {} characters", raw["text"]["body"].to_string().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn metas_verification_is_answered_and_other_methods_are_not_allowed() {
    let pipeline = Pipeline::shared();
    let verify = |token: &'static str, mode: &'static str| {
        let query = [("hub.mode", mode), ("hub.verify_token", token), ("hub.challenge", "1158201444")];
        let url = url::Url::parse_with_params(pipeline.webhooks(), query).expect("a URL");
        let request = pipeline.http.get(url).send();
        async { answer(request.await.expect("the receiver answers")).await }
    };
    assert_eq!(verify(VERIFY_TOKEN, "subscribe").await, (200.try_into().expect("200"), "1158201444".to_owned()));
    for (token, mode) in [("wrong", "subscribe"), ("", "subscribe"), (VERIFY_TOKEN, "unsubscribe")] {
        let (status, body) = verify(token, mode).await;
        assert_eq!((status.as_u16(), body.as_str()), (403, r#"{"error":"Verification failed"}"#), "{token:?} {mode}");
    }
    let put = pipeline.http.put(pipeline.webhooks()).send().await.expect("the receiver answers");
    assert_eq!(put.headers()["allow"], "GET, POST");
    let (status, body) = answer(put).await;
    assert_eq!((status.as_u16(), body.as_str()), (405, r#"{"error":"Method not allowed"}"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_body_that_is_not_json_is_taken_and_dead_lettered_with_its_cause() {
    let pipeline = Pipeline::shared();
    let body = br#"{"object":"whatsapp_business_account","entry":[{"id""#;
    assert_eq!(pipeline.post(&body[..]).await.0, 200);

    let [letter] = &letters(&pipeline, "ingress", "not_json").await[..] else { panic!("one dead letter") };
    let headers = &letter["headers"];
    assert_eq!((&letter["format"], &headers["x-error-class"]), (&json!("bytes"), &json!("poison")));
    assert_eq!(headers["x-origin-topic"], pipeline.ground.scenario.topic("whatsapp.webhook.raw"));
    assert_eq!(headers["kafka_dlt-original-topic"], headers["x-origin-topic"]);
    assert!(headers["x-error-message"].as_str().is_some_and(|text| !text.is_empty()));
}

async fn letters(pipeline: &Shared, stage: &str, code: &str) -> Vec<std::sync::Arc<Value>> {
    let topic = format!("whatsapp.{stage}.dlq");
    pipeline.observer.wait(&topic, 1, |letter| letter["headers"]["x-error-code"] == code).await
}

/// The dead letter of the record that was written at this place.
async fn letter_of(pipeline: &Shared, stage: &str, place: &Value) -> Value {
    let (partition, offset) = (place["partition"].to_string(), place["offset"].to_string());
    let here = |letter: &Value| {
        let headers = &letter["headers"];
        headers["x-origin-partition"] == partition && headers["x-origin-offset"] == offset
    };
    let topic = format!("whatsapp.{stage}.dlq");
    let found = pipeline.observer.wait(&topic, 1, here).await;
    assert_eq!(found.len(), 1, "{found:?}");
    Value::clone(&found[0])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_not_avro_is_a_dead_letter_and_a_rejected_status() {
    let pipeline = Pipeline::shared();
    let topic = pipeline.ground.scenario.topic("omnichannel.send.commands");
    let junk = [json!("this is no Avro")];
    let produce = |options: &[&str]| crate::support::clients::produce(pipeline.ground.stack, &topic, &junk, options);
    let named = produce(&["--key", "k", "--header", "command-id=not-avro-1"]).remove(0);
    let nameless = produce(&["--key", "k"]).remove(0);
    let place = format!("{topic}-{}-{}", nameless["partition"], nameless["offset"]);

    for (key, place) in [("not-avro-1", &named), (place.as_str(), &nameless)] {
        let status = pipeline.wait_status(key, "rejected").await;
        assert_eq!(status["error"]["code"], "undecodable", "{status}");
        let letter = letter_of(&pipeline, "router-commands", place).await;
        assert_eq!((&letter["value"], &letter["key"]), (&junk[0], &json!("k")));
        assert_eq!(letter["headers"]["x-error-class"], "poison");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_json_command_with_mistakes_is_rejected_with_all_of_them_named() {
    let pipeline = Pipeline::shared();
    let bad = json!({"command_id": "bad-json-1", "to": "+15550010020", "txt": {"body": "hi"}, "priority": "urgent"});
    let place = pipeline.command_json(std::slice::from_ref(&bad)).remove(0);

    let status = pipeline.wait_status("bad-json-1", "rejected").await;
    let error = &status["error"];
    assert_eq!((&error["code"], &error["action"]), (&json!("invalid_field"), &json!("fix_command")), "{status}");
    assert_eq!(error["field"], "txt");
    let letter = letter_of(&pipeline, "router-json", &place).await;
    assert_eq!((&letter["value"], &letter["headers"]["x-error-code"]), (&bad, &json!("invalid_field")));
    assert_eq!(pipeline.simulator.count("bad-json-1").received, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_json_at_all_is_rejected_under_its_place() {
    let pipeline = Pipeline::shared();
    let topic = pipeline.ground.scenario.topic("omnichannel.send.commands.json");
    kafka::write_keyed(&kafka::producer(pipeline.ground.stack), &topic, "k", "{\"to\": ");

    let letters = letters(&pipeline, "router-json", "not_json").await;
    let headers = &letters[0]["headers"];
    let text = |name: &str| headers[name].as_str().expect("a header").to_owned();
    let key = format!("{topic}-{}-{}", text("x-origin-partition"), text("x-origin-offset"));
    let status = pipeline.wait_status(&key, "rejected").await;
    assert_eq!(status["error"]["code"], "undecodable", "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_nobody_serves_is_refused() {
    let pipeline = Pipeline::shared();
    let command = json!({"command_id": "pigeon-1", "to": "+15550010021", "carrier": "pigeon", "text": {"body": "coo"}});
    let place = pipeline.command_json(&[command]).remove(0);

    let status = pipeline.wait_status("pigeon-1", "rejected").await;
    let error = &status["error"];
    assert_eq!((&error["code"], &error["field"]), (&json!("unknown_carrier"), &json!("carrier")), "{status}");
    letter_of(&pipeline, "router-json", &place).await;
    assert_eq!(pipeline.simulator.count("pigeon-1").received, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_carriers_command_goes_to_its_topic_unchanged() {
    let pipeline = Pipeline::shared();
    let command = json!({"command_id": "sms-1", "to": "+15550010022", "carrier": OTHER_CARRIER,
        "text": {"body": "by text message", "preview_url": false}, "labels": {"team": "ops"}});
    pipeline.command_avro(std::slice::from_ref(&command));

    let topic = format!("omnichannel.outbound.{OTHER_CARRIER}");
    let is_it = |record: &Value| record["value"]["command_id"] == "sms-1";
    let [record] = &pipeline.observer.wait(&topic, 1, is_it).await[..] else { panic!("once") };
    assert_eq!((&record["format"], &record["key"]), (&json!("avro"), &json!("+15550010022")));
    for (name, said) in command.as_object().expect("an object") {
        assert_eq!(&record["value"][name], said, "{name}");
    }
    assert_eq!(pipeline.simulator.count("sms-1").received, 0);
}
