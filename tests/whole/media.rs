//! What a user sends lies in the object store, and a reader is told where.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use omnichannel_whatsapp::simulator::Inbound;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{pipeline::Pipeline, say};

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_stored_where_its_message_says_it_will_be() {
    let pipeline = Pipeline::shared();
    let bytes: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let inbound = Inbound {
        kind: Some("image".to_owned()),
        from: "15550010080".to_owned(),
        body: Some("a caption".to_owned()),
        data: Some(STANDARD.encode(&bytes)),
        mime_type: Some("image/jpeg".to_owned()),
        ..Inbound::default()
    };
    let written = pipeline.simulator.inbound(&inbound).expect("the simulator takes it");

    let is_it = |record: &Value| record["value"]["message_id"] == written.message_id.as_str();
    let [message] = &pipeline.observer.wait("whatsapp.inbound.messages", 1, is_it).await[..] else { panic!("once") };
    let media = &message["value"]["media"];
    assert_eq!((&media["kind"], &media["caption"]), (&json!("image"), &json!("a caption")));
    let [stored] = &pipeline.observer.wait("whatsapp.media.stored", 1, is_it).await[..] else { panic!("once") };
    let (value, sum) = (&stored["value"], hex::encode(Sha256::digest(&bytes)));
    assert_eq!((&value["outcome"], &value["error"]), (&json!("stored"), &Value::Null));
    assert_eq!((&value["sha256"], &value["size"]), (&json!(sum), &json!(bytes.len())));
    assert_eq!((&value["object_url"], &value["mime_type"]), (&media["object_url"], &json!("image/jpeg")));
    assert_eq!(stored["key"], message["key"]);

    let url = value["object_url"].as_str().expect("a URL");
    assert_eq!(hex::encode(Sha256::digest(object(&pipeline, url).await)), sum);
}

/// What lies at a URL that the worker told, fetched without the worker's client.
async fn object(pipeline: &Pipeline, url: &str) -> Vec<u8> {
    let Some(bucket) = &pipeline.ground.bucket else {
        say("SKIPPED: the external stack names no S3_ENDPOINT, so the file lies in a folder");
        return std::fs::read(url.strip_prefix("file://").expect("a file")).expect("the file is there");
    };
    let key = url.strip_prefix(&format!("s3://{}/", pipeline.ground.scenario.id)).expect("the bucket of this scenario");
    let got = pipeline.http.get(format!("{bucket}/{key}")).send().await.expect("the store answers");
    assert_eq!((got.status().as_u16(), &got.headers()["content-type"]), (200, &"image/jpeg".parse().expect("a type")));
    got.bytes().await.expect("a body").to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_meta_no_longer_has_is_reported_as_failed() {
    let pipeline = Pipeline::shared();
    let content = json!({"id": "1999999999999999", "mime_type": "image/png", "sha256": STANDARD.encode([7; 32])});
    let inbound = Inbound {
        kind: Some("image".to_owned()),
        from: "15550010081".to_owned(),
        content: Some(content),
        ..Inbound::default()
    };
    let written = pipeline.simulator.inbound(&inbound).expect("the simulator takes it");

    let is_it = |record: &Value| record["value"]["message_id"] == written.message_id.as_str();
    let [told] = &pipeline.observer.wait("whatsapp.media.stored", 1, is_it).await[..] else { panic!("once") };
    assert_eq!((&told["value"]["outcome"], &told["value"]["object_url"]), (&json!("failed"), &Value::Null));
    assert_eq!(told["value"]["error"]["code"], "media_gone");
}
