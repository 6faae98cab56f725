//! What a command's producer hears.

use std::time::Duration;

use super::world::*;
use crate::{
    runtime::{Fault, FaultKind, Headers, Scope, Stage},
    stages::ports::GraphFailure,
    wire::records::OutboundMessage,
};

#[tokio::test]
async fn a_final_refusal_is_failed_once_and_for_all() {
    let world = World::new([no(131_026)]);
    let fault = world.handle(&message()).await.unwrap_err();
    assert_eq!((fault.kind, fault.code.as_ref()), (FaultKind::Rejected, "graph_131026"));
    let statuses = world.statuses(&fault.notes).await;
    let error = statuses[0].error.clone().unwrap();
    assert_eq!(
        (statuses[0].status.as_str(), error.code.as_str(), error.action.as_str()),
        ("failed", "131026", "other_channel")
    );
    assert_eq!(world.statuses(&world.handle(&message()).await.unwrap()).await, statuses);
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn a_throttled_command_is_pending_once_however_often_it_waits() {
    let world = World::new([no(131_056), no(131_056), yes()]);
    let first = world.handle(&message()).await.unwrap_err();
    assert_eq!(first.kind, FaultKind::Throttled(Duration::from_secs(6)));
    assert_eq!(world.words(&first.notes).await, ["pending"]);
    let second = world.handle(&message()).await.unwrap_err();
    assert!(second.notes.is_empty());
    assert_eq!(world.words(&world.handle(&message()).await.unwrap()).await, ["accepted"]);
    assert_eq!(world.shared.entries("notice"), 0);
}

#[tokio::test]
async fn a_throttled_command_does_not_sleep_past_its_expiry() {
    let world = World::new([no(131_056)]);
    let short = OutboundMessage { expires_at: Some(world.now() + 1_500), ..message() };
    let fault = world.handle(&short).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Throttled(Duration::from_millis(1_500)));
    world.advance(1_500);
    assert_eq!(world.words(&world.handle(&short).await.unwrap()).await, ["expired"]);
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn a_locked_account_holds_its_commands() {
    for (reply, code) in [(no(131_031), "graph_131031"), (Reply::Now(Err(GraphFailure::NoToken)), "no_access_token")] {
        let world = World::new([reply]);
        let fault = world.handle(&message()).await.unwrap_err();
        assert_eq!((fault.kind, fault.code.as_ref()), (FaultKind::Unavailable, code));
        assert_eq!(fault.scope, Some(Scope::Account("main".into())));
        assert_eq!(world.words(&fault.notes).await, ["held"]);
    }
}

#[tokio::test]
async fn a_number_that_is_too_fast_slows_all_its_messages_down() {
    let world = World::new([no(130_429)]);
    world.handle(&message()).await.unwrap_err();
    let other = OutboundMessage { command_id: "c2".into(), lane: "2:49171".into(), ..message() };
    let fault = world.handle(&other).await.unwrap_err();
    assert_eq!(fault.code, "number_pace");
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn one_id_for_two_messages_is_refused_and_the_first_is_left_alone() {
    let world = World::new([yes()]);
    let first = world.handle(&message()).await.unwrap();
    let other = OutboundMessage { content_hash: "bb".into(), ..message() };
    let fault = world.handle(&other).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Rejected);
    let error = world.statuses(&fault.notes).await[0].error.clone().unwrap();
    assert_eq!(error.code, "duplicate_id");
    assert_eq!(world.statuses(&world.handle(&message()).await.unwrap()).await, world.statuses(&first).await);
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn an_expired_command_is_never_sent() {
    let world = World::new([]);
    let late = OutboundMessage { expires_at: Some(world.now()), ..message() };
    assert_eq!(world.words(&world.handle(&late).await.unwrap()).await, ["expired"]);
}

#[tokio::test]
async fn a_command_that_expires_while_its_intent_is_committed_is_never_sent() {
    let world = World::new([]);
    world.shared.commits_take_ms.lock().unwrap().push_back(5_000);
    let short = OutboundMessage { expires_at: Some(world.now() + 2_000), ..message() };
    assert_eq!(world.words(&world.handle(&short).await.unwrap()).await, ["expired"]);
    assert_eq!(world.seen(), [Seen::Intent("open", 1)]);
}

#[tokio::test]
async fn a_dead_letter_tells_its_producer_and_can_be_replayed() {
    let world = World::new([no(131_000), yes()]);
    let fault = world.handle(&message()).await.unwrap_err();
    let record = world.record(&message()).await;
    let ending = world.sender.ending(&record, &fault, &world.context(&record)).await.unwrap();
    let status = &world.statuses(&ending).await[0];
    assert_eq!((status.status.as_str(), status.error.as_ref().map(|e| e.code.as_str())), ("rejected", Some("gave_up")));
    assert_eq!(world.words(&world.handle(&message()).await.unwrap()).await, ["accepted"]);
}

#[tokio::test]
async fn bytes_that_are_no_message_tell_the_producer_by_the_header() {
    let world = World::new([]);
    let fault = Fault::poison("not_avro");
    let garbage = record("t", Some("?".into()), Headers::new().with("command-id", "c9"));
    let ending = world.sender.ending(&garbage, &fault, &world.context(&garbage)).await.unwrap();
    let status = &world.statuses(&ending).await[0];
    assert_eq!((status.command_id.as_deref(), status.status.as_str()), (Some("c9"), "rejected"));
    let nameless = record("t", Some("?".into()), Headers::new());
    assert!(world.sender.ending(&nameless, &fault, &world.context(&nameless)).await.unwrap().is_empty());
}

#[tokio::test]
async fn marking_as_read_is_accepted_without_a_message() {
    let answer = crate::stages::ports::Accepted { message_id: String::new(), ..taken() };
    let world = World::new([Reply::Now(Ok(answer))]);
    let read = OutboundMessage { request_json: r#"{"status":"read","message_id":"wamid.x"}"#.into(), ..message() };
    let emit = world.handle(&read).await.unwrap();
    assert_eq!(emit.records.len(), 1);
    assert_eq!(world.statuses(&emit).await[0].message_id, None);
}
