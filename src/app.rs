//! Commands put together: the only file that knows concrete adapters and stages. Parses nothing and decides nothing that
//! a record depends on.

mod control;
mod dev;
mod dlq;
pub mod operator;
pub mod pipeline;
pub mod say;
mod send;
mod simulate;
mod stand_in;
mod templates;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use self::say::{say, say_all};
use crate::{
    adapters::{kafka::admin::Admin, registry::Registry},
    cli::{Command, Roles, Schemas, Settings, Topics},
    config::{Config, Loaded},
    ops,
    telemetry::{Exposition, Signals},
    wire::topics::{Profile, catalogue},
};

/// What a command needs besides its arguments.
pub struct Process {
    pub loaded: Loaded,
    pub signals: Signals,
    pub exposition: Exposition,
}

/// How a command ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Well,
    /// It has said why on standard output.
    Badly,
    /// It cannot be done so; it has said why on standard error.
    Misused,
}

/// Runs one command to its end.
///
/// # Errors
/// Whatever kept it from ending.
pub async fn run(command: Command, process: &Process) -> anyhow::Result<Ended> {
    match command {
        Command::Run(roles) => serve(&roles, process).await,
        Command::Dev(arguments) => dev::run(&arguments, process, stop_on_signal()?).await,
        Command::Send(arguments) => send::run(arguments, &process.loaded.config).await,
        Command::Dlq(command) => dlq::run(command, &process.loaded.config).await,
        Command::Templates(command) => templates::run(command, &process.loaded.config).await,
        Command::Simulator(arguments) => simulate::run(arguments, &process.loaded.config, stop_on_signal()?).await,
        Command::Ops(wanted) => control::run(wanted, &process.loaded.config).await,
        Command::Schemas(action) => schemas(action, &process.loaded.config).await,
        Command::Topics(action) => topics(action, &process.loaded.config).await,
        Command::Config(Settings::Check(_)) => {
            say("the configuration has no mistake");
            Ok(Ended::Well)
        }
        Command::Config(Settings::Show) => {
            say_all(process.loaded.show());
            Ok(Ended::Well)
        }
    }
}

/// Until SIGTERM or SIGINT, then drains.
async fn serve(roles: &Roles, process: &Process) -> anyhow::Result<Ended> {
    let config = &process.loaded.config;
    let shutdown = stop_on_signal()?;
    let plan = pipeline::Plan {
        config,
        kafka: config.kafka_client(),
        profile: Profile::Default,
        roles: roles.chosen(),
        register_schemas: false,
        signals: process.signals.clone(),
        exposition: process.exposition.clone(),
        shutdown,
    };
    let pipeline = pipeline::Pipeline::start(plan).await?;
    tracing::info!(webhooks = ?pipeline.webhooks, health = %pipeline.health, "started");
    pipeline.ended().await?;
    tracing::info!("stopped");
    Ok(Ended::Well)
}

/// A token that SIGTERM and SIGINT cancel.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut term, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let token = CancellationToken::new();
    let cancelled = token.clone();
    // ends with the process at the latest
    tokio::spawn(async move {
        tokio::select! {
            biased;
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        cancelled.cancel();
    });
    Ok(token)
}

async fn schemas(action: Schemas, config: &Config) -> anyhow::Result<Ended> {
    match action {
        Schemas::Check { released } => {
            let breaks = ops::schemas::check(&released)?;
            for one in &breaks {
                say(one);
            }
            say(format_args!("{} breaks of compatibility", breaks.len()));
            Ok(if breaks.is_empty() { Ended::Well } else { Ended::Badly })
        }
        Schemas::Register => {
            let registry = Registry::new(pipeline::registry_settings(config, true))?;
            let (queues, carriers) = (&config.routing.queues, &config.routing.carriers);
            let done = ops::schemas::register(&registry, &config.kafka.names, queues, carriers).await?;
            for one in &done {
                say(format_args!("{} {} {}", one.id, one.subject, one.record));
            }
            Ok(Ended::Well)
        }
    }
}

async fn topics(action: Topics, config: &Config) -> anyhow::Result<Ended> {
    let admin = Admin::connect(&config.kafka.bootstrap_servers, config.kafka.properties.expose())?;
    let specs = catalogue().topics(&config.layout(Profile::Default));
    let changes =
        ops::topics::compare(&admin, &specs, &config.kafka.names).await.context("the topics cannot be read")?;
    for change in &changes {
        say(change);
    }
    let refused = changes.iter().any(|change| matches!(change, ops::topics::Change::Refuse { .. }));
    match action {
        Topics::Plan if refused => Ok(Ended::Badly),
        Topics::Plan => Ok(Ended::Well),
        Topics::Apply => {
            let changed = ops::topics::apply(&admin, &changes).await?;
            say(format_args!("{changed} of {} topics changed", specs.len()));
            Ok(Ended::Well)
        }
    }
}
