//! `templates` put together: its clients, what it prints and how it ends. What is to be done with a template is
//! `ops::templates`'s.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use anyhow::Context as _;
use uuid::Uuid;

use super::{
    Ended,
    pipeline::registry_settings,
    say::{complain, say, say_all},
};
use crate::{
    adapters::{
        clock::SystemClock,
        graph::GraphClient,
        kafka::{scan::Scan, sink::Sink},
        registry::Registry,
    },
    cli::templates::{Folder, Of, Templates},
    config::Config,
    ops::templates::{
        Change, Definition, Desk, Difference, Remote, Wanted, changes, difference, json, read_folder, shown, steps,
        table, write_file,
    },
    runtime::{Headers, Record, ports::Clock as _},
    wire::{
        codec::Codec,
        records::TemplateState,
        template::record,
        topics::{Profile, TEMPLATES, TopicMap},
    },
};

/// Runs one of the commands.
pub async fn run(command: Templates, config: &Config) -> anyhow::Result<Ended> {
    match command {
        Templates::Sync { of, dry_run } => sync(&of, dry_run, config).await,
        Templates::List { of, json } => list(&of, json, config).await,
        Templates::Show { name, language, of, json } => show(&name, language.as_deref(), &of, json, config).await,
        Templates::Pull { folder } => pull(&folder, config).await,
        Templates::Diff { folder } => diff(&folder, config).await,
        Templates::Push { folder, dry_run } => push(&folder, dry_run, config).await,
    }
}

/// One for each business account that is meant.
fn desks(named: &[String], config: &Config) -> anyhow::Result<Vec<Desk>> {
    let graph = Arc::new(GraphClient::new(config.graph_client()).context("the Graph client")?);
    let accounts = config.known_accounts();
    let meant = match named {
        [] => accounts.iter().collect(),
        named => named
            .iter()
            .map(|name| accounts.find(name).with_context(|| format!("--account {name}: no such account is configured")))
            .collect::<anyhow::Result<Vec<_>>>()?,
    };
    let mut seen = BTreeSet::new();
    let first = meant.into_iter().filter(|account| seen.insert(account.waba_id.clone()));
    let desk = |account: &crate::domain::account::Account| Desk {
        graph: graph.clone(),
        waba_id: account.waba_id.clone(),
        account: account.alias.clone(),
        phone_number_id: account.phone_number_id.clone(),
    };
    Ok(first.map(desk).collect())
}

/// The one that a folder belongs to.
fn desk_of(folder: &Folder, config: &Config) -> anyhow::Result<Desk> {
    let mut desks = desks(folder.account.as_slice(), config)?;
    anyhow::ensure!(
        desks.len() == 1,
        "several business accounts are configured: name one of their numbers with --account"
    );
    Ok(desks.remove(0))
}

async fn all(desk: &Desk, asked_ms: i64) -> anyhow::Result<Vec<Remote>> {
    desk.all(asked_ms).await.with_context(|| format!("the templates of {}", desk.waba_id))
}

async fn now(desk: &Desk) -> anyhow::Result<Vec<Remote>> {
    all(desk, SystemClock.unix_ms()).await
}

async fn sync(of: &Of, dry_run: bool, config: &Config) -> anyhow::Result<Ended> {
    let registry = Registry::new(registry_settings(config, false))?;
    let codec = Codec::new(config.kafka.names.clone(), Arc::new(registry), Arc::new(SystemClock));
    let directory = Arc::new(TopicMap::new(config.kafka.names.clone(), &config.layout(Profile::Default)));
    let sink = Sink::new(&config.kafka_client(), directory, config.http.publish_deadline)?;
    for desk in desks(&of.accounts, config)? {
        let asked_ms = SystemClock.unix_ms();
        let there = all(&desk, asked_ms).await?;
        // read after Meta was, so that what a webhook wrote in between is seen
        let known = known(&desk.waba_id, &codec, config).await?;
        let found = difference(&known, there.into_iter().map(|one| one.state), asked_ms);
        if !dry_run {
            publish(&found, &desk.account, &sink, &codec).await?;
        }
        tell(&desk.waba_id, &found, dry_run);
    }
    Ok(Ended::Well)
}

/// What the catalogue says of a business account.
async fn known(waba_id: &str, codec: &Codec, config: &Config) -> anyhow::Result<BTreeMap<String, TemplateState>> {
    let (settings, topic) = (config.kafka_client(), config.kafka.names.physical(TEMPLATES));
    let read = move || -> anyhow::Result<BTreeMap<String, Record>> {
        let (mut scan, mut table) = (Scan::whole(&settings, &topic)?, BTreeMap::new());
        while let Some(record) = scan.next_record()? {
            table.insert(record.key_str().unwrap_or_default().to_owned(), record);
        }
        Ok(table)
    };
    let (records, own) = (tokio::task::spawn_blocking(read).await??, format!("{waba_id}/"));
    let mut known = BTreeMap::new();
    for (key, record) in records {
        let Some(value) = record.value.filter(|_| key.starts_with(&own)) else { continue };
        known.insert(key, codec.decode(&value).await?);
    }
    Ok(known)
}

async fn publish(found: &Difference, account: &str, sink: &Sink, codec: &Codec) -> anyhow::Result<()> {
    let mut records = Vec::new();
    for state in found.records() {
        let event_id = Uuid::new_v4().to_string();
        records.push(record(codec, state, &event_id, account, &Headers::new()).await?);
    }
    Ok(sink.publish(records).await?)
}

fn tell(waba_id: &str, found: &Difference, dry_run: bool) {
    let lists = [("new", &found.added), ("changed", &found.changed), ("deleted", &found.deleted)];
    for (what, states) in lists {
        for state in states {
            say(format_args!("{what:8}{} {} {}", state.name, state.language, state.status));
        }
    }
    let [added, changed, deleted] = lists.map(|(_, states)| states.len());
    let would = if dry_run { " (dry run: nothing is written)" } else { "" };
    say(format_args!("{waba_id}: {added} new, {changed} changed, {deleted} deleted, {} the same{would}", found.same));
}

async fn list(of: &Of, as_json: bool, config: &Config) -> anyhow::Result<Ended> {
    let mut found = Vec::new();
    for desk in desks(&of.accounts, config)? {
        found.extend(now(&desk).await?);
    }
    match as_json {
        true => found.iter().for_each(|one| say(json(one))),
        false if found.is_empty() => say("there are no templates"),
        false => say_all(table(&found)),
    }
    Ok(Ended::Well)
}

async fn show(name: &str, language: Option<&str>, of: &Of, as_json: bool, config: &Config) -> anyhow::Result<Ended> {
    let mut found = Vec::new();
    for desk in desks(&of.accounts, config)? {
        found.extend(now(&desk).await?);
    }
    found.retain(|one| one.state.name == name && language.is_none_or(|language| one.state.language == language));
    if found.is_empty() {
        complain(format_args!("Meta has no template {name} in {}", language.unwrap_or("any language")));
        return Ok(Ended::Badly);
    }
    for (at, one) in found.iter().enumerate() {
        match as_json {
            true => say(json(one)),
            false if at == 0 => say_all(shown(one)),
            false => say_all(format_args!("\n{}", shown(one))),
        }
    }
    Ok(Ended::Well)
}

/// Files of Meta's side, by name and language.
fn definitions(there: &[Remote]) -> BTreeMap<(String, String), Definition> {
    let read = there.iter().filter_map(|one| Definition::of(&one.object));
    read.map(|definition| (definition.key(), definition)).collect()
}

async fn pull(folder: &Folder, config: &Config) -> anyhow::Result<Ended> {
    let there = definitions(&now(&desk_of(folder, config)?).await?);
    std::fs::create_dir_all(&folder.path).with_context(|| format!("cannot make {}", folder.path.display()))?;
    let mut written = 0;
    for definition in there.values() {
        if write_file(&folder.path, definition)? {
            written += 1;
            say(format_args!("wrote   {} {}", definition.name, definition.language));
        }
    }
    say(format_args!("{written} of {} files written", there.len()));
    Ok(Ended::Well)
}

async fn diff(folder: &Folder, config: &Config) -> anyhow::Result<Ended> {
    let here = read_folder(&folder.path)?;
    let found = changes(&here, &definitions(&now(&desk_of(folder, config)?).await?));
    found.iter().map(Change::unified).for_each(say_all);
    Ok(if found.is_empty() { Ended::Well } else { Ended::Badly })
}

async fn push(folder: &Folder, dry_run: bool, config: &Config) -> anyhow::Result<Ended> {
    let (files, desk) = (read_folder(&folder.path)?, desk_of(folder, config)?);
    let steps = steps(files, &now(&desk).await?);
    let mut refused = 0;
    for step in &steps {
        let done = match &step.wanted {
            Wanted::Nothing => continue,
            Wanted::Refuse { .. } => {
                refused += 1;
                Ok(None)
            }
            Wanted::Create { .. } | Wanted::Edit { .. } if dry_run => Ok(None),
            Wanted::Create { body } => desk.create(body.clone()).await.map(Some),
            Wanted::Edit { template_id, body } => desk.edit(template_id, body.clone()).await.map(Some),
        };
        match done {
            Ok(answer) => {
                let status = answer.as_ref().and_then(|answer| answer["status"].as_str()).unwrap_or_default();
                say(format!("{step} {status}").trim_end());
            }
            Err(error) => {
                refused += 1;
                say(step);
                complain(format_args!("{} {}: {error}", step.definition.name, step.definition.language));
            }
        }
    }
    let same = steps.iter().filter(|step| step.wanted == Wanted::Nothing).count();
    let would = if dry_run { " (dry run: nothing is sent)" } else { "" };
    say(format_args!("{} files, {same} the same, {refused} refused{would}", steps.len()));
    Ok(if refused == 0 { Ended::Well } else { Ended::Badly })
}
