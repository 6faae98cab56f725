//! What a pipeline needs around it: broker, registry and Meta, embedded or real, started before it and ended after it.
//! Holds no record.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use anyhow::Context as _;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    DRAIN,
    settings::{self, Places},
};
use crate::{
    adapters::{
        kafka::{self, admin::Admin, embedded::EmbeddedBroker},
        registry::Registry,
    },
    app::{pipeline::registry_settings, say::say, stand_in},
    config::Config,
    ops,
    simulator::{self, Simulator},
    wire::topics::{Profile, catalogue},
};

/// All of it. The simulator's address is taken and its calls queue up until [`simulate`](Self::simulate).
pub struct Around {
    pub config: Config,
    pub kafka: kafka::Settings,
    pub simulator_url: Url,
    meta: Option<TcpListener>,
    broker: Option<EmbeddedBroker>,
    servers: JoinSet<anyhow::Result<()>>,
    stop: CancellationToken,
}

impl Around {
    /// Topics and schemas are there when it returns.
    pub async fn start(bootstrap: Option<&str>, given: &Config, folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let stop = CancellationToken::new();
        let mut servers = JoinSet::new();
        let meta = listener().await?;
        let simulator_url = url_of(&meta)?;
        let registry = match given.registry.urls.first() {
            Some(_) if bootstrap.is_some() => None,
            _ => Some(registry(&mut servers, &stop).await?),
        };
        let broker = if bootstrap.is_none() { Some(embedded(given)?) } else { None };
        let servers_of = |broker: &EmbeddedBroker| broker.bootstrap_servers().to_owned();
        let places = Places {
            bootstrap: bootstrap.map(str::to_owned).or(broker.as_ref().map(servers_of)).unwrap_or_default(),
            registry,
            simulator: simulator_url.clone(),
        };
        let config = settings::inwards(given, places, folder, DRAIN)?;
        if broker.is_none() {
            apply_topics(&config).await?;
        }
        register_schemas(&config).await?;
        let kafka = settings::clients(&config, broker.is_some());
        Ok(Self { config, kafka, simulator_url, meta: Some(meta), broker, servers, stop })
    }

    /// Meta begins to answer, and to post where the receiver is.
    pub fn simulate(&mut self, webhooks: Option<SocketAddr>) -> anyhow::Result<Simulator> {
        let listener = self.meta.take().context("the simulator runs already")?;
        let url = webhooks.map(|address| format!("http://{address}{}", self.config.http.path));
        let settings = stand_in::simulator(&self.config, url);
        let (simulator, serving) = simulator::serve(listener, settings, self.stop.clone().cancelled_owned())?;
        self.servers.spawn(async move { Ok(serving.await?) });
        Ok(simulator)
    }

    /// After the pipeline: its last calls need these.
    pub async fn end(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        while let Some(server) = self.servers.join_next().await {
            server??;
        }
        drop(self.broker);
        Ok(())
    }
}

async fn listener() -> anyhow::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no free port on 127.0.0.1")
}

fn url_of(listener: &TcpListener) -> anyhow::Result<Url> {
    Ok(Url::parse(&format!("http://{}", listener.local_addr()?))?)
}

async fn registry(servers: &mut JoinSet<anyhow::Result<()>>, stop: &CancellationToken) -> anyhow::Result<Url> {
    let listener = listener().await?;
    let url = url_of(&listener)?;
    let serving = simulator::registry::serve(listener, stop.clone().cancelled_owned());
    servers.spawn(async move { Ok(serving.await?) });
    Ok(url)
}

fn embedded(given: &Config) -> anyhow::Result<EmbeddedBroker> {
    let broker = EmbeddedBroker::start().context("the embedded broker does not start")?;
    for topic in catalogue().topics(&given.layout(Profile::Dev)) {
        let name = given.kafka.names.physical(&topic.name);
        broker.create_topic(&name, topic.partitions).with_context(|| format!("topic {name}"))?;
    }
    Ok(broker)
}

async fn apply_topics(config: &Config) -> anyhow::Result<()> {
    let admin = Admin::connect(&config.kafka.bootstrap_servers, config.kafka.properties.expose())?;
    let specs = catalogue().topics(&config.layout(Profile::Dev));
    let changes = ops::topics::compare(&admin, &specs, &config.kafka.names).await?;
    for change in changes.iter().filter(|change| matches!(change, ops::topics::Change::Refuse { .. })) {
        say(change);
    }
    ops::topics::apply(&admin, &changes).await?;
    Ok(())
}

async fn register_schemas(config: &Config) -> anyhow::Result<()> {
    let registry = Registry::new(registry_settings(config, true))?;
    let (queues, carriers) = (&config.routing.queues, &config.routing.carriers);
    ops::schemas::register(&registry, &config.kafka.names, queues, carriers).await.context("the schemas")?;
    Ok(())
}
