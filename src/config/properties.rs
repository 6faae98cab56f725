//! librdkafka's properties as they pass through: which are secrets, and which are not the operator's to set.

use std::{collections::BTreeMap, fmt};

use super::mistake::Mistake;
use crate::adapters::kafka::client::objection;

/// The promises of the pipeline rest on these; the worker sets them.
const OURS: &[&str] = &[
    "acks",
    "allow.auto.create.topics",
    "auto.offset.reset",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "group.id",
    "group.protocol",
    "group.protocol.type",
    "group.remote.assignor",
    "isolation.level",
    "partitioner",
    "request.required.acks",
    "transactional.id",
];

/// Properties for every Kafka client of the process. `Debug` hides secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Properties(BTreeMap<String, String>);

impl Properties {
    #[must_use]
    pub fn new(all: BTreeMap<String, String>) -> Self {
        Self(all)
    }

    /// With the secrets in it: for a Kafka client's configuration.
    #[must_use]
    pub fn expose(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.iter().map(|(name, value)| (name, if is_secret(name) { "(redacted)" } else { value }));
        f.debug_map().entries(shown).finish()
    }
}

/// By librdkafka's naming: passwords, client secrets, private keys, and the configuration of its own token handler.
#[must_use]
pub fn is_secret(property: &str) -> bool {
    let names_a_file = [".location", ".file"].iter().any(|end| property.ends_with(end));
    let telling = ["password", "secret", "passphrase", "key.pem", "jaas"].iter().any(|word| property.contains(word));
    (telling && !names_a_file) || property == "sasl.oauthbearer.config"
}

/// Those that are settings of the worker.
const SETTINGS: &[(&str, &str)] = &[
    ("bootstrap.servers", "kafka.bootstrap_servers"),
    ("metadata.broker.list", "kafka.bootstrap_servers"),
    ("session.timeout.ms", "kafka.session_timeout"),
    ("group.instance.id", "kafka.membership"),
    ("partition.assignment.strategy", "kafka.assignor"),
    ("transaction.timeout.ms", "kafka.transaction_timeout"),
];

/// Why a property may not be set, or not to this value, if so. Never repeats the value.
#[must_use]
pub fn refuse(property: &str, value: &str) -> Option<Mistake> {
    let key = format!("kafka.properties.{property}");
    if let Some((_, setting)) = SETTINGS.iter().find(|(name, _)| *name == property) {
        return Some(Mistake::new(key, "has a setting of its own", format!("set {setting}")));
    }
    if OURS.contains(&property) {
        let problem = "is the worker's own: order and exactly-once delivery depend on it";
        return Some(Mistake::new(key, problem, "remove it"));
    }
    objection(property, value).map(|problem| Mistake::new(key, problem, "see librdkafka's CONFIGURATION.md"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_name() {
        for secret in
            ["sasl.jaas.config", "sasl.password", "ssl.key.password", "ssl.key.pem", "sasl.oauthbearer.client.secret"]
        {
            assert!(is_secret(secret), "{secret}");
        }
        for open in ["ssl.ca.location", "security.protocol", "ssl.certificate.pem", "sasl.username"] {
            assert!(!is_secret(open), "{open}");
        }
    }

    #[test]
    fn librdkafka_is_asked_and_no_value_is_repeated() {
        assert_eq!(refuse("sasl.password", "hunter2"), None);
        assert_eq!(refuse("socket.keepalive.enable", "true"), None);
        for (property, value) in
            [("sasl.passwordd", "hunter2"), ("sasl.jaas.config", "hunter2"), ("linger.ms", "hunter2")]
        {
            let told = refuse(property, value).expect("a mistake").to_string();
            assert!(told.contains(property) && !told.contains("hunter2"), "{told}");
        }
    }

    #[test]
    fn debug_hides_secrets_only() {
        let all = [("sasl.password", "hunter2"), ("sasl.username", "ada")];
        let shown = format!("{:?}", Properties(all.map(|(k, v)| (k.to_owned(), v.to_owned())).into()));
        assert!(!shown.contains("hunter2") && shown.contains("ada"), "{shown}");
    }
}
