//! `dlq` put together: its clients, its question, what it prints and how it ends. What may be done with a letter is
//! `ops::dlq`'s.

mod bar;
mod confirm;

use std::sync::Arc;

use self::confirm::{Answer, confirm};
use super::{
    Ended,
    operator::operator,
    pipeline::registry_settings,
    say::{complain, say, say_all},
    stop_on_signal,
};
use crate::{
    adapters::{clock::SystemClock, registry::Registry},
    cli::dlq::{Discard, Dlq, How, List, Replay, Show, Which},
    config::Config,
    ops::dlq::{Action, Desk, Filter, HEAD, Limits, Order, Refusal, Report, Shown, State, json, line},
    runtime::ports::Clock as _,
    wire::{as_written, registry::SchemaIds},
};

/// Runs one of the commands.
pub async fn run(command: Dlq, config: &Config) -> anyhow::Result<Ended> {
    match command {
        Dlq::List(arguments) => list(arguments, config).await,
        Dlq::Show(arguments) => show(arguments, config).await,
        Dlq::Replay(arguments) => replay(arguments, config).await,
        Dlq::Discard(arguments) => discard(arguments, config).await,
    }
}

fn desk(stage: &str, config: &Config) -> Desk {
    Desk {
        settings: config.kafka_client(),
        names: config.kafka.names.clone(),
        stage: stage.to_owned(),
        accounts: config.accounts.iter().map(|configured| configured.account.clone()).collect(),
        clock: Arc::new(SystemClock),
    }
}

fn filter(which: &Which, state: Option<State>) -> Filter {
    let now_ms = SystemClock.unix_ms();
    Filter {
        places: which.places.clone(),
        codes: which.codes.clone(),
        accounts: which.accounts.clone(),
        keys: which.keys.clone(),
        since_ms: which.since.map(|when| when.ms(now_ms)),
        until_ms: which.until.map(|when| when.ms(now_ms)),
        state,
        limit: which.limit,
    }
}

/// The tool reads and writes Kafka in calls that block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
    Ok(tokio::task::spawn_blocking(work).await?)
}

async fn list(arguments: List, config: &Config) -> anyhow::Result<Ended> {
    let (desk, filter) = (desk(&arguments.which.stage, config), filter(&arguments.which, arguments.state.state()));
    let found = blocking(move || desk.find(&filter)).await??;
    let now_ms = SystemClock.unix_ms();
    if !arguments.json && !found.letters.is_empty() {
        say(HEAD);
    }
    for (letter, mark) in &found.letters {
        match arguments.json {
            true => say(json(letter, mark)),
            false => say(line(letter, mark, now_ms)),
        }
    }
    if !arguments.json {
        complain(format_args!(
            "{} dead letters; {} more are left out by --state or --limit",
            found.letters.len(),
            found.left_out
        ));
    }
    Ok(Ended::Well)
}

async fn show(arguments: Show, config: &Config) -> anyhow::Result<Ended> {
    let (desk, filter) =
        (desk(&arguments.stage, config), Filter { places: vec![arguments.place], ..Filter::default() });
    let found = blocking(move || -> Result<_, crate::ops::dlq::DlqError> {
        let Some((letter, mark)) = desk.find(&filter)?.letters.pop() else { return Ok(None) };
        Ok(desk.record(&letter)?.map(|record| (letter, mark, record)))
    });
    let Some((letter, mark, record)) = found.await?? else {
        complain(format_args!("{} has no dead letter at that place; `dlq list` prints the places", arguments.stage));
        return Ok(Ended::Badly);
    };
    let registry = Registry::new(registry_settings(config, false)).ok();
    let ids = registry.as_ref().map(|registry| registry as &dyn SchemaIds);
    let value = as_written::shown(record.value.as_deref(), ids).await;
    let now_ms = SystemClock.unix_ms();
    let shown = Shown { letter: &letter, mark: &mark, record: &record, value: &value, now_ms };
    match arguments.json {
        true => say(shown.json()),
        false => say_all(shown),
    }
    Ok(Ended::Well)
}

async fn replay(arguments: Replay, config: &Config) -> anyhow::Result<Ended> {
    let Replay { which, how, reason, rate, max_replays, force } = arguments;
    let limits = Limits { again: how.again, force, max_replays };
    let (limit, by) = (which.limit, operator(how.by.as_deref()));
    let order = Order { action: Action::Replay, limits, limit, rate, by, reason };
    act(which, how, order, config).await
}

async fn discard(arguments: Discard, config: &Config) -> anyhow::Result<Ended> {
    let Discard { which, how, reason } = arguments;
    let limits = Limits { again: how.again, force: false, max_replays: 0 };
    let (limit, by) = (which.limit, operator(how.by.as_deref()));
    let order = Order { action: Action::Discard, limits, limit, rate: None, by, reason: Some(reason) };
    act(which, how, order, config).await
}

async fn act(which: Which, how: How, order: Order, config: &Config) -> anyhow::Result<Ended> {
    if !how.dry_run && !how.yes && !confirm::possible() {
        complain("there is no terminal to ask on: --yes acts without a question, --dry-run says what would be done");
        return Ok(Ended::Misused);
    }
    // the limit is the order's: it counts what is left to do
    let (desk, filter) = (Arc::new(desk(&which.stage, config)), Filter { limit: None, ..filter(&which, None) });
    let reading = desk.clone();
    let letters = blocking(move || reading.find(&filter)).await??.letters;
    let (go, report) = order.dry_run(&desk, letters.clone());
    if how.dry_run {
        if !how.json {
            let now_ms = SystemClock.unix_ms();
            go.iter().for_each(|(letter, mark)| say(line(letter, mark, now_ms)));
        }
        return Ok(told(&report, how.json));
    }
    if go.is_empty() {
        // a run would end that of somebody else, for nothing
        return Ok(told(&Report { dry_run: false, ..report }, how.json));
    }
    if !how.yes {
        match blocking(move || confirm(&report)).await? {
            Answer::Yes => {}
            Answer::No => {
                complain("nothing was done");
                return Ok(Ended::Badly);
            }
        }
    }
    let letters = letters.into_iter().map(|(letter, _)| letter).collect();
    // from here on a signal ends it between two letters; before, it simply ends the process
    let stop = stop_on_signal()?;
    let report = blocking(move || {
        let bar = bar::Bar::new();
        let report = order.run(&desk, letters, &stop, &mut |progress| bar.show(progress));
        bar.end();
        report
    });
    Ok(told(&report.await?, how.json))
}

fn told(report: &Report, json: bool) -> Ended {
    match json {
        true => say(serde_json::to_string(report).unwrap_or_default()),
        false => say(report),
    }
    for refusal in Refusal::ALL.iter().filter(|refusal| report.refused.contains_key(refusal.name())) {
        complain(format_args!("{}: {}", refusal.name(), refusal.explained()));
    }
    if report.is_well() { Ended::Well } else { Ended::Badly }
}
