//! Files: resolved, downloaded, expired, too large, and refused.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use omnichannel_whatsapp::{
    adapters::graph::{GraphClient, Settings},
    domain::secret::Secret,
    simulator::{Behaviour, Fault, Inbound, fault::Call},
    stages::ports::{Graph, GraphFailure},
};
use sha2::{Digest, Sha256};

use super::harness::{NUMBER, World, http, quick};

fn picture(world: &World, bytes: &[u8]) -> String {
    let data = Some(STANDARD.encode(bytes));
    let inbound = Inbound { kind: Some("image".into()), from: "15550000999".into(), data, ..Inbound::default() };
    world.simulator.inbound(&inbound).unwrap().media_id.unwrap()
}

fn status(failure: &GraphFailure) -> Option<u16> {
    match failure {
        GraphFailure::Refused(error) => error.http_status,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[tokio::test]
async fn a_file_is_resolved_and_downloaded_unchanged() {
    let world = World::quick().await;
    let id = picture(&world, b"not really a picture");
    let client = world.client();
    let info = client.media_info(NUMBER, &id).await.unwrap();
    assert_eq!(info.mime_type, "image/png");
    assert_eq!(info.size, Some(20));
    assert_eq!(info.sha256, Some(hex::encode(Sha256::digest(b"not really a picture"))));
    let file = client.download(NUMBER, &info.url, 1_000).await.unwrap();
    assert_eq!(file.bytes, "not really a picture");
    assert_eq!(file.mime_type.as_deref(), Some("image/png"));
}

#[tokio::test]
async fn an_expired_address_is_not_found() {
    let world = World::quick().await;
    let id = picture(&world, b"x");
    world.simulator.behave(Behaviour { media_url_ms: 0, ..quick() });
    let client = world.client();
    let info = client.media_info(NUMBER, &id).await.unwrap();
    assert_eq!(status(&client.download(NUMBER, &info.url, 1_000).await.unwrap_err()), Some(404));
}

#[tokio::test]
async fn a_file_over_the_limit_is_not_kept() {
    let world = World::quick().await;
    let id = picture(&world, &[7; 100]);
    let client = world.client();
    let url = client.media_info(NUMBER, &id).await.unwrap().url;
    let failure = client.download(NUMBER, &url, 99).await.unwrap_err();
    assert!(matches!(failure, GraphFailure::TooLarge { limit: 99 }), "{failure:?}");
    assert_eq!(client.download(NUMBER, &url, 100).await.unwrap().bytes.len(), 100);
}

#[tokio::test]
async fn another_host_is_not_asked() {
    let world = World::quick().await;
    let other = World::quick().await;
    let url = format!("{}/whatsapp_business/attachments/?mid=1&ext=1&hash=1", other.base_url);
    assert_eq!(status(&world.client().download(NUMBER, &url, 10).await.unwrap_err()), None);
}

#[tokio::test]
async fn an_unknown_id_is_metas_error_and_trouble_of_the_host_is_uncertain() {
    let world = World::quick().await;
    let client = world.client();
    let Err(GraphFailure::Refused(error)) = client.media_info(NUMBER, "42").await else { panic!("not refused") };
    assert_eq!((error.code, error.subcode), (100, Some(33)));
    let id = picture(&world, b"x");
    world.simulator.fail(Fault { on: Call::Media, code: Some(131_000), ..Fault::default() });
    assert_eq!(status(&client.media_info(NUMBER, &id).await.unwrap_err()), Some(500));
    let url = client.media_info(NUMBER, &id).await.unwrap().url;
    for fault in [
        Fault { on: Call::Download, http: Some(503), ..Fault::default() },
        Fault { on: Call::Download, drop_answer: true, ..Fault::default() },
    ] {
        world.simulator.fail(fault);
        let failure = client.download(NUMBER, &url, 10).await.unwrap_err();
        assert!(matches!(failure, GraphFailure::Uncertain(_)), "{failure:?}");
    }
}

#[tokio::test]
async fn a_file_needs_its_owners_token() {
    let world = World::quick().await;
    let id = picture(&world, b"x");
    let url = world.client().media_info(NUMBER, &id).await.unwrap().url;
    let tokens = BTreeMap::from([(NUMBER.to_owned(), Secret::new("stolen"))]);
    let settings = Settings { base_url: world.base_url.clone(), tokens, ..Settings::default() };
    let stranger = GraphClient::new(settings).unwrap();
    assert_eq!(status(&stranger.media_info(NUMBER, &id).await.unwrap_err()), Some(401));
    assert_eq!(status(&stranger.download(NUMBER, &url, 10).await.unwrap_err()), Some(401));
}

#[tokio::test]
async fn an_uploaded_file_can_be_sent_and_resolved() {
    let world = World::quick().await;
    let url = format!("{}/v25.0/{NUMBER}/media", world.base_url);
    let upload = |kind: &str| {
        let file = reqwest::multipart::Part::bytes(b"file".to_vec()).file_name("a.png").mime_str(kind).unwrap();
        let form = reqwest::multipart::Form::new().text("messaging_product", "whatsapp").part("file", file);
        http().post(&url).bearer_auth("simulator-token").multipart(form).send()
    };
    let answer: serde_json::Value = upload("image/png").await.unwrap().json().await.unwrap();
    let id = answer["id"].as_str().unwrap().to_owned();
    assert_eq!(world.client().media_info(NUMBER, &id).await.unwrap().size, Some(4));
    let message =
        format!(r#"{{"messaging_product":"whatsapp","to":"+15550000999","type":"image","image":{{"id":"{id}"}}}}"#);
    world.client().send(NUMBER, message).await.unwrap();
    assert_eq!(upload("application/x-msdownload").await.unwrap().status(), 400);
}
