//! A simulator on a free port, a client for it and a receiver that notes what is posted to it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use hmac::{Hmac, KeyInit, Mac};
use omnichannel_whatsapp::{
    adapters::graph::{self, GraphClient},
    simulator::{self, Behaviour, Settings, Simulator, Template},
};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::Instant};

pub const NUMBER: &str = "200000000000001";
pub const USER: &str = "+15550000999";

/// Ends with the test.
pub struct World {
    pub simulator: Simulator,
    pub base_url: String,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl World {
    pub async fn start(settings: Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async { drop(stopped.await) };
        let (simulator, serving) = simulator::serve(listener, settings, shutdown).unwrap();
        let server = tokio::spawn(async { serving.await.unwrap() });
        Self { simulator, base_url, stop: Some(stop), server }
    }

    pub async fn quick() -> Self {
        Self::start(Settings { behaviour: quick(), ..Settings::default() }).await
    }

    /// With a template, and another in two languages.
    pub async fn with_three_templates() -> Self {
        let templates = [("hello_world", "en_US", 0), ("order_ready", "en", 2), ("order_ready", "de", 2)]
            .map(|(n, l, p)| Template::new(n, l, p));
        Self::start(Settings { behaviour: quick(), templates: templates.into(), ..Settings::default() }).await
    }

    pub fn client(&self) -> GraphClient {
        client(&self.base_url, Duration::from_secs(5))
    }

    /// Shows that shutting down ends, with whatever is held or waiting.
    pub async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(5), &mut self.server).await.unwrap().unwrap();
    }
}

/// A simulator whose webhooks a receiver takes, with a behaviour that is quick but for the change.
pub async fn heard(change: impl FnOnce(&mut Behaviour)) -> (World, Receiver) {
    let (receiver, url) = Receiver::start().await;
    let mut behaviour = Behaviour { webhook_url: Some(url), ..quick() };
    change(&mut behaviour);
    (World::start(Settings { behaviour, ..Settings::default() }).await, receiver)
}

/// Statuses at once and unread.
pub fn quick() -> Behaviour {
    Behaviour {
        sent_after_ms: 1,
        delivered_after_ms: 20,
        read_after_ms: Some(20),
        jitter_ms: 0,
        retry_gap_ms: 10,
        // one after the other: what is due first arrives first
        parallel_posts: 1,
        ..Behaviour::default()
    }
}

/// Waits until it is true.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < deadline, "not within 10 s: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// For what is asked without the product's client.
pub fn http() -> reqwest::Client {
    reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap()
}

pub fn client(base_url: &str, timeout: Duration) -> GraphClient {
    let token = Settings::default().numbers[0].token.clone();
    let settings = graph::Settings {
        base_url: base_url.to_owned(),
        timeout,
        tokens: BTreeMap::from([(NUMBER.to_owned(), token)]),
        ..graph::Settings::default()
    };
    GraphClient::new(settings).unwrap()
}

pub fn text(command_id: &str) -> String {
    json!({
        "messaging_product": "whatsapp",
        "to": USER,
        "type": "text",
        "text": {"body": "hi"},
        "biz_opaque_callback_data": format!("1:{command_id}:{NUMBER}:15550000999"),
    })
    .to_string()
}

/// A body with its signature header.
#[derive(Debug, Clone)]
pub struct Posted {
    pub signature: Option<String>,
    pub body: Bytes,
}

impl Posted {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Signed with the app's secret.
    pub fn is_genuine(&self) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"simulator-app-secret").unwrap();
        mac.update(&self.body);
        let hex = self.signature.as_deref().and_then(|text| text.strip_prefix("sha256=")).unwrap();
        mac.verify_slice(&hex::decode(hex).unwrap()).is_ok()
    }

    /// `value` of the only change.
    pub fn value(&self) -> Value {
        self.json()["entry"][0]["changes"][0]["value"].clone()
    }

    pub fn status(&self) -> Option<String> {
        self.value()["statuses"][0]["status"].as_str().map(str::to_owned)
    }
}

/// Answers 200, or what the test says, and keeps what came.
#[derive(Clone, Default)]
pub struct Receiver {
    posted: Arc<Mutex<Vec<Posted>>>,
    /// Refuses this many posts first.
    pub refuse: Arc<AtomicUsize>,
    pub refuse_with: Arc<AtomicU16>,
}

impl Receiver {
    pub async fn start() -> (Self, String) {
        let receiver = Self::default();
        receiver.refuse_with.store(503, Ordering::SeqCst);
        let routes = Router::new().route("/hook", post(take).get(challenge)).with_state(receiver.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        // ends with the test's runtime
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        (receiver, url)
    }

    pub fn posted(&self) -> Vec<Posted> {
        self.posted.lock().unwrap().clone()
    }

    pub fn statuses(&self) -> Vec<String> {
        self.posted().iter().filter_map(Posted::status).collect()
    }

    /// Waits until `count` posts were answered 200.
    pub async fn wait_for(&self, count: usize) -> Vec<Posted> {
        until(&format!("{count} webhooks"), || self.posted().len() >= count).await;
        self.posted()
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let refuse = receiver.refuse.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
    if refuse.is_ok() {
        return StatusCode::from_u16(receiver.refuse_with.load(Ordering::SeqCst)).unwrap();
    }
    let signature = headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok()).map(str::to_owned);
    receiver.posted.lock().unwrap().push(Posted { signature, body });
    StatusCode::OK
}

async fn challenge(Query(query): Query<BTreeMap<String, String>>) -> (StatusCode, String) {
    match query["hub.verify_token"] == "simulator-verify-token" {
        true => (StatusCode::OK, query["hub.challenge"].clone()),
        false => (StatusCode::FORBIDDEN, String::new()),
    }
}
