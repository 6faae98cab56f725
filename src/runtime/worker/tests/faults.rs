//! What each kind of fault does to a record and its neighbours.

use std::time::Duration;

use super::{
    ring::Ring,
    toy::{Act, RETRY},
};

#[test]
fn a_record_is_handled_and_committed_with_its_offset() {
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.write("a", "1");
    ring.write("b", "2");
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["1", "2"]);
    assert_eq!(ring.offset(), Some(2));
    assert_eq!(ring.parked(), [""; 0]);
}

#[test]
fn a_failed_head_is_parked_with_its_followers_and_others_pass() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Transient]]);
    for (key, value) in [("a", "a1"), ("a", "a2"), ("b", "b1")] {
        ring.write(key, value);
    }
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["b1"]);
    assert_eq!(ring.parked(), ["a1", "a2"]);
    assert_eq!(ring.offset(), Some(3));
    ring.later(&mut p, 2_000);
    assert_eq!(ring.out(), ["a1", "a2", "b1"]);
    assert_eq!(ring.parked(), [""; 0]);
    assert_eq!(p.report().parked, 0);
}

#[test]
fn attempts_and_due_times_survive_a_restart() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Transient], &[Act::Transient]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    ring.kill(p);
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Transient], &[Act::Transient]]);
    assert_eq!(p.toy.calls(), [""; 0], "not due yet");
    ring.later(&mut p, 1_000);
    ring.later(&mut p, 2_000);
    assert_eq!(p.toy.calls(), ["handle a1", "handle a1"]);
    assert_eq!(ring.dead(), ["a1: later"], "the third attempt is the last");
    assert_eq!(ring.out(), ["ended a1: later"]);
}

#[test]
fn a_record_that_fails_for_too_long_is_given_up_with_attempts_left() {
    let mut ring = Ring::new();
    ring.settings.limits.retry.attempts = 100;
    ring.settings.limits.retry.max_age = Duration::from_millis(6_000);
    let failing: &[Act] = &[Act::Transient];
    let mut p = ring.owner();
    p.toy.plan("a1", &[failing; 9]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    ring.kill(p);
    let mut p = ring.owner();
    p.toy.plan("a1", &[failing; 9]);
    ring.later(&mut p, 1_000);
    ring.later(&mut p, 4_000);
    assert_eq!(ring.dead(), [""; 0], "five seconds old");
    ring.later(&mut p, 4_000);
    assert_eq!(ring.dead(), ["a1: later"], "its age survived the restart");
}

#[test]
fn an_exhausted_head_frees_its_followers() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Transient], &[Act::Transient], &[Act::Transient]]);
    ring.write("a", "a1");
    ring.write("a", "a2");
    for _ in 0..4 {
        ring.later(&mut p, 8_000);
    }
    assert_eq!(ring.dead(), ["a1: later"]);
    assert_eq!(ring.out(), ["a2", "ended a1: later"]);
}

#[test]
fn a_throttled_record_costs_no_attempt() {
    let ring = Ring::new();
    let mut p = ring.owner();
    let throttled: &[Act] = &[Act::Throttled(500)];
    p.toy.plan("a1", &[throttled; 6]);
    ring.write("a", "a1");
    for _ in 0..7 {
        ring.later(&mut p, 500);
    }
    assert_eq!(ring.out(), ["a1"]);
    assert_eq!(ring.dead(), [""; 0]);
}

#[test]
fn a_record_that_is_due_at_once_again_and_again_does_not_stop_the_others() {
    let ring = Ring::new();
    let mut p = ring.owner();
    let throttled: &[Act] = &[Act::Throttled(0)];
    p.toy.plan("a1", &vec![throttled; 30]);
    ring.write("a", "a1");
    ring.write("b", "b1");
    ring.turn(&mut p);
    assert!(ring.out().contains(&"b1".to_owned()));
}

#[test]
fn an_unavailable_dependency_waits_in_place_and_one_probe_reopens_it() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Down("graph")], &[Act::Down("graph")]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    for (key, value) in [("b", "b1"), ("c", "c1"), ("a", "a2")] {
        ring.write(key, value);
    }
    ring.turn(&mut p);
    assert_eq!(p.report().waiting_for, ["graph"]);
    assert_eq!((ring.out(), ring.parked(), ring.offset()), (vec![], vec![], Some(0)));
    p.toy.calls();
    ring.later(&mut p, 250);
    assert_eq!(p.toy.calls(), ["handle a1"], "one probe");
    ring.later(&mut p, 1_000);
    assert_eq!(ring.out(), ["a1", "a2", "b1", "c1"]);
    assert_eq!(p.report().waiting_for, [""; 0]);
}

#[test]
fn a_probe_that_meets_another_fault_does_not_keep_everybody_waiting() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Down("graph")], &[Act::Locked("main")], &[Act::Locked("main")], &[Act::Locked("main")]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    ring.write("b", "b1");
    ring.later(&mut p, 250);
    assert_eq!(ring.out(), ["b1"], "the account's answer came through the dependency");
    assert_eq!(ring.parked(), ["a1"], "a locked account holds no watermark");
    assert_eq!(p.report().waiting_for, ["account main"]);
}

#[test]
fn a_dead_letter_found_by_the_probe_reopens_the_dependency() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Down("graph")], &[Act::Poison]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    ring.write("b", "b1");
    ring.later(&mut p, 250);
    assert_eq!(ring.out(), ["b1", "ended a1: bad"]);
    assert_eq!(ring.dead(), ["a1: bad"]);
}

#[test]
fn an_account_gate_parks_and_reopens_in_order() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Locked("main")], &[Act::Locked("main")]]);
    p.toy.plan("b1", &[&[Act::Locked("main")]]);
    for (key, value) in [("a", "a1"), ("a", "a2"), ("b", "b1"), ("b", "b2"), ("c", "c1")] {
        ring.write(key, value);
    }
    ring.turn(&mut p);
    assert_eq!((ring.out(), ring.offset()), (vec!["c1".to_owned()], Some(5)));
    assert_eq!(ring.parked(), ["a1", "a2", "b1", "b2"]);
    for _ in 0..4 {
        ring.later(&mut p, 1_000);
    }
    assert_eq!(ring.out(), ["a1", "a2", "b1", "b2", "c1"]);
    assert_eq!(ring.parked(), [""; 0]);
}

#[test]
fn a_gate_is_closed_again_after_a_restart() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Locked("main")]]);
    ring.write("a", "a1");
    ring.write("a", "a2");
    ring.turn(&mut p);
    ring.kill(p);
    let mut p = ring.owner();
    ring.later(&mut p, 1_000);
    assert_eq!(ring.out(), ["a1", "a2"]);
}

#[test]
fn a_rejected_record_ends_with_its_outcome() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Rejected]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    assert_eq!((ring.out(), ring.dead()), (vec!["rejected a1".to_owned()], vec![]));
}

#[test]
fn poison_and_panic_end_as_dead_letters_with_what_the_stage_says() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Poison]]);
    p.toy.plan("b1", &[&[Act::Panic]]);
    p.toy.plan("c1", &[&[Act::Hold, Act::Panic]]);
    for (key, value) in [("a", "a1"), ("b", "b1"), ("c", "c1")] {
        ring.write(key, value);
    }
    ring.turn(&mut p);
    p.toy.let_go("c1");
    ring.turn(&mut p);
    let mut dead = ring.dead();
    dead.sort();
    assert_eq!(dead, ["a1: bad", "b1: panic", "c1: panic"]);
    assert_eq!(ring.out(), ["ended a1: bad", "ended b1: panic", "ended c1: panic"]);
}

#[test]
fn notes_of_a_parked_record_are_published_with_its_park() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Pending]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["pending a1"]);
    assert_eq!(ring.values(super::toy::STATE), ["pending"]);
}

#[test]
fn a_part_that_cannot_be_used_dead_letters_the_record_beside_its_output() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Unusable]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    assert_eq!((ring.out(), ring.dead()), (vec!["a1".to_owned()], vec!["a1: part".to_owned()]));
}

#[test]
fn a_fatal_fault_stops_the_stage_with_its_reason() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Fatal]]);
    ring.write("a", "a1");
    assert!(super::ring::stop_reason(ring.end_of(&mut p)).contains("not_allowed"));
    assert_eq!(ring.offset(), Some(0));
}

#[test]
fn a_slow_head_parks_its_lane_and_the_watermark_goes_on() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Hold]]);
    for (key, value) in [("a", "a1"), ("a", "a2"), ("b", "b1")] {
        ring.write(key, value);
    }
    ring.turn(&mut p);
    assert_eq!(ring.out(), [""; 0], "what is done waits for what is below it");
    ring.later(&mut p, 1_000);
    assert_eq!((ring.out(), ring.parked()), (vec!["b1".to_owned()], vec!["a1".to_owned(), "a2".to_owned()]));
    p.toy.let_go("a1");
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["a1", "a2", "b1"]);
    assert_eq!(ring.parked(), [""; 0]);
}

#[test]
fn records_without_key_or_order_wait_for_nobody() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Transient]]);
    p.toy.plan("n1", &[&[Act::Transient]]);
    ring.write("a", "a1");
    ring.write_with("x-unordered", "a", "free");
    for value in ["n1", "n2"] {
        let record = crate::runtime::Outgoing { key: None, ..crate::runtime::Outgoing::new(super::toy::IN, "", value) };
        ring.cluster.write(super::toy::IN, 0, record);
    }
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["n2", "free"]);
    assert_eq!(ring.parked(), ["a1", "n1"]);
}

#[test]
fn relaxed_records_of_one_key_overtake_each_other() {
    let ring = Ring::new();
    let mut p = ring.process::<true>("t-1");
    ring.cluster.rebalance(super::ring::GROUP, p.member, &[0]);
    p.toy.plan("a1", &[&[Act::Transient]]);
    ring.write("a", "a1");
    ring.write("a", "a2");
    ring.turn(&mut p);
    assert_eq!((ring.out(), ring.parked()), (vec!["a2".to_owned()], vec!["a1".to_owned()]));
    ring.later(&mut p, 1_000);
    assert_eq!(ring.out(), ["a2", "a1"]);
}

#[test]
fn an_outage_after_a_success_exhausts_nobody() {
    let ring = Ring::new();
    let mut p = ring.owner();
    let failing: &[Act] = &[Act::Failing("graph")];
    p.toy.plan("a1", &[failing; 12]);
    p.toy.plan("b1", &[&[Act::Served("graph")]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    ring.later(&mut p, 10);
    ring.write("b", "b1");
    ring.turn(&mut p);
    for _ in 0..12 {
        ring.later(&mut p, 8_000);
    }
    assert_eq!((ring.dead(), ring.out()), (vec![], vec!["a1".to_owned(), "b1".to_owned()]));
}

#[test]
fn one_bad_record_among_successes_is_exhausted() {
    let ring = Ring::new();
    let mut p = ring.owner();
    let failing: &[Act] = &[Act::Failing("graph")];
    p.toy.plan("a1", &[failing; 12]);
    ring.write("a", "a1");
    for n in 0..6 {
        let value = format!("b{n}");
        p.toy.plan(&value, &[&[Act::Served("graph")]]);
        ring.later(&mut p, 4_000);
        ring.write("b", &value);
        ring.later(&mut p, 4_000);
    }
    assert_eq!(ring.dead(), ["a1: failing"]);
}

#[test]
fn a_record_that_waits_while_others_are_served_does_not_hold_its_partition() {
    let ring = Ring::new();
    let mut p = ring.owner();
    let down: &[Act] = &[Act::Down("registry")];
    p.toy.plan("a1", &[down; 4]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    ring.write("b", "b1");
    ring.later(&mut p, 250);
    assert_eq!((ring.out(), ring.offset()), (vec![], Some(0)));
    ring.later(&mut p, 1_000);
    assert_eq!((ring.out(), ring.offset()), (vec!["b1".to_owned()], Some(2)));
    assert_eq!(ring.parked(), ["a1"]);
    for _ in 0..3 {
        ring.later(&mut p, 8_000);
    }
    assert_eq!((ring.out(), ring.parked()), (vec!["a1".to_owned(), "b1".to_owned()], vec![]));
}

#[test]
fn an_account_is_asked_by_one_until_it_is_seen_to_work() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Locked("main")], &[]]);
    for value in ["b1", "c1"] {
        p.toy.plan(value, &[&[Act::Gated("main")], &[Act::Works("main")]]);
    }
    for (key, value) in [("a", "a1"), ("b", "b1"), ("c", "c1")] {
        ring.write(key, value);
        ring.turn(&mut p);
    }
    assert_eq!(p.toy.calls(), ["handle a1", "handle b1", "gated b1", "handle c1", "gated c1"]);
    assert_eq!((ring.parked(), ring.offset()), (vec!["a1".to_owned(), "b1".to_owned(), "c1".to_owned()], Some(3)));
    ring.later(&mut p, 250);
    // the first probe ended without asking, so the next one asks
    assert_eq!(p.toy.calls(), ["handle a1", "handle b1", "handle c1"]);
    assert_eq!((ring.out().len(), ring.parked()), (3, vec![]));
    assert_eq!(p.report().waiting_for, [""; 0]);
}

#[test]
fn what_may_be_asked_again_at_once_is_not_parked_for_a_hiccup() {
    let mut ring = Ring::new();
    ring.settings.limits.retry.quick = Duration::from_secs(60);
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Hiccup], &[Act::Hiccup]]);
    ring.write("a", "a1");
    for _ in 0..4 {
        ring.turn(&mut p);
        ring.sleep(200);
    }
    ring.turn(&mut p);
    assert_eq!(p.toy.calls(), ["handle a1", "handle a1", "handle a1"]);
    assert_eq!((ring.out(), ring.values(RETRY)), (vec!["a1".to_owned()], vec![]));
}
