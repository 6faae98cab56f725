//! What a command's producer hears.

use super::world::*;
use crate::{
    runtime::{Fault, FaultKind, Headers, Stage},
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
async fn one_id_for_two_messages_is_refused_and_the_first_is_left_alone() {
    let world = World::new([yes()]);
    let first = world.handle(&message()).await.unwrap();
    let other = OutboundMessage {
        content_hash: "bb".into(),
        correlation_id: Some("k2".into()),
        source: Some("crm".into()),
        labels: [("campaign".to_owned(), "spring".to_owned())].into(),
        ..message()
    };
    let fault = world.handle(&other).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Rejected);
    let status = &world.statuses(&fault.notes).await[0];
    let place = "whatsapp.outbound.messages-1-5";
    assert_eq!(
        (status.command_id.as_deref(), fault.notes.records[0].key.as_deref()),
        (Some(place), Some(place.as_bytes()))
    );
    assert_eq!((status.status.as_str(), status.correlation_id.as_deref()), ("rejected", Some("k2")));
    assert_eq!((status.command_source.as_deref(), status.labels.len()), (Some("crm"), 1));
    let error = status.error.clone().unwrap();
    assert_eq!((error.code.as_str(), error.details.unwrap().contains(ID)), ("duplicate_id", true));
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
    // an intent that is stale by then, and one under which a request might still leave
    for commit_ms in [5_000, 900] {
        let world = World::new([]);
        world.shared.commits_take_ms.lock().unwrap().push_back(commit_ms);
        let short = OutboundMessage { expires_at: Some(world.now() + 800), ..message() };
        assert_eq!(world.words(&world.handle(&short).await.unwrap()).await, ["expired"]);
        assert_eq!(world.seen(), [Seen::Intent("open", 1)]);
    }
}

#[tokio::test]
async fn a_dead_letter_tells_its_producer_and_can_be_replayed() {
    let world = World::new([no(131_000), yes()]);
    let fault = world.handle(&message()).await.unwrap_err();
    let ending = world.end(&message(), &fault).await;
    let status = &world.statuses(&ending).await[0];
    assert_eq!((status.status.as_str(), status.error.as_ref().map(|e| e.code.as_str())), ("rejected", Some("gave_up")));
    assert_eq!(world.words(&world.handle(&message()).await.unwrap()).await, ["accepted"]);
}

#[tokio::test]
async fn a_dead_letter_of_a_doubtful_command_is_unknown_not_rejected() {
    let world = World::new([silence()]);
    world.handle(&message()).await.unwrap_err();
    let ending = world.end(&message(), &Fault::poison("panic")).await;
    let status = &world.statuses(&ending).await[0];
    assert_eq!(
        (status.status.as_str(), status.error.as_ref().map(|e| e.code.as_str())),
        ("unknown", Some("no_answer"))
    );
    assert!(ending.state.is_empty(), "a receipt can still settle a replay");
}

#[tokio::test]
async fn a_dead_letter_of_what_is_known_says_what_is_known() {
    let fault = Fault::poison("panic");
    let accepted = World::new([yes()]);
    accepted.handle(&message()).await.unwrap();
    assert_eq!(accepted.words(&accepted.end(&message(), &fault).await).await, ["accepted"]);

    let reused = OutboundMessage { content_hash: "bb".into(), ..message() };
    let status = &accepted.statuses(&accepted.end(&reused, &fault).await).await[0];
    assert_eq!((status.status.as_str(), status.command_id.as_deref() == Some(ID)), ("rejected", false));

    let receipted = World::new([silence()]);
    receipted.handle(&message()).await.unwrap_err();
    receipted.receipt(ID).await;
    assert_eq!(receipted.words(&receipted.end(&message(), &fault).await).await, ["accepted"]);
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
    let emit = world.handle(&read()).await.unwrap();
    assert_eq!(emit.records.len(), 1);
    assert_eq!(world.statuses(&emit).await[0].message_id, None);
}

#[tokio::test]
async fn a_lost_answer_to_marking_as_read_is_asked_for_again_and_nothing_waits_for_a_sign() {
    let answer = crate::stages::ports::Accepted { message_id: String::new(), ..taken() };
    let world = World::new([silence(), Reply::Now(Ok(answer))]);
    let fault = world.handle(&read()).await.unwrap_err();
    assert_eq!((fault.kind, fault.code.as_ref()), (FaultKind::Transient, "no_answer"));
    assert_eq!(world.words(&world.handle(&read()).await.unwrap()).await, ["accepted"]);
    let cleared = [Seen::Intent("open", 1), Seen::Call, Seen::Intent("clear", 1), Seen::Intent("open", 2), Seen::Call];
    assert_eq!(world.seen(), cleared);
}

#[tokio::test]
async fn marking_as_read_goes_on_at_once_after_a_crash() {
    let mut world = World::new([yes(), yes()]);
    world.handle_and_crash(&read()).await.unwrap();
    world.take_over();
    let again = OutboundMessage { on_unknown: "report".into(), ..read() };
    assert_eq!(world.words(&world.handle(&again).await.unwrap()).await, ["accepted"]);
    assert_eq!(world.calls(), 2);
}

fn read() -> OutboundMessage {
    OutboundMessage { request_json: r#"{"status":"read","message_id":"wamid.x"}"#.into(), ..message() }
}
