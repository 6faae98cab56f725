//! From settings to sections, and the checks that span several keys. Reads no file and no variable.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use super::{
    Needs, accounts,
    instance::Derived,
    kafka,
    layers::Settings,
    mistake::Mistake,
    reader::Reader,
    sections::{
        Config, Graph, Http, Ingress, Media, Registry, Retry, Routing, Runtime, State, StateStore, Telemetry, Templates,
    },
    sender,
    values::{address, api_version, bytes, count, duration, flag, http_url, path, ratio, store, text, whole, word},
};
use crate::{
    http::health,
    telemetry::LogFormat,
    wire::topics::{WEBHOOK_RAW, catalogue},
};

/// What is said where the key is missing.
const FOR_REGISTRY: &str = "records are Avro, and their schemas live in a registry";

/// A raw record's key, headers and framing need far less.
const ROOM: usize = 64 * 1024;
const DEFAULT_QUEUE: &str = "default";

pub(super) fn build(
    settings: &Settings,
    needs: Needs,
    derived: &Derived,
    mistakes: Vec<Mistake>,
) -> Result<Config, Vec<Mistake>> {
    let read = &mut Reader::new(settings, mistakes);
    let (apps, accounts) = accounts::read(read, needs);
    let config = Config {
        instance: read.optional("instance", word).unwrap_or_else(|| derived.name.clone()),
        kafka: kafka::read(read, needs, derived.stable),
        registry: registry(read, needs),
        graph: graph(read),
        apps,
        accounts,
        http: http(read),
        ingress: Ingress { keep_raw: read.value("ingress.keep_raw", flag) },
        sender: sender::read(read),
        retry: retry(read),
        runtime: runtime(read),
        state: state(read),
        routing: Routing { queues: queues(read), carriers: read.list("routing.carriers", word) },
        templates: Templates { require: read.value("templates.require", flag) },
        media: media(read),
        telemetry: telemetry(read),
    };
    if read.mistakes.is_empty() { Ok(config) } else { Err(std::mem::take(&mut read.mistakes)) }
}

fn listen(read: &mut Reader, path: &str) -> SocketAddr {
    read.optional(path, address).unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
}

fn http(read: &mut Reader) -> Http {
    Http {
        listen: listen(read, "http.listen"),
        path: webhook_path(read),
        body_limit: body_limit(read),
        read_deadline: read.value("http.read_deadline", duration),
        publish_deadline: read.value("http.publish_deadline", duration),
    }
}

/// Both may be served on one address, by configuration or where `dev` finds no other port.
fn webhook_path(read: &mut Reader) -> String {
    let path = read.value("http.path", path);
    if health::PATHS.contains(&path.as_str()) {
        let problem = format!("`{path}` is where health and metrics are served");
        read.mistake("http.path", problem, "choose another, such as /webhooks/whatsapp");
    }
    path
}

/// A webhook with one conversation becomes one record of the same size.
fn body_limit(read: &mut Reader) -> usize {
    let limit = read.value("http.body_limit", bytes);
    let most = catalogue().max_message_bytes(WEBHOOK_RAW).saturating_sub(ROOM);
    if limit > most {
        let (kib, room) = (most / 1024, ROOM / 1024);
        let problem = format!("is more than a record of {WEBHOOK_RAW} takes beside {room} KiB for its key and headers");
        read.mistake("http.body_limit", problem, format!("set {kib}KiB or less; Meta's own limit is 3 MB"));
    }
    limit
}

/// Messages that no rule sends elsewhere go to `default`, and `topics apply` makes the topics of the listed queues only.
fn queues(read: &mut Reader) -> Vec<String> {
    let queues = read.list("routing.queues", word);
    if !queues.iter().any(|queue| queue == DEFAULT_QUEUE) {
        let problem = format!("lacks `{DEFAULT_QUEUE}`, the queue of every message that no rule sends elsewhere");
        read.mistake("routing.queues", problem, format!("add `{DEFAULT_QUEUE}` to the list"));
    }
    queues
}

fn registry(read: &mut Reader, needs: Needs) -> Registry {
    let url = "schema_registry.url";
    if needs.registry && !read.is_set(url) {
        read.missing(url, FOR_REGISTRY);
    }
    let username = read.optional("schema_registry.username", text);
    let password = read.secret("schema_registry.password");
    if username.is_some() != password.is_some() {
        let (given, other) = if username.is_some() { ("username", "password") } else { ("password", "username") };
        read.missing(&format!("schema_registry.{other}"), &format!("schema_registry.{given} is set"));
    }
    Registry {
        urls: read.list(url, http_url),
        basic_auth: username.zip(password),
        timeout: read.value("schema_registry.timeout", duration),
    }
}

fn graph(read: &mut Reader) -> Graph {
    Graph {
        base_url: read.optional("graph.base_url", http_url),
        api_version: read.value("graph.api_version", api_version),
        connect_timeout: read.value("graph.connect_timeout", duration),
        download_timeout: read.value("graph.download_timeout", duration),
        media_hosts: read.list("graph.media_hosts", word),
    }
}

fn retry(read: &mut Reader) -> Retry {
    let retry = Retry {
        base: read.value("retry.base", duration),
        max: read.value("retry.max", duration),
        attempts: read.value("retry.attempts", count),
        max_age: read.value("retry.max_age", duration),
    };
    if retry.base > retry.max {
        read.mistake("retry.base", "is longer than retry.max", "make the first delay the shorter one");
    }
    retry
}

fn runtime(read: &mut Reader) -> Runtime {
    Runtime {
        workers: read.value("runtime.workers", count),
        concurrency: read.value("runtime.concurrency", count),
        batch: read.value("runtime.batch", count),
        window: read.value("runtime.window", count),
        patience: read.value("runtime.patience", duration),
        parked_max: read.value("runtime.parked_max", count),
        window_bytes: read.value("runtime.window_bytes", bytes),
        parked_bytes_max: read.value("runtime.parked_bytes_max", bytes),
        drain_timeout: read.value("runtime.drain_timeout", duration),
        trip_dead_letters: read.value("runtime.trip_wire.dead_letters", whole),
        trip_share: read.value("runtime.trip_wire.share", ratio),
        trip_window: read.value("runtime.trip_wire.window", duration),
    }
}

fn state(read: &mut Reader) -> State {
    State {
        store: read.value("state.store", state_store),
        path: PathBuf::from(read.value("state.path", text)),
        cache_bytes: read.value("state.cache_bytes", |text| bytes(text).map(|bytes| bytes as u64)),
    }
}

fn state_store(text: &str) -> Result<StateStore, String> {
    match text {
        "memory" => Ok(StateStore::Memory),
        "disk" => Ok(StateStore::Disk),
        _ => Err("write memory or disk".to_owned()),
    }
}

fn media(read: &mut Reader) -> Media {
    let bucket = read.optional("media.bucket", word).map(|bucket| format!("s3://{bucket}"));
    if bucket.is_some() && read.is_set("media.store") {
        read.mistake("media.store", "is set beside media.bucket (MEDIA_BUCKET)", "keep one of the two");
    }
    Media {
        store: bucket.unwrap_or_else(|| read.value("media.store", store)),
        region: read.optional("media.region", text),
        endpoint: read.optional("media.endpoint", http_url),
        timeout: read.value("media.timeout", duration),
        parallel: read.value("media.parallel", count),
        max_bytes: read.value("media.max_bytes", |text| bytes(text).map(|bytes| bytes as u64)),
    }
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("write text or json".to_owned()),
    }
}

fn log_filter(text: &str) -> Result<String, String> {
    let fix = |_| "write directives such as info,omnichannel_whatsapp=debug".to_owned();
    tracing_subscriber::EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(fix)
}

fn telemetry(read: &mut Reader) -> Telemetry {
    Telemetry {
        log_format: read.value("telemetry.log_format", log_format),
        log_filter: read.value("telemetry.log_filter", log_filter),
        listen: listen(read, "telemetry.listen"),
        otlp_endpoint: read.optional("telemetry.otlp_endpoint", http_url),
        trace_ratio: read.value("telemetry.trace_ratio", ratio),
    }
}
