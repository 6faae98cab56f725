//! What would have to change for a cluster to be as the catalogue says. Pure: a catalogue and a cluster's state in,
//! decisions out.

use std::{collections::BTreeMap, fmt};

use crate::{
    adapters::kafka::admin::{ClusterState, Creation, TopicState},
    wire::topics::{Cleanup, Names, TopicSpec},
};

const MAX_REPLICATION: i32 = 3;
/// Of the further settings of the catalogue, as a topic has them that was created without.
const KAFKA_DEFAULTS: [(&str, &str); 2] = [("segment.ms", "604800000"), ("min.cleanable.dirty.ratio", "0.5")];

/// One decision about one topic, by physical name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Create(Creation),
    /// Settings that can be changed without losing a record or refusing one that was taken before.
    Set {
        topic: String,
        settings: Vec<Setting>,
    },
    /// Cannot be changed in place; a person must decide.
    Refuse {
        topic: String,
        reason: String,
    },
    /// Differs, and stays as it is.
    Keep {
        topic: String,
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    pub key: String,
    pub from: String,
    pub to: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(Creation { name, partitions, replication, settings }) => {
                write!(f, "create  {name}  partitions={partitions} replication={replication}")?;
                settings.iter().try_for_each(|(key, value)| write!(f, " {key}={value}"))
            }
            Self::Set { topic, settings } => {
                write!(f, "set     {topic} ")?;
                settings.iter().try_for_each(|s| write!(f, " {}={} (was {})", s.key, s.to, s.from))
            }
            Self::Refuse { topic, reason } => write!(f, "refuse  {topic}  {reason}"),
            Self::Keep { topic, reason } => write!(f, "keep    {topic}  {reason}"),
        }
    }
}

/// Every topic that is not as the catalogue says, in the catalogue's order.
#[must_use]
pub fn plan(specs: &[TopicSpec], names: &Names, cluster: &ClusterState) -> Vec<Change> {
    let replication = i32::try_from(cluster.brokers).unwrap_or(MAX_REPLICATION).clamp(1, MAX_REPLICATION);
    let mut changes = Vec::new();
    for spec in specs {
        let name = names.physical(&spec.name);
        match cluster.topics.get(&name) {
            None => changes.push(create(spec, name, replication)),
            Some(state) => compare(spec, &name, state, replication, &mut changes),
        }
    }
    changes
}

fn create(spec: &TopicSpec, name: String, replication: i32) -> Change {
    Change::Create(Creation { name, partitions: spec.partitions, replication, settings: settings(spec, replication) })
}

fn settings(spec: &TopicSpec, replication: i32) -> BTreeMap<String, String> {
    let mut settings = spec.settings.clone();
    settings.insert("cleanup.policy".to_owned(), spec.cleanup.to_string());
    settings.insert("retention.ms".to_owned(), spec.retention_ms.unwrap_or(-1).to_string());
    settings.insert("max.message.bytes".to_owned(), spec.max_message_bytes.to_string());
    settings.insert("min.insync.replicas".to_owned(), min_isr(spec, replication).to_string());
    settings
}

/// One replica may be away without refusing writes; with one or two replicas that leaves one.
fn min_isr(spec: &TopicSpec, replication: i32) -> i32 {
    spec.min_isr.min(replication - 1).max(1)
}

fn compare(spec: &TopicSpec, name: &str, state: &TopicState, replication: i32, changes: &mut Vec<Change>) {
    let topic = || name.to_owned();
    if state.partitions != spec.partitions {
        let reason = format!(
            "has {} partitions and should have {}: keys, order and state belong to partitions, so the count is for life; \
             set the configured count to {}, or use another prefix for new topics",
            state.partitions, spec.partitions, state.partitions
        );
        changes.push(Change::Refuse { topic: topic(), reason });
        return;
    }
    if state.replication < replication {
        let reason = format!(
            "has {} replicas where {replication} are possible: kafka-reassign-partitions adds them",
            state.replication
        );
        changes.push(Change::Keep { topic: topic(), reason });
    }
    let mut wider = Vec::new();
    for (key, wanted) in settings(spec, state.replication) {
        let current = state.settings.get(&key).cloned().unwrap_or_default();
        match decide(spec, &key, &current, &wanted) {
            Verdict::Same => {}
            Verdict::Widen => wider.push(Setting { key, from: current, to: wanted }),
            Verdict::Keep(why) => {
                let reason = format!("{key} is {current} and the catalogue says {wanted}: {why}");
                changes.push(Change::Keep { topic: topic(), reason });
            }
            Verdict::Refuse(why) => {
                let reason = format!("{key} is {current} and must be {wanted}: {why}");
                changes.push(Change::Refuse { topic: topic(), reason });
            }
        }
    }
    if !wider.is_empty() {
        changes.push(Change::Set { topic: topic(), settings: wider });
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Same,
    Widen,
    Keep(&'static str),
    Refuse(&'static str),
}

fn decide(spec: &TopicSpec, key: &str, current: &str, wanted: &str) -> Verdict {
    if current == wanted {
        return Verdict::Same;
    }
    match key {
        "cleanup.policy" => policy(Cleanup::parse(current), spec.cleanup),
        // Where nothing is deleted by age, a retention says nothing.
        "retention.ms" if !spec.cleanup.deletes() => Verdict::Same,
        "retention.ms" => larger(age(current), age(wanted), "a shorter retention would delete records"),
        "max.message.bytes" => larger(number(current), number(wanted), "larger records may have been taken"),
        "min.insync.replicas" => larger(number(current), number(wanted), "a smaller one would promise less"),
        key => unless_chosen(key, current),
    }
}

/// What makes a compacted topic be cleaned sooner; neither way loses a record. Kafka's own default was chosen by nobody.
fn unless_chosen(key: &str, current: &str) -> Verdict {
    let default = KAFKA_DEFAULTS.iter().find(|(name, _)| *name == key).map_or("", |(_, value)| value);
    if current.is_empty() || current == default {
        return Verdict::Widen;
    }
    Verdict::Keep("somebody chose it; restores take longer the later a topic is compacted")
}

/// Compaction keeps the last value of every key; deletion by age does not.
fn policy(current: Option<Cleanup>, wanted: Cleanup) -> Verdict {
    match (current, wanted) {
        (Some(current), wanted) if current == wanted => Verdict::Same,
        (Some(Cleanup::Compact), Cleanup::Delete | Cleanup::CompactDelete) => {
            Verdict::Refuse("records that compaction keeps for ever would be deleted")
        }
        (Some(Cleanup::CompactDelete), Cleanup::Delete) => {
            Verdict::Keep("older values are already gone; delete the topic if it should be new")
        }
        (Some(Cleanup::Delete), Cleanup::Compact | Cleanup::CompactDelete)
        | (Some(Cleanup::CompactDelete), Cleanup::Compact)
        | (None, _) => Verdict::Widen,
        (Some(Cleanup::Delete), Cleanup::Delete)
        | (Some(Cleanup::Compact), Cleanup::Compact)
        | (Some(Cleanup::CompactDelete), Cleanup::CompactDelete) => Verdict::Same,
    }
}

fn larger(current: Option<i64>, wanted: Option<i64>, why_not_smaller: &'static str) -> Verdict {
    match (current, wanted) {
        (Some(current), Some(wanted)) if current > wanted => Verdict::Keep(why_not_smaller),
        _ => Verdict::Widen,
    }
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// `-1` is for ever.
fn age(text: &str) -> Option<i64> {
    number(text).map(|ms| if ms < 0 { i64::MAX } else { ms })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::topics::{Profile, catalogue};

    const RAW: &str = "whatsapp.webhook.raw";

    fn specs() -> Vec<TopicSpec> {
        catalogue().topics(&catalogue().layout(Profile::Default))
    }

    /// A cluster that is exactly as the catalogue says.
    fn as_planned(brokers: usize) -> ClusterState {
        let mut cluster = ClusterState { brokers, topics: BTreeMap::new() };
        for change in plan(&specs(), &Names::default(), &cluster) {
            let Change::Create(creation) = change else { panic!("an empty cluster needs only creation: {change}") };
            let Creation { name, partitions, replication, settings } = creation;
            cluster.topics.insert(name, TopicState { partitions, replication, settings });
        }
        cluster
    }

    fn after(edit: impl FnOnce(&mut TopicState), topic: &str) -> Vec<Change> {
        let mut cluster = as_planned(3);
        edit(cluster.topics.get_mut(topic).expect("the topic is in the catalogue"));
        plan(&specs(), &Names::default(), &cluster)
    }

    fn set(topic: &str, key: &str, value: &str) -> Vec<Change> {
        after(|state| _ = state.settings.insert(key.to_owned(), value.to_owned()), topic)
    }

    fn settings_of(brokers: usize, topic: &str) -> (i32, String) {
        let cluster = as_planned(brokers);
        (cluster.topics[topic].replication, cluster.topics[topic].settings["min.insync.replicas"].clone())
    }

    #[test]
    fn an_empty_cluster_gets_every_topic_and_then_nothing() {
        let cluster = as_planned(3);
        assert_eq!(cluster.topics.len(), specs().len());
        assert_eq!(plan(&specs(), &Names::default(), &cluster), []);
    }

    #[test]
    fn replicas_and_in_sync_replicas_follow_the_number_of_brokers() {
        assert_eq!(settings_of(1, RAW), (1, "1".to_owned()));
        assert_eq!(settings_of(2, RAW), (2, "1".to_owned()));
        assert_eq!(settings_of(3, RAW), (3, "2".to_owned()));
        assert_eq!(settings_of(9, RAW), (3, "2".to_owned()));
    }

    #[test]
    fn names_carry_the_prefixes() {
        let changes = plan(&specs(), &Names::new("t.wa.", "t.o."), &ClusterState { brokers: 1, ..Default::default() });
        let Change::Create(first) = &changes[0] else { panic!("not a creation: {}", changes[0]) };
        assert_eq!(first.name, "t.wa.webhook.raw");
    }

    #[test]
    fn another_partition_count_is_refused_with_the_way_out() {
        let changes = after(|state| state.partitions = 6, RAW);
        let [Change::Refuse { topic, reason }] = &changes[..] else { panic!("not one refusal: {changes:?}") };
        assert_eq!(topic, RAW);
        assert!(reason.starts_with("has 6 partitions and should have 12"), "{reason}");
        assert!(reason.contains("set the configured count to 6"), "{reason}");
    }

    #[test]
    fn sizes_and_retention_grow() {
        for (key, value) in [("max.message.bytes", "1048588"), ("retention.ms", "3600000")] {
            let changes = set(RAW, key, value);
            let [Change::Set { topic, settings }] = &changes[..] else { panic!("not one change: {changes:?}") };
            assert_eq!((topic.as_str(), settings[0].key.as_str(), settings[0].from.as_str()), (RAW, key, value));
        }
    }

    #[test]
    fn what_an_operator_made_larger_stays() {
        for (key, value) in [("max.message.bytes", "9999999"), ("retention.ms", "-1"), ("min.insync.replicas", "3")] {
            let changes = set(RAW, key, value);
            assert!(matches!(&changes[..], [Change::Keep { .. }]), "{key}: {changes:?}");
        }
    }

    #[test]
    fn what_an_operator_chose_for_the_cleaner_stays_and_is_said() {
        for (key, default, chosen) in KAFKA_DEFAULTS.map(|(key, default)| (key, default, "86400")) {
            assert!(matches!(&set("whatsapp.sender.state", key, default)[..], [Change::Set { .. }]), "{key}");
            let changes = set("whatsapp.sender.state", key, chosen);
            let [Change::Keep { reason, .. }] = &changes[..] else { panic!("{key}: {changes:?}") };
            assert!(reason.starts_with(&format!("{key} is {chosen} and the catalogue says ")), "{reason}");
        }
    }

    #[test]
    fn the_defaults_of_every_further_setting_are_known() {
        for key in specs().iter().flat_map(|spec| spec.settings.keys()) {
            assert!(KAFKA_DEFAULTS.iter().any(|(known, _)| known == key), "{key}");
        }
    }

    #[test]
    fn an_auto_created_retry_topic_becomes_compacted() {
        let changes = set("whatsapp.sender.retry", "cleanup.policy", "delete");
        assert!(matches!(&changes[..], [Change::Set { .. }]), "{changes:?}");
    }

    #[test]
    fn compaction_is_never_traded_for_deletion() {
        let changes = set("whatsapp.message.status", "cleanup.policy", "compact");
        assert!(matches!(&changes[..], [Change::Refuse { .. }]), "{changes:?}");
        let changes = set("whatsapp.message.status", "cleanup.policy", "delete,compact");
        assert_eq!(changes, []);
    }

    #[test]
    fn a_retention_on_a_compacted_topic_says_nothing() {
        assert_eq!(set("whatsapp.sender.state", "retention.ms", "604800000"), []);
    }

    #[test]
    fn too_few_replicas_are_named_and_in_sync_replicas_follow_them() {
        let changes = after(
            |state| {
                state.replication = 1;
                state.settings.insert("min.insync.replicas".to_owned(), "1".to_owned());
            },
            RAW,
        );
        let [Change::Keep { reason, .. }] = &changes[..] else { panic!("not one note: {changes:?}") };
        assert!(reason.contains("kafka-reassign-partitions"), "{reason}");
    }
}
