//! The registry client against the embedded registry, over HTTP on 127.0.0.1.

use std::{sync::Arc, time::Duration};

use futures::future::FutureExt;
use omnichannel_whatsapp::{
    adapters::registry::{Registry, RegistryError, Settings},
    domain::secret::Secret,
    ops::schemas::register,
    simulator::registry::serve,
    wire::{
        avro::AvroRecord,
        codec::Codec,
        contract::TOPICS,
        records::{InboundMessage, MessageStatus},
        registry::{RegistryFailure, SchemaIds},
        topics::{INBOUND_MESSAGES, Names},
    },
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::support::HandClock;

struct Server {
    url: String,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(serve(listener, stopped.map(|_| ())));
        Self { url, stop, served }
    }

    fn client(&self) -> Registry {
        Registry::new(Settings::new(vec![self.url.clone()])).unwrap()
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let answer = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn post(&self, path: &str, schema: &Value) -> (u16, Value) {
        let body = json!({ "schema": schema.to_string() }).to_string();
        let answer = reqwest::Client::new().post(format!("{}{path}", self.url)).body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(10), self.served).await.unwrap().unwrap().unwrap();
    }
}

fn record(fields: Value) -> Value {
    json!({ "type": "record", "name": "R", "fields": fields })
}

#[tokio::test]
async fn a_schema_is_looked_up_only_once_it_is_registered() {
    let server = Server::start().await;
    let client = server.client();
    let source = InboundMessage::schema().source;
    assert!(matches!(client.id_of("s-value", source).await, Err(RegistryFailure::NotFound(_))));
    assert!(matches!(client.schema_of(1).await, Err(RegistryFailure::NotFound(_))));
    let id = client.register("s-value", source).await.unwrap();
    assert_eq!(client.register("s-value", source).await.unwrap(), id, "again");
    assert_eq!(client.register("other-value", source).await.unwrap(), id, "one id per schema");
    assert_eq!(client.id_of("s-value", source).await.unwrap(), id);
    assert_eq!(client.schema_of(id).await.unwrap(), source);
    server.stop().await;
}

#[tokio::test]
async fn our_own_id_is_used_although_a_newer_version_is_the_latest() {
    let server = Server::start().await;
    let client = server.client();
    let source = MessageStatus::schema().source;
    let ours = client.register("s-value", source).await.unwrap();
    let mut newer: Value = serde_json::from_str(source).unwrap();
    let added = json!({ "name": "later", "type": "string", "default": "" });
    newer["fields"].as_array_mut().unwrap().push(added);
    let theirs = client.register("s-value", &newer.to_string()).await.unwrap();
    assert_ne!(ours, theirs);
    assert_eq!(client.id_of("s-value", source).await.unwrap(), ours);
    server.stop().await;
}

#[tokio::test]
async fn registering_is_idempotent_and_guards_every_subject() {
    let server = Server::start().await;
    let names = Names::new("t1.whatsapp.", "t1.omni.");
    let client = server.client();
    let queues = ["sales".to_owned()];
    let first = register(&client, &names, &queues, &[]).await.unwrap();
    assert_eq!(first.len(), TOPICS.len() + 1);
    assert_eq!(register(&client, &names, &queues, &[]).await.unwrap(), first);
    assert!(first.iter().any(|done| done.subject == "t1.omni.inbound.sales-value"));
    for done in &first {
        let (_, level) = server.get(&format!("/config/{}", done.subject)).await;
        assert_eq!(level, json!({ "compatibilityLevel": "FULL_TRANSITIVE" }), "{}", done.subject);
        let (_, versions) = server.get(&format!("/subjects/{}/versions", done.subject)).await;
        assert_eq!(versions, json!([1]), "{}", done.subject);
    }
    let broken = record(json!([])).to_string().replace("\"R\"", "\"MessageStatus\"");
    let refused = client.register("t1.whatsapp.message.status-value", &broken).await;
    assert!(matches!(refused, Err(RegistryFailure::Refused(_))), "{refused:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_codec_works_through_the_client() {
    let server = Server::start().await;
    let mut settings = Settings::new(vec![server.url.clone()]);
    settings.register = true;
    let registry = Arc::new(Registry::new(settings).unwrap());
    let codec = Codec::new(Names::default(), registry, Arc::new(HandClock::default()));
    let message = InboundMessage { event_id: "e1".to_owned(), ..InboundMessage::default() };
    let bytes = codec.encode(INBOUND_MESSAGES, &message).await.unwrap();
    assert_eq!(codec.decode::<InboundMessage>(&bytes).await.unwrap(), message);
    let (_, subjects) = server.get("/subjects").await;
    assert_eq!(subjects, json!(["whatsapp.inbound.messages-value"]));
    server.stop().await;
}

#[tokio::test]
async fn a_registry_that_is_not_there_is_unavailable_and_tells_no_secret() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://user:hunter2@{}", listener.local_addr().unwrap());
    drop(listener);
    let mut settings = Settings::new(vec![url]);
    settings.basic_auth = Some(("user".to_owned(), Secret::new("hunter2")));
    let client = Registry::new(settings).unwrap();
    let failures = [
        client.schema_of(1).await.map(|_| ()),
        client.id_of("s", "\"string\"").await.map(|_| ()),
        client.set_compatibility("s", "FULL").await,
    ];
    for failure in failures {
        let failure = failure.expect_err("nobody listens");
        assert!(matches!(failure, RegistryFailure::Unavailable(_)), "{failure:?}");
        assert!(!format!("{failure:?} {failure}").contains("hunter2"));
    }
}

#[tokio::test]
async fn a_registry_that_does_not_answer_is_unavailable_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = Settings::new(vec![format!("http://{}", listener.local_addr().unwrap())]);
    settings.timeout = Duration::from_millis(50);
    let client = Registry::new(settings).unwrap();
    let failure = tokio::time::timeout(Duration::from_secs(10), client.schema_of(1)).await.unwrap();
    assert_eq!(failure, Err(RegistryFailure::Unavailable("it did not answer in time".to_owned())));
}

#[tokio::test]
async fn the_second_url_is_tried_when_the_first_does_not_answer() {
    let server = Server::start().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let client = Registry::new(Settings::new(vec![dead, server.url.clone()])).unwrap();
    let id = client.register("s-value", "\"string\"").await.unwrap();
    assert_eq!(client.schema_of(id).await.unwrap(), "\"string\"");
    client.set_compatibility("s-value", "FULL").await.unwrap();
    server.stop().await;
}

#[test]
fn without_a_url_there_is_no_client() {
    assert!(matches!(Registry::new(Settings::new(Vec::new())), Err(RegistryError::NoUrl)));
}

#[tokio::test]
async fn the_embedded_registry_speaks_confluent_s_api() {
    let server = Server::start().await;
    let (a, b) = (
        record(json!([{ "name": "a", "type": "int" }])),
        record(json!([{ "name": "a", "type": "int" }, { "name": "b", "type": "int", "default": 0 }])),
    );
    let wide = record(json!([{ "name": "a", "type": "long" }]));
    let narrow = record(json!([{ "name": "a", "type": "string" }]));
    assert_eq!(server.get("/subjects/s/versions").await, error(404, 40401, "Subject not found."));
    assert_eq!(server.post("/subjects/s/versions", &a).await, (200, json!({ "id": 1 })));
    assert_eq!(server.post("/subjects/s/versions", &b).await, (200, json!({ "id": 2 })));
    let latest = json!({ "subject": "s", "version": 2, "id": 2, "schema": b.to_string() });
    assert_eq!(server.get("/subjects/s/versions/latest").await, (200, latest.clone()));
    assert_eq!(server.get("/subjects/s/versions/2").await, (200, latest.clone()));
    assert_eq!(server.post("/subjects/s", &b).await, (200, latest));
    assert_eq!(server.post("/subjects/s", &wide).await, error(404, 40403, "Schema not found."));
    assert_eq!(server.get("/subjects/s/versions/9").await, error(404, 40402, "Version not found."));
    assert_eq!(server.get("/schemas/ids/1").await, (200, json!({ "schema": a.to_string() })));
    assert_eq!(server.get("/schemas/ids/9").await, error(404, 40403, "Schema not found."));
    assert_eq!(server.get("/config").await, (200, json!({ "compatibilityLevel": "BACKWARD" })));
    assert_eq!(server.get("/config/s").await.0, 404);
    let path = "/compatibility/subjects/s/versions/latest";
    assert_eq!(server.post(path, &wide).await, (200, json!({ "is_compatible": true })));
    assert_eq!(server.post(path, &narrow).await, (200, json!({ "is_compatible": false })));
    assert_eq!(server.post("/subjects/s/versions", &narrow).await.0, 409);
    server.client().set_compatibility("s", "FULL_TRANSITIVE").await.unwrap();
    assert_eq!(server.post(path, &wide).await, (200, json!({ "is_compatible": false })), "forward too");
    assert_eq!(server.post("/subjects/s/versions", &json!("nonsense")).await.0, 422);
    server.stop().await;
}

fn error(status: u16, code: u32, message: &str) -> (u16, Value) {
    (status, json!({ "error_code": code, "message": message }))
}
