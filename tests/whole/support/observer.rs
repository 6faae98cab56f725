//! Everything the pipeline tells the world, as the independent client reads it: one Python reader per pipeline, from the
//! beginning, read_committed. It must not decode a record itself.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, ChildStdout, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use serde_json::Value;

use super::{clients, scenario::Scenario, stack::Stack, wait, webhooks::readable};

/// How long a scenario waits for a record.
pub const LIMIT: Duration = Duration::from_secs(30);
/// Longer than any run.
const FOR_EVER: &str = "3600";

type Records = Arc<Mutex<BTreeMap<String, Vec<Arc<Value>>>>>;

/// Records by logical topic, as `consume.py` prints them, in the order of their reading; where a value holds Meta's JSON as
/// text, the record also has it as JSON, under `raw`.
pub struct Observer {
    records: Records,
    reader: Mutex<Child>,
    log: PathBuf,
}

impl Observer {
    /// Reads these topics (logical names) until dropped.
    pub fn start(stack: &Stack, scenario: &Scenario, topics: &[String]) -> Self {
        let log = scenario.dir.join("observer.log");
        let mut command = clients::client(stack, "consume.py");
        command.args(topics.iter().map(|topic| scenario.topic(topic))).args(["--timeout", FOR_EVER]);
        command.stdout(Stdio::piped()).stderr(File::create(&log).expect("the scenario's folder is writable"));
        let mut reader = command.spawn().expect(clients::NO_PYTHON);
        let stdout = reader.stdout.take().expect("it was piped");
        let records = Records::default();
        let (shared, names) = (records.clone(), scenario.names.clone());
        // ends when the reader does
        thread::spawn(move || collect(stdout, &shared, |physical| names.logical(physical)));
        Self { records, reader: Mutex::new(reader), log }
    }

    /// The records of this topic that are wanted, as far as they have been read.
    pub fn read(&self, topic: &str, wanted: impl Fn(&Value) -> bool) -> Vec<Arc<Value>> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let of_topic = records.get(topic).into_iter().flatten();
        of_topic.filter(|record| wanted(record)).cloned().collect()
    }

    /// Waits for `count` of the records that are wanted; more of them are returned too.
    pub async fn wait(&self, topic: &str, count: usize, wanted: impl Fn(&Value) -> bool) -> Vec<Arc<Value>> {
        self.wait_for(LIMIT, topic, count, wanted).await
    }

    /// The same within another limit.
    pub async fn wait_for(
        &self,
        limit: Duration,
        topic: &str,
        count: usize,
        wanted: impl Fn(&Value) -> bool,
    ) -> Vec<Arc<Value>> {
        let what = format!("{count} such records on {topic}");
        wait::until_async(&what, limit, || {
            let found = self.read(topic, &wanted);
            self.assert_reading();
            async move { (found.len() >= count).then_some(found) }
        })
        .await
    }

    fn assert_reading(&self) {
        let ended = self.reader.lock().unwrap_or_else(PoisonError::into_inner).try_wait().expect("the child is ours");
        assert!(
            ended.is_none(),
            "the independent reader ended: {}",
            std::fs::read_to_string(&self.log).unwrap_or_default()
        );
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        let reader = self.reader.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = reader.kill();
        let _ = reader.wait();
    }
}

fn collect(stdout: ChildStdout, records: &Records, logical: impl Fn(&str) -> String) {
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        // the last line of a reader that was killed may be cut
        let Ok(mut record) = serde_json::from_str::<Value>(&line) else { return };
        let raw = record.pointer("/value/message/raw").unwrap_or(&record["value"]["raw"]);
        if let Some(raw) = raw.as_str().and_then(readable) {
            record["raw"] = raw;
        }
        let topic = logical(record["topic"].as_str().unwrap_or_default());
        records.lock().unwrap_or_else(PoisonError::into_inner).entry(topic).or_default().push(Arc::new(record));
    }
}
