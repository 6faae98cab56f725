//! The section `kafka`: the cluster, how its group is joined, and what passes through to librdkafka. Opens no connection.

use std::{collections::BTreeMap, time::Duration};

use super::{
    Needs,
    keys::PROPERTIES,
    properties::{self, Properties},
    reader::Reader,
    sections::{Kafka, Membership},
    values::{duration, partitions, seconds, text, word},
};
use crate::{
    adapters::kafka::client::{self, Assignor},
    wire::topics::Names,
};

/// What is said where the key is missing.
const FOR_KAFKA: &str = "this command speaks to Kafka";

pub(super) fn read(read: &mut Reader, needs: Needs, stable_instance: bool) -> Kafka {
    let bootstrap = "kafka.bootstrap_servers";
    Kafka {
        bootstrap_servers: if needs.kafka {
            read.required(bootstrap, FOR_KAFKA, text)
        } else {
            read.value(bootstrap, text)
        },
        properties: pass_through(read),
        names: names(read),
        partitions: read.optional("kafka.partitions", partitions),
        partitions_few: read.optional("kafka.partitions_few", partitions),
        transaction_timeout: read.value("kafka.transaction_timeout", duration),
        session_timeout: session_timeout(read),
        membership: membership(read, stable_instance),
        assignor: read.value("kafka.assignor", assignor),
    }
}

/// librdkafka makes no client whose session outlives its polling.
fn session_timeout(read: &mut Reader) -> Duration {
    let (timeout, most) =
        (read.value("kafka.session_timeout", duration), client::Settings::default().max_poll_interval);
    if timeout > most {
        let problem = format!("{} is longer than a stuck worker keeps its partitions", seconds(timeout));
        read.mistake("kafka.session_timeout", problem, format!("set {} or less", seconds(most)));
    }
    timeout
}

/// A static member that never comes back under its name keeps its partitions from everybody for a session.
fn membership(read: &mut Reader, stable_instance: bool) -> Membership {
    let membership = read.value("kafka.membership", |text| match text {
        "dynamic" => Ok(Membership::Dynamic),
        "static" => Ok(Membership::Static),
        _ => Err("write dynamic or static".to_owned()),
    });
    if membership == Membership::Static && !stable_instance && !read.is_set("instance") {
        let problem = "is `static`, and nothing here names a process again after a restart";
        let fix = "set `instance` to a name that each process keeps, run in a StatefulSet, or set `dynamic`";
        read.mistake("kafka.membership", problem, fix);
    }
    membership
}

fn assignor(text: &str) -> Result<Assignor, String> {
    let known = Assignor::ALL.into_iter().find(|assignor| assignor.name() == text);
    known.ok_or_else(|| "write cooperative-sticky, range or roundrobin".to_owned())
}

fn pass_through(read: &mut Reader) -> Properties {
    let mut all = BTreeMap::new();
    for (path, found) in read.settings() {
        let Some(name) = path.strip_prefix(PROPERTIES) else { continue };
        let value = found.values.join(",");
        read.mistakes.extend(properties::refuse(name, &value));
        all.insert(name.to_owned(), value);
    }
    Properties::new(all)
}

/// A physical name must lead back to one logical name, so neither prefix may begin with the other.
fn names(read: &mut Reader) -> Names {
    let whatsapp = read.value("kafka.prefix.whatsapp", word);
    let omnichannel = read.value("kafka.prefix.omnichannel", word);
    if whatsapp.starts_with(&omnichannel) || omnichannel.starts_with(&whatsapp) {
        let problem = format!("`{whatsapp}` and `{omnichannel}` begin alike, so a topic could belong to either");
        read.mistake("kafka.prefix", problem, "choose two such as `t1.whatsapp.` and `t1.omnichannel.`");
    }
    Names::new(whatsapp, omnichannel)
}

#[cfg(test)]
mod tests {
    use crate::config::tests::load_file;

    #[test]
    fn a_static_member_needs_a_name_that_comes_back() {
        let refused = load_file("kafka.membership: static").expect_err("a mistake").to_string();
        assert!(refused.contains("kafka.membership: is `static`") && refused.contains("set `instance`"), "{refused}");
        let config = load_file("{kafka.membership: static, instance: worker-0}").expect("no mistake").config;
        assert_eq!(config.kafka.membership, super::Membership::Static);
    }

    #[test]
    fn membership_and_assignor_are_words_and_no_properties() {
        for (file, told) in [
            ("kafka.membership: sticky", "write dynamic or static"),
            ("kafka.assignor: cooperative", "write cooperative-sticky, range or roundrobin"),
            ("{kafka.assignor: 'range,cooperative-sticky'}", "write cooperative-sticky, range or roundrobin"),
            ("{kafka.properties: {partition.assignment.strategy: range}}", "set kafka.assignor"),
            ("{kafka.properties: {group.instance.id: w-0}}", "set kafka.membership"),
            ("kafka.session_timeout: 3m", "set 120s or less"),
        ] {
            let refused = load_file(file).expect_err(file).to_string();
            assert!(refused.contains(told), "{file}: {refused}");
        }
    }
}
