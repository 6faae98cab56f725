//! Every row of the crash table, and the races around a receipt.

use std::sync::atomic::Ordering;

use super::world::*;
use crate::{runtime::FaultKind, wire::topics::SENT_MESSAGES};

#[tokio::test]
async fn an_intent_is_committed_before_the_request_leaves() {
    let world = World::new([yes()]);
    let emit = world.handle(&message()).await.unwrap();
    assert_eq!(world.seen(), [Seen::Intent("open", 1), Seen::Call]);
    let statuses = world.statuses(&emit).await;
    assert_eq!((statuses[0].status.as_str(), statuses[0].message_id.as_deref()), ("accepted", Some("wamid.answer")));
    assert_eq!(emit.records.iter().filter(|r| &*r.topic == SENT_MESSAGES).count(), 1);
}

#[tokio::test]
async fn crash_before_the_intent_is_committed_sends_once() {
    let mut world = World::new([yes()]);
    world.shared.intents_left.store(0, Ordering::SeqCst);
    assert_eq!(world.handle_and_crash(&message()).await.unwrap_err().code, "intent_lost");
    assert_eq!(world.calls(), 0);
    world.shared.intents_left.store(1_000, Ordering::SeqCst);
    world.take_over();
    assert_eq!(world.words(&world.handle(&message()).await.unwrap()).await, ["accepted"]);
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn crash_after_the_intent_waits_and_then_sends_once() {
    let mut world = World::new([Reply::Never, yes()]);
    // the process dies while the request is on its way; this one Meta never saw
    let _ = tokio::time::timeout(std::time::Duration::from_millis(20), world.handle_and_crash(&message())).await;
    world.take_over();
    assert_eq!(recheck_ms(&world.handle(&message()).await), world.now() + WAIT_MS);
    world.advance(WAIT_MS);
    answer_everything(&world).await;
    assert_eq!(world.words(&world.handle(&message()).await.unwrap()).await, ["accepted"]);
    assert_eq!(world.seen().last(), Some(&Seen::Call));
    assert_eq!(world.calls(), 2, "the lost one and the one after the wait");
}

#[tokio::test]
async fn a_request_whose_time_was_up_while_the_process_stood_still_does_not_leave() {
    for (frozen_ms, leaves) in [(1_999, true), (2_000, false)] {
        let world = World::new([Reply::AfterFreeze(frozen_ms)]);
        let result = world.handle(&message()).await;
        assert_eq!(world.seen().contains(&Seen::Left), leaves, "after {frozen_ms} ms");
        match leaves {
            true => assert_eq!(world.words(&result.unwrap()).await, ["accepted"]),
            false => assert!(recheck_ms(&result) > world.now(), "in doubt"),
        }
    }
}

#[tokio::test]
async fn crash_after_the_answer_is_settled_by_a_receipt() {
    let mut world = World::new([yes()]);
    world.handle_and_crash(&message()).await.unwrap();
    world.take_over();
    assert!(recheck_ms(&world.handle(&message()).await) > world.now());
    assert_eq!(world.receipt(ID).await.wake, [LANE]);
    let emit = world.handle(&message()).await.unwrap();
    let statuses = world.statuses(&emit).await;
    assert_eq!((statuses[0].status.as_str(), statuses[0].message_id.as_deref()), ("accepted", Some("wamid.receipt")));
    assert_eq!(
        emit.records.iter().filter(|r| &*r.topic == SENT_MESSAGES).count(),
        1,
        "it was said, and nobody heard yet"
    );
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn a_settled_command_is_answered_from_the_ledger() {
    let mut world = World::new([yes()]);
    let first = world.handle(&message()).await.unwrap();
    world.take_over();
    let again = world.handle(&message()).await.unwrap();
    assert_eq!(world.statuses(&again).await, world.statuses(&first).await);
    assert_eq!(again.records.len(), 1, "what was said is not said twice");
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_a_receipt() {
    let world = World::new([silence()]);
    let doubtful = world.handle(&message()).await;
    assert_eq!(recheck_ms(&doubtful), world.now() + WAIT_MS);
    assert_eq!(world.words(&doubtful.unwrap_err().notes).await, ["pending"]);
    world.receipt(ID).await;
    assert_eq!(world.words(&world.handle(&message()).await.unwrap()).await, ["accepted"]);
    assert_eq!(world.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_never_ends_is_in_doubt_after_the_timeout() {
    let world = World::new([Reply::Never]);
    assert_eq!(recheck_ms(&world.handle(&message()).await), world.now() + WAIT_MS);
}

#[tokio::test]
async fn a_receipt_during_the_call_outweighs_every_answer_but_yes() {
    use crate::stages::ports::GraphFailure;
    for answer in [Err(GraphFailure::Uncertain("cut".into())), Err(refused(131_026)), Err(refused(131_056))] {
        let world = World::new([Reply::AfterReceipt(answer)]);
        let emit = world.handle(&message()).await.unwrap();
        assert_eq!(world.statuses(&emit).await[0].message_id.as_deref(), Some("wamid.receipt"));
        assert_eq!(world.seen(), [Seen::Intent("open", 1), Seen::Call], "nothing is cleared");
        assert_eq!(world.shared.entries("receipt"), 0);
    }
}

#[tokio::test]
async fn a_receipt_during_a_call_that_succeeds_makes_no_second_outcome() {
    let world = World::new([Reply::AfterReceipt(Ok(taken()))]);
    let emit = world.handle(&message()).await.unwrap();
    assert_eq!(world.words(&emit).await, ["accepted"]);
    assert_eq!(world.statuses(&world.handle(&message()).await.unwrap()).await, world.statuses(&emit).await);
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn a_stale_intent_is_written_anew_and_nothing_leaves_under_it() {
    let world = World::new([yes()]);
    world.shared.commits_take_ms.lock().unwrap().extend([1_001, 1_000]);
    world.handle(&message()).await.unwrap();
    assert_eq!(world.seen(), [Seen::Intent("open", 1), Seen::Intent("open", 1), Seen::Call]);
}

#[tokio::test]
async fn an_attempt_known_not_to_have_happened_is_cleared_before_anything_else() {
    for reply in [
        no(131_056),
        no(131_000),
        no(190),
        Reply::Now(Err(crate::stages::ports::GraphFailure::NotSent("refused".into()))),
    ] {
        let mut world = World::new([reply, yes()]);
        // even if nothing of the result is ever published, a restart finds no doubt
        world.handle_and_crash(&message()).await.unwrap_err();
        world.take_over();
        assert_eq!(world.words(&world.handle(&message()).await.unwrap()).await, ["accepted"]);
        let clear =
            [Seen::Intent("open", 1), Seen::Call, Seen::Intent("clear", 1), Seen::Intent("open", 2), Seen::Call];
        assert_eq!(world.seen(), clear);
    }
}

#[tokio::test]
async fn a_worker_that_leaves_says_with_its_last_record_that_the_attempt_did_not_happen() {
    let mut world = World::new([no(131_056), yes()]);
    world.shared.intents_left.store(1, Ordering::SeqCst);
    world.handle(&message()).await.unwrap_err();
    world.shared.intents_left.store(1_000, Ordering::SeqCst);
    world.take_over();
    assert_eq!(world.words(&world.handle(&message()).await.unwrap()).await, ["accepted"]);
}

#[tokio::test]
async fn a_late_receipt_of_an_earlier_attempt_stops_the_next() {
    let world = World::new([no(131_000)]);
    world.handle(&message()).await.unwrap_err();
    world.receipt(ID).await;
    assert_eq!(world.words(&world.handle(&message()).await.unwrap()).await, ["accepted"]);
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn receipts_of_settled_or_unknown_commands_change_nothing() {
    let world = World::new([yes()]);
    world.handle(&message()).await.unwrap();
    for id in [ID, "somebody-elses"] {
        let emit = world.receipt(id).await;
        assert!(emit.state.is_empty() && emit.wake.is_empty(), "{id}");
    }
}

#[tokio::test]
async fn state_that_cannot_be_read_stops_the_stage_instead_of_sending() {
    let world = World::new([]);
    let newer = br#"{"v":2,"phase":"open"}"#;
    world.shared.tables.lock().unwrap().insert(("ledger".into(), ID.into()), newer[..].into());
    assert_eq!(world.handle(&message()).await.unwrap_err().kind, FaultKind::Fatal);
}

#[tokio::test(start_paused = true)]
async fn a_second_record_of_a_command_in_flight_waits() {
    let world = World::new([Reply::Never]);
    let first = message();
    let (first, second) = tokio::join!(world.handle(&first), async {
        tokio::task::yield_now().await;
        world.handle(&message()).await
    });
    assert!(matches!(second.unwrap_err().kind, FaultKind::Throttled(_)));
    assert!(recheck_ms(&first) > 0);
    assert_eq!(world.calls(), 1);
}

/// Every partition says that nothing older waits in it.
async fn answer_everything(world: &World) {
    let asked = world.handle(&message()).await.unwrap_err();
    let id = asked.notes.records[0].headers.get_str("probe").expect("a question").to_owned();
    for partition in [0, 1] {
        world.reply(&id, partition, 0).await;
    }
}
