//! The typed view of `schemas/topics.yaml`: what every topic is like, whatever cluster it lives on. Speaks to no broker
//! and applies no prefix.

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use serde::Deserialize;

use super::source::{Family, Source, Topic};

const SOURCE: &str = include_str!("../../../schemas/topics.yaml");
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The catalogue this binary was built with.
#[must_use]
pub fn catalogue() -> &'static Catalogue {
    static EMBEDDED: LazyLock<Catalogue> =
        LazyLock::new(|| Catalogue::parse(SOURCE).expect("schemas/topics.yaml is embedded, and a test parses it"));
    &EMBEDDED
}

/// Why a catalogue file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("the topics file is not what the catalogue expects")]
    Syntax(#[from] serde_yaml_ng::Error),
    #[error("topic {topic}: {what} `{name}` is not defined")]
    Undefined { topic: String, what: &'static str, name: String },
    #[error("topic {0} is described twice")]
    Twice(String),
}

/// What Kafka does with old records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Cleanup {
    #[serde(rename = "delete")]
    Delete,
    #[serde(rename = "compact")]
    Compact,
    #[serde(rename = "compact,delete")]
    CompactDelete,
}

impl Cleanup {
    #[must_use]
    pub fn compacts(self) -> bool {
        match self {
            Self::Delete => false,
            Self::Compact | Self::CompactDelete => true,
        }
    }

    #[must_use]
    pub fn deletes(self) -> bool {
        match self {
            Self::Delete | Self::CompactDelete => true,
            Self::Compact => false,
        }
    }

    /// Kafka prints the two words in either order.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let has = |word: &str| text.split(',').any(|part| part.trim() == word);
        match (has("compact"), has("delete")) {
            (true, true) => Some(Self::CompactDelete),
            (true, false) => Some(Self::Compact),
            (false, true) => Some(Self::Delete),
            (false, false) => None,
        }
    }
}

impl fmt::Display for Cleanup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Delete => "delete",
            Self::Compact => "compact",
            Self::CompactDelete => "compact,delete",
        })
    }
}

/// Which partition counts are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Default,
    Dev,
    Tests,
}

/// What an installation decides about its topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Partitions of everything keyed by conversation, lane or message.
    pub lanes: i32,
    /// Partitions of the quiet topics.
    pub few: i32,
    /// `omnichannel.inbound.<queue>`.
    pub queues: Vec<String>,
    /// `omnichannel.outbound.<carrier>`.
    pub carriers: Vec<String>,
}

/// One topic as it should be. `name` is logical; partition counts come from the [`Layout`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    pub name: String,
    pub partitions: i32,
    pub cleanup: Cleanup,
    /// `None` keeps records for ever (a compacted topic).
    pub retention_ms: Option<i64>,
    pub max_message_bytes: usize,
    /// On at least three brokers; see `ops::topics` for fewer.
    pub min_isr: i32,
    pub key: String,
    /// Name of the Avro record, or what the bytes are.
    pub record: String,
    pub writer: Vec<String>,
    pub readers: Vec<String>,
    pub public: bool,
    /// Further settings, by Kafka's names.
    pub settings: BTreeMap<String, String>,
}

/// Every topic of the product.
#[derive(Debug)]
pub struct Catalogue {
    source: Source,
}

impl Catalogue {
    /// # Errors
    /// When the text is not YAML of this shape, or names a class or an input that it does not define.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        let source: Source = serde_yaml_ng::from_str(text)?;
        source.check()?;
        Ok(Self { source })
    }

    /// The layout of a profile, with the default queue and no other carrier.
    #[must_use]
    pub fn layout(&self, profile: Profile) -> Layout {
        let of = |class: &str| self.source.partitions.get(class).map_or(1, |counts| counts.of(profile));
        Layout { lanes: of("lanes"), few: of("few"), queues: vec!["default".to_owned()], carriers: Vec::new() }
    }

    /// Names of the stages that own a family of topics.
    pub fn stages(&self) -> impl Iterator<Item = &str> {
        self.source.stages.iter().map(|stage| stage.name.as_str())
    }

    /// What a stage reads.
    #[must_use]
    pub fn input(&self, stage: &str) -> Option<&str> {
        self.source.stages.iter().find(|s| s.name == stage).map(|s| s.input.as_str())
    }

    /// Every topic of an installation, placeholders filled in, in the file's order.
    #[must_use]
    pub fn topics(&self, layout: &Layout) -> Vec<TopicSpec> {
        let mut specs = Vec::new();
        for topic in &self.source.topics {
            for name in fill(&topic.name, layout) {
                specs.push(self.spec(name, topic, layout));
            }
        }
        for stage in &self.source.stages {
            let Some(input) = self.source.topic(&stage.input) else { continue };
            for member in self.source.family.iter().filter(|member| stage.owns(member)) {
                specs.push(self.member(&stage.name, input, member, layout));
            }
        }
        specs
    }

    /// The largest record a topic takes, by logical name; Kafka's usual 1 MiB for a topic that is not ours.
    #[must_use]
    pub fn max_message_bytes(&self, logical: &str) -> usize {
        let own = self.source.topics.iter().find(|topic| matches_name(&topic.name, logical));
        let input = || {
            let (stage, suffix) = logical.strip_prefix("whatsapp.")?.rsplit_once('.')?;
            let member = self.source.family.iter().find(|member| member.suffix == suffix)?;
            let stage = self.source.stages.iter().find(|s| s.name == stage && s.owns(member))?;
            self.source.topic(&stage.input)
        };
        match own {
            Some(topic) => self.source.size(&topic.size),
            None => input().map_or_else(|| self.source.size("ordinary"), |topic| self.family_size(topic)),
        }
    }

    fn family_size(&self, input: &Topic) -> usize {
        self.source.size(&input.size) + self.source.size("family_extra")
    }

    fn spec(&self, name: String, topic: &Topic, layout: &Layout) -> TopicSpec {
        TopicSpec {
            name,
            partitions: if topic.partitions == "few" { layout.few } else { layout.lanes },
            cleanup: topic.cleanup,
            retention_ms: topic.retention_days.map(|days| days * DAY_MS),
            max_message_bytes: self.source.size(&topic.size),
            min_isr: self.source.min_insync_replicas,
            key: topic.key.clone(),
            record: topic.record.clone(),
            writer: topic.writer.clone(),
            readers: topic.readers.clone(),
            public: topic.public,
            settings: self.settings(topic.cleanup),
        }
    }

    fn member(&self, stage: &str, input: &Topic, member: &Family, layout: &Layout) -> TopicSpec {
        let own = |who: &[String]| -> Vec<String> {
            who.iter().map(|name| if name == "the stage" { stage.to_owned() } else { name.clone() }).collect()
        };
        TopicSpec {
            name: format!("whatsapp.{stage}.{}", member.suffix),
            partitions: if input.partitions == "few" { layout.few } else { layout.lanes },
            cleanup: member.cleanup,
            retention_ms: member.retention_days.map(|days| days * DAY_MS),
            max_message_bytes: self.family_size(input),
            min_isr: self.source.min_insync_replicas,
            key: member.key.clone(),
            record: member.record.clone(),
            writer: own(&member.writer),
            readers: own(&member.readers),
            public: false,
            settings: self.settings(member.cleanup),
        }
    }

    fn settings(&self, cleanup: Cleanup) -> BTreeMap<String, String> {
        if cleanup.compacts() { self.source.compacted_settings.clone() } else { BTreeMap::new() }
    }
}

/// `omnichannel.inbound.<queue>` becomes one name per configured queue; a plain name stays itself.
fn fill(name: &str, layout: &Layout) -> Vec<String> {
    let with = |placeholder: &str, values: &[String]| values.iter().map(|v| name.replace(placeholder, v)).collect();
    if name.contains("<queue>") {
        with("<queue>", &layout.queues)
    } else if name.contains("<carrier>") {
        with("<carrier>", &layout.carriers)
    } else {
        vec![name.to_owned()]
    }
}

fn matches_name(pattern: &str, name: &str) -> bool {
    match pattern.split_once('<') {
        Some((stem, _)) => name.len() > stem.len() && name.starts_with(stem),
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::topics as names;

    fn spec(name: &str) -> TopicSpec {
        let catalogue = catalogue();
        let specs = catalogue.topics(&catalogue.layout(Profile::Default));
        specs.into_iter().find(|s| s.name == name).unwrap_or_else(|| panic!("{name} is not in the catalogue"))
    }

    #[test]
    fn every_named_topic_is_in_the_file() {
        for name in names::ALL {
            spec(name);
        }
    }

    #[test]
    fn a_stage_owns_topics_that_take_its_input_and_headers() {
        for stage in catalogue().stages() {
            for suffix in ["retry", "dlq", "replay"] {
                spec(&format!("whatsapp.{stage}.{suffix}"));
            }
        }
        let retry = spec("whatsapp.ingress.retry");
        assert_eq!(retry.max_message_bytes, 4 * 1024 * 1024 + 64 * 1024);
        assert_eq!((retry.cleanup, retry.retention_ms, retry.partitions), (Cleanup::Compact, None, 12));
        assert_eq!(spec("whatsapp.sender.dlq").retention_ms, Some(30 * DAY_MS));
    }

    #[test]
    fn records_that_carry_raw_take_four_mebibytes() {
        for name in ["whatsapp.webhook.raw", "whatsapp.inbound.messages", "whatsapp.status.events"] {
            assert_eq!(spec(name).max_message_bytes, 4 * 1024 * 1024, "{name}");
        }
        assert_eq!(spec("omnichannel.inbound.default").max_message_bytes, 4 * 1024 * 1024);
    }

    #[test]
    fn the_size_of_a_name_agrees_with_its_spec() {
        let layout = Layout { carriers: vec!["twilio".to_owned()], ..catalogue().layout(Profile::Tests) };
        for spec in catalogue().topics(&layout) {
            assert_eq!(catalogue().max_message_bytes(&spec.name), spec.max_message_bytes, "{}", spec.name);
        }
        assert_eq!(catalogue().max_message_bytes("whatsapp.toy.retry"), 1024 * 1024);
    }

    #[test]
    fn queues_and_carriers_fill_the_placeholders() {
        let layout = Layout {
            queues: vec!["default".to_owned(), "sales".to_owned()],
            carriers: vec!["twilio".to_owned()],
            ..catalogue().layout(Profile::Dev)
        };
        let names: Vec<String> = catalogue().topics(&layout).into_iter().map(|s| s.name).collect();
        assert!(names.contains(&"omnichannel.inbound.sales".to_owned()));
        assert!(names.contains(&"omnichannel.outbound.twilio".to_owned()));
        assert!(!names.iter().any(|name| name.contains('<')));
    }

    #[test]
    fn profiles_choose_the_partition_counts() {
        let counts = |profile| (catalogue().layout(profile).lanes, catalogue().layout(profile).few);
        assert_eq!(counts(Profile::Default), (12, 3));
        assert_eq!(counts(Profile::Dev), (3, 1));
        assert_eq!(counts(Profile::Tests), (4, 1));
    }

    #[test]
    fn a_file_that_names_an_unknown_class_is_refused() {
        let broken = SOURCE.replacen("size: raw", "size: huge", 1);
        let error = Catalogue::parse(&broken).expect_err("the class does not exist");
        assert_eq!(error.to_string(), "topic whatsapp.webhook.raw: size class `huge` is not defined");
    }
}
