//! Command line → configuration → telemetry → app. Exit codes: 0 done, 1 failed, 64 wrong usage or configuration.

mod allocator;

use std::{ffi::OsString, process::ExitCode};

use omnichannel_whatsapp::{
    app::{self, Ended, Process, say::complain},
    cli::Cli,
    config, telemetry,
};

const FAILED: u8 = 1;
const USAGE: u8 = 64;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let cli = match Cli::read(&args) {
        Ok(cli) => cli,
        Err(error) => {
            let asked_for = !error.use_stderr();
            // a closed terminal is no reason to fail
            let _ = error.print();
            return if asked_for { ExitCode::SUCCESS } else { ExitCode::from(USAGE) };
        }
    };
    let loaded =
        match config::from_process(cli.flags(), cli.config.as_deref(), cli.command.defaults(), cli.command.needs()) {
            Ok(loaded) => loaded,
            Err(mistakes) => {
                complain(mistakes);
                return ExitCode::from(USAGE);
            }
        };
    match start(cli, loaded) {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::Badly) => ExitCode::from(FAILED),
        Ok(Ended::Misused) => ExitCode::from(USAGE),
        Err(error) => {
            complain(format_args!("{error:#}"));
            ExitCode::from(FAILED)
        }
    }
}

/// Exporters block, so they are made and ended outside of the runtime.
fn start(cli: Cli, loaded: config::Loaded) -> anyhow::Result<Ended> {
    let telemetry::Telemetry { signals, exposition, guard } = telemetry::init(&loaded.config.telemetry())?;
    for notice in &loaded.notices {
        tracing::info!("{notice}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(app::run(cli.command, &Process { loaded, signals, exposition }));
    drop(runtime);
    guard.shutdown();
    ended
}
