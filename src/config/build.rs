//! From settings to sections, and the checks that span several keys. Reads no file and no variable.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use super::{
    Needs, accounts,
    instance::Derived,
    keys::PROPERTIES,
    layers::Settings,
    mistake::Mistake,
    properties::{self, Properties},
    reader::Reader,
    sections::{
        Config, Graph, Http, Ingress, Kafka, Media, Membership, Registry, Retry, Routing, Runtime, Sender, State,
        StateStore, Telemetry, Templates,
    },
    values::{
        address, api_version, bytes, count, duration, flag, http_url, partitions, path, ratio, store, whole, word,
    },
};
use crate::{
    adapters::kafka::client::{self, Assignor},
    http::health,
    telemetry::LogFormat,
    wire::topics::{Names, WEBHOOK_RAW, catalogue},
};

/// What is said where a key is missing.
const FOR_KAFKA: &str = "this command speaks to Kafka";
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
        kafka: kafka(read, needs, derived.stable),
        registry: registry(read, needs),
        graph: graph(read),
        apps,
        accounts,
        http: http(read),
        ingress: Ingress { keep_raw: read.value("ingress.keep_raw", flag) },
        sender: sender(read),
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

fn text(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("set it, or remove the key".to_owned()) } else { Ok(text.to_owned()) }
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

fn kafka(read: &mut Reader, needs: Needs, stable_instance: bool) -> Kafka {
    let bootstrap = "kafka.bootstrap_servers";
    Kafka {
        bootstrap_servers: if needs.kafka {
            read.required(bootstrap, FOR_KAFKA, text)
        } else {
            read.value(bootstrap, text)
        },
        properties: pass_through(read),
        names: names(read),
        partitions: read.optional("kafka.partitions", partitions),
        partitions_few: read.optional("kafka.partitions_few", partitions),
        transaction_timeout: read.value("kafka.transaction_timeout", duration),
        session_timeout: session_timeout(read),
        membership: membership(read, stable_instance),
        assignor: read.value("kafka.assignor", assignor),
    }
}

/// librdkafka makes no client whose session outlives its polling.
fn session_timeout(read: &mut Reader) -> Duration {
    let (timeout, most) =
        (read.value("kafka.session_timeout", duration), client::Settings::default().max_poll_interval);
    if timeout > most {
        let problem = format!("{} is longer than a stuck worker keeps its partitions", seconds(timeout));
        read.mistake("kafka.session_timeout", problem, format!("set {} or less", seconds(most)));
    }
    timeout
}

/// A static member that never comes back under its name keeps its partitions from everybody for a session.
fn membership(read: &mut Reader, stable_instance: bool) -> Membership {
    let membership = read.value("kafka.membership", |text| match text {
        "dynamic" => Ok(Membership::Dynamic),
        "static" => Ok(Membership::Static),
        _ => Err("write dynamic or static".to_owned()),
    });
    if membership == Membership::Static && !stable_instance && !read.is_set("instance") {
        let problem = "is `static`, and nothing here names a process again after a restart";
        let fix = "set `instance` to a name that each process keeps, run in a StatefulSet, or set `dynamic`";
        read.mistake("kafka.membership", problem, fix);
    }
    membership
}

fn assignor(text: &str) -> Result<Assignor, String> {
    let known = Assignor::ALL.into_iter().find(|assignor| assignor.name() == text);
    known.ok_or_else(|| "write cooperative-sticky, range or roundrobin".to_owned())
}

fn pass_through(read: &mut Reader) -> Properties {
    let mut all = std::collections::BTreeMap::new();
    for (path, found) in read.settings() {
        let Some(name) = path.strip_prefix(PROPERTIES) else { continue };
        let value = found.values.join(",");
        read.mistakes.extend(properties::refuse(name, &value));
        all.insert(name.to_owned(), value);
    }
    Properties::new(all)
}

/// A physical name must lead back to one logical name, so neither prefix may begin with the other.
fn names(read: &mut Reader) -> Names {
    let whatsapp = read.value("kafka.prefix.whatsapp", word);
    let omnichannel = read.value("kafka.prefix.omnichannel", word);
    if whatsapp.starts_with(&omnichannel) || omnichannel.starts_with(&whatsapp) {
        let problem = format!("`{whatsapp}` and `{omnichannel}` begin alike, so a topic could belong to either");
        read.mistake("kafka.prefix", problem, "choose two such as `t1.whatsapp.` and `t1.omnichannel.`");
    }
    Names::new(whatsapp, omnichannel)
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

/// A send is only tried again when every sign of the first try has had its time.
fn sender(read: &mut Reader) -> Sender {
    let sender = Sender {
        request_timeout: read.value("sender.request_timeout", duration),
        in_doubt_wait: read.value("sender.in_doubt.wait", duration),
        intent_valid: intent_valid(read),
        status_delay: read.value("sender.status_delay", duration),
        messages_per_second: read.value("sender.messages_per_second", count),
    };
    let least = sender.intent_valid.saturating_add(sender.request_timeout).saturating_add(sender.status_delay);
    if sender.in_doubt_wait <= least {
        let problem = format!(
            "{} is not more than sender.intent.valid + sender.request_timeout + sender.status_delay = {}: a message could be sent twice",
            seconds(sender.in_doubt_wait),
            seconds(least)
        );
        read.mistake("sender.in_doubt.wait", problem, format!("set more than {}, or lower the others", seconds(least)));
    }
    sender
}

/// The least that a commit on a busy cluster keeps: an intent that is stale before it is committed is written anew, and so
/// for ever.
const LEAST_VALID: Duration = Duration::from_secs(1);

fn intent_valid(read: &mut Reader) -> Duration {
    let key = "sender.intent.valid";
    let valid = read.optional(key, duration);
    if let Some(short) = valid.filter(|valid| *valid < LEAST_VALID) {
        let problem =
            format!("{} is shorter than the commit of an intent may take: nothing would be sent", seconds(short));
        read.mistake(key, problem, format!("set {} or more", seconds(LEAST_VALID)));
    }
    valid.unwrap_or_default()
}

fn seconds(duration: Duration) -> String {
    format!("{}s", duration.as_secs_f64())
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

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, io, path::PathBuf};

    use crate::config::{Loaded, Mistakes, Needs, Sources, load};

    fn load_file(text: &str) -> Result<Loaded, Mistakes> {
        let sources = Sources {
            flags: Vec::new(),
            defaults: &[],
            env: BTreeMap::new(),
            file: Some((PathBuf::from("worker.yaml"), text.to_owned())),
            read: &|_| Err(io::Error::from(io::ErrorKind::NotFound)),
        };
        load(&sources, Needs::default(), 1)
    }

    #[test]
    fn a_static_member_needs_a_name_that_comes_back() {
        let refused = load_file("kafka.membership: static").expect_err("a mistake").to_string();
        assert!(refused.contains("kafka.membership: is `static`") && refused.contains("set `instance`"), "{refused}");
        let config = load_file("{kafka.membership: static, instance: worker-0}").expect("no mistake").config;
        assert_eq!(config.kafka.membership, super::Membership::Static);
    }

    #[test]
    fn membership_and_assignor_are_words_and_no_properties() {
        for (file, told) in [
            ("kafka.membership: sticky", "write dynamic or static"),
            ("kafka.assignor: cooperative", "write cooperative-sticky, range or roundrobin"),
            ("{kafka.assignor: 'range,cooperative-sticky'}", "write cooperative-sticky, range or roundrobin"),
            ("{kafka.properties: {partition.assignment.strategy: range}}", "set kafka.assignor"),
            ("{kafka.properties: {group.instance.id: w-0}}", "set kafka.membership"),
            ("kafka.session_timeout: 3m", "set 120s or less"),
        ] {
            let refused = load_file(file).expect_err(file).to_string();
            assert!(refused.contains(told), "{file}: {refused}");
        }
    }

    #[test]
    fn an_intent_that_no_commit_can_keep_is_refused() {
        let refused = load_file("sender.intent.valid: 999ms").expect_err("a mistake").to_string();
        assert!(refused.contains("sender.intent.valid: 0.999s is shorter than the commit"), "{refused}");
        assert!(refused.contains("fix: set 1s or more"), "{refused}");
        assert!(load_file("sender.intent.valid: 1s").is_ok());
    }
}
