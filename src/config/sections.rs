//! The settings as values, section by section. Plain data: what they are for is said by the modules that get them.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use url::Url;

use super::properties::Properties;
use crate::{
    adapters::kafka::client::Assignor,
    domain::{account::Account, secret::Secret},
    telemetry::LogFormat,
    wire::topics::Names,
};

/// All of it.
#[derive(Debug, Clone)]
pub struct Config {
    /// Part of transactional ids, and of static members' ids.
    pub instance: String,
    pub kafka: Kafka,
    pub registry: Registry,
    pub graph: Graph,
    pub apps: Vec<App>,
    pub accounts: Vec<AccountConfig>,
    pub http: Http,
    pub ingress: Ingress,
    pub sender: Sender,
    pub retry: Retry,
    pub runtime: Runtime,
    pub state: State,
    pub routing: Routing,
    pub templates: Templates,
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
    pub session_timeout: Duration,
    pub membership: Membership,
    pub assignor: Assignor,
}

/// Whether the group knows a worker again that comes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Membership {
    #[default]
    Dynamic,
    Static,
}

#[derive(Debug, Clone, Default)]
pub struct Registry {
    /// Empty where the command does not need one.
    pub urls: Vec<Url>,
    pub basic_auth: Option<(String, Secret)>,
    pub timeout: Duration,
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
    pub verify_token: Option<Secret>,
}

/// A number, and the token that may send from it.
#[derive(Debug, Clone)]
pub struct AccountConfig {
    pub account: Account,
    pub token: Option<Secret>,
    /// Meta's code, such as `de`.
    pub template_language: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Http {
    pub listen: SocketAddr,
    pub path: String,
    /// Bytes.
    pub body_limit: usize,
    pub read_deadline: Duration,
    pub publish_deadline: Duration,
}

#[derive(Debug, Clone)]
pub struct Ingress {
    pub keep_raw: bool,
}

#[derive(Debug, Clone)]
pub struct Sender {
    pub request_timeout: Duration,
    pub in_doubt_wait: Duration,
    pub intent_valid: Duration,
    pub status_delay: Duration,
    /// Per number.
    pub messages_per_second: u32,
}

#[derive(Debug, Clone)]
pub struct Retry {
    pub base: Duration,
    pub max: Duration,
    pub attempts: u32,
    pub max_age: Duration,
}

#[derive(Debug, Clone)]
pub struct Runtime {
    pub workers: usize,
    pub concurrency: usize,
    pub batch: usize,
    pub window: u32,
    pub patience: Duration,
    pub parked_max: usize,
    /// Bytes.
    pub window_bytes: usize,
    pub parked_bytes_max: usize,
    pub drain_timeout: Duration,
    /// 0: the wire is down.
    pub trip_dead_letters: u32,
    /// 0 to 1.
    pub trip_share: f64,
    pub trip_window: Duration,
}

#[derive(Debug, Clone)]
pub struct State {
    pub store: StateStore,
    pub path: PathBuf,
    pub cache_bytes: u64,
}

/// Where tables lie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StateStore {
    #[default]
    Memory,
    Disk,
}

#[derive(Debug, Clone)]
pub struct Routing {
    pub queues: Vec<String>,
    pub carriers: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Templates {
    /// Whether those are refused that the catalogue does not know.
    pub require: bool,
}

#[derive(Debug, Clone)]
pub struct Media {
    /// `file:///absolute/folder/` or `s3://bucket/prefix`.
    pub store: String,
    pub region: Option<String>,
    pub endpoint: Option<Url>,
    pub timeout: Duration,
    pub parallel: usize,
    /// Bytes.
    pub max_bytes: u64,
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
