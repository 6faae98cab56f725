//! How the demo looks: aligned rows and the verdict. Pure text.

use std::fmt::Write as _;

use super::expected::Checklist;
use crate::{cli::Role, runtime::Origin};

/// Columns wide enough for every topic.
pub struct Table {
    topic: usize,
}

impl Table {
    pub fn for_topics(topics: &[String]) -> Self {
        // the families of stages are longer, and only dead letters of them are ever shown
        let usual = topics.iter().filter(|topic| !topic.ends_with(".dlq"));
        Self { topic: usual.map(String::len).max().unwrap_or_default() }
    }

    pub fn scene(&self, title: &str, subject: &str) -> String {
        let width = self.topic;
        format!("— {title} ({subject})\n  {:<width$}  part  offset", "topic")
    }

    pub fn row(&self, origin: &Origin, text: &str) -> String {
        let width = self.topic;
        format!("  {:<width$}  {:>4}  {:>6}  {text}", origin.topic, origin.partition, origin.offset)
    }
}

/// Exit 0 or 1, in words.
pub fn verdict(checklist: &Checklist, seconds: f64) -> String {
    let silent = checklist.silent();
    if silent.is_empty() {
        return format!("Every stage was seen at work: {}. {seconds:.1} s.\n", listed(checklist.stages()));
    }
    let mut text = format!("Silent: {}. These records did not come:\n", listed(silent));
    for one in checklist.missing() {
        // a String takes everything
        let _ = writeln!(text, "  {:<9} {}: {} of {}", one.stage.name(), one.topic, one.says, one.subject);
    }
    text.push_str("A stage is silent, too, when the one before it is.\n");
    text
}

fn listed(stages: impl IntoIterator<Item = Role>) -> String {
    stages.into_iter().map(Role::name).collect::<Vec<_>>().join(", ")
}
