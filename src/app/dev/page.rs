//! What `dev` prints and writes about itself. Pure text; knows no client.

use std::{fmt::Write as _, net::SocketAddr};

use url::Url;

use crate::{app::pipeline::Pipeline, config::Config, wire::topics::SEND_COMMANDS_JSON};

/// Everything somebody may want to talk to.
#[derive(Debug, Clone)]
pub struct Addresses {
    pub kafka: String,
    pub registry: String,
    pub simulator: String,
    pub webhooks: Option<String>,
    pub health: SocketAddr,
    pub objects: String,
    /// Physical name.
    pub commands: String,
}

impl Addresses {
    pub fn of(config: &Config, pipeline: &Pipeline, simulator: &Url) -> Self {
        let plain = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
        Self {
            kafka: config.kafka.bootstrap_servers.clone(),
            registry: config.registry.urls.first().map(plain).unwrap_or_default(),
            simulator: plain(simulator),
            webhooks: pipeline.webhooks.map(|at| format!("http://{at}{}", config.http.path)),
            health: pipeline.health,
            objects: config.media.store.clone(),
            commands: config.kafka.names.physical(SEND_COMMANDS_JSON),
        }
    }
}

pub fn addresses(at: &Addresses, real: bool) -> String {
    let broker = if real { "as given" } else { "embedded broker" };
    format!(
        "omnichannel-whatsapp dev: the whole pipeline in this process

  Kafka            {kafka}  ({broker})
  schema registry  {registry}
  Meta             {simulator}  (simulator: Graph API, and a phone under /_sim/)
  webhooks         {webhooks}
  health           http://{health}/readyz, metrics at /metrics
  objects          {objects}
  variables        source .dev/env

",
        kafka = at.kafka,
        registry = at.registry,
        simulator = at.simulator,
        webhooks = at.webhooks.as_deref().unwrap_or("left out"),
        health = at.health,
        objects = at.objects,
    )
}

/// What must not be concluded from what is seen here.
pub fn limits(real: bool) -> &'static str {
    if real {
        return "";
    }
    "The embedded broker is librdkafka's mock, good for trying things out. It does not do:
  - transactions: records of an aborted one are seen by everybody, and offsets are committed beside it
  - durability: everything is gone when this ends, and beyond 5 MiB a partition forgets its oldest records
  - compaction, retention, admin requests (`topics plan`), quotas, TLS, several brokers
  Exactly-once, restarts and outages show on a real cluster only: `dev --bootstrap HOST:PORT`.

"
}

pub fn suggestions(at: &Addresses) -> String {
    let Addresses { kafka, registry, simulator, commands, .. } = at;
    format!(
        r#"In another terminal, after `source .dev/env`:

  a user writes             curl -s {simulator}/_sim/inbound -H 'content-type: application/json' \
                              -d '{{"from":"+12025550143","body":"Is my order ready?"}}'
  a user sends a picture    curl -s {simulator}/_sim/inbound -H 'content-type: application/json' \
                              -d '{{"from":"+12025550143","kind":"image","body":"This one"}}'
  we answer                 omnichannel-whatsapp send --to +12025550143 --text 'Yes, it is'
  the same, from anywhere   echo '{{"to":"+12025550143","text":{{"body":"Yes, it is"}}}}' | kcat -P -b {kafka} -t {commands}
  read what is inbound      kcat -C -b {kafka} -t omnichannel.inbound.default -s value=avro -r {registry} -u
  Meta refuses the next     curl -s {simulator}/_sim/faults -H 'content-type: application/json' -d '{{"code":131026,"count":1}}'

Ends with Ctrl-C.
"#
    )
}

/// `.dev/env`: the simulator's number for this and other programs. What was configured as a secret is not written down
/// again.
pub fn variables(at: &Addresses, config: &Config, given: &Config) -> String {
    let mut text = String::from("# written by `dev`, true while it runs: source .dev/env\n");
    let mut export = |name: &str, value: &str| {
        let quoted = value.replace('\'', r"'\''");
        // a String takes everything
        let _ = writeln!(text, "export {name}='{quoted}'");
    };
    export("KAFKA_BOOTSTRAP_SERVERS", &at.kafka);
    export("SCHEMA_REGISTRY_URL", &at.registry);
    export("GRAPH_BASE_URL", &at.simulator);
    export("SIMULATOR_URL", &at.simulator);
    if let Some(account) = config.accounts.first() {
        export("WHATSAPP_BUSINESS_ACCOUNT_ID", &account.account.waba_id);
        export("WHATSAPP_PHONE_NUMBER_ID", &account.account.phone_number_id);
        let configured = given.accounts.first().is_some_and(|given| given.token.is_some());
        if let Some(token) = account.token.as_ref().filter(|_| !configured) {
            export("WHATSAPP_ACCESS_TOKEN", token.expose());
        }
    }
    if let Some(app) = config.apps.first() {
        let given = given.apps.first();
        if let Some(secret) = app.secrets.first().filter(|_| given.is_none_or(|app| app.secrets.is_empty())) {
            export("WHATSAPP_WEBHOOK_SECRET", secret.expose());
        }
        if let Some(token) = app.verify_token.as_ref().filter(|_| given.is_none_or(|app| app.verify_token.is_none())) {
            export("WHATSAPP_WEBHOOK_VERIFY_TOKEN", token.expose());
        }
    }
    text
}
