//! How a doubt without a receipt ends.

use super::world::*;
use crate::{
    runtime::{Emit, FaultKind, Headers},
    wire::{records::OutboundMessage, topics::WEBHOOK_RAW},
};

/// A command in doubt whose wait is over, and the questions it asks.
async fn asking(world: &World, message: &OutboundMessage) -> (String, Vec<i32>) {
    assert_eq!(recheck_ms(&world.handle(message).await), world.now() + WAIT_MS);
    world.advance(WAIT_MS);
    asked(&world.handle(message).await.unwrap_err().notes)
}

fn asked(notes: &Emit) -> (String, Vec<i32>) {
    let probes: Vec<_> = notes.records.iter().filter(|record| &*record.topic == WEBHOOK_RAW).collect();
    assert!(probes.iter().all(|probe| probe.value.is_none() && probe.headers.get_str("reply-partition") == Some("1")));
    let id = probes[0].headers.get_str("probe").expect("a question").to_owned();
    (id, probes.iter().map(|probe| probe.partition.expect("a partition")).collect())
}

#[tokio::test]
async fn every_partition_is_asked_and_the_last_zero_wakes_the_lane() {
    let world = World::new([silence(), yes()]);
    let (id, partitions) = asking(&world, &message()).await;
    assert_eq!(partitions, [0, 1]);
    assert!(world.reply(&id, 1, 0).await.wake.is_empty());
    assert_eq!(world.reply(&id, 0, 0).await.wake, [LANE]);
    let emit = world.handle(&message()).await.unwrap();
    assert_eq!(world.statuses(&emit).await[0].attempt, 2);
    assert_eq!(world.seen()[2..], [Seen::Intent("open", 2), Seen::Call]);
    assert_eq!(world.shared.entries("question") + world.shared.entries("replies") + world.shared.entries("notice"), 0);
}

#[tokio::test]
async fn partitions_that_hold_older_records_are_asked_again() {
    let world = World::new([silence(), yes()]);
    let (first, _) = asking(&world, &message()).await;
    world.reply(&first, 0, 0).await;
    assert!(world.reply(&first, 1, 3).await.wake.is_empty());
    let waiting = world.handle(&message()).await;
    world.advance(recheck_ms(&waiting) - world.now());
    assert!(waiting.unwrap_err().notes.is_empty());
    let (second, partitions) = asked(&world.handle(&message()).await.unwrap_err().notes);
    assert_eq!(partitions, [1]);
    assert!(world.reply(&first, 1, 0).await.state.is_empty(), "an answer to the older question");
    assert_eq!(world.reply(&second, 1, 0).await.wake, [LANE]);
    assert_eq!(world.words(&world.handle(&message()).await.unwrap()).await, ["accepted"]);
}

#[tokio::test]
async fn a_receipt_that_comes_while_asking_settles() {
    let world = World::new([silence()]);
    let (id, _) = asking(&world, &message()).await;
    world.reply(&id, 0, 0).await;
    world.receipt(ID).await;
    world.reply(&id, 1, 0).await;
    let emit = world.handle(&message()).await.unwrap();
    assert_eq!(world.statuses(&emit).await[0].message_id.as_deref(), Some("wamid.receipt"));
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn a_takeover_while_asking_waits_and_asks_anew() {
    let mut world = World::new([silence()]);
    let (id, _) = asking(&world, &message()).await;
    world.reply(&id, 0, 0).await;
    world.take_over();
    assert_eq!(recheck_ms(&world.handle(&message()).await), world.now() + WAIT_MS);
    world.reply(&id, 1, 0).await;
    world.advance(WAIT_MS);
    let (again, partitions) = asked(&world.handle(&message()).await.unwrap_err().notes);
    assert_ne!(again, id);
    assert_eq!(partitions, [0, 1]);
}

#[tokio::test]
async fn report_says_unknown_and_sends_nothing() {
    let world = World::new([silence()]);
    let reported = OutboundMessage { on_unknown: "report".into(), ..message() };
    let (id, _) = asking(&world, &reported).await;
    for partition in [0, 1] {
        world.reply(&id, partition, 0).await;
    }
    let emit = world.handle(&reported).await.unwrap();
    let status = &world.statuses(&emit).await[0];
    assert_eq!(
        (status.status.as_str(), status.error.as_ref().map(|e| e.code.as_str())),
        ("unknown", Some("no_answer"))
    );
    assert_eq!(world.words(&world.handle(&reported).await.unwrap()).await, ["unknown"]);
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn a_doubtful_command_that_expired_is_unknown_not_expired() {
    let world = World::new([silence()]);
    let short = OutboundMessage { expires_at: Some(world.now() + 10), ..message() };
    let (id, _) = asking(&world, &short).await;
    for partition in [0, 1] {
        world.reply(&id, partition, 0).await;
    }
    assert_eq!(world.words(&world.handle(&short).await.unwrap()).await, ["unknown"]);
    assert_eq!(world.calls(), 1);
}

/// The next attempt ends in doubt, and no sign of it can be under way any more.
async fn doubtful_attempt(world: &World, message: &OutboundMessage) {
    let (id, _) = asking(world, message).await;
    for partition in [0, 1] {
        world.reply(&id, partition, 0).await;
    }
}

#[tokio::test]
async fn after_three_doubtful_attempts_it_is_not_sent_again_whatever_the_command_says() {
    let world = World::new([silence(), silence(), silence()]);
    for _ in 0..3 {
        doubtful_attempt(&world, &message()).await;
    }
    let status = &world.statuses(&world.handle(&message()).await.unwrap()).await[0];
    assert_eq!((status.status.as_str(), status.attempt), ("unknown", 3));
    assert_eq!(world.words(&world.handle(&message()).await.unwrap()).await, ["unknown"]);
    assert_eq!(world.calls(), 3);
}

#[tokio::test]
async fn attempts_that_did_not_happen_are_no_doubts() {
    let world = World::new([silence(), no(131_056), silence(), no(131_056), yes()]);
    doubtful_attempt(&world, &message()).await;
    assert_eq!(world.handle(&message()).await.unwrap_err().code, "graph_131056");
    doubtful_attempt(&world, &message()).await;
    assert_eq!(world.handle(&message()).await.unwrap_err().code, "graph_131056");
    assert_eq!(world.words(&world.handle(&message()).await.unwrap()).await, ["accepted"]);
}

#[tokio::test]
async fn a_command_that_was_in_doubt_once_never_left_unseen_for_sure() {
    let world = World::new([silence(), no(131_056)]);
    let short = OutboundMessage { expires_at: Some(world.now() + WAIT_MS + 1_000), ..message() };
    doubtful_attempt(&world, &short).await;
    let fault = world.handle(&short).await.unwrap_err();
    assert_eq!(fault.code, "graph_131056");
    assert_eq!(world.words(&world.end(&short, &fault).await).await, ["unknown"], "as a dead letter");
    world.advance(1_000);
    assert_eq!(world.words(&world.handle(&short).await.unwrap()).await, ["unknown"], "expired");
    assert_eq!(world.calls(), 2);
}

#[tokio::test]
async fn an_answer_that_says_nothing_is_refused() {
    let world = World::new([]);
    let headers = Headers::new().with("probe", "c1/1/5").with("raw-partition", "x");
    let fault = world.side(record("whatsapp.send.receipts", None, headers)).await.unwrap_err();
    assert_eq!(fault.code, "bad_probe_answer");
}

#[tokio::test]
async fn a_doubtful_command_that_is_cancelled_is_not_sent_again_and_nobody_says_it_never_left() {
    let world = World::new([silence()]);
    let (id, _) = asking(&world, &message()).await;
    world.shared.controls.apply("cancel/c1", Some(b"{}"));
    assert!(world.handle(&message()).await.is_err(), "a sign of it may still be under way");
    world.reply(&id, 0, 0).await;
    world.reply(&id, 1, 0).await;
    let emit = world.handle(&message()).await.unwrap();
    assert_eq!((world.words(&emit).await, world.calls()), (vec!["unknown".to_owned()], 1));
}

#[tokio::test]
async fn a_failure_of_meta_s_server_is_a_doubt_for_who_asked_to_be_told_and_else_tried_again() {
    let world = World::new([no(131_000)]);
    let report = OutboundMessage { on_unknown: "report".into(), ..message() };
    let result = world.handle(&report).await;
    assert_eq!(recheck_ms(&result), world.now() + WAIT_MS);
    let told = world.statuses(&result.unwrap_err().notes).await;
    assert_eq!((told[0].status.as_str(), told[0].error.as_ref().and_then(|e| e.meta_code)), ("pending", Some(131_000)));
    world.receipt(ID).await;
    assert_eq!(world.words(&world.handle(&report).await.unwrap()).await, ["accepted"]);

    let world = World::new([no(131_000)]);
    let fault = world.handle(&message()).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Transient);
}

#[tokio::test]
async fn a_refusal_that_hides_nothing_is_no_doubt_for_anybody() {
    for (code, kind) in [(131_008, FaultKind::Rejected), (190, FaultKind::Unavailable)] {
        let world = World::new([no(code)]);
        let report = OutboundMessage { on_unknown: "report".into(), ..message() };
        assert_eq!(world.handle(&report).await.unwrap_err().kind, kind, "{code}");
    }
}
