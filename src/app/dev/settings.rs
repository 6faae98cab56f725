//! The configuration of a `dev` process: what was configured, with everything that points outside turned inwards. Opens
//! nothing but the ports it looks at.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    time::Duration,
};

use anyhow::Context as _;
use url::Url;

use crate::{
    adapters::kafka,
    app::stand_in,
    config::{Config, StateStore},
};

/// Where the things around the pipeline are.
pub struct Places {
    pub bootstrap: String,
    /// `None` keeps the configured registry.
    pub registry: Option<Url>,
    pub simulator: Url,
}

/// `given`, turned inwards.
pub fn inwards(given: &Config, places: Places, folder: &Path, drain: Duration) -> anyhow::Result<Config> {
    let mut config = given.clone();
    config.kafka.bootstrap_servers = places.bootstrap;
    if let Some(url) = places.registry {
        config.registry.urls = vec![url];
        config.registry.basic_auth = None;
    }
    config.graph.base_url = Some(places.simulator);
    config.http.listen = near(given.http.listen);
    config.telemetry.listen = near(given.telemetry.listen);
    let objects = folder.join("objects");
    config.media.store = Url::from_directory_path(objects).ok().context("the folder has no URL")?.to_string();
    // an embedded broker's topics are gone with it
    config.state.store = StateStore::Memory;
    config.runtime.drain_timeout = config.runtime.drain_timeout.min(drain);
    stand_in::fill(&mut config);
    Ok(config)
}

/// The configured port on this machine's own address, or any that is free.
fn near(given: SocketAddr) -> SocketAddr {
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, given.port()));
    let free = TcpListener::bind(here).is_ok();
    if free { here } else { SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) }
}

/// How the pipeline's clients reach the cluster. Nothing that was configured for another one is told to the embedded one.
pub fn clients(config: &Config, embedded: bool) -> kafka::Settings {
    let mut settings = config.kafka_client();
    if embedded {
        settings.properties.clear();
    }
    kafka::Settings { embedded, ..settings }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        app::stand_in::simulator,
        config::{Needs, Sources, load},
        simulator::Settings,
    };

    fn config(env: &[(&str, &str)]) -> Config {
        let env: BTreeMap<_, _> = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let read = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
        let sources = Sources { flags: Vec::new(), defaults: &[], env, file: None, read: &read };
        load(&sources, Needs::default(), 1).expect("no mistake").config
    }

    fn turned(env: &[(&str, &str)]) -> Config {
        let url = |text: &str| Url::parse(text).expect("a URL");
        let places = Places {
            bootstrap: "127.0.0.1:1".to_owned(),
            registry: Some(url("http://127.0.0.1:2")),
            simulator: url("http://127.0.0.1:3"),
        };
        inwards(&config(env), places, Path::new("/tmp/.dev"), Duration::from_secs(1)).expect("a configuration")
    }

    #[test]
    fn nothing_configured_is_the_simulators_number_and_app() {
        let config = turned(&[]);
        let simulated = simulator(&config, None);
        let usual = Settings::default();
        assert_eq!(simulated.numbers[0].phone_number_id, usual.numbers[0].phone_number_id);
        assert_eq!(config.accounts[0].token, Some(usual.numbers[0].token.clone()));
        assert_eq!(config.apps[0].secrets, [usual.app_secret]);
        assert_eq!(config.media.store, "file:///tmp/.dev/objects/");
    }

    #[test]
    fn what_is_configured_the_simulator_has_too() {
        let config = turned(&[
            ("WHATSAPP_BUSINESS_ACCOUNT_ID", "1001"),
            ("WHATSAPP_PHONE_NUMBER_ID", "2002"),
            ("WHATSAPP_WEBHOOK_SECRET", "own"),
        ]);
        let simulated = simulator(&config, Some("http://127.0.0.1/".to_owned()));
        assert_eq!(simulated.numbers.len(), 1);
        assert_eq!(simulated.numbers[0].phone_number_id, "2002");
        assert_eq!(simulated.app_secret.expose(), "own");
        assert_eq!(simulated.behaviour.webhook_url.as_deref(), Some("http://127.0.0.1/"));
    }

    #[test]
    fn the_world_outside_is_left_alone() {
        let config = turned(&[
            ("KAFKA_BOOTSTRAP_SERVERS", "broker:9092"),
            ("KAFKA_PROPERTIES_SECURITY_PROTOCOL", "SSL"),
            ("SCHEMA_REGISTRY_URL", "https://registry"),
            ("MEDIA_BUCKET", "bucket"),
        ]);
        let clients = clients(&config, true);
        assert_eq!((clients.bootstrap.as_str(), clients.properties.len()), ("127.0.0.1:1", 0));
        assert!(config.registry.urls.first().is_some_and(|url| url.port() == Some(2)));
        assert!(config.media.store.starts_with("file://"), "{}", config.media.store);
        assert!(config.http.listen.ip().is_loopback() && config.telemetry.listen.ip().is_loopback());
    }

    #[test]
    fn a_port_that_is_taken_is_not_insisted_on() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let at = taken.local_addr().expect("its address");
        assert_eq!(near(at).port(), 0);
    }
}
