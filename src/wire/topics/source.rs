//! `schemas/topics.yaml` as it is written. Nobody but the catalogue reads these shapes.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::catalogue::{CatalogueError, Cleanup, Profile};

const STATE: &str = "state";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub partitions: BTreeMap<String, Counts>,
    pub sizes: BTreeMap<String, usize>,
    pub min_insync_replicas: i32,
    pub compacted_settings: BTreeMap<String, String>,
    pub topics: Vec<Topic>,
    pub family: Vec<Family>,
    pub stages: Vec<StageSource>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counts {
    default: i32,
    dev: i32,
    tests: i32,
}

impl Counts {
    pub fn of(&self, profile: Profile) -> i32 {
        match profile {
            Profile::Default => self.default,
            Profile::Dev => self.dev,
            Profile::Tests => self.tests,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Topic {
    pub name: String,
    #[serde(default)]
    pub public: bool,
    pub key: String,
    pub record: String,
    pub partitions: String,
    pub cleanup: Cleanup,
    pub retention_days: Option<i64>,
    pub size: String,
    pub writer: Vec<String>,
    pub readers: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Family {
    pub suffix: String,
    pub key: String,
    pub record: String,
    pub cleanup: Cleanup,
    pub retention_days: Option<i64>,
    #[serde(default = "the_stage")]
    pub writer: Vec<String>,
    pub readers: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StageSource {
    pub name: String,
    pub input: String,
    /// Whether it keeps tables on a topic of its own.
    #[serde(default)]
    pub state: bool,
}

impl StageSource {
    /// Whether it has this member of the family.
    pub fn owns(&self, member: &Family) -> bool {
        member.suffix != STATE || self.state
    }
}

fn the_stage() -> Vec<String> {
    vec!["the stage".to_owned()]
}

impl Source {
    pub fn topic(&self, name: &str) -> Option<&Topic> {
        self.topics.iter().find(|topic| topic.name == name)
    }

    /// Bytes of a size class; `check` has made sure that it exists.
    pub fn size(&self, class: &str) -> usize {
        self.sizes.get(class).copied().unwrap_or_default()
    }

    /// Every class and input that is named is defined, and no topic twice.
    pub fn check(&self) -> Result<(), CatalogueError> {
        let undefined = |topic: &str, what, name: &str| CatalogueError::Undefined {
            topic: topic.to_owned(),
            what,
            name: name.to_owned(),
        };
        for class in ["ordinary", "family_extra"] {
            self.sizes.get(class).ok_or_else(|| undefined("(all)", "size class", class))?;
        }
        for class in ["lanes", "few", "one"] {
            self.partitions.get(class).ok_or_else(|| undefined("(all)", "partition class", class))?;
        }
        let mut seen = BTreeSet::new();
        for topic in &self.topics {
            let known_partitions = self.partitions.contains_key(&topic.partitions);
            known_partitions
                .then_some(())
                .ok_or_else(|| undefined(&topic.name, "partition class", &topic.partitions))?;
            self.sizes.get(&topic.size).ok_or_else(|| undefined(&topic.name, "size class", &topic.size))?;
            if !seen.insert(topic.name.as_str()) {
                return Err(CatalogueError::Twice(topic.name.clone()));
            }
        }
        for stage in &self.stages {
            self.topic(&stage.input).ok_or_else(|| undefined(&stage.name, "input", &stage.input))?;
        }
        Ok(())
    }
}
