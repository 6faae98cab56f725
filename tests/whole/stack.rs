//! The stack itself keeps the promises that scenarios build on: transactions, a registry, a broker that comes back.

use std::{process::Command, time::Duration};

use rdkafka::{consumer::BaseConsumer, producer::Producer};

use crate::support::{
    http_client, kafka, say,
    scenario::Scenario,
    stack::{Stack, run_dir},
    wait,
};

fn values(consumer: &BaseConsumer, count: usize) -> Vec<String> {
    (0..count).map(|_| kafka::next_value(consumer, kafka::LIMIT).expect("a record within the limit")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_committed_reader_sees_only_what_was_committed() {
    let stack = Stack::shared();
    let scenario = Scenario::new("transactions");
    let topic = scenario.topic("whatsapp.webhook.raw");
    kafka::create_topic(stack, &topic, 1).await;
    let producer = kafka::transactional_producer(stack, &scenario.id);

    producer.begin_transaction().expect("no transaction is open");
    kafka::write(&producer, &topic, "aborted");
    producer.abort_transaction(kafka::LIMIT).expect("the coordinator answers");
    producer.begin_transaction().expect("no transaction is open");
    kafka::write(&producer, &topic, "committed");
    producer.commit_transaction(kafka::LIMIT).expect("the coordinator answers");
    producer.begin_transaction().expect("no transaction is open");
    kafka::write(&producer, &topic, "open");

    let everything = values(&kafka::reader(stack, &topic, "read_uncommitted"), 3);
    assert_eq!(everything, ["aborted", "committed", "open"]);
    let committed = kafka::reader(stack, &topic, "read_committed");
    assert_eq!(values(&committed, 1), ["committed"]);
    assert_eq!(kafka::next_value(&committed, Duration::from_millis(500)), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_producer_with_the_same_transactional_id_fences_the_older_one() {
    let stack = Stack::shared();
    let scenario = Scenario::new("fencing");
    let topic = scenario.topic("whatsapp.webhook.raw");
    kafka::create_topic(stack, &topic, 1).await;
    let older = kafka::transactional_producer(stack, &scenario.id);
    older.begin_transaction().expect("no transaction is open");
    kafka::write(&older, &topic, "of a zombie");

    let newer = kafka::transactional_producer(stack, &scenario.id);
    older.commit_transaction(kafka::LIMIT).expect_err("the older producer is fenced");
    newer.begin_transaction().expect("no transaction is open");
    kafka::write(&newer, &topic, "of the owner");
    newer.commit_transaction(kafka::LIMIT).expect("the coordinator answers");

    assert_eq!(values(&kafka::reader(stack, &topic, "read_committed"), 1), ["of the owner"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_broker_comes_back_with_its_records_on_its_port() {
    let stack = Stack::outage("outage-of-the-stack");
    kafka::create_topic(&stack, "kept", 1).await;
    let producer = kafka::producer(&stack);
    kafka::write(&producer, "kept", "before");

    stack.kill_broker(1);
    stack.start_broker(1);
    kafka::write(&producer, "kept", "after");

    assert_eq!(values(&kafka::reader(&stack, "kept", "read_committed"), 2), ["before", "after"]);
}

#[test]
fn a_folder_belongs_to_one_stack_at_a_time_and_nothing_outlives_it() {
    let name = "life-of-a-stack";
    let stack = Stack::outage(name);
    let address = stack.bootstrap.clone();

    let up = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stack/up");
    let refused = Command::new(up).arg("--dir").arg(run_dir().join(name)).output().expect("the launcher runs");
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("already runs"), "{refused:?}");

    assert!(connects(&address));
    drop(stack);
    wait::until("the broker's port is closed", kafka::LIMIT, || (!connects(&address)).then_some(()));
}

fn connects(address: &str) -> bool {
    std::net::TcpStream::connect(address).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_object_store_answers() {
    let Some(objects) = &Stack::shared().objects else {
        assert!(
            std::env::var("KAFKA_BOOTSTRAP_SERVERS").is_ok(),
            "only an external stack may come without an object store"
        );
        say("SKIPPED: the external stack names no S3_ENDPOINT");
        return;
    };
    let bucket = format!("{objects}/{}", Scenario::new("bucket").id);
    let client = http_client();
    let made = client.put(&bucket).send().await.expect("the store answers");
    assert_eq!(made.status(), 200);
    let put = client.put(format!("{bucket}/a/key")).body("content").send().await.expect("the store answers");
    assert_eq!(put.status(), 200);
    let got = client.get(format!("{bucket}/a/key")).send().await.expect("the store answers");
    assert_eq!(got.text().await.expect("a body"), "content");
}
