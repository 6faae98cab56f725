//! The settings as values, section by section. Plain data: what they are for is said by the modules that get them.

use std::{net::SocketAddr, time::Duration};

use url::Url;

use super::properties::Properties;
use crate::{
    domain::{account::Account, secret::Secret},
    wire::topics::{Layout, Names, Profile, catalogue},
};

/// All of it.
#[derive(Debug, Clone)]
pub struct Config {
    /// Part of transactional ids.
    pub instance: String,
    pub kafka: Kafka,
    pub registry: Registry,
    pub graph: Graph,
    pub apps: Vec<App>,
    pub accounts: Vec<AccountConfig>,
    pub http: Http,
    pub sender: Sender,
    pub ingress: Ingress,
    pub retry: Retry,
    pub runtime: Runtime,
    pub routing: Routing,
    pub media: Media,
    pub telemetry: Telemetry,
}

#[derive(Debug, Clone, Default)]
pub struct Kafka {
    /// Empty where the command does not need a cluster.
    pub bootstrap_servers: String,
    pub properties: Properties,
    pub names: Names,
    /// `None` follows the profile.
    pub partitions: Option<i32>,
    pub partitions_few: Option<i32>,
    pub transaction_timeout: Duration,
}

#[derive(Debug, Clone, Default)]
pub struct Registry {
    pub url: Option<Url>,
    pub username: Option<String>,
    pub password: Option<Secret>,
}

#[derive(Debug, Clone)]
pub struct Graph {
    pub base_url: Option<Url>,
    pub api_version: String,
    pub connect_timeout: Duration,
    pub download_timeout: Duration,
    pub media_hosts: Vec<String>,
}

/// A Meta app: whose signature webhooks bear.
#[derive(Debug, Clone)]
pub struct App {
    pub name: String,
    pub secrets: Vec<Secret>,
    pub verify_tokens: Vec<Secret>,
}

/// A number, and the token that may send from it.
#[derive(Debug, Clone)]
pub struct AccountConfig {
    pub account: Account,
    pub token: Option<Secret>,
}

#[derive(Debug, Clone)]
pub struct Http {
    pub listen: SocketAddr,
    /// Bytes.
    pub body_limit: usize,
}

#[derive(Debug, Clone)]
pub struct Sender {
    pub request_timeout: Duration,
    pub in_doubt_wait: Duration,
    pub intent_valid: Duration,
    pub status_delay: Duration,
    pub ledger_horizon: Duration,
}

#[derive(Debug, Clone)]
pub struct Ingress {
    pub duplicates_window: Duration,
    pub include_raw: bool,
}

#[derive(Debug, Clone)]
pub struct Retry {
    pub base: Duration,
    pub max: Duration,
    pub attempts: usize,
    pub max_age: Duration,
}

#[derive(Debug, Clone)]
pub struct Runtime {
    pub workers: usize,
    pub concurrency: usize,
    pub window: usize,
    pub parked_max: usize,
    pub drain_timeout: Duration,
}

#[derive(Debug, Clone)]
pub struct Routing {
    pub queues: Vec<String>,
    pub carriers: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Media {
    /// `file:///absolute/folder/` or `s3://bucket/prefix`.
    pub store: String,
    pub region: Option<String>,
    pub endpoint: Option<Url>,
    /// Bytes.
    pub max_bytes: usize,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Clone)]
pub struct Telemetry {
    pub log_format: LogFormat,
    /// `tracing_subscriber::EnvFilter` directives.
    pub log_filter: String,
    pub listen: SocketAddr,
    pub otlp_endpoint: Option<Url>,
    /// 0 to 1.
    pub trace_ratio: f64,
}

impl Config {
    /// Partition counts, queues and carriers of this installation.
    #[must_use]
    pub fn layout(&self, profile: Profile) -> Layout {
        let usual = catalogue().layout(profile);
        Layout {
            lanes: self.kafka.partitions.unwrap_or(usual.lanes),
            few: self.kafka.partitions_few.unwrap_or(usual.few),
            queues: self.routing.queues.clone(),
            carriers: self.routing.carriers.clone(),
        }
    }
}
