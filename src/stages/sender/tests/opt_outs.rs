//! Marketing to users who want none: refused here before anything leaves, whether the user said so or Meta did.

use super::world::*;
use crate::{
    domain::preference::Word,
    runtime::{Fault, FaultKind, Headers, Put, SideEmit, Stage},
    wire::{
        preference::Preference,
        records::{OutboundMessage, StatusEvent, WhatsAppError},
        sender_state::StateEntry,
        topics::{Names, PREFERENCES, SEND_RECEIPTS},
    },
};

fn marketing() -> OutboundMessage {
    OutboundMessage { category: Some("MARKETING".into()), ..message() }
}

/// The user's word reaches the side input.
async fn say(world: &World, stopped: bool, at_ms: i64) -> SideEmit {
    let value = Preference::new(Word { stopped, at_ms }).to_bytes();
    world.side(record(PREFERENCES, Some(value), Headers::new())).await.unwrap()
}

async fn is_refused(world: &World) -> bool {
    match world.handle(&marketing()).await {
        Ok(emit) => {
            assert_eq!(world.words(&emit).await, ["accepted"]);
            false
        }
        Err(fault) => {
            assert_eq!((fault.kind, fault.code.as_ref()), (FaultKind::Rejected, "opted_out"));
            true
        }
    }
}

/// Meta fails a command of this lane, in a status.
async fn failed(world: &World, code: i64, at_ms: i64) -> SideEmit {
    let event = StatusEvent {
        status: "failed".into(),
        occurred_at: at_ms,
        command_id: Some("c0".into()),
        error: Some(WhatsAppError { meta_code: Some(code), ..WhatsAppError::default() }),
        ..StatusEvent::default()
    };
    let value = world.codec.encode(SEND_RECEIPTS, &event).await.unwrap();
    world.side(record(SEND_RECEIPTS, Some(value), Headers::new())).await.unwrap()
}

#[tokio::test]
async fn marketing_to_a_user_who_stopped_it_is_rejected_before_anything_leaves() {
    let world = World::new([]);
    say(&world, true, 5_000).await;
    let fault = world.handle(&marketing()).await.unwrap_err();
    assert_eq!((fault.kind, fault.code.as_ref()), (FaultKind::Rejected, "opted_out"));
    let [status] = &world.statuses(&fault.notes).await[..] else { panic!("one status") };
    let error = status.error.as_ref().unwrap();
    assert_eq!(
        (status.status.as_str(), error.code.as_str(), error.action.as_str(), error.retryable),
        ("rejected", "opted_out", "other_channel", false)
    );
    assert_eq!(world.seen(), [], "no call and no intent");
    say(&world, false, 6_000).await;
    let again = world.handle(&marketing()).await.unwrap();
    assert_eq!(world.words(&again).await, ["rejected"], "its end was told: a new command is a new id");
}

#[tokio::test]
async fn messages_that_are_not_known_to_be_marketing_are_sent() {
    for category in [None, Some("UTILITY"), Some("AUTHENTICATION")] {
        let world = World::new([yes()]);
        say(&world, true, 5_000).await;
        let other = OutboundMessage { category: category.map(str::to_owned), ..message() };
        assert_eq!(world.words(&world.handle(&other).await.unwrap()).await, ["accepted"], "{category:?}");
    }
}

#[tokio::test]
async fn a_resume_lifts_the_stop_and_an_older_stop_that_comes_late_does_not_bring_it_back() {
    let world = World::new([yes()]);
    say(&world, true, 5_000).await;
    say(&world, false, 6_000).await;
    assert!(say(&world, true, 5_000).await.state.is_empty(), "a redelivery");
    assert!(!is_refused(&world).await);
}

#[tokio::test]
async fn what_others_said_stops_nobody_else() {
    let world = World::new([yes()]);
    say(&world, true, 5_000).await;
    let other = OutboundMessage { lane: "2:49171".into(), ..marketing() };
    assert_eq!(world.words(&world.handle(&other).await.unwrap()).await, ["accepted"]);
}

#[tokio::test]
async fn a_stop_is_remembered_by_whoever_takes_the_partition_over() {
    let mut world = World::new([]);
    say(&world, true, 5_000).await;
    world.take_over();
    assert!(is_refused(&world).await);
}

#[tokio::test]
async fn a_stop_that_comes_while_a_command_waits_is_in_time() {
    let world = World::new([no(131_056)]);
    assert_eq!(world.words(&world.handle(&marketing()).await.unwrap_err().notes).await, ["pending"]);
    say(&world, true, 5_000).await;
    assert!(is_refused(&world).await);
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn a_stop_that_comes_while_the_intent_is_committed_is_in_time() {
    let world = World::new([]);
    let tables = world.shared.clone();
    *world.shared.on_intent.lock().unwrap() = Some(Box::new(move || {
        let stop = Preference::new(Word { stopped: true, at_ms: 5_000 }).to_bytes();
        tables.apply(&Put::new("preference", LANE, stop));
    }));
    assert!(is_refused(&world).await);
    assert_eq!(world.calls(), 0);
}

#[tokio::test]
async fn a_command_that_may_have_left_is_not_said_to_be_rejected() {
    let world = World::new([silence()]);
    world.handle(&marketing()).await.unwrap_err();
    say(&world, true, 5_000).await;
    world.receipt(ID).await;
    assert_eq!(world.words(&world.handle(&marketing()).await.unwrap()).await, ["accepted"]);
}

#[tokio::test]
async fn meta_s_refusal_counts_as_a_stop_whether_it_answers_or_reports_it() {
    let answered = World::new([no(131_050)]);
    let first = OutboundMessage { command_id: "c0".into(), ..marketing() };
    let fault = answered.handle(&first).await.unwrap_err();
    assert_eq!(answered.words(&fault.notes).await, ["failed"]);
    assert!(is_refused(&answered).await);

    let reported = World::new([]);
    failed(&reported, 131_050, 5_000).await;
    assert!(is_refused(&reported).await);
    let lifted = World::new([yes()]);
    failed(&lifted, 131_050, 5_000).await;
    say(&lifted, false, 5_000).await;
    assert!(!is_refused(&lifted).await);
}

#[tokio::test]
async fn other_failures_stop_nothing() {
    let world = World::new([yes()]);
    assert!(failed(&world, 131_049, 5_000).await.state.is_empty());
    assert!(!is_refused(&world).await);
}

#[tokio::test]
async fn the_topic_is_known_by_its_name_on_the_cluster() {
    let world = World::named(Names::new("t1.wa.", "t1.omni."), []);
    let stop = Preference::new(Word { stopped: true, at_ms: 5_000 }).to_bytes();
    world.side(record("t1.wa.preferences", Some(stop), Headers::new())).await.unwrap();
    assert!(is_refused(&world).await);
}

#[tokio::test]
async fn a_tombstone_forgets_the_user() {
    let world = World::new([yes()]);
    say(&world, true, 5_000).await;
    failed(&world, 131_050, 5_000).await;
    world.side(record(PREFERENCES, None, Headers::new())).await.unwrap();
    assert_eq!((world.shared.entries("preference"), world.shared.entries("refusal")), (0, 0));
    assert!(!is_refused(&world).await);
}

#[tokio::test]
async fn a_preference_that_cannot_be_read_is_a_dead_letter_and_no_guess() {
    let world = World::new([]);
    let bad = record(PREFERENCES, Some("stop".into()), Headers::new());
    let fault: Fault = world.sender.side(&bad, &world.context(&bad)).await.unwrap_err();
    assert_eq!((fault.kind, fault.code.as_ref()), (FaultKind::Poison, "bad_preference"));
}
