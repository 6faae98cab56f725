//! `ops` put together: the table read, the wish written, what the operator is told. What a wish means is `ops::control`'s.

use std::sync::Arc;

use super::{
    Ended,
    operator::operator,
    say::{say, say_all},
};
use crate::{
    adapters::{
        clock::SystemClock,
        kafka::{
            scan::{Scan, ScanError},
            sink::Sink,
        },
    },
    cli::ops::{Because, Ops, Reach},
    config::Config,
    domain::identity::CommandId,
    ops::control::{Known, Operator, Targets, Wish, json, left_over, plan, publish, table},
    runtime::{controls::Table, ports::Clock as _},
    wire::topics::{CONTROL, Profile, TopicMap, catalogue},
};

pub async fn run(wanted: Ops, config: &Config) -> anyhow::Result<Ended> {
    let (wish, because) = match wanted {
        Ops::Status { json: as_json } => return status(config, as_json).await,
        Ops::Pause { reach, because } => (Wish::Pause(subjects(reach, config)?), because),
        Ops::Resume { reach, because } => (Wish::Resume(subjects(reach, config)?), because),
        Ops::Cancel { ids, because } => {
            (Wish::Cancel(ids.iter().map(|id| id_of(id)).collect::<Result<_, _>>()?), because)
        }
    };
    say_it(&wish, because, config).await
}

async fn say_it(wish: &Wish, because: Because, config: &Config) -> anyhow::Result<Ended> {
    let said = read(config).await?;
    let operator =
        Operator { by: operator(because.by.as_deref()), at_ms: SystemClock.unix_ms(), reason: because.reason };
    let writes = plan(wish, &said, &operator);
    let directory = Arc::new(TopicMap::new(config.kafka.names.clone(), &config.layout(Profile::Default)));
    let sink = Sink::new(&config.kafka_client(), directory, config.http.publish_deadline)?;
    publish(&sink, &writes).await?;
    writes.told.iter().for_each(say);
    let left = left_over(wish, &said);
    if !left.is_empty() {
        say(format_args!("still resting: {}", left.join(", ")));
    }
    Ok(Ended::Well)
}

async fn status(config: &Config, as_json: bool) -> anyhow::Result<Ended> {
    let said = read(config).await?;
    if as_json {
        say(json(&said))
    } else {
        say_all(table(&said))
    }
    Ok(Ended::Well)
}

async fn read(config: &Config) -> anyhow::Result<Table> {
    let (settings, topic) = (config.kafka_client(), config.kafka.names.physical(CONTROL));
    let read = move || -> Result<Table, ScanError> {
        let (mut scan, mut table) = (Scan::whole(&settings, &topic)?, Table::default());
        while let Some(record) = scan.next_record()? {
            table.apply(record.key_str().unwrap_or_default(), record.value.as_deref());
        }
        Ok(table)
    };
    Ok(tokio::task::spawn_blocking(read).await??)
}

fn subjects(reach: Reach, config: &Config) -> anyhow::Result<Vec<String>> {
    let accounts = config.known_accounts();
    let names = accounts.iter().flat_map(|account| [account.alias.clone(), account.phone_number_id.clone()]);
    let known = Known { stages: catalogue().stages().map(str::to_owned).collect(), accounts: names.collect() };
    let Reach { stages, accounts, templates, labels, all } = reach;
    Ok(Targets { stages, accounts, templates, labels, all }.subjects(&known)?)
}

fn id_of(text: &str) -> anyhow::Result<String> {
    let id = CommandId::parse(text);
    id.map(|id| id.as_str().to_owned())
        .ok_or_else(|| anyhow::anyhow!("{text} is no command id: 1 to 128 letters, digits, '.', '_' and '-'"))
}
