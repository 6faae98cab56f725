//! Client configuration: what every consumer and producer of this process is made with. Connects to nothing.

use std::{collections::BTreeMap, time::Duration};

use rdkafka::{ClientConfig, error::KafkaError, types::RDKafkaConfRes};

/// How a group shares its partitions out. All members must use the same, and librdkafka takes no list that mixes both kinds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Assignor {
    /// Only partitions that move are taken; the others go on.
    #[default]
    CooperativeSticky,
    /// Every rebalance takes every partition.
    Range,
    /// The same, spread evenly over topics.
    RoundRobin,
}

impl Assignor {
    pub const ALL: [Self; 3] = [Self::CooperativeSticky, Self::Range, Self::RoundRobin];

    /// Kafka's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CooperativeSticky => "cooperative-sticky",
            Self::Range => "range",
            Self::RoundRobin => "roundrobin",
        }
    }
}

/// How to reach the cluster.
#[derive(Debug, Clone)]
pub struct Settings {
    pub bootstrap: String,
    /// Passed to librdkafka as they are; they win over what is set here.
    pub properties: BTreeMap<String, String>,
    /// A member that is silent for so long is taken for dead.
    pub session_timeout: Duration,
    /// A polling loop that does not turn for so long leaves the group.
    pub max_poll_interval: Duration,
    /// An open transaction of a dead worker blocks its successor at most this long.
    pub transaction_timeout: Duration,
    pub assignor: Assignor,
    /// The broker is the embedded one, whose transactions lose their offsets.
    pub embedded: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bootstrap: "localhost:9092".to_owned(),
            properties: BTreeMap::new(),
            session_timeout: Duration::from_secs(30),
            max_poll_interval: Duration::from_secs(120),
            transaction_timeout: Duration::from_secs(20),
            assignor: Assignor::default(),
            embedded: false,
        }
    }
}

/// What is wrong with a property, judged by librdkafka itself. Repeats no value: it may be a secret.
#[must_use]
pub fn objection(property: &str, value: &str) -> Option<&'static str> {
    match ClientConfig::new().set(property, value).create_native_config() {
        Ok(_) => None,
        Err(KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..)) => {
            Some("is no property of librdkafka")
        }
        Err(_) => Some("has a value that librdkafka does not take"),
    }
}

/// A broker that takes a request and hangs is given up after this; librdkafka would wait a minute.
const ANSWER: Duration = Duration::from_secs(10);
/// Records of 4 MiB and what librdkafka adds to them.
const MAX_MESSAGE: &str = "5242880";

impl Settings {
    fn base(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap);
        config.set("client.id", "omnichannel-whatsapp");
        config.set("message.max.bytes", MAX_MESSAGE);
        config.set("topic.metadata.refresh.interval.ms", "60000");
        config.set("reconnect.backoff.max.ms", "2000");
        config.set("socket.timeout.ms", ANSWER.as_millis().to_string());
        config
    }

    fn finished(&self, mut config: ClientConfig) -> ClientConfig {
        for (key, value) in &self.properties {
            config.set(key, value);
        }
        config
    }

    fn reader(&self) -> ClientConfig {
        let mut config = self.base();
        config.set("enable.auto.commit", "false");
        config.set("enable.auto.offset.store", "false");
        config.set("allow.auto.create.topics", "false");
        config.set("isolation.level", "read_committed");
        // before decompression, which may be twenty times as much; a larger batch comes whole all the same
        config.set("fetch.message.max.bytes", "65536");
        config.set("queued.max.messages.kbytes", "2048");
        // the default of 1,000 starves a fast consumer for half of its time
        config.set("fetch.queue.backoff.ms", "5");
        config.set("fetch.wait.max.ms", if self.embedded { "10" } else { "100" });
        config
    }

    /// The consumer of a stage's input, a member of `group`.
    #[must_use]
    pub fn member(&self, group: &str) -> ClientConfig {
        let mut config = self.reader();
        config.set("group.id", group);
        config.set("auto.offset.reset", "error");
        config.set("partition.assignment.strategy", self.assignor.name());
        config.set("session.timeout.ms", self.session_timeout.as_millis().to_string());
        config.set("heartbeat.interval.ms", self.heartbeat().as_millis().to_string());
        config.set("max.poll.interval.ms", self.max_poll_interval.as_millis().to_string());
        config.set("queued.min.messages", "10000");
        self.finished(config)
    }

    /// Two may be lost, or a busy machine late with them, before the member is taken for dead.
    fn heartbeat(&self) -> Duration {
        (self.session_timeout / 3).min(Duration::from_secs(3))
    }

    /// A consumer that is only ever assigned by hand. The group id makes librdkafka's consumer queue work; it never joins.
    #[must_use]
    pub fn follower(&self, group: &str) -> ClientConfig {
        let mut config = self.reader();
        config.set("group.id", group);
        // what retention took must be counted: the worker starts anew at the log's start
        config.set("auto.offset.reset", "error");
        config.set("queued.min.messages", "1000");
        self.finished(config)
    }

    /// A client that asks for watermarks: of read-committed ones the broker hides open transactions.
    #[must_use]
    pub fn surveyor(&self) -> ClientConfig {
        let mut config = self.base();
        config.set("isolation.level", "read_uncommitted");
        self.finished(config)
    }

    /// A producer of transactions.
    #[must_use]
    pub fn transactional(&self, id: &str) -> ClientConfig {
        let mut config = self.producer();
        config.set("transactional.id", id);
        // a request that hangs must not cost the whole transaction
        config.set("socket.timeout.ms", ANSWER.min(self.transaction_timeout / 2).as_millis().to_string());
        config.set("transaction.timeout.ms", self.transaction_timeout.as_millis().to_string());
        self.finished(config)
    }

    /// An idempotent producer without transactions.
    #[must_use]
    pub fn plain(&self, delivery: Duration) -> ClientConfig {
        let mut config = self.producer();
        config.set("delivery.timeout.ms", delivery.as_millis().to_string());
        self.finished(config)
    }

    fn producer(&self) -> ClientConfig {
        let mut config = self.base();
        config.set("enable.idempotence", "true");
        config.set("acks", "all");
        // Java producers' partitioner, or keys would not meet their tables
        config.set("partitioner", "murmur2_random");
        config.set("linger.ms", "1");
        config.set("compression.type", "lz4");
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_heartbeats_fit_into_every_session() {
        for (session_s, heartbeat_ms) in [(30, "3000"), (9, "3000"), (6, "2000"), (3, "1000")] {
            let settings = Settings { session_timeout: Duration::from_secs(session_s), ..Settings::default() };
            assert_eq!(settings.member("g").get("heartbeat.interval.ms"), Some(heartbeat_ms), "{session_s} s");
        }
    }
}
