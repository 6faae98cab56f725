//! What `dev` prints and writes about itself. Pure text; knows no client.

use std::net::SocketAddr;

use url::Url;

use crate::{
    app::{
        pipeline::Pipeline,
        stand_in::{export, exports},
    },
    config::Config,
    wire::topics::{INBOUND_DEFAULT, Names, SEND_COMMANDS_JSON},
};

/// Everything somebody may want to talk to.
#[derive(Debug, Clone)]
pub struct Addresses {
    pub kafka: String,
    pub registry: String,
    pub simulator: String,
    pub webhooks: Option<String>,
    pub health: SocketAddr,
    pub objects: String,
    /// Physical names.
    pub commands: String,
    pub inbound: String,
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
            inbound: config.kafka.names.physical(INBOUND_DEFAULT),
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
    let Addresses { kafka, registry, simulator, commands, inbound, .. } = at;
    format!(
        r#"In another terminal, after `source .dev/env`:

  a user writes             omnichannel-whatsapp simulator inbound text --text 'Is my order ready?'
  a user sends a picture    omnichannel-whatsapp simulator inbound image --text 'This one'
  anything else happens     omnichannel-whatsapp simulator inbound --list; omnichannel-whatsapp simulator event --list
  we answer                 omnichannel-whatsapp send --to +12025550143 --text 'Yes, it is'
  the same, from anywhere   echo '{{"to":"+12025550143","text":{{"body":"Yes, it is"}}}}' | kcat -P -b {kafka} -t {commands}
  read what is inbound      kcat -C -b {kafka} -t {inbound} -s value=avro -r {registry} -u
  Meta refuses the next     curl -s {simulator}/_sim/faults -H 'content-type: application/json' -d '{{"code":131026,"count":1}}'

Ends with Ctrl-C.
"#
    )
}

/// After a demo, whose addresses are gone with it.
pub fn afterwards(at: &Addresses) -> String {
    let commands = &at.commands;
    format!(
        r#"
Without --demo all of this stays until Ctrl-C, and in another terminal you can take part:

  source .dev/env
  echo '{{"to":"+12025550143","text":{{"body":"Yes, it is"}}}}' | kcat -P -b $KAFKA_BOOTSTRAP_SERVERS -t {commands}
"#
    )
}

/// `.dev/env`: this pipeline for `send`, and its number for other programs.
pub fn variables(at: &Addresses, config: &Config, given: &Config) -> String {
    let mut text = String::from("# written by `dev`, true while it runs: source .dev/env\n");
    for (name, value) in [
        ("KAFKA_BOOTSTRAP_SERVERS", &at.kafka),
        ("SCHEMA_REGISTRY_URL", &at.registry),
        ("GRAPH_BASE_URL", &at.simulator),
        ("SIMULATOR_URL", &at.simulator),
    ] {
        text += &export(name, value);
    }
    let (names, usual) = (&config.kafka.names, Names::default());
    for (name, prefix, usual) in [
        ("OMNICHANNEL_KAFKA_PREFIX_WHATSAPP", names.whatsapp(), usual.whatsapp()),
        ("OMNICHANNEL_KAFKA_PREFIX_OMNICHANNEL", names.omnichannel(), usual.omnichannel()),
    ] {
        if prefix != usual {
            text += &export(name, prefix);
        }
    }
    text + &exports(config, given)
}
