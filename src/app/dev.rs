//! `dev`: the whole pipeline in this process with everything it needs around it, on free ports of 127.0.0.1. For people and
//! tests; nothing of it may be needed by `run`.

mod around;
mod demo;
mod page;
mod settings;

use std::{path::Path, time::Duration};

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use self::{around::Around, page::Addresses};
use super::{
    Ended, Process,
    pipeline::{Pipeline, Plan},
    say::say_all,
};
use crate::{
    cli::{self, Role},
    wire::topics::Profile,
};

/// Everything that is written lies here, below the folder it was started in.
const FOLDER: &str = ".dev";
/// What is at work when the signal comes gets so long; there is nothing here that a restart could lose.
const DRAIN: Duration = Duration::from_secs(2);

/// Until SIGTERM or SIGINT, or until the demo has ended.
pub async fn run(arguments: &cli::Dev, process: &Process, stop: CancellationToken) -> anyhow::Result<Ended> {
    let folder = std::path::absolute(FOLDER)?;
    let mut around = Around::start(arguments.bootstrap.as_deref(), &process.loaded.config, &folder).await?;
    let pipeline = Pipeline::start(plan(arguments, process, &around, stop.clone())).await?;
    let simulator = around.simulate(pipeline.webhooks)?;
    let addresses = Addresses::of(&around.config, &pipeline, &around.simulator_url);
    write_variables(&folder, &page::variables(&addresses, &around.config, &process.loaded.config))?;
    say_all(page::addresses(&addresses, arguments.bootstrap.is_some()));
    say_all(page::limits(arguments.bootstrap.is_some()));

    let ended = if arguments.demo {
        tokio::select! {
            biased;
            () = stop.cancelled() => Ok(Ended::Badly),
            played = demo::play(&around, &simulator, &pipeline) => played,
        }
    } else {
        say_all(page::suggestions(&addresses));
        stop.cancelled().await;
        Ok(Ended::Well)
    };
    stop.cancel();
    pipeline.ended().await?;
    around.end().await?;
    if arguments.demo {
        say_all(page::afterwards(&addresses));
    }
    ended
}

fn plan<'a>(arguments: &cli::Dev, process: &Process, around: &'a Around, shutdown: CancellationToken) -> Plan<'a> {
    Plan {
        config: &around.config,
        kafka: around.kafka.clone(),
        profile: Profile::Dev,
        roles: Role::all().filter(|role| Some(*role) != arguments.without).collect(),
        register_schemas: false,
        signals: process.signals.clone(),
        exposition: process.exposition.clone(),
        shutdown,
    }
}

fn write_variables(folder: &Path, text: &str) -> anyhow::Result<()> {
    let file = folder.join("env");
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
}
