//! Side inputs, replays and tables.

use super::{
    ring::{GROUP, Ring, stop_reason},
    toy::{Act, DLQ, REPLAY, SEEN_TTL_MS, SIDE, STATE},
};
use crate::runtime::replays::{count, died_at, first_at, replay_of};

#[test]
fn a_side_record_wakes_a_parked_head() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Settled], &[Act::Settled]]);
    ring.write("a", "a1");
    ring.write("a", "a2");
    ring.turn(&mut p);
    assert_eq!(ring.parked(), ["a1", "a2"]);
    ring.write_to(SIDE, "a", "settle a1");
    ring.turn(&mut p);
    assert_eq!(p.toy.calls()[1..], ["side settle a1", "handle a1", "settled a1", "handle a2"]);
    assert_eq!((ring.out(), ring.parked()), (vec!["a1".to_owned(), "a2".to_owned()], vec![]));
    assert_eq!(ring.cluster.offset(GROUP, SIDE, 0), Some(1));
}

#[test]
fn a_side_record_wakes_a_record_without_order_by_its_key() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Settled], &[Act::Settled]]);
    ring.write_with("x-unordered", "a", "a1");
    ring.turn(&mut p);
    ring.write_to(SIDE, "a", "settle a1");
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["a1"]);
}

#[test]
fn a_wake_while_the_head_runs_is_not_lost() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Hold, Act::Unknown(60_000)], &[Act::Settled]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    ring.write_to(SIDE, "a", "settle a1");
    ring.turn(&mut p);
    p.toy.let_go("a1");
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["a1"]);
}

#[test]
fn a_side_record_that_cannot_be_used_is_dead_lettered_and_the_next_one_follows() {
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.write_to(SIDE, "a", "nonsense");
    ring.write_to(SIDE, "a", "settle a1");
    ring.turn(&mut p);
    assert_eq!(ring.dead(), ["nonsense: not_a_receipt"]);
    assert_eq!(ring.values(STATE), ["settled"]);
}

#[test]
fn a_side_input_keeps_its_order_through_an_outage() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("settle a1", &[&[], &[]]);
    ring.write_to(SIDE, "a", "settle a1");
    ring.write_to(SIDE, "b", "settle b1");
    ring.turn(&mut p);
    ring.later(&mut p, 250);
    ring.later(&mut p, 1_000);
    let settle = ["side settle a1", "side settle a1", "side settle a1", "side settle b1"];
    assert_eq!(p.toy.calls(), settle);
    assert_eq!(ring.cluster.offset(GROUP, SIDE, 0), Some(2));
}

#[test]
fn a_fatal_side_record_stops_the_stage() {
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.write_to(SIDE, "a", "fatal");
    assert!(stop_reason(ring.end_of(&mut p)).contains("not_allowed"));
}

#[test]
fn a_replay_joins_the_tail_of_its_lane() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Transient]]);
    ring.write("a", "a1");
    ring.write("a", "a2");
    ring.turn(&mut p);
    ring.write_to(REPLAY, "a", "old");
    ring.turn(&mut p);
    ring.write("a", "a3");
    ring.turn(&mut p);
    assert_eq!(ring.parked(), ["a1", "a2", "old", "a3"]);
    ring.later(&mut p, 1_000);
    assert_eq!(ring.out(), ["a1", "a2", "old", "a3"]);
    assert_eq!(ring.parked(), [""; 0]);
    assert_eq!(ring.cluster.offset(GROUP, REPLAY, 0), Some(1));
}

#[test]
fn a_replay_keeps_its_place_through_a_restart() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Transient]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    ring.write_to(REPLAY, "a", "old");
    ring.turn(&mut p);
    ring.write("a", "a2");
    ring.turn(&mut p);
    ring.kill(p);
    let mut p = ring.owner();
    ring.later(&mut p, 1_000);
    assert_eq!(ring.out(), ["a1", "old", "a2"]);
}

#[test]
fn a_replay_that_was_read_and_not_parked_is_read_again_once() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("b1", &[&[Act::Hold]]);
    ring.write("b", "b1");
    ring.turn(&mut p);
    ring.write_to(REPLAY, "a", "old");
    ring.turn(&mut p);
    // handled, and yet nothing of it is committed: what was read before it is not
    assert_eq!((p.toy.calls().len(), ring.parked().len(), ring.cluster.offset(GROUP, REPLAY, 0)), (2, 0, Some(0)));
    ring.kill(p);
    let mut p = ring.owner();
    ring.later(&mut p, 1_000);
    assert_eq!((ring.out(), ring.parked()), (vec!["old".to_owned(), "b1".to_owned()], vec![]));
    assert_eq!(ring.cluster.offset(GROUP, REPLAY, 0), Some(1));
}

#[test]
fn a_replay_that_dies_again_is_a_dead_letter_of_the_record_it_was() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("bad", &[&[Act::Transient], &[Act::Poison], &[Act::Poison]]);
    ring.write("a", "bad");
    ring.turn(&mut p);
    ring.later(&mut p, 1_000);
    let letter = ring.cluster.read(DLQ).remove(0);
    let mut replay = replay_of(&letter, &REPLAY.into()).expect("it says where it lay");
    replay.headers.set("x-replay-timestamp", "77");
    ring.cluster.write(REPLAY, replay.partition.expect("a partition"), replay);
    ring.turn(&mut p);
    let [first, second] = &ring.cluster.read(DLQ)[..] else { panic!("two letters") };
    assert_eq!((count(&first.headers), count(&second.headers)), (0, 1));
    assert_eq!(first_at(&second.headers), first_at(&first.headers));
    assert_eq!(died_at(&second.headers).map(|o| o.topic.to_string()), Some(REPLAY.to_owned()));
    assert_eq!(second.headers.get_i64("x-origin-timestamp"), Some(77), "its time is the original's");
    assert_eq!((&second.key, &second.value), (&first.key, &first.value));
}

#[test]
fn a_replay_is_not_published_before_what_was_read_before_it() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("b1", &[&[Act::Hold]]);
    ring.write("b", "b1");
    ring.write("a", "a1");
    ring.turn(&mut p);
    ring.write_to(REPLAY, "a", "old");
    ring.turn(&mut p);
    assert_eq!((ring.out(), ring.cluster.offset(GROUP, REPLAY, 0)), (vec![], Some(0)));
    p.toy.let_go("b1");
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["a1", "old", "b1"]);
}

#[test]
fn tables_are_restored_and_expire_with_tombstones() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Put("seen"), Act::Put("ledger")]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    ring.kill(p);
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Settled]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    assert!(p.toy.calls()[1].ends_with(" a1"), "the ledger's entry was read back");
    ring.later(&mut p, SEEN_TTL_MS);
    ring.later(&mut p, 1_000);
    ring.cluster.compact(STATE);
    let left: Vec<_> = ring.cluster.read(STATE).into_iter().map(|r| r.key_str().map(str::to_owned)).collect();
    assert_eq!(left, [Some("ledger/a1".to_owned())]);
    assert_eq!(ring.cluster.read(DLQ).len(), 0);
}

#[test]
fn a_side_input_that_cannot_be_handled_is_not_read_for_ever() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("settle 0", &[&[Act::Transient], &[Act::Transient], &[Act::Transient]]);
    let padding = "x".repeat(9_000);
    for n in 0..2_000 {
        ring.write_to(SIDE, "a", &format!("settle {n}{}", if n == 0 { "" } else { &padding }));
    }
    ring.turn(&mut p);
    assert_eq!(ring.cluster.offset(GROUP, SIDE, 0), Some(0));
    for _ in 0..4 {
        ring.later(&mut p, 1_000);
    }
    assert_eq!((ring.values(STATE).len(), ring.cluster.offset(GROUP, SIDE, 0)), (2_000, Some(2_000)));
}
