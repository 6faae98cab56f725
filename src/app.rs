//! Commands put together: the only file that knows concrete adapters and stages. Parses nothing and decides nothing that
//! a record depends on.

use anyhow::Context as _;

use crate::{
    adapters::kafka::admin::Admin,
    cli::{Command, Settings, Topics},
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
}

/// Runs one command to its end.
///
/// # Errors
/// Whatever kept it from ending.
pub async fn run(command: Command, process: &Process) -> anyhow::Result<Ended> {
    match command {
        Command::Topics(action) => topics(action, &process.loaded.config).await,
        Command::Config(Settings::Check(_)) => {
            println!("the configuration has no mistake");
            Ok(Ended::Well)
        }
        Command::Config(Settings::Show) => {
            print!("{}", process.loaded.show());
            Ok(Ended::Well)
        }
    }
}

async fn topics(action: Topics, config: &Config) -> anyhow::Result<Ended> {
    let admin = Admin::connect(&config.kafka.bootstrap_servers, config.kafka.properties.expose())?;
    let specs = catalogue().topics(&config.layout(Profile::Default));
    let changes = ops::topics::compare(&admin, &specs, &config.kafka.names).await.context("the topics cannot be read")?;
    for change in &changes {
        println!("{change}");
    }
    let refused = changes.iter().any(|change| matches!(change, ops::topics::Change::Refuse { .. }));
    match action {
        Topics::Plan if refused => Ok(Ended::Badly),
        Topics::Plan => Ok(Ended::Well),
        Topics::Apply => {
            let changed = ops::topics::apply(&admin, &changes).await?;
            println!("{changed} of {} topics changed", specs.len());
            Ok(Ended::Well)
        }
    }
}
