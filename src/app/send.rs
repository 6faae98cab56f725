//! `send` put together: its clients, what it prints, how it ends. What a status means is `ops::send`'s.

use std::{sync::Arc, time::Duration};

use uuid::Uuid;

use super::{Ended, pipeline::registry_settings, say::say};
use crate::{
    adapters::{
        clock::SystemClock,
        kafka::{
            sink::Sink,
            tail::{From, Tail},
        },
        registry::Registry,
    },
    cli,
    config::Config,
    ops::send::{Content, Line, Order, Outcome, line},
    wire::{
        codec::Codec,
        topics::{MESSAGE_STATUS, Profile, TopicMap},
    },
};

pub async fn run(arguments: cli::Send, config: &Config) -> anyhow::Result<Ended> {
    let wait = Duration::from_secs(arguments.wait);
    let order = order(arguments);
    let directory = Arc::new(TopicMap::new(config.kafka.names.clone(), &config.layout(Profile::Default)));
    let sink = Sink::new(&config.kafka_client(), directory, config.http.publish_deadline)?;
    if wait.is_zero() {
        sink.publish(vec![order.record()]).await?;
        say(format_args!("command {} is published", order.command_id));
        return Ok(Ended::Well);
    }
    let line = Line { sink, statuses: statuses(config).await?, codec: codec(config)? };
    say(format_args!("command {} to {}", order.command_id, order.to));
    let outcome = line.send(&order, wait, |at, status| say(format_args!("  {}", self::line(at, status)))).await?;
    Ok(ended(outcome, wait))
}

fn order(arguments: cli::Send) -> Order {
    let content = match arguments.content {
        cli::Content { text: Some(text), .. } => Content::Text(text),
        cli::Content { text: None, template } => Content::Template {
            name: template.unwrap_or_default(),
            language: arguments.language,
            body: arguments.params,
        },
    };
    let command_id = arguments.command_id.unwrap_or_else(|| format!("cli-{}", Uuid::new_v4().simple()));
    Order { command_id, to: arguments.to, from: arguments.from, content }
}

/// From now on: opened before the command is published, so that no status is missed.
async fn statuses(config: &Config) -> anyhow::Result<Tail> {
    let (settings, topic) = (config.kafka_client(), config.kafka.names.physical(MESSAGE_STATUS));
    Ok(tokio::task::spawn_blocking(move || Tail::open(&settings, &[topic], From::Now)).await??)
}

fn codec(config: &Config) -> anyhow::Result<Codec> {
    let registry = Registry::new(registry_settings(config, false))?;
    Ok(Codec::new(config.kafka.names.clone(), Arc::new(registry), Arc::new(SystemClock)))
}

fn ended(outcome: Outcome, wait: Duration) -> Ended {
    match outcome {
        Outcome::Out => Ended::Well,
        Outcome::Ended => Ended::Badly,
        Outcome::NotHeard { last: Some(last) } => {
            say(format_args!("after {} s it is {last}, and no more is known", wait.as_secs()));
            Ended::Badly
        }
        Outcome::NotHeard { last: None } => {
            say(format_args!("no status within {} s: do the stages run, on this cluster?", wait.as_secs()));
            Ended::Badly
        }
    }
}
