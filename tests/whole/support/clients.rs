//! The independent client: Python, its own librdkafka, its own Avro. It must not fall back on the worker's code.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use serde_json::Value;

use super::stack::Stack;

/// `consume.py` ended by its time limit.
const TIMED_OUT: i32 = 3;
/// A client that does one thing is given up after so many seconds, whatever limit it has of its own.
const GIVEN_UP: &str = "90";

/// What to read, from the beginning, read_committed unless said otherwise.
#[derive(Debug, Clone)]
pub struct Reading<'a> {
    pub topics: &'a [String],
    pub until: Until,
    pub limit: Duration,
    /// Only records with this key.
    pub key: Option<&'a str>,
    pub uncommitted: bool,
}

#[derive(Debug, Clone, Copy)]
pub enum Until {
    /// This many records have come; fewer within the limit is a panic.
    Count(usize),
    /// Every partition's end.
    End,
}

/// Records as `consume.py` prints them: topic, partition, offset, key, headers, format, schema_id, value.
pub fn consume(stack: &Stack, reading: &Reading<'_>) -> Vec<Value> {
    let mut command = brief_client(stack, "consume.py");
    command.args(reading.topics).args(["--timeout", &reading.limit.as_secs_f64().to_string()]);
    match reading.until {
        Until::Count(count) => command.args(["--count", &count.to_string()]),
        Until::End => command.arg("--to-end"),
    };
    if let Some(key) = reading.key {
        command.args(["--key", key]);
    }
    if reading.uncommitted {
        command.args(["--isolation", "read_uncommitted"]);
    }
    let output = command.output().expect(NO_PYTHON);
    let records = json_lines(&output);
    assert!(
        output.status.success(),
        "{} after {} records of {:?}: {}",
        if output.status.code() == Some(TIMED_OUT) { "out of time" } else { "the client failed" },
        records.len(),
        reading.topics,
        String::from_utf8_lossy(&output.stderr)
    );
    records
}

/// The first `count` records of a topic.
pub fn first(stack: &Stack, topic: &str, count: usize, limit: Duration) -> Vec<Value> {
    let topics = [topic.to_owned()];
    consume(stack, &Reading { topics: &topics, until: Until::Count(count), limit, key: None, uncommitted: false })
}

/// Everything that is committed in these topics now.
pub fn all(stack: &Stack, topics: &[String], limit: Duration) -> Vec<Value> {
    consume(stack, &Reading { topics, until: Until::End, limit, key: None, uncommitted: false })
}

/// Writes values with `produce.py` and returns when the broker has acknowledged each; `options` are its own, `--avro` for example.
pub fn produce(stack: &Stack, topic: &str, values: &[Value], options: &[&str]) -> Vec<Value> {
    let mut child =
        brief_client(stack, "produce.py").arg(topic).args(options).stdin(Stdio::piped()).spawn().expect(NO_PYTHON);
    let mut stdin = child.stdin.take().expect("it was piped");
    let lines: String = values.iter().map(|value| format!("{value}\n")).collect();
    let feeder = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("the child is ours");
    let fed = feeder.join().expect("writing does not panic");
    assert!(
        output.status.success() && fed.is_ok(),
        "producing to {topic} failed ({fed:?}): {}",
        String::from_utf8_lossy(&output.stderr)
    );
    json_lines(&output)
}

pub const NO_PYTHON: &str = "the Python clients are not set up: run scripts/setup test";

/// Ends its program with the thread or process that starts it.
const ORPHAN_DIES: [&str; 4] = ["setpriv", "--pdeathsig", "KILL", "--"];

/// One of the clients, as a command. It ends at the latest with the thread that starts it.
pub fn client(stack: &Stack, script: &str) -> Command {
    command(stack, script, &ORPHAN_DIES)
}

/// The same for one that ends by itself, or else is made to.
fn brief_client(stack: &Stack, script: &str) -> Command {
    command(stack, script, &[&ORPHAN_DIES[..], &["timeout", GIVEN_UP], &ORPHAN_DIES[..]].concat())
}

fn command(stack: &Stack, script: &str, by: &[&str]) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python: PathBuf = root.join(".cache/venv/bin/python");
    let mut command = Command::new(by[0]);
    command
        .args(&by[1..])
        .arg(python)
        .arg(root.join("tests/clients").join(script))
        .env("KAFKA_BOOTSTRAP_SERVERS", &stack.bootstrap)
        .env("SCHEMA_REGISTRY_URL", &stack.registry)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn json_lines(output: &Output) -> Vec<Value> {
    let words = String::from_utf8_lossy(&output.stdout);
    words.lines().map(|line| serde_json::from_str(line).expect("the clients print JSON lines")).collect()
}
