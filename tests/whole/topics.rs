//! `topics plan | apply` on a real cluster: creates, widens, keeps what an operator set, and refuses to repartition.

use std::{collections::BTreeMap, time::Duration};

use omnichannel_whatsapp::{
    adapters::kafka::admin::Admin,
    wire::topics::{Profile, WEBHOOK_RAW, catalogue},
};

use crate::support::{process::Launch, scenario::Scenario, stack::Stack};

const LIMIT: Duration = Duration::from_secs(60);

/// Runs a command of the binary; what it said, and its exit code.
fn run(scenario: &Scenario, stack: &Stack, name: &str, args: &[&str]) -> (String, Option<i32>) {
    let (whatsapp, omnichannel) = scenario.prefixes();
    let mut process = Launch::new(&scenario.dir, name)
        .args(args)
        .env("KAFKA_BOOTSTRAP_SERVERS", &stack.bootstrap)
        .env("OMNICHANNEL_KAFKA_PREFIX_WHATSAPP", whatsapp)
        .env("OMNICHANNEL_KAFKA_PREFIX_OMNICHANNEL", omnichannel)
        .env("OMNICHANNEL_KAFKA_PARTITIONS", "2")
        .start();
    let code = process.exit(LIMIT).code();
    (process.words(), code)
}

fn changes(words: &str, kind: &str) -> usize {
    words.lines().filter(|line| line.starts_with(kind)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_are_created_and_widened_and_never_repartitioned() {
    let stack = Stack::shared();
    let scenario = Scenario::new("topics");
    let expected = catalogue().topics(&catalogue().layout(Profile::Default)).len();

    let (words, code) = run(&scenario, stack, "plan", &["topics", "plan"]);
    assert_eq!((changes(&words, "create"), code), (expected, Some(0)), "{words}");
    let (words, code) = run(&scenario, stack, "apply", &["topics", "apply"]);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains(&format!("{expected} of {expected} topics changed")), "{words}");
    let (words, code) = run(&scenario, stack, "again", &["topics", "plan"]);
    assert_eq!((words.as_str(), code), ("", Some(0)), "nothing is left to do");

    let raw = scenario.topic(WEBHOOK_RAW);
    let admin = Admin::connect(&stack.bootstrap, &BTreeMap::new()).expect("the configuration is valid");
    let own = [("max.message.bytes", "1048588"), ("segment.bytes", "33554432")];
    let own = own.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    admin.set(&raw, &own).await.expect("the cluster takes settings");

    let (words, code) = run(&scenario, stack, "widen", &["topics", "apply"]);
    assert_eq!((changes(&words, "set"), code), (1, Some(0)), "{words}");
    let state = admin.state(&[raw.clone()].into()).await.expect("the cluster answers");
    let settings = &state.topics[&raw].settings;
    assert_eq!(settings["max.message.bytes"], "4194304");
    assert_eq!(settings["segment.bytes"], "33554432", "an operator's own setting survives");
    assert_eq!(settings["retention.ms"], "604800000", "and so does what was set before");

    let (words, code) = run(&scenario, stack, "refuse", &["topics", "apply", "--set", "kafka.partitions=3"]);
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("has 2 partitions and should have 3") && words.contains("nothing was changed"), "{words}");
    assert_eq!(admin.state(&[raw.clone()].into()).await.expect("the cluster answers").topics[&raw].partitions, 2);
}
