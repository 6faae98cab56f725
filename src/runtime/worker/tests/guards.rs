//! What a stage refuses to start with, and how it shares itself out.

use super::{
    ring::{GROUP, PARTITIONS, Ring, stop_reason},
    toy::{Act, IN, OUT, REPLAY, RETRY, SIDE, STATE},
};
use crate::runtime::{Outgoing, worker::Ended};

fn refusal(ring: &Ring) -> String {
    let process = ring.process::<false>("t-1");
    // a guard that is missing lets the worker run: it must end then too
    process.shutdown.cancel();
    match process.worker.run() {
        Ended::Shutdown => panic!("it would have started"),
        ended => stop_reason(ended),
    }
}

#[test]
fn a_missing_topic_is_refused_with_its_name() {
    for topic in [IN, RETRY, STATE, SIDE, REPLAY, OUT] {
        let ring = Ring::new();
        ring.cluster.remove(topic);
        assert!(refusal(&ring).contains(&format!("topic {topic} is missing")));
    }
}

#[test]
fn unequal_partition_counts_are_refused() {
    for topic in [RETRY, STATE, SIDE, REPLAY, OUT] {
        let ring = Ring::new();
        ring.cluster.create(topic, 3);
        let reason = refusal(&ring);
        assert!(reason.contains(topic) && reason.contains("must be equal"), "{reason}");
    }
}

#[test]
fn state_without_an_offset_is_refused() {
    let ring = Ring::new();
    ring.write_to(STATE, "ledger/a", "open");
    let mut p = ring.process::<false>("t-1");
    ring.cluster.rebalance(GROUP, p.member, &[0]);
    assert!(stop_reason(ring.end_of(&mut p)).contains("no committed offset"));
}

#[test]
fn what_retention_took_is_passed_over_and_counted() {
    let mut ring = Ring::new();
    let (exposition, _meters) = ring.metered();
    ring.cluster.set_offset(GROUP, IN, 0, 0);
    for value in ["1", "2", "3"] {
        ring.write("a", value);
    }
    ring.cluster.expire(IN, 0, 2);
    let _p = ring.owner();
    assert_eq!((ring.out(), ring.offset()), (vec!["3".to_owned()], Some(3)));
    let text = exposition.metrics_text().expect("text");
    let lost: Vec<&str> =
        text.lines().filter(|line| line.starts_with("omnichannel_lost_to_retention_total{")).collect();
    assert!(matches!(lost[..], [line] if line.contains("stage=\"toy\"") && line.ends_with(" 2")), "{lost:?}");
}

#[test]
fn tables_are_read_from_where_their_log_starts() {
    let ring = Ring::new();
    ring.cluster.set_offset(GROUP, IN, 0, 0);
    ring.write_to(STATE, "ledger/old", "1");
    ring.write_to(STATE, "ledger/a", "kept");
    ring.cluster.expire(STATE, 0, 1);
    let p = ring.owner();
    assert!(p.report().ready);
}

#[test]
fn a_full_partition_pauses_its_input_and_goes_on() {
    let mut ring = Ring::new();
    ring.settings.limits.window = 10;
    let mut p = ring.owner();
    p.toy.plan("0", &[&[Act::Down("graph")]]);
    for n in 0..60 {
        ring.write(&format!("k{n}"), &n.to_string());
    }
    ring.turn(&mut p);
    ring.later(&mut p, 250);
    ring.later(&mut p, 250);
    assert_eq!((ring.out().len(), ring.offset()), (60, Some(60)));
}

#[test]
fn a_partition_may_hold_what_others_leave_and_never_takes_their_share() {
    let mut ring = Ring::new();
    // room for ten records of this size together, five each
    ring.settings.limits.window_bytes = 10 * 620;
    let mut p = ring.process::<false>("t-1");
    ring.cluster.rebalance(GROUP, p.member, &[0, 1]);
    p.toy.plan("0", &[&[Act::Hold]]);
    for n in 0..40 {
        ring.write("held", &n.to_string());
    }
    ring.turn(&mut p);
    let held = p.worker.load();
    assert!(held.bytes >= 10 * 620, "one partition alone may hold more than its share: {held:?}");
    for n in 0..5 {
        ring.cluster.write(IN, 1, Outgoing::new(IN, format!("k{n}"), "other"));
    }
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["other"; 5], "the other one has its share whatever the first holds");
    p.toy.let_go("0");
    ring.turn(&mut p);
    assert_eq!(ring.out().len(), 45);
}

#[test]
fn handlers_wait_while_what_they_wrote_takes_its_room() {
    let mut ring = Ring::new();
    ring.settings.limits.window_bytes = 10 * 620;
    let mut p = ring.owner();
    for n in 0..200 {
        ring.write(&format!("k{n}"), &n.to_string());
    }
    p.worker.step().expect("it goes on");
    let calls = p.toy.calls().len();
    assert!((10..=64).contains(&calls), "{calls} of what was read are handled before something is published");
    ring.turn(&mut p);
    assert_eq!((ring.out().len(), ring.offset()), (200, Some(200)));
}

#[test]
fn slow_handlers_of_one_partition_do_not_starve_another() {
    let mut ring = Ring::new();
    ring.settings.concurrency = 1;
    let mut p = ring.process::<false>("t-1");
    ring.cluster.rebalance(GROUP, p.member, &[0, 1]);
    for value in ["slow1", "slow2", "slow3"] {
        p.toy.plan(value, &[&[Act::Hold]]);
        ring.write(value, value);
    }
    ring.turn(&mut p);
    p.toy.plan("other", &[&[Act::Hold]]);
    ring.cluster.write(IN, 1, Outgoing::new(IN, "other", "other"));
    ring.turn(&mut p);
    p.toy.let_go("slow1");
    ring.turn(&mut p);
    assert_eq!(p.toy.calls(), ["handle slow1", "handle other"]);
}

#[test]
fn a_permit_is_free_as_soon_as_its_result_was_read() {
    let mut ring = Ring::new();
    ring.settings.concurrency = 1;
    let mut p = ring.owner();
    for n in ["1", "2", "3"] {
        p.toy.plan(n, &[&[Act::Hold]]);
        ring.write(n, n);
    }
    ring.turn(&mut p);
    p.toy.let_go("1");
    ring.turn(&mut p);
    assert_eq!(p.toy.calls(), ["handle 1", "handle 2"]);
    assert_eq!(p.report().running, 1);
}

#[test]
fn partitions_that_grew_are_refused() {
    let mut ring = Ring::new();
    ring.planned = Some(PARTITIONS - 1);
    let reason = refusal(&ring);
    assert!(reason.contains("has 2 partitions and was planned with 1"), "{reason}");
}
