//! A transaction that a dead producer left open on a retry partition hides what was committed behind it. Whoever takes the
//! partition over must wait for it, or entries are missed.

use std::time::{Duration, Instant};

use omnichannel_whatsapp::simulator::Fault;
use rdkafka::{
    consumer::{BaseConsumer, Consumer},
    producer::{BaseProducer, BaseRecord, Producer},
    topic_partition_list::{Offset, TopicPartitionList},
};
use serde_json::{Value, json};

use crate::support::{
    clients::{self, Reading, Until},
    kafka,
    pipeline::{NUMBER, Pipeline},
    wait,
};

/// Longer than the dead worker stays a member of its group, so that its successor finds the transaction open.
const OPEN_FOR: Duration = Duration::from_secs(18);
const SOON: Duration = Duration::from_secs(20);
const READY: Duration = Duration::from_secs(45);
const TO: &str = "15550040001";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_owner_waits_for_a_transaction_left_open_on_its_retry_partition() {
    let settings = [("retry.base", "15s"), ("retry.max", "15s")];
    let pipeline = Pipeline::prepare("open-transaction").await;
    let mut worker = pipeline.worker("worker", &settings).await;
    pipeline.send_webhooks_to(&worker.webhooks);
    pipeline.simulator.fail(Fault { code: Some(131_000), ..Fault::default() });
    pipeline.command_json(&[command("first")]);
    let partition = entries(&pipeline, 1).await[0]["partition"].as_i64().and_then(|p| i32::try_from(p).ok());
    let partition = partition.expect("a partition");

    let began = Instant::now();
    let dead = leave_open(&pipeline, partition);
    // they wait behind the first: entries behind the open transaction
    pipeline.command_json(&[command("second"), command("third")]);
    entries(&pipeline, 3).await;
    wait_committed(&pipeline, partition, 3).await;
    worker.process.kill_nine();

    let (worker, joined) = tokio::join!(pipeline.worker("worker", &settings), given_anew(&pipeline, partition));
    pipeline.send_webhooks_to(&worker.webhooks);
    let joined = joined - began;
    // the broker counts from a moment after `began`, so until then it cannot have ended it
    assert!(
        joined < OPEN_FOR,
        "proves nothing: the transaction may have ended before its successor came, after {joined:?}"
    );
    assert!(began.elapsed() >= OPEN_FOR, "ready after {:?}: it did not wait", began.elapsed());
    for id in ["first", "second", "third"] {
        pipeline.wait_status(id, "read").await;
    }
    let requests = pipeline.simulator.report(None, 0, usize::MAX).requests;
    let accepted: Vec<_> =
        requests.iter().filter(|r| r.message_id.is_some()).filter_map(|r| r.command_id.as_deref()).collect();
    assert_eq!(accepted, ["first", "second", "third"]);
    assert!(pipeline.dead_letters().is_empty());
    drop(dead);
}

fn command(id: &str) -> Value {
    json!({"command_id": id, "to": format!("+{TO}"), "text": {"body": id}})
}

/// Begins a transaction under an id that nobody will use again, writes, and never ends it.
fn leave_open(pipeline: &Pipeline, partition: i32) -> BaseProducer {
    let producer: BaseProducer = kafka::config(pipeline.ground.stack)
        .set("transactional.id", format!("{}-dead", pipeline.ground.scenario.id))
        .set("transaction.timeout.ms", OPEN_FOR.as_millis().to_string())
        .create()
        .expect("the configuration is valid");
    producer.init_transactions(SOON).expect("the coordinator answers");
    producer.begin_transaction().expect("no transaction is open");
    let topic = pipeline.ground.scenario.topic("whatsapp.sender.retry");
    let record = BaseRecord::<str, str>::to(&topic).partition(partition).key("never/0/0").payload("never committed");
    producer.send(record).map_err(|(error, _)| error).expect("the queue has room");
    producer.flush(SOON).expect("the record is written");
    producer
}

/// When the worker, started once more, was given the partition, which it then restores.
async fn given_anew(pipeline: &Pipeline, partition: i32) -> Instant {
    let log = pipeline.ground.scenario.dir.join("worker.log");
    let words = || std::fs::read_to_string(&log).unwrap_or_default();
    let given = |line: &str| {
        let partitions =
            line.split_once("partitions=[").and_then(|(_, rest)| rest.split(']').next()).unwrap_or_default();
        let wanted = partition.to_string();
        line.contains(r#"stage="sender" kind="assigned""#) && partitions.split(", ").any(|number| number == wanted)
    };
    let before = words().lines().filter(|line| given(line)).count();
    wait::until_async("the partition's next owner", READY, || async {
        (words().lines().filter(|line| given(line)).count() > before).then(Instant::now)
    })
    .await
}

/// Entries of our lane in the retry table, committed or not.
async fn entries(pipeline: &Pipeline, count: usize) -> Vec<Value> {
    let topics = [pipeline.ground.scenario.topic("whatsapp.sender.retry")];
    let lane = format!("{NUMBER}:{TO}");
    wait::until_async(&format!("{count} entries in the retry table"), SOON, || async {
        let limit = Duration::from_secs(10);
        let reading = Reading { topics: &topics, until: Until::End, limit, key: None, uncommitted: true };
        let mut read = tokio::task::block_in_place(|| clients::consume(pipeline.ground.stack, &reading));
        read.retain(|entry| entry["headers"]["x-retry-key"] == lane.as_str());
        let mut places: Vec<&str> = read.iter().filter_map(|entry| entry["key"].as_str()).collect();
        places.sort_unstable();
        places.dedup();
        (places.len() >= count).then_some(read)
    })
    .await
}

/// Waits until the sender's group has committed so many records of the partition.
async fn wait_committed(pipeline: &Pipeline, partition: i32, records: i64) {
    let scenario = &pipeline.ground.scenario;
    let consumer: BaseConsumer = kafka::config(pipeline.ground.stack)
        .set("group.id", scenario.names.group("sender"))
        .create()
        .expect("the configuration is valid");
    let mut wanted = TopicPartitionList::new();
    wanted.add_partition(&scenario.topic("whatsapp.outbound.messages"), partition);
    wait::until_async("the park's commit", SOON, || async {
        let committed = tokio::task::block_in_place(|| consumer.committed_offsets(wanted.clone(), SOON));
        let offset = committed.ok().and_then(|list| list.elements().first().map(|place| place.offset()));
        offset.is_some_and(|offset| matches!(offset, Offset::Offset(at) if at >= records)).then_some(())
    })
    .await;
}
