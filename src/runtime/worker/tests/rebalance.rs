//! Partitions that come and go, zombies, and the end.

use super::{
    ring::{GROUP, Process, Ring},
    toy::{Act, IN, STATE},
};
use crate::runtime::{Outgoing, worker::Ended};

fn second(ring: &Ring) -> Process<false> {
    ring.process("t-2")
}

#[test]
fn the_logs_start_is_committed_at_once_where_nothing_was() {
    let ring = Ring::new();
    ring.write("a", "gone");
    ring.write("a", "1");
    ring.cluster.expire(IN, 0, 1);
    let mut p = ring.process::<false>("t-1");
    p.toy.plan("1", &[&[Act::Hold]]);
    ring.cluster.rebalance(GROUP, p.member, &[0]);
    ring.turn(&mut p);
    assert_eq!(ring.offset(), Some(1));
    assert_eq!(ring.cluster.offset(GROUP, super::toy::SIDE, 0), Some(0));
}

#[test]
fn a_worker_is_ready_once_what_it_was_given_is_restored() {
    let ring = Ring::new();
    let mut p = ring.process::<false>("t-1");
    ring.turn(&mut p);
    assert!(!p.report().ready, "nothing was given yet");
    let open = ring.cluster.write_open(STATE, 0, Outgoing::new(STATE, "ledger/x", "1"));
    ring.cluster.set_offset(GROUP, IN, 0, 0);
    ring.cluster.rebalance(GROUP, p.member, &[0]);
    ring.write("a", "1");
    ring.turn(&mut p);
    assert_eq!((p.report().ready, p.report().restoring), (false, 1));
    assert_eq!(p.toy.calls(), [""; 0], "no input before the restore");
    ring.cluster.end(open, true);
    ring.turn(&mut p);
    assert_eq!((p.report().ready, p.toy.calls()), (true, vec!["handle 1".to_owned()]));
}

#[test]
fn a_worker_that_was_given_nothing_is_ready_too() {
    let ring = Ring::new();
    let mut p = ring.process::<false>("t-1");
    ring.cluster.rebalance(GROUP, p.member, &[]);
    ring.turn(&mut p);
    assert!(p.report().ready);
}

#[test]
fn a_revoked_partition_finishes_what_runs_and_starts_nothing() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Hold]]);
    for (key, value) in [("a", "a1"), ("a", "a2"), ("b", "b1")] {
        ring.write(key, value);
    }
    ring.turn(&mut p);
    let mut q = second(&ring);
    ring.cluster.rebalance(GROUP, q.member, &[0]);
    ring.turn(&mut p);
    ring.turn(&mut q);
    assert_eq!(q.report().partitions, 0, "not before the old owner lets go");
    p.toy.let_go("a1");
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["a1", "b1"], "what ended is kept although a2 below it never started");
    assert_eq!(p.toy.calls(), ["handle a1", "handle b1"]);
    ring.turn(&mut q);
    assert_eq!(q.toy.calls(), ["handle a2"]);
    assert_eq!((ring.out(), ring.parked()), (vec!["a1".to_owned(), "a2".to_owned(), "b1".to_owned()], vec![]));
}

#[test]
fn a_revoked_partition_leaves_at_its_deadline_and_a_late_finish_is_ignored() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Hold]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    ring.later(&mut p, 1_000);
    let mut q = second(&ring);
    q.toy.plan("a1", &[&[Act::Throttled(100)]]);
    ring.cluster.rebalance(GROUP, q.member, &[0]);
    ring.turn(&mut p);
    ring.later(&mut p, 5_000);
    p.toy.let_go("a1");
    ring.turn(&mut p);
    assert_eq!(ring.out(), [""; 0]);
    ring.turn(&mut q);
    ring.later(&mut q, 100);
    assert_eq!(ring.out(), ["a1"]);
}

#[test]
fn a_late_finish_of_an_older_assignment_is_not_taken_for_the_present_one() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Hold, Act::Poison], &[Act::Hold]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    ring.cluster.rebalance(GROUP, p.member, &[]);
    ring.turn(&mut p);
    ring.later(&mut p, 5_000);
    ring.cluster.rebalance(GROUP, p.member, &[0]);
    ring.turn(&mut p);
    assert_eq!(p.toy.calls(), ["handle a1", "handle a1"]);
    p.toy.let_go("a1");
    ring.turn(&mut p);
    assert_eq!((ring.out(), ring.dead()), (vec![], vec![]), "the first run's end came from another assignment");
    p.toy.let_go("a1");
    ring.turn(&mut p);
    assert_eq!((ring.out(), ring.dead()), (vec!["a1".to_owned()], vec![]));
}

#[test]
fn a_zombie_cannot_commit_and_starts_over() {
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.cluster.hold_deliveries(true);
    ring.write("a", "a1");
    ring.turn(&mut p);
    ring.cluster.throw_out(GROUP, p.member);
    let mut q = second(&ring);
    ring.cluster.rebalance(GROUP, q.member, &[0]);
    ring.cluster.hold_deliveries(false);
    ring.turn(&mut p);
    assert_eq!((ring.out(), p.report().partitions), (vec![], 0));
    ring.turn(&mut q);
    assert_eq!((ring.out(), ring.offset()), (vec!["a1".to_owned()], Some(1)));
}

#[test]
fn a_new_owner_waits_for_the_old_ones_open_transaction() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Transient]]);
    ring.write("a", "a1");
    ring.cluster.hold_deliveries(true);
    ring.turn(&mut p);
    ring.kill(p);
    ring.cluster.hold_deliveries(false);
    let mut q = second(&ring);
    ring.cluster.rebalance(GROUP, q.member, &[0]);
    ring.turn(&mut q);
    assert_eq!((q.report().restoring, q.toy.calls()), (1, vec![]));
    ring.cluster.time_out_transactions();
    ring.turn(&mut q);
    assert_eq!(ring.out(), ["a1"]);
}

#[test]
fn an_intent_is_committed_before_the_handler_goes_on() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Intent, Act::Hold]]);
    ring.write("a", "a1");
    ring.cluster.hold_deliveries(true);
    ring.turn(&mut p);
    assert_eq!(p.toy.calls(), ["handle a1"]);
    ring.cluster.hold_deliveries(false);
    ring.turn(&mut p);
    assert_eq!(p.toy.calls(), ["effect a1"]);
    assert_eq!((ring.values(STATE), ring.offset()), (vec!["open".to_owned()], Some(0)));
}

#[test]
fn an_intent_is_lost_when_the_partition_leaves_or_is_somebody_elses() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Hold, Act::Intent]]);
    p.toy.plan("b1", &[&[Act::Intent]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    ring.cluster.rebalance(GROUP, p.member, &[]);
    ring.turn(&mut p);
    p.toy.let_go("a1");
    ring.turn(&mut p);
    assert_eq!(p.toy.calls(), ["handle a1", "lost a1"]);
    ring.cluster.rebalance(GROUP, p.member, &[0]);
    ring.turn(&mut p);
    p.toy.calls();
    ring.cluster.hold_deliveries(true);
    ring.write("b", "b1");
    ring.turn(&mut p);
    ring.cluster.throw_out(GROUP, p.member);
    ring.turn(&mut p);
    assert_eq!(p.toy.calls(), ["handle b1", "lost b1"]);
    assert_eq!(ring.values(STATE), [""; 0]);
}

#[test]
fn shutdown_with_nothing_given_ends_at_once() {
    let ring = Ring::new();
    let mut p = ring.process::<false>("t-1");
    p.shutdown.cancel();
    assert!(matches!(ring.end_of(&mut p), Ended::Shutdown));
}

#[test]
fn shutdown_while_restoring_ends_at_once() {
    let ring = Ring::new();
    let _open = ring.cluster.write_open(STATE, 0, Outgoing::new(STATE, "ledger/x", "1"));
    let mut p = ring.owner();
    assert_eq!(p.report().restoring, 1);
    p.shutdown.cancel();
    assert!(matches!(ring.end_of(&mut p), Ended::Shutdown));
}

#[test]
fn shutdown_finishes_what_runs_and_keeps_what_ended() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Hold]]);
    for (key, value) in [("a", "a1"), ("a", "a2"), ("b", "b1")] {
        ring.write(key, value);
    }
    ring.turn(&mut p);
    p.shutdown.cancel();
    ring.turn(&mut p);
    p.toy.let_go("a1");
    assert!(matches!(ring.end_of(&mut p), Ended::Shutdown));
    assert_eq!((ring.out(), ring.parked()), (vec!["a1".to_owned(), "b1".to_owned()], vec!["a2".to_owned()]));
}

#[test]
fn shutdown_does_not_wait_longer_than_its_deadline() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Hold]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    p.shutdown.cancel();
    ring.turn(&mut p);
    ring.clock.advance(5_000);
    assert!(matches!(ring.end_of(&mut p), Ended::Shutdown));
}

#[test]
fn shutdown_with_a_transaction_under_way_leaves_none_open() {
    let ring = Ring::new();
    let p = ring.owner();
    ring.write("a", "a1");
    ring.cluster.hold_deliveries(true);
    let Process { mut worker, shutdown, .. } = p;
    for _ in 0..20 {
        ring.clock.advance(10);
        worker.step().expect("goes on");
    }
    shutdown.cancel();
    worker.step().expect("waits for the acknowledgement");
    ring.clock.advance(5_000);
    assert!(matches!(worker.run(), Ended::Shutdown));
    let mut q = second(&ring);
    ring.cluster.hold_deliveries(false);
    ring.cluster.rebalance(GROUP, q.member, &[0]);
    ring.turn(&mut q);
    assert_eq!(ring.out(), ["a1"], "nobody had to wait for a time-out");
}

#[test]
fn shutdown_keeps_what_ended_behind_a_record_that_waits() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("a1", &[&[Act::Hold, Act::Down("graph")]]);
    ring.write("a", "a1");
    ring.write("b", "b1");
    ring.turn(&mut p);
    p.toy.let_go("a1");
    ring.turn(&mut p);
    assert_eq!(ring.out(), [""; 0], "b1 ended, and waits for a1's offset");
    p.shutdown.cancel();
    assert!(matches!(ring.end_of(&mut p), Ended::Shutdown));
    assert_eq!((ring.out(), ring.parked()), (vec!["b1".to_owned()], vec!["a1".to_owned()]));
}
