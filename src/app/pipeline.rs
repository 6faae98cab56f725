//! The pipeline in one process: adapters made, stages started on them, HTTP served, all of it ended by one token. Which
//! parts run is an argument.

use std::{net::SocketAddr, sync::Arc, thread};

use anyhow::Context as _;
use tokio::{net::TcpListener, sync::oneshot, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    adapters::{
        clock::SystemClock,
        graph::GraphClient,
        kafka::{
            self, broadcast,
            log::{self, Identity, KafkaLog, Surveyor},
            sink::Sink,
        },
        objects::ObjectsClient,
        registry::{self, Registry},
        store::DiskStores,
    },
    cli::Role,
    config::{Config, Membership},
    domain::carrier::{Carriers, WHATSAPP},
    http::{
        self, Routes,
        health::{self, Component, Probe},
        receiver::{self, Receiver},
    },
    runtime::{
        Stage,
        broadcast::Broadcast,
        controls::Controls,
        ports::SharedClock,
        store::{MemoryStores, Stores},
        supervisor::{self, LogFactory, Running, Shared},
    },
    stages::{
        catalogue::Catalogue,
        ingress::Ingress,
        media::Media,
        ports::Objects,
        router::{CommandRouter, RouterCommands, RouterInbound, RouterJson},
        sender::Sender,
        status::Status,
        templates::{TemplateReader, Templates},
    },
    telemetry::{Exposition, Signals},
    wire::{
        codec::Codec,
        topics::{CONTROL, Profile, TEMPLATES, TopicMap},
    },
};

/// What a pipeline is made of.
pub struct Plan<'a> {
    pub config: &'a Config,
    pub kafka: kafka::Settings,
    pub profile: Profile,
    pub roles: Vec<Role>,
    /// Development: nobody has registered the schemas.
    pub register_schemas: bool,
    pub signals: Signals,
    pub exposition: Exposition,
    pub shutdown: CancellationToken,
}

/// A pipeline at work.
pub struct Pipeline {
    stages: Arc<Vec<Running>>,
    servers: JoinSet<std::io::Result<()>>,
    /// Where webhooks are taken, if they are.
    pub webhooks: Option<SocketAddr>,
    /// Where health and metrics are.
    pub health: SocketAddr,
    shutdown: CancellationToken,
}

/// Everything stages are built from.
struct Parts<'a> {
    plan: &'a Plan<'a>,
    shared: Shared,
    surveyor: Surveyor,
    codec: Codec,
    templates: Templates,
    graph: Arc<GraphClient>,
    objects: Arc<dyn Objects>,
}

impl Pipeline {
    /// Starts what the plan says. HTTP is served before Kafka answers, so that probes see a waiting process, not a dead one.
    ///
    /// # Errors
    /// A client cannot be made, or an address is taken.
    pub async fn start(plan: Plan<'_>) -> anyhow::Result<Self> {
        let shutdown = plan.shutdown.clone();
        let parts = Parts::new(&plan)?;
        let mut stages = Vec::new();
        for role in &plan.roles {
            parts.start_role(*role, &mut stages)?;
        }
        let stages = Arc::new(stages);
        let mut servers = JoinSet::new();
        let (webhooks, health) = parts.serve(&stages, &mut servers).await?;
        parts.hear(&mut servers)?;
        if plan.roles.contains(&Role::Router) {
            parts.know_templates(&mut servers)?;
        }
        Ok(Self { stages, servers, webhooks, health, shutdown })
    }

    /// Every stage has its assignment, restored.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.stages.iter().all(Running::ready)
    }

    /// Waits for the token, then for everybody.
    ///
    /// # Errors
    /// A server failed.
    pub async fn ended(mut self) -> anyhow::Result<()> {
        self.shutdown.cancelled().await;
        while let Some(server) = self.servers.join_next().await {
            server??;
        }
        for stage in self.stages.iter() {
            stage.ended().await;
        }
        Ok(())
    }
}

impl<'a> Parts<'a> {
    fn new(plan: &'a Plan<'a>) -> anyhow::Result<Self> {
        let config = plan.config;
        let clock: SharedClock = Arc::new(SystemClock);
        let directory = Arc::new(TopicMap::new(config.kafka.names.clone(), &config.layout(plan.profile)));
        let registry = Registry::new(registry_settings(config, plan.register_schemas))?;
        let codec = Codec::new(config.kafka.names.clone(), Arc::new(registry), clock.clone());
        Ok(Self {
            shared: Shared {
                directory,
                clock,
                stores: stores(config),
                signals: plan.signals.clone(),
                tasks: tokio::runtime::Handle::current(),
                shutdown: plan.shutdown.clone(),
                controls: Controls::unread(),
            },
            surveyor: log::surveyor(&plan.kafka)?,
            codec,
            templates: Templates::unread(),
            graph: Arc::new(
                GraphClient::new(config.graph_client()).context("the Graph client")?.with_signals(plan.signals.clone()),
            ),
            objects: Arc::new(ObjectsClient::new(&config.objects()).context("the object store")?),
            plan,
        })
    }

    /// What operators say reaches every stage of this process.
    fn hear(&self, servers: &mut JoinSet<std::io::Result<()>>) -> anyhow::Result<()> {
        self.follow(CONTROL, true, self.shared.controls.clone(), servers)
    }

    /// What is known of templates reaches the router.
    fn know_templates(&self, servers: &mut JoinSet<std::io::Result<()>>) -> anyhow::Result<()> {
        let reader = TemplateReader::new(self.templates.clone(), self.codec.clone(), self.shared.tasks.clone());
        self.follow(TEMPLATES, false, reader, servers)
    }

    fn follow<B: Broadcast + 'static>(
        &self,
        topic: &str,
        one_partition: bool,
        table: B,
        servers: &mut JoinSet<std::io::Result<()>>,
    ) -> anyhow::Result<()> {
        let (kafka, surveyor) = (self.plan.kafka.clone(), self.surveyor.clone());
        let shutdown = self.shared.shutdown.clone();
        let (thread, name) = (thread::Builder::new().name(topic.to_owned()), &self.plan.config.kafka.names);
        let topic = broadcast::Topic { name: name.physical(topic), one_partition };
        let (done, ended) = oneshot::channel::<()>();
        let follow = move || {
            broadcast::follow(&kafka, &surveyor, &topic, &table, &shutdown);
            drop(done);
        };
        thread.spawn(follow).context("a reader's thread")?;
        servers.spawn(async move {
            // nothing is ever sent: it ends with the thread
            let _ = ended.await;
            Ok(())
        });
        Ok(())
    }

    fn start_role(&self, role: Role, stages: &mut Vec<Running>) -> anyhow::Result<()> {
        let config = self.plan.config;
        let (codec, accounts) = (self.codec.clone(), config.known_accounts());
        match role {
            Role::Receiver => {}
            Role::Ingress => {
                let settings = config.ingress_stage();
                stages.push(self.start(Ingress::new(codec, accounts, self.objects.clone(), settings))?);
            }
            Role::Router => {
                let carriers = Carriers::new(WHATSAPP, config.routing.carriers.clone());
                let router = CommandRouter::new(codec.clone(), accounts, carriers)
                    .with_templates(self.templates.clone(), config.template_rules());
                stages.push(self.start(RouterCommands::new(router.clone()))?);
                stages.push(self.start(RouterJson::new(router))?);
                stages.push(self.start(RouterInbound::new(codec))?);
            }
            Role::Sender => {
                let settings = config.sender_stage()?;
                stages.push(self.start(
                    Sender::new(codec, self.graph.clone(), settings).with_signals(self.shared.signals.clone()),
                )?);
            }
            Role::Status => stages.push(self.start(Status::new(codec))?),
            Role::Media => {
                let settings = config.media_stage();
                stages.push(self.start(Media::new(codec, self.graph.clone(), self.objects.clone(), &settings))?);
            }
            Role::Catalogue => stages.push(self.start(Catalogue::new(codec, accounts, self.graph.clone()))?),
        }
        Ok(())
    }

    fn start<S: Stage>(&self, stage: S) -> anyhow::Result<Running> {
        let config = self.plan.config;
        let directory = self.shared.directory.clone();
        let group = directory.group(S::NAME);
        let instance = config.instance.clone();
        let membership = config.kafka.membership;
        let (kafka, surveyor, clock) = (self.plan.kafka.clone(), self.surveyor.clone(), self.shared.clock.clone());
        let logs: LogFactory<KafkaLog> = Arc::new(move |worker, waker| {
            let identity = Identity {
                group: group.clone(),
                input: directory.physical(S::INPUT),
                transactional_id: format!("{group}.{instance}.{worker}"),
                instance: match membership {
                    Membership::Dynamic => None,
                    Membership::Static => Some(format!("{instance}.{worker}")),
                },
            };
            KafkaLog::join(&kafka, &identity, surveyor.clone(), &clock, waker)
        });
        let workers = config.runtime.workers;
        supervisor::start(Arc::new(stage), workers, &config.worker(), &self.shared, &logs).context("a worker thread")
    }

    /// Webhooks on one address, health and metrics on another, or all on one where both settings name the same.
    async fn serve(
        &self,
        stages: &Arc<Vec<Running>>,
        servers: &mut JoinSet<std::io::Result<()>>,
    ) -> anyhow::Result<(Option<SocketAddr>, SocketAddr)> {
        let (http, health_at) = (self.plan.config.http.listen, self.plan.config.telemetry.listen);
        let probed = stages.clone();
        let probe: Probe = Arc::new(move || probed.iter().map(Component::stage).collect());
        let health = health::router(probe, self.plan.exposition.clone());
        if !self.plan.roles.contains(&Role::Receiver) {
            return Ok((None, self.listen(health_at, health, servers).await?));
        }
        let webhooks = receiver::router(self.receiver()?);
        if http == health_at {
            let address = self.listen(http, webhooks.merge(health), servers).await?;
            return Ok((Some(address), address));
        }
        let webhooks = self.listen(http, webhooks, servers).await?;
        Ok((Some(webhooks), self.listen(health_at, health, servers).await?))
    }

    fn receiver(&self) -> anyhow::Result<Receiver> {
        let config = self.plan.config;
        let sink = Sink::new(&self.plan.kafka, self.shared.directory.clone(), config.http.publish_deadline)?;
        let clock = self.shared.clock.clone();
        let signals = self.plan.signals.clone();
        Ok(Receiver::new(config.receiver(), config.signing_apps(), Arc::new(sink), clock, signals))
    }

    async fn listen(
        &self,
        at: SocketAddr,
        routes: Routes,
        servers: &mut JoinSet<std::io::Result<()>>,
    ) -> anyhow::Result<SocketAddr> {
        let listener = TcpListener::bind(at).await.with_context(|| format!("cannot listen on {at}"))?;
        let address = listener.local_addr()?;
        let stop = self.shared.shutdown.clone();
        servers.spawn(http::serve(listener, routes, stop.cancelled_owned()));
        Ok(address)
    }
}

fn stores(config: &Config) -> Arc<dyn Stores> {
    match config.disk_stores() {
        Some(settings) => Arc::new(DiskStores::new(settings)),
        None => Arc::new(MemoryStores),
    }
}

/// The registry client's settings.
pub fn registry_settings(config: &Config, register: bool) -> registry::Settings {
    registry::Settings { register, ..config.registry() }
}
