//! The binary's `dlq` as an operator runs it, and letters to run it on. It must not know what a scenario proves.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use rand::RngCore;
use rdkafka::{
    message::{Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer},
};
use serde_json::{Value, json};

use crate::support::{clients, kafka, pipeline::Ground, process::Process};

const LIMIT: Duration = Duration::from_secs(60);

pub struct Tool<'g> {
    ground: &'g Ground,
    runs: AtomicU32,
}

impl<'g> Tool<'g> {
    pub fn new(ground: &'g Ground) -> Self {
        Self { ground, runs: AtomicU32::new(0) }
    }

    pub fn start(&self, name: &str, args: &[&str]) -> Process {
        self.ground.command(name, args, &[("telemetry.log_filter", "warn")]).start()
    }

    /// What it said on both streams, and its exit code.
    pub fn run(&self, args: &[&str]) -> (String, Option<i32>) {
        let name = format!("dlq-tool-{}-{:08x}", self.runs.fetch_add(1, Ordering::Relaxed), rand::random::<u32>());
        let mut process = self.start(&name, args);
        let code = process.exit(LIMIT).code();
        (process.words(), code)
    }

    pub fn well(&self, args: &[&str]) -> String {
        let (said, code) = self.run(args);
        assert_eq!(code, Some(0), "{args:?}: {said}");
        said
    }

    /// The one JSON object that it says.
    pub fn json(&self, args: &[&str]) -> Value {
        json_of(&self.well(args))
    }

    pub fn list(&self, stage: &str, options: &[&str]) -> Vec<Value> {
        let said = self.well(&[&["dlq", "list", stage, "--json"], options].concat());
        said.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect()
    }
}

pub fn json_of(said: &str) -> Value {
    let line = said.lines().find(|line| line.starts_with('{')).unwrap_or_else(|| panic!("no JSON in {said}"));
    serde_json::from_str(line).expect("JSON")
}

fn input_of(ground: &Ground, stage: &str) -> String {
    ground.scenario.topic(if stage == "sender" {
        "whatsapp.outbound.messages"
    } else {
        "omnichannel.send.commands.json"
    })
}

/// As many dead letters as a stage would have written, with no stage running.
pub fn letters(ground: &Ground, stage: &str, count: usize) {
    let input = input_of(ground, stage);
    let values: Vec<Value> = (0..count).map(|n| json!({"n": n})).collect();
    let origin = format!("x-origin-topic={input}");
    let said =
        [origin.as_str(), "x-origin-partition=2", "x-origin-offset=7", "x-error-class=poison", "x-error-code=bad"];
    let mut options = vec!["--key-field", "n"];
    options.extend(said.iter().flat_map(|header| ["--header", header]));
    clients::produce(ground.stack, &ground.scenario.topic(&format!("whatsapp.{stage}.dlq")), &values, &options);
}

/// One dead letter with bytes of the scenario's choice, whose record lay in `origin` (physical name).
pub fn write_letter(ground: &Ground, stage: &str, key: &str, value: &[u8], origin: &str) {
    let header = |key, value| Header { key, value: Some(value) };
    let headers = OwnedHeaders::new()
        .insert(header("x-origin-topic", origin))
        .insert(header("x-origin-partition", "0"))
        .insert(header("x-origin-offset", "7"));
    let topic = ground.scenario.topic(&format!("whatsapp.{stage}.dlq"));
    let record = BaseRecord::to(&topic).key(key).payload(value).headers(headers);
    let producer = kafka::producer(ground.stack);
    producer.send(record).map_err(|(error, _)| error).expect("the queue has room");
    producer.flush(kafka::LIMIT).expect("nothing stays unsent");
}

/// Writes what is no command and as large as the topic takes it, headers included; its place and value.
pub fn write_largest(ground: &Ground, key: &str) -> (Value, String) {
    // what a batch of one adds, with room to spare
    const OVERHEAD: usize = 200;
    let (topic, padding) = (input_of(ground, "router-json"), random_hex(8_000));
    let text = random_hex((1 << 20) - padding.len() - key.len() - OVERHEAD);
    // JSON, but no command
    let value = format!("\"{text}\"");
    let mut config = kafka::config(ground.stack);
    let producer: BaseProducer = config
        .set("acks", "all")
        .set("message.max.bytes", "2000000")
        .set("partitioner", "murmur2_random")
        .create()
        .expect("valid");
    let headers = OwnedHeaders::new().insert(Header { key: "padding", value: Some(&padding) });
    let record = BaseRecord::to(&topic).key(key).payload(&value).headers(headers);
    producer.send(record).map_err(|(error, _)| error).expect("the queue has room");
    producer.flush(kafka::LIMIT).expect("the broker takes it");
    let reading = clients::Reading {
        topics: &[topic],
        until: clients::Until::End,
        limit: LIMIT,
        key: Some(key),
        uncommitted: false,
    };
    (clients::consume(ground.stack, &reading).remove(0), text)
}

fn random_hex(length: usize) -> String {
    let mut bytes = vec![0; length.div_ceil(2)];
    rand::rng().fill_bytes(&mut bytes);
    let mut text = hex::encode(bytes);
    text.truncate(length);
    text
}

/// What a stage would have been given again, as a reader of committed records sees it.
pub fn replayed_values(ground: &Ground, stage: &str) -> Vec<Value> {
    clients::all(ground.stack, &[ground.scenario.topic(&format!("whatsapp.{stage}.replay"))], LIMIT)
}

/// Each of the letters was replayed once, to the partition it came from, and marked once.
pub fn assert_each_once(ground: &Ground, stage: &str, count: usize) {
    let replayed = replayed_values(ground, stage);
    let numbers: BTreeSet<i64> = replayed.iter().filter_map(|record| record["value"]["n"].as_i64()).collect();
    assert_eq!((replayed.len(), numbers.len()), (count, count));
    assert!(replayed.iter().all(|record| record["partition"] == 2 && record["headers"]["x-replay-count"] == "1"));
    assert!(replayed.iter().all(|record| record["headers"].get("x-error-code").is_none()), "{}", replayed[0]);
    let acts = clients::all(ground.stack, &[ground.scenario.topic("whatsapp.ops.audit")], LIMIT);
    let subjects: BTreeSet<&str> = acts.iter().filter_map(|act| act["key"].as_str()).collect();
    assert_eq!((acts.len(), subjects.len()), (count, count));
}
