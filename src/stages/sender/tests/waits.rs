//! Why a command waits, what its producer hears of it, and what the runtime learns of the account and of Meta.

use std::time::Duration;

use super::world::*;
use crate::{
    domain::errors::MetaError,
    runtime::{FaultKind, Scope},
    stages::ports::GraphFailure,
    wire::records::OutboundMessage,
};

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
async fn a_stated_wait_is_kept_but_not_past_the_expiry() {
    let stated = || {
        let told = MetaError { code: 131_016, retry_after_ms: Some(90_000), ..MetaError::default() };
        Reply::Now(Err(GraphFailure::Refused(Box::new(told))))
    };
    let world = World::new([stated(), stated()]);
    let fault = world.handle(&message()).await.unwrap_err();
    assert_eq!((fault.kind, fault.no_sooner), (FaultKind::Transient, Duration::from_secs(90)));
    let short = OutboundMessage { expires_at: Some(world.now() + 1_500), ..message() };
    assert_eq!(world.handle(&short).await.unwrap_err().no_sooner, Duration::from_millis(1_500));
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
    assert_eq!((fault.code.as_ref(), fault.kind), ("number_pace", FaultKind::Throttled(Duration::from_secs(1))));
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn a_command_that_waits_for_its_number_says_so_once_and_writes_no_intent() {
    let world = World::new([no(130_429), yes()]);
    world.handle(&message()).await.unwrap_err();
    let intents = world.seen();
    let other = OutboundMessage { command_id: "c2".into(), lane: "2:49171".into(), ..message() };
    let waiting = world.handle(&other).await.unwrap_err();
    assert_eq!(world.words(&waiting.notes).await, ["pending"]);
    assert!(waiting.notes.state.iter().all(|put| put.table == "notice"));
    assert_eq!(world.seen(), intents);
    world.advance(50);
    let woken = world.handle(&other).await.unwrap_err();
    assert_eq!((woken.kind, woken.notes.is_empty()), (FaultKind::Throttled(Duration::from_millis(950)), true));
    world.advance(950);
    assert_eq!(world.words(&world.handle(&other).await.unwrap()).await, ["accepted"]);
}

#[tokio::test]
async fn a_command_does_not_wait_for_its_number_past_its_expiry_and_takes_no_turn_from_others() {
    let world = World::new([no(131_057)]);
    world.handle(&message()).await.unwrap_err();
    let other = |id: &str| OutboundMessage { command_id: id.into(), lane: "2:49171".into(), ..message() };
    let short = OutboundMessage { expires_at: Some(world.now() + 1_500), ..other("c2") };
    let fault = world.handle(&short).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Throttled(Duration::from_millis(1_500)));
    assert_eq!(world.words(&fault.notes).await, ["pending"]);
    let first = world.handle(&other("c3")).await.unwrap_err();
    assert_eq!(first.kind, FaultKind::Throttled(Duration::from_secs(60)), "the first turn after the pause");
    world.advance(1_500);
    assert_eq!(world.words(&world.handle(&short).await.unwrap()).await, ["expired"]);
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn an_answer_says_what_works() {
    let graph = || Scope::Dependency("graph");
    let account = || Scope::Account("main".into());
    let not_sent = || Reply::Now(Err(GraphFailure::NotSent("refused".into())));
    let no_token = || Reply::Now(Err(GraphFailure::NoToken));
    for (reply, works) in [
        (yes(), vec![graph(), account()]),
        (no(131_026), vec![graph(), account()]),
        (no(130_429), vec![graph(), account()]),
        (no(131_056), vec![graph(), account()]),
        (no(80_007), vec![graph(), account()]),
        (no(131_000), vec![graph()]),
        (no(190), vec![graph()]),
        (not_sent(), vec![]),
        (no_token(), vec![]),
        (silence(), vec![]),
    ] {
        let world = World::new([reply]);
        let outcome = world.handle(&message()).await;
        assert_eq!(*world.shared.served.lock().unwrap(), works, "{outcome:?}");
    }
}

#[tokio::test]
async fn what_meta_cannot_do_now_is_the_account_s_failure_and_no_way_to_meta_everybody_s() {
    let failures = [
        (no(131_000), Scope::Account("main".into())),
        (Reply::Now(Err(GraphFailure::NotSent("refused".into()))), Scope::Dependency("graph")),
    ];
    for (reply, scope) in failures {
        let fault = World::new([reply]).handle(&message()).await.unwrap_err();
        assert_eq!((fault.kind, fault.scope), (FaultKind::Transient, Some(scope)));
    }
}

#[tokio::test]
async fn behind_a_closed_gate_nothing_is_called_and_nothing_intended() {
    let world = World::new([]);
    let account = Scope::Account("main".into());
    *world.shared.closed.lock().unwrap() = Some(account.clone());
    let fault = world.handle(&message()).await.unwrap_err();
    assert_eq!((fault.kind, fault.scope), (FaultKind::Unavailable, Some(account)));
    assert_eq!(world.words(&fault.notes).await, ["held"]);
    assert!(world.handle(&message()).await.unwrap_err().notes.is_empty(), "its producer knows");
    assert_eq!(world.seen(), []);
}
