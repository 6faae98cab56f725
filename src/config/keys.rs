//! The one table of settings: it drives reading, unknown-key detection, `config show` and docs/configuration.md. A
//! setting that is not here does not exist.

use std::{borrow::Cow, collections::BTreeSet};

/// What a value must look like, as far as the table is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    One,
    /// Separated by commas in a variable, a sequence in the file.
    Many,
    /// Never shown; may come from a file.
    Secret,
    /// Several at once, for rotation; a file holds one per line.
    Secrets,
}

impl Kind {
    #[must_use]
    pub fn is_secret(self) -> bool {
        match self {
            Self::Secret | Self::Secrets => true,
            Self::One | Self::Many => false,
        }
    }

    #[must_use]
    pub fn is_list(self) -> bool {
        match self {
            Self::Many | Self::Secrets => true,
            Self::One | Self::Secret => false,
        }
    }
}

/// One setting.
#[derive(Debug)]
pub struct Key {
    /// In the file, with `[]` for each entry of a list of apps or accounts.
    pub path: &'static str,
    pub kind: Kind,
    /// Variables that set it, the preferred one first; none: derived from the path.
    env: &'static [&'static str],
    /// Read like a value from the file.
    pub default: Option<&'static str>,
    pub meaning: &'static str,
}

/// Everything under it goes to librdkafka as it stands.
pub const PROPERTIES: &str = "kafka.properties.";
/// `KAFKA_PROPERTIES_SSL_CA_LOCATION` sets `kafka.properties.ssl.ca.location`.
pub const PROPERTIES_ENV: &str = "KAFKA_PROPERTIES_";
/// Derived variables: `OMNICHANNEL_RETRY_ATTEMPTS` sets `retry.attempts`.
pub const ENV_PREFIX: &str = "OMNICHANNEL_";
/// A secret key or variable with this at its end names a file instead.
pub const FILE_SUFFIX: &str = "_file";

impl Key {
    /// Variables that set this key; entries of a list have only the ones the table names.
    pub fn variables(&self) -> Vec<Cow<'static, str>> {
        if !self.env.is_empty() {
            return self.env.iter().copied().map(Cow::Borrowed).collect();
        }
        if self.path.contains("[]") {
            return Vec::new();
        }
        vec![Cow::Owned(format!("{ENV_PREFIX}{}", self.path.replace('.', "_").to_uppercase()))]
    }
}

/// The lists of sections: `apps` and `accounts`.
pub fn lists() -> BTreeSet<&'static str> {
    KEYS.iter().filter_map(|key| Some(key.path.split_once(".[].")?.0)).collect()
}

/// The key of a path whose list positions are written `[]`.
#[must_use]
pub fn find(normal: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == normal)
}

/// `accounts.0.token` → `accounts.[].token`.
#[must_use]
pub fn normal(path: &str) -> String {
    let position = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    path.split('.').map(|part| if position(part) { "[]" } else { part }).collect::<Vec<_>>().join(".")
}

/// The key most like `path`, if one is like it at all.
#[must_use]
pub fn nearest(path: &str) -> Option<&'static str> {
    let normal = normal(path);
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let likeness = |key: &Key| {
        let whole = strsim::normalized_damerau_levenshtein(key.path, &normal);
        // the right word in the wrong section
        let word = strsim::normalized_damerau_levenshtein(&last(key.path), &last(&normal)) * 0.9;
        whole.max(word)
    };
    let best = KEYS.iter().map(|key| (likeness(key), key.path)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= 0.6).then_some(best.1)
}

const fn one(path: &'static str, default: Option<&'static str>, meaning: &'static str) -> Key {
    Key { path, kind: Kind::One, env: &[], default, meaning }
}

const fn many(path: &'static str, default: Option<&'static str>, meaning: &'static str) -> Key {
    Key { path, kind: Kind::Many, env: &[], default, meaning }
}

const fn secret(path: &'static str, meaning: &'static str) -> Key {
    Key { path, kind: Kind::Secret, env: &[], default: None, meaning }
}

const fn secrets(path: &'static str, meaning: &'static str) -> Key {
    Key { path, kind: Kind::Secrets, env: &[], default: None, meaning }
}

impl Key {
    const fn from(mut self, env: &'static [&'static str]) -> Self {
        self.env = env;
        self
    }
}

/// Every setting, in the order of the documentation.
pub const KEYS: &[Key] = &[
    one("kafka.bootstrap_servers", None, "brokers, `host:port`, separated by commas")
        .from(&["KAFKA_BOOTSTRAP_SERVERS"]),
    one(
        "kafka.prefix.whatsapp",
        Some("whatsapp."),
        "replaces `whatsapp.` in topics, groups, transactional ids and subjects",
    ),
    one("kafka.prefix.omnichannel", Some("omnichannel."), "replaces `omnichannel.` in topics and subjects"),
    one(
        "kafka.partitions",
        None,
        "partitions of the topics keyed by conversation, lane or message, for life; 12, in `dev` 3",
    ),
    one("kafka.partitions_few", None, "partitions of the quiet topics, for life; 3, in `dev` 1"),
    one("kafka.transaction_timeout", Some("20s"), "after this the broker ends the transaction of a worker that died"),
    one(
        "kafka.session_timeout",
        Some("30s"),
        "a worker that is silent for so long is taken for dead, and others get its partitions; brokers take 6s and more",
    ),
    one(
        "kafka.membership",
        Some("dynamic"),
        "`dynamic`: a worker that stops gives its partitions up at once; `static`: they wait for it for `kafka.session_timeout`, which needs an `instance` that comes back",
    ),
    one(
        "kafka.assignor",
        Some("cooperative-sticky"),
        "`cooperative-sticky`, `range` or `roundrobin`, the same for all: to change between the first and the others, stop every worker first",
    ),
    many("schema_registry.url", None, "Confluent-compatible schema registry; several are tried in order")
        .from(&["SCHEMA_REGISTRY_URL"]),
    one("schema_registry.username", None, "basic authentication").from(&["SCHEMA_REGISTRY_USERNAME"]),
    secret("schema_registry.password", "basic authentication").from(&["SCHEMA_REGISTRY_PASSWORD"]),
    one("schema_registry.timeout", Some("2s"), "of one call"),
    one("graph.base_url", Some("https://graph.facebook.com"), "the Graph API, or a simulator of it")
        .from(&["GRAPH_BASE_URL"]),
    one("graph.api_version", Some("v25.0"), "Graph API version; Meta keeps one for about two years")
        .from(&["WHATSAPP_API_VERSION"]),
    one("graph.connect_timeout", Some("2s"), "nothing has left when it strikes, so the send is tried again"),
    one("graph.download_timeout", Some("120s"), "of one media file"),
    many(
        "graph.media_hosts",
        Some("fbsbx.com,fbcdn.net,whatsapp.net"),
        "host suffixes that media may come from and tokens may go to",
    ),
    one("apps.[].name", Some("default"), "what accounts and metrics call this app"),
    secrets("apps.[].secrets", "app secrets that sign webhooks; several during a rotation")
        .from(&["WHATSAPP_WEBHOOK_SECRET"]),
    secret("apps.[].verify_token", "what Meta sends when the webhook is subscribed")
        .from(&["WHATSAPP_WEBHOOK_VERIFY_TOKEN", "WHATSAPP_VERIFY_TOKEN"]),
    one("accounts.[].alias", Some("default"), "the name of this number in records, metrics and logs"),
    one("accounts.[].waba_id", None, "WhatsApp Business Account id").from(&["WHATSAPP_BUSINESS_ACCOUNT_ID"]),
    one("accounts.[].phone_number_id", None, "id of the number (not the number)").from(&["WHATSAPP_PHONE_NUMBER_ID"]),
    secret("accounts.[].token", "access token, of a system user for a service").from(&["WHATSAPP_ACCESS_TOKEN"]),
    one("accounts.[].app", None, "the app whose webhooks carry this number; the only one where there is one"),
    one("accounts.[].tenant", None, "copied into every record of this number"),
    one(
        "accounts.[].template_language",
        None,
        "language of a template that has neither the one a command asks for nor its base, or of which a command names none",
    ),
    one("ingress.keep_raw", Some("true"), "whether messages and statuses carry Meta's JSON of themselves"),
    one("http.listen", Some("0.0.0.0:8080"), "address of the webhook receiver"),
    one("http.path", Some("/webhooks/whatsapp"), "where Meta's callback URL points"),
    one(
        "http.body_limit",
        Some("3MiB"),
        "larger webhooks are answered 413; at most 4032KiB, or no record could hold one",
    ),
    one("http.read_deadline", Some("10s"), "a webhook's body must be here by then"),
    one(
        "http.publish_deadline",
        Some("5s"),
        "without the brokers' acknowledgement by then the answer is 503, and Meta delivers again",
    ),
    one("sender.request_timeout", Some("30s"), "of a whole send request"),
    one(
        "sender.in_doubt.wait",
        Some("120s"),
        "how long a send of unknown fate waits for a receipt; more than `sender.intent.valid` + `sender.request_timeout` + `sender.status_delay`",
    ),
    one(
        "sender.intent.valid",
        Some("10s"),
        "a request leaves within this after its intent is committed, or not at all",
    ),
    one("sender.status_delay", Some("50s"), "usual delay of Meta's status webhooks"),
    one("sender.messages_per_second", Some("80"), "per number; Meta allows 80 unless it granted more"),
    one("retry.base", Some("1s"), "first delay of a delayed retry"),
    one("retry.max", Some("10m"), "longest delay between attempts"),
    one("retry.attempts", Some("8"), "attempts that count before a dead letter"),
    one(
        "retry.max_age",
        Some("24h"),
        "a failure that counts so long after the first one that did is the last, whatever attempts are left",
    ),
    one("runtime.workers", Some("1"), "workers per stage, each with a consumer and a producer"),
    one("runtime.concurrency", Some("256"), "records handled at once per worker"),
    one("runtime.batch", Some("5000"), "results in one transaction"),
    one("runtime.window", Some("10000"), "records read ahead of the committed offset, per partition"),
    one(
        "runtime.patience",
        Some("1s"),
        "a record in work for longer is parked with what is behind it, so that others go on",
    ),
    one("runtime.parked_max", Some("100000"), "parked records per partition above which its input is paused"),
    one(
        "runtime.window_bytes",
        Some("12MiB"),
        "bytes in work per worker above which those partitions read no more that hold more than their share",
    ),
    one(
        "runtime.parked_bytes_max",
        Some("64MiB"),
        "parked bytes per worker above which those partitions read no more that hold more than their share",
    ),
    one(
        "runtime.trip_wire.dead_letters",
        Some("20"),
        "a stage pauses itself after so many dead letters within the window; 0 never; `ops resume` lets it go on",
    ),
    one("runtime.trip_wire.share", Some("0.5"), "and only if they are such a share of the records that ended, 0 to 1"),
    one("runtime.trip_wire.window", Some("60s"), "counted by each worker, replayed records apart"),
    one("runtime.drain_timeout", Some("8s"), "how long running records may finish on shutdown and revoke"),
    one(
        "state.store",
        Some("memory"),
        "where tables lie: `memory`, read back from their changelogs at each start, or `disk`, gone on from where it was left; with `disk` duplicates are recognised for 7 days, otherwise for 24 hours",
    ),
    one(
        "state.path",
        Some("state"),
        "folder of `state.store: disk`, of this process alone; deleting it costs a longer start",
    ),
    one(
        "state.cache_bytes",
        Some("8MiB"),
        "what was read from `state.path` and is kept in memory, all stages together",
    ),
    one(
        "instance",
        None,
        "unique and stable per process, part of transactional ids; the pod's name in a StatefulSet, else POD_UID, else host and process id",
    ),
    many("routing.queues", Some("default"), "queues of `omnichannel.inbound.<queue>`; `default` is always one of them"),
    many("routing.carriers", None, "other carriers, of `omnichannel.outbound.<carrier>`"),
    one(
        "templates.require",
        Some("false"),
        "`true` refuses templates that the catalogue does not know; fill it with `templates sync` first",
    ),
    one(
        "media.store",
        Some("file://./media"),
        "`file:///folder` or `s3://bucket/prefix`; MEDIA_BUCKET makes it `s3://<bucket>`",
    ),
    one("media.bucket", None, "an S3 bucket, instead of `media.store`").from(&["MEDIA_BUCKET"]),
    one("media.region", None, "region of the bucket").from(&["AWS_REGION"]),
    one("media.endpoint", None, "an S3-compatible store").from(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]),
    one("media.timeout", Some("30s"), "of one try to store an object"),
    one("media.parallel", Some("4"), "files held in memory at once"),
    one("media.max_bytes", Some("100MiB"), "larger files are not stored, and reported so"),
    one("telemetry.log_format", Some("text"), "`text` or `json`").from(&["LOG_FORMAT"]),
    one("telemetry.log_filter", Some("info"), "by module: `info,omnichannel_whatsapp=debug`").from(&["RUST_LOG"]),
    one("telemetry.listen", Some("0.0.0.0:9464"), "address of /healthz, /readyz and /metrics"),
    one("telemetry.otlp_endpoint", None, "OTLP over HTTP: traces and metrics are sent there")
        .from(&["OTEL_EXPORTER_OTLP_ENDPOINT"]),
    one(
        "telemetry.trace_ratio",
        Some("0.05"),
        "share of records that are traced, 0 to 1; a traced caller is followed always",
    ),
];

/// Variables of the service this worker replaces, and what became of them.
pub const REPLACED: &[(&str, &str)] = &[
    ("DYNAMODB_TABLE", "messages are on Kafka topics; a Kafka Connect sink stores them where you like"),
    ("WHATSAPP_RETRY_QUEUE_URL", "retries are in `whatsapp.<stage>.retry`"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_variables_are_unique() {
        let mut paths: Vec<_> = KEYS.iter().map(|key| key.path.to_owned()).collect();
        let mut variables: Vec<_> = KEYS.iter().flat_map(Key::variables).collect();
        let counts = (paths.len(), variables.len());
        paths.sort();
        paths.dedup();
        variables.sort();
        variables.dedup();
        assert_eq!(counts, (paths.len(), variables.len()));
    }

    #[test]
    fn a_misspelt_key_finds_its_neighbour() {
        assert_eq!(nearest("kafka.bootstrap_server"), Some("kafka.bootstrap_servers"));
        assert_eq!(nearest("acounts.0.tokn"), Some("accounts.[].token"));
        assert_eq!(nearest("sender.body_limit"), Some("http.body_limit"));
        assert_eq!(nearest("zzz"), None);
    }

    #[test]
    fn list_positions_are_not_part_of_a_key() {
        assert_eq!(normal("accounts.12.token"), "accounts.[].token");
        assert_eq!(normal("kafka.partitions"), "kafka.partitions");
    }
}
