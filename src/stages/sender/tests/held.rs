//! What operators say, as a command hears it: held while something it belongs to is paused, cancelled before it leaves, and
//! never past its expiry.

use super::world::*;
use crate::{
    runtime::{FaultKind, Scope},
    wire::records::OutboundMessage,
};

fn say(world: &World, key: &str) {
    assert!(world.shared.controls.apply(key, Some(b"{}")), "{key}");
}

fn campaign() -> OutboundMessage {
    OutboundMessage {
        template_key: Some("102/order_ready/en".into()),
        labels: [("campaign".to_owned(), "spring".to_owned())].into(),
        ..message()
    }
}

#[tokio::test]
async fn a_command_is_held_while_its_account_its_template_or_its_label_is_paused() {
    let subjects =
        ["account/main", "account/2", "template/order_ready", "template/order_ready/en", "label/campaign=spring"];
    for subject in subjects {
        let world = World::new([yes()]);
        say(&world, &format!("pause/{subject}"));
        let short = OutboundMessage { expires_at: Some(world.now() + 9_000), ..campaign() };
        let fault = world.handle(&short).await.unwrap_err();
        assert_eq!((fault.kind, &fault.scope), (FaultKind::Unavailable, &Some(Scope::Hold(subject.into()))));
        assert_eq!(fault.deadline_ms, short.expires_at, "it is looked at again when it expires");
        assert_eq!(world.words(&fault.notes).await, ["held"]);
        assert!(world.handle(&short).await.unwrap_err().notes.is_empty(), "its producer knows");
        assert_eq!(world.seen(), [], "no call and no intent");
        world.shared.controls.apply(&format!("pause/{subject}"), None);
        assert_eq!(world.words(&world.handle(&short).await.unwrap()).await, ["accepted"]);
    }
}

#[tokio::test]
async fn pauses_of_others_hold_nobody() {
    let world = World::new([yes()]);
    for subject in ["account/other", "template/order", "label/campaign=autumn", "label/campaign", "stage/sender"] {
        say(&world, &format!("pause/{subject}"));
    }
    assert_eq!(world.words(&world.handle(&campaign()).await.unwrap()).await, ["accepted"]);
}

#[tokio::test]
async fn a_held_command_expires_when_its_time_is_up() {
    let world = World::new([]);
    say(&world, "pause/account/main");
    let short = OutboundMessage { expires_at: Some(world.now() + 1_000), ..message() };
    world.handle(&short).await.unwrap_err();
    world.advance(1_000);
    assert_eq!(world.words(&world.handle(&short).await.unwrap()).await, ["expired"]);
}

#[tokio::test]
async fn a_command_behind_its_account_s_gate_is_looked_at_again_when_it_expires() {
    let world = World::new([no(131_031)]);
    let short = OutboundMessage { expires_at: Some(world.now() + 1_000), ..message() };
    let fault = world.handle(&short).await.unwrap_err();
    assert_eq!(fault.deadline_ms, short.expires_at);
    *world.shared.closed.lock().unwrap() = fault.scope;
    assert_eq!(world.handle(&short).await.unwrap_err().deadline_ms, short.expires_at);
    world.advance(1_000);
    assert_eq!(world.words(&world.handle(&short).await.unwrap()).await, ["expired"]);
}

#[tokio::test]
async fn a_cancelled_command_is_never_sent_and_answered_so_again() {
    let world = World::new([]);
    say(&world, "pause/account/main");
    world.handle(&message()).await.unwrap_err();
    say(&world, "cancel/c1");
    let told = world.handle(&message()).await.unwrap();
    assert_eq!(world.words(&told).await, ["cancelled"]);
    let [event] = &world.statuses(&told).await[..] else { panic!("one status") };
    assert_eq!(event.error.as_ref().map(|error| error.code.as_str()), Some("cancelled"));
    world.shared.controls.apply("cancel/c1", None);
    let again = world.handle(&message()).await.unwrap();
    assert_eq!(world.words(&again).await, ["cancelled"], "from the ledger");
    assert_eq!((world.seen(), world.shared.entries("notice")), (vec![], 0));
}

#[tokio::test]
async fn a_command_cancelled_while_its_intent_is_committed_does_not_leave() {
    let world = World::new([]);
    let other = world.shared.controls.clone();
    *world.shared.on_intent.lock().unwrap() = Some(Box::new(move || {
        other.apply("cancel/c1", Some(b"{}"));
    }));
    assert_eq!(world.words(&world.handle(&message()).await.unwrap()).await, ["cancelled"]);
    assert_eq!(world.calls(), 0);
}

#[tokio::test]
async fn a_command_that_meta_took_is_not_said_to_be_cancelled() {
    let world = World::new([silence()]);
    world.handle(&message()).await.unwrap_err();
    say(&world, "cancel/c1");
    world.receipt(ID).await;
    assert_eq!(world.words(&world.handle(&message()).await.unwrap()).await, ["accepted"]);
}
