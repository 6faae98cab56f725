//! What a pipeline stands on: a stack, names of its own, where Meta is, where media go; and the product's commands with all of
//! that in their environment. It must not start a worker.

use std::time::Duration;

use crate::support::{process::Launch, scenario::Scenario, stack::Stack};

/// The simulator's well-known values.
pub const NUMBER: &str = "200000000000001";
pub const WABA: &str = "100000000000001";
pub const SECRET: &str = "simulator-app-secret";
pub const VERIFY_TOKEN: &str = "simulator-verify-token";
/// A carrier that is configured beside ours.
pub const OTHER_CARRIER: &str = "twilio";

const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// Short timings; what a test waits for in vain, it waits for long.
const SETTINGS: [(&str, &str); 13] = [
    ("kafka.partitions", "4"),
    ("kafka.partitions_few", "1"),
    ("kafka.session_timeout", "6s"),
    ("kafka.transaction_timeout", "10s"),
    // a JVM that shares two cores with everything else
    ("schema_registry.timeout", "10s"),
    ("sender.in_doubt.wait", "6s"),
    ("sender.intent.valid", "1s"),
    ("sender.request_timeout", "2s"),
    ("sender.status_delay", "2s"),
    ("retry.base", "500ms"),
    ("retry.max", "2s"),
    ("routing.carriers", OTHER_CARRIER),
    ("telemetry.log_filter", "info,omnichannel_whatsapp=debug"),
];

/// See the module.
pub struct Ground {
    pub stack: &'static Stack,
    pub scenario: Scenario,
    pub ways: Ways,
    /// The bucket that media go to, if the stack has a store: its URL over HTTP.
    pub bucket: Option<String>,
}

/// Where the product finds what it needs: a proxy's address where a scenario has put one before the thing itself.
#[derive(Debug, Clone)]
pub struct Ways {
    pub kafka: String,
    pub registry: String,
    /// Base URL of the Graph API.
    pub graph: String,
    pub objects: Option<String>,
}

impl Ground {
    /// A new scenario, with a bucket where there is a store.
    pub async fn new(stack: &'static Stack, name: &str, graph: String, http: &reqwest::Client) -> Self {
        let scenario = Scenario::new(name);
        let bucket = bucket(stack, &scenario, http).await;
        let (kafka, registry, objects) = (stack.bootstrap.clone(), stack.registry.clone(), stack.objects.clone());
        Self { stack, scenario, ways: Ways { kafka, registry, graph, objects }, bucket }
    }

    /// By the commands that a user has for it.
    pub fn make_topics_and_schemas(&self) {
        let mut topics = self.command("topics", &["topics", "apply"], &[]).start();
        let mut schemas = self.command("schemas", &["schemas", "register"], &[]).start();
        for (name, process) in [("topics apply", &mut topics), ("schemas register", &mut schemas)] {
            let status = process.exit(COMMAND_LIMIT);
            assert!(status.success(), "{name} failed: {}", process.words());
        }
    }

    /// The binary with what a user puts in its environment, this scenario's names and timings, and `set` over them.
    pub fn command(&self, name: &str, subcommand: &[&str], set: &[(&str, &str)]) -> Launch {
        let (whatsapp, omnichannel) = self.scenario.prefixes();
        let mut launch = Launch::new(&self.scenario.dir, name)
            .env("KAFKA_BOOTSTRAP_SERVERS", &self.ways.kafka)
            .env("SCHEMA_REGISTRY_URL", &self.ways.registry)
            .env("WHATSAPP_BUSINESS_ACCOUNT_ID", WABA)
            .env("WHATSAPP_PHONE_NUMBER_ID", NUMBER)
            .env("WHATSAPP_ACCESS_TOKEN", "simulator-token")
            .env("WHATSAPP_WEBHOOK_VERIFY_TOKEN", VERIFY_TOKEN)
            .env("WHATSAPP_WEBHOOK_SECRET", SECRET)
            .env("GRAPH_BASE_URL", &self.ways.graph)
            .args(subcommand)
            .args(["--set", &format!("kafka.prefix.whatsapp={whatsapp}")])
            .args(["--set", &format!("kafka.prefix.omnichannel={omnichannel}")]);
        let usual = SETTINGS.iter().filter(|(key, _)| set.iter().all(|(other, _)| other != key));
        for (key, value) in usual.chain(set) {
            launch = launch.args(["--set", &format!("{key}={value}")]);
        }
        match (&self.ways.objects, &self.bucket) {
            (Some(endpoint), Some(_)) => launch
                .args(["--set", &format!("media.store=s3://{}/files", self.scenario.id)])
                .env("AWS_ENDPOINT_URL_S3", endpoint)
                .env("AWS_REGION", "us-east-1")
                .env("AWS_ACCESS_KEY_ID", "test")
                .env("AWS_SECRET_ACCESS_KEY", "test"),
            _ => launch.args(["--set", &format!("media.store=file://{}/media", self.scenario.dir.display())]),
        }
    }
}

async fn bucket(stack: &Stack, scenario: &Scenario, http: &reqwest::Client) -> Option<String> {
    let url = format!("{}/{}", stack.objects.as_ref()?, scenario.id);
    let made = http.put(&url).send().await.expect("the store answers");
    assert_eq!(made.status(), 200, "the bucket cannot be made");
    Some(url)
}
