//! The product at work as a user runs it: topics and schemas made by its commands, the simulator as Meta, workers as
//! processes, everything they publish read by the independent client. It must not know what a scenario proves.

mod ground;

use std::{
    ops::Deref,
    sync::{Arc, Mutex, OnceLock, PoisonError, mpsc},
    thread,
    time::Duration,
};

use omnichannel_whatsapp::{
    simulator::{self, Behaviour, Simulator},
    wire::topics::{Layout, Profile, STATUS_EVENTS, catalogue},
};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;

pub use self::ground::{Ground, NUMBER, OTHER_CARRIER, SECRET, VERIFY_TOKEN, WABA};
use super::{clients, http_client, observer::Observer, ports, process::Process, stack::Stack, webhooks};

const READY_LIMIT: Duration = Duration::from_secs(45);

/// Topics, schemas and Meta of one scenario, and the workers it was started with.
pub struct Pipeline {
    pub ground: Ground,
    pub simulator: Simulator,
    pub observer: Observer,
    pub http: reqwest::Client,
    first: Mutex<Option<Worker>>,
    webhooks: String,
    health: String,
}

/// One process of the pipeline.
pub struct Worker {
    pub process: Process,
    /// URL of its receiver.
    pub webhooks: String,
    /// Address of its health and metrics.
    pub health: String,
}

impl Worker {
    pub async fn ready(&mut self) {
        self.process.wait_ready(&self.health, READY_LIMIT).await;
    }
}

impl Pipeline {
    /// Everything but a worker.
    pub async fn prepare(name: &str) -> Self {
        Self::prepare_on(Stack::shared(), name).await
    }

    /// The same on a stack that the scenario stops and starts.
    pub async fn prepare_on(stack: &'static Stack, name: &str) -> Self {
        Self::prepare_opposite(stack, name, simulator::Settings::default()).await
    }

    /// With a Meta that knows more than the well-known values.
    pub async fn prepare_with(name: &str, settings: simulator::Settings) -> Self {
        Self::prepare_opposite(Stack::shared(), name, settings).await
    }

    async fn prepare_opposite(stack: &'static Stack, name: &str, settings: simulator::Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let graph = format!("http://{}", listener.local_addr().expect("it is bound"));
        let (simulator, server) = simulator::serve(listener, settings, std::future::pending()).expect("a client");
        tokio::spawn(server); // ends with the runtime of whoever started the pipeline
        let http = http_client();
        let ground = Ground::new(stack, name, graph, &http).await;
        ground.make_topics_and_schemas();
        Self {
            observer: Observer::start(ground.stack, &ground.scenario, &told()),
            ground,
            simulator,
            http,
            first: Mutex::new(None),
            webhooks: String::new(),
            health: String::new(),
        }
    }

    /// With one worker of all stages, ready, and Meta's webhooks going to it.
    pub async fn start(name: &str, set: &[(&str, &str)]) -> Self {
        let mut pipeline = Self::prepare(name).await;
        let worker = pipeline.worker("worker", set).await;
        pipeline.webhooks.clone_from(&worker.webhooks);
        pipeline.health.clone_from(&worker.health);
        pipeline.send_webhooks_to(&worker.webhooks);
        pipeline.first = Mutex::new(Some(worker));
        pipeline
    }

    /// The one that scenarios share which do not disturb each other: recipients and users are each scenario's own.
    pub fn shared() -> Shared {
        static SHARED: OnceLock<Option<Arc<Pipeline>>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| {
            let (started, receive) = mpsc::sync_channel(1);
            // its processes live as long as the thread that starts them, so that thread never ends
            thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
                runtime.expect("a runtime").block_on(async {
                    let _ = started.send(Arc::new(Pipeline::start("shared", &[]).await));
                    std::future::pending::<()>().await;
                });
            });
            receive.recv().ok()
        });
        Shared(shared.clone().expect("the shared pipeline did not start; its thread said why"))
    }

    /// Starts one more process and waits until it is ready. `name` is its instance and the name of its log.
    pub async fn worker(&self, name: &str, set: &[(&str, &str)]) -> Worker {
        let mut worker = self.launch(name, set);
        worker.ready().await;
        worker
    }

    /// The same without waiting. A setting `instance` is taken instead of the name.
    pub fn launch(&self, name: &str, set: &[(&str, &str)]) -> Worker {
        self.launch_with(name, set, &[])
    }

    /// The same with variables in its environment, those that arm a point of `runtime::crash` for instance.
    pub fn launch_with(&self, name: &str, set: &[(&str, &str)], environment: &[(&str, &str)]) -> Worker {
        let (webhooks, health) = (ports::free(), ports::free());
        let addresses =
            [("http.listen", format!("127.0.0.1:{webhooks}")), ("telemetry.listen", format!("127.0.0.1:{health}"))];
        let mut launch = self.ground.command(name, &["run"], set);
        if set.iter().all(|(key, _)| *key != "instance") {
            launch = launch.args(["--set", &format!("instance={name}")]);
        }
        for (key, value) in &addresses {
            launch = launch.args(["--set", &format!("{key}={value}")]);
        }
        for (variable, value) in environment {
            launch = launch.env(variable, value);
        }
        let (process, health) = (launch.start(), format!("127.0.0.1:{health}"));
        Worker { process, webhooks: format!("http://127.0.0.1:{webhooks}/webhooks/whatsapp"), health }
    }

    /// Every dead letter of every stage so far.
    pub fn dead_letters(&self) -> Vec<Arc<Value>> {
        let topics = told().into_iter().filter(|topic| topic.ends_with(".dlq"));
        topics.flat_map(|topic| self.observer.read(&topic, |_| true)).collect()
    }

    /// This worker's receiver gets what Meta and the scenario post from now on.
    pub fn take_webhooks_by(&mut self, worker: &Worker) {
        self.webhooks.clone_from(&worker.webhooks);
        self.send_webhooks_to(&worker.webhooks);
    }

    /// Where the simulator posts from now on.
    pub fn send_webhooks_to(&self, url: &str) {
        let behaviour = Behaviour { webhook_url: Some(url.to_owned()), ..self.simulator.behaviour() };
        self.simulator.behave(behaviour);
    }

    /// URL of the first worker's receiver.
    pub fn webhooks(&self) -> &str {
        &self.webhooks
    }

    /// Posts a body to the first worker, signed as Meta does.
    pub async fn post(&self, body: impl Into<Vec<u8>>) -> (StatusCode, String) {
        let body = body.into();
        let signature = webhooks::signature(SECRET, &body);
        self.post_signed(body, Some(&signature)).await
    }

    /// The same under a signature that the scenario chose.
    pub async fn post_signed(&self, body: Vec<u8>, signature: Option<&str>) -> (StatusCode, String) {
        let mut request = self.http.post(&self.webhooks).header("content-type", "application/json").body(body);
        if let Some(signature) = signature {
            request = request.header("x-hub-signature-256", signature);
        }
        answer(request.send().await.expect("the receiver answers")).await
    }

    /// Writes commands as Avro with the Python client: the schema is the registry's, the key each one's recipient.
    pub fn command_avro(&self, commands: &[Value]) -> Vec<Value> {
        let topic = self.ground.scenario.topic("omnichannel.send.commands");
        clients::produce(self.ground.stack, &topic, commands, &["--avro", "--key-field", "to"])
    }

    /// Writes commands as JSON with the Python client.
    pub fn command_json(&self, commands: &[Value]) -> Vec<Value> {
        let topic = self.ground.scenario.topic("omnichannel.send.commands.json");
        clients::produce(self.ground.stack, &topic, commands, &["--key-field", "to"])
    }

    /// Waits until the message with this key has this status, and returns that record's value.
    pub async fn wait_status(&self, key: &str, status: &str) -> Value {
        let wanted = |record: &Value| record["key"] == key && record["value"]["status"] == status;
        let found = self.observer.wait("whatsapp.message.status", 1, wanted).await;
        found[0]["value"].clone()
    }

    /// A counter of records on the first worker's `/metrics`; 0 when it does not exist.
    pub async fn counted(&self, stage: &str, outcome: &str, code: &str) -> u64 {
        let url = format!("http://{}/metrics", self.health);
        let text = self.http.get(url).send().await.expect("the worker answers").text().await.expect("text");
        let wanted = [
            "omnichannel_records_total{".to_owned(),
            format!("stage=\"{stage}\""),
            format!("outcome=\"{outcome}\""),
            format!("code=\"{code}\""),
        ];
        let line = text.lines().find(|line| wanted.iter().all(|part| line.contains(part)));
        line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0)
    }
}

/// A use of the shared pipeline: shows the worker's last words when the scenario fails.
pub struct Shared(Arc<Pipeline>);

impl Deref for Shared {
    type Target = Pipeline;

    fn deref(&self) -> &Pipeline {
        &self.0
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if thread::panicking()
            && let Some(worker) = &*self.0.first.lock().unwrap_or_else(PoisonError::into_inner)
        {
            worker.process.show_tail();
        }
    }
}

/// Status and body.
pub async fn answer(response: Response) -> (StatusCode, String) {
    (response.status(), response.text().await.expect("a text"))
}

/// What readers outside may read, what the status stage is told, and every dead letter.
fn told() -> Vec<String> {
    let layout = Layout { carriers: vec![OTHER_CARRIER.to_owned()], ..catalogue().layout(Profile::Tests) };
    let topics = catalogue().topics(&layout).into_iter();
    let told = topics.filter(|topic| topic.public || topic.name == STATUS_EVENTS || topic.name.ends_with(".dlq"));
    told.map(|topic| topic.name).filter(|name| !name.starts_with("omnichannel.send.")).collect()
}
