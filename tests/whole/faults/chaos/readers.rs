//! What read_committed readers and Meta have seen, in their order, by the ids that the traffic knows. It must not judge.

use std::{collections::HashMap, time::Duration};

use serde_json::Value;

use crate::support::{kafka, pipeline::Pipeline, webhooks};

/// One sight of an id.
pub struct Seen {
    pub id: String,
    pub at_ms: i64,
}

/// The wanted records of a topic; `field` names the id.
pub fn topic(pipeline: &Pipeline, name: &str, field: &str, wanted: impl Fn(&Value) -> bool) -> Vec<Seen> {
    let records = pipeline.observer.read(name, |record| wanted(&record["value"]));
    let seen = records.iter().filter_map(|record| {
        let id = record["value"][field].as_str()?.to_owned();
        Some(Seen { id, at_ms: record["timestamp"].as_i64().unwrap_or_default() })
    });
    seen.collect()
}

/// Commands that Meta has taken.
pub fn meta(pipeline: &Pipeline) -> Vec<Seen> {
    let requests = pipeline.simulator.report(None, 0, usize::MAX).requests;
    let taken = requests.into_iter().filter(|request| request.message_id.is_some());
    taken.filter_map(|request| Some(Seen { id: request.command_id?, at_ms: request.at_ms })).collect()
}

/// Inbound messages in the order in which they entered the pipeline, which is the one that is promised from there on.
pub fn entered(pipeline: &Pipeline) -> Vec<String> {
    let raw = pipeline.ground.scenario.topic("whatsapp.webhook.raw");
    let reader = kafka::reader(pipeline.ground.stack, &raw, "read_committed");
    let mut entered = Vec::new();
    while let Some(text) = kafka::next_value(&reader, Duration::from_secs(2)) {
        // a probe has no value
        let Ok(body) = serde_json::from_str::<Value>(&text) else { continue };
        let messages = webhooks::items(&body).into_iter().filter(|item| item.get("from").is_some());
        entered.extend(messages.filter_map(|item| Some(item["id"].as_str()?.to_owned())));
    }
    entered
}

/// The last status of every command, as `whatsapp.message.status` has it.
pub fn statuses(pipeline: &Pipeline) -> HashMap<String, String> {
    let records = pipeline.observer.read("whatsapp.message.status", |_| true);
    let status =
        |record: &Value| Some((record["key"].as_str()?.to_owned(), record["value"]["status"].as_str()?.to_owned()));
    records.iter().filter_map(|record| status(record)).collect()
}
