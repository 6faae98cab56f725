//! Given partitions come to work one by one, each when its own place in the log is known.

use super::{
    ring::{GROUP, Process, Ring},
    toy::{Act, IN, RETRY, SIDE, STATE},
};
use crate::runtime::{Outgoing, log::LogError, memory::Failure, worker::Ended};

/// A process that was given partitions 0 and 1, with a record in each.
fn given_both(ring: &Ring) -> Process<false> {
    for (p, value) in [(0, "a1"), (1, "b1")] {
        ring.cluster.write(IN, p, Outgoing::new(IN, value, value));
    }
    let process = ring.process::<false>("t-2");
    ring.cluster.rebalance(GROUP, process.member, &[0, 1]);
    process
}

#[test]
fn a_partition_without_a_leader_delays_no_other() {
    for topic in [IN, SIDE, RETRY, STATE] {
        let ring = Ring::new();
        ring.cluster.leaderless(topic, 0, true);
        let mut p = given_both(&ring);
        ring.turn(&mut p);
        assert_eq!(p.toy.calls(), ["handle b1"], "{topic}");
        assert_eq!((p.report().ready, p.report().partitions, p.report().restoring), (false, 2, 1));
        ring.cluster.leaderless(topic, 0, false);
        ring.turn(&mut p);
        assert_eq!((p.toy.calls(), p.report().ready), (vec!["handle a1".to_owned()], true));
        assert_eq!(ring.out(), ["a1", "b1"]);
    }
}

#[test]
fn an_offset_held_back_by_a_dead_owner_delays_no_other_partition() {
    let ring = Ring::new();
    let mut dead = ring.owner();
    ring.cluster.write(IN, 0, Outgoing::new(IN, "a0", "a0"));
    ring.cluster.inject(Failure::Commit(LogError::Rebuild("power cut".to_owned())));
    assert!(matches!(ring.end_of(&mut dead), Ended::Log(LogError::Rebuild(_))), "with its offsets sent");
    ring.kill(dead);
    let mut p = given_both(&ring);
    ring.turn(&mut p);
    assert_eq!(p.toy.calls(), ["handle b1"]);
    ring.cluster.time_out_transactions();
    ring.turn(&mut p);
    assert_eq!(p.toy.calls(), ["handle a0", "handle a1"]);
}

#[test]
fn a_partition_taken_before_its_answers_came_is_let_go() {
    let ring = Ring::new();
    ring.cluster.leaderless(IN, 0, true);
    let mut p = given_both(&ring);
    ring.turn(&mut p);
    let mut q = ring.process::<false>("t-3");
    ring.cluster.rebalance(GROUP, q.member, &[0]);
    ring.turn(&mut p);
    assert_eq!((p.report().partitions, p.report().ready), (1, true));
    ring.cluster.leaderless(IN, 0, false);
    ring.turn(&mut q);
    assert_eq!((p.toy.calls(), q.toy.calls()), (vec!["handle b1".to_owned()], vec!["handle a1".to_owned()]));
}

#[test]
fn what_retention_took_is_counted_once_whoever_reads_the_partition_next() {
    let mut ring = Ring::new();
    let (exposition, _meters) = ring.metered();
    ring.cluster.set_offset(GROUP, IN, 0, 0);
    for value in ["1", "2", "3"] {
        ring.write("a", value);
    }
    ring.cluster.expire(IN, 0, 2);
    // the questions begin anew after the input's were answered
    ring.cluster.leaderless(STATE, 0, true);
    let mut p = ring.owner();
    p.toy.plan("3", &[&[Act::Down("graph")]]);
    ring.cluster.leaderless(STATE, 0, false);
    ring.turn(&mut p);
    assert_eq!(ring.offset(), Some(2), "the log's start is committed although nothing is done yet");
    let mut q = ring.process::<false>("t-2");
    ring.cluster.rebalance(GROUP, q.member, &[0]);
    ring.turn(&mut p);
    ring.turn(&mut q);
    let text = exposition.metrics_text().expect("text");
    let lost: Vec<&str> =
        text.lines().filter(|line| line.starts_with("omnichannel_lost_to_retention_total{")).collect();
    assert!(matches!(lost[..], [line] if line.ends_with(" 2")), "{lost:?}");
}

#[test]
fn a_commit_of_an_older_generation_is_refused_and_made_anew() {
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.cluster.hold_deliveries(true);
    ring.write("a", "a1");
    ring.turn(&mut p);
    ring.cluster.inject(Failure::GroupMovesOn);
    ring.cluster.hold_deliveries(false);
    ring.turn(&mut p);
    assert_eq!((ring.out(), ring.offset()), (vec!["a1".to_owned()], Some(1)));
    assert_eq!(p.toy.calls(), ["handle a1"], "an abort handles nothing twice");
}
