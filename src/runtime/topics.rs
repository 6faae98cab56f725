//! The topics of one stage by physical name. Which names exist is somebody else's knowledge: [`Directory`].

use std::sync::Arc;

use super::stage::{Changelog, Stage};

/// What operators and trip wires tell all workers (logical name): one partition, compacted.
pub const CONTROL: &str = "whatsapp.control";

/// Knows every topic's physical name and size limit.
pub trait Directory: Send + Sync {
    /// The topic's name on the cluster.
    fn physical(&self, logical: &str) -> Arc<str>;
    /// The largest record it takes, bytes.
    fn max_bytes(&self, logical: &str) -> usize;
    /// How many partitions it was planned with, where somebody knows: for life.
    fn partitions(&self, logical: &str) -> Option<i32> {
        let _ = logical;
        None
    }
    /// The stage's consumer group, and stem of its transactional ids.
    fn group(&self, stage: &str) -> Arc<str>;
}

/// What a stage reads and writes for itself.
#[derive(Debug, Clone)]
pub struct StageTopics {
    pub input: Arc<str>,
    pub retry: Arc<str>,
    pub dead_letters: Arc<str>,
    pub replay: Arc<str>,
    pub group: Arc<str>,
    /// Declared side inputs, then the replay topic.
    pub sides: Vec<Arc<str>>,
    /// Topics written to partition by partition.
    pub aligned: Vec<Arc<str>>,
    /// Tables by name, with the topic of their changelog and whether keys carry the table's name there.
    pub tables: Vec<TableTopic>,
}

#[derive(Debug, Clone)]
pub struct TableTopic {
    pub table: &'static str,
    pub logical: String,
    pub topic: Arc<str>,
    pub shared: bool,
}

impl StageTopics {
    #[must_use]
    pub fn of<S: Stage>(directory: &dyn Directory) -> Self {
        let own = |kind: &str| directory.physical(&format!("whatsapp.{}.{kind}", S::NAME));
        let replay = own("replay");
        let mut sides: Vec<_> = S::SIDES.iter().map(|s| directory.physical(s)).collect();
        sides.push(replay.clone());
        let tables = S::TABLES
            .iter()
            .map(|spec| {
                let (logical, shared) = match spec.changelog {
                    Changelog::Stage => (format!("whatsapp.{}.state", S::NAME), true),
                    Changelog::Topic(name) => (name.to_owned(), false),
                };
                TableTopic { table: spec.name, topic: directory.physical(&logical), logical, shared }
            })
            .collect();
        Self {
            input: directory.physical(S::INPUT),
            retry: own("retry"),
            dead_letters: own("dlq"),
            replay,
            group: directory.group(S::NAME),
            sides,
            aligned: S::ALIGNED.iter().map(|topic| directory.physical(topic)).collect(),
            tables,
        }
    }

    /// The distinct changelog topics, retry table included: what is read when a partition is assigned.
    #[must_use]
    pub fn restored(&self) -> Vec<Arc<str>> {
        let mut topics = vec![self.retry.clone()];
        for table in &self.tables {
            if !topics.contains(&table.topic) {
                topics.push(table.topic.clone());
            }
        }
        topics
    }

    /// The distinct changelog topics of the tables.
    #[must_use]
    pub fn changelogs(&self) -> Vec<Arc<str>> {
        self.restored().split_off(1)
    }

    /// A changelog record's table and key.
    #[must_use]
    pub fn table_of<'k>(&self, topic: &str, key: &'k str) -> Option<(&'static str, &'k str)> {
        let (prefix, rest) = key.split_once('/').unwrap_or((key, ""));
        self.tables.iter().filter(|t| &*t.topic == topic).find_map(|t| match t.shared {
            false => Some((t.table, key)),
            true if t.table == prefix => Some((t.table, rest)),
            true => None,
        })
    }

    /// Where a table's entry is written: topic and key.
    #[must_use]
    pub fn changelog_of(&self, table: &str, key: &str) -> Option<(&Arc<str>, String)> {
        let t = self.tables.iter().find(|t| t.table == table)?;
        let key = if t.shared { format!("{table}/{key}") } else { key.to_owned() };
        Some((&t.topic, key))
    }
}
