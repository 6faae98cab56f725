//! Transactions that fail, are refused, or whose end nobody knows.

use super::{
    ring::{GROUP, MAX_BYTES, Ring, stop_reason},
    toy::{Act, IN, OUT, RETRY, STATE},
};
use crate::runtime::{
    Headers, Outgoing, Record,
    entries::{Cause, Parked},
    log::LogError,
    memory::Failure,
    record::Origin,
    worker::Ended,
};

#[test]
fn a_failed_publication_publishes_the_same_units_again() {
    for failure in [
        Failure::Delivery { permanent: false },
        Failure::SendOffsets(LogError::Abortable("x".into())),
        Failure::Commit(LogError::Abortable("x".into())),
        Failure::Commit(LogError::Retriable("x".into())),
    ] {
        let ring = Ring::new();
        let mut p = ring.owner();
        ring.cluster.inject(failure);
        ring.write("a", "1");
        ring.write("a", "2");
        ring.turn(&mut p);
        assert_eq!((ring.out(), ring.offset()), (vec!["1".to_owned(), "2".to_owned()], Some(2)));
        assert_eq!(p.toy.calls(), ["handle 1", "handle 2"], "nothing is handled twice");
    }
}

#[test]
fn a_commit_whose_end_is_unknown_is_never_published_from_memory() {
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.cluster.inject(Failure::CommitAnswer(LogError::Rebuild("no answer".into())));
    ring.write("a", "1");
    assert!(matches!(ring.end_of(&mut p), Ended::Log(LogError::Rebuild(_))));
    ring.kill(p);
    let mut p = ring.owner();
    ring.turn(&mut p);
    assert_eq!(p.toy.calls(), [""; 0]);
    assert_eq!(ring.out(), ["1"]);
}

#[test]
fn a_refused_record_is_isolated_and_dead_lettered() {
    let mut ring = Ring::new();
    let (exposition, _meters) = ring.metered();
    let mut p = ring.owner();
    ring.cluster.refuse(OUT, "2");
    for value in ["1", "2", "3"] {
        ring.write("a", value);
    }
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["1", "3", "ended 2: output_refused"]);
    assert_eq!(ring.dead(), ["2: output_refused"]);
    assert_eq!((ring.offset(), ring.parked()), (Some(3), vec![]));
    let text = exposition.metrics_text().expect("text");
    let counted: Vec<&str> = text.lines().filter(|line| line.contains(r#"outcome="dead_lettered""#)).collect();
    assert!(matches!(counted[..], [line] if line.contains("output_refused") && line.ends_with(" 1")), "{counted:?}");
}

#[test]
fn a_refused_record_is_found_among_many_while_others_keep_coming() {
    let ring = Ring::new();
    let mut p = ring.process::<false>("t-1");
    ring.cluster.rebalance(GROUP, p.member, &[0, 1]);
    ring.turn(&mut p);
    ring.cluster.refuse(OUT, "1-20");
    for n in 0..40 {
        for partition in [0, 1] {
            ring.cluster.write(IN, partition, Outgoing::new(IN, format!("k{n}"), format!("{partition}-{n}")));
        }
    }
    let mut steps = 0;
    while ring.dead().is_empty() {
        p.worker.step().expect("goes on");
        ring.clock.advance(1);
        // the first partition is never at rest
        ring.cluster.write(IN, 0, Outgoing::new(IN, "busy", format!("more {steps}")));
        steps += 1;
        assert!(steps < 500, "the culprit is not found");
    }
    ring.turn(&mut p);
    assert_eq!(ring.dead(), ["1-20: output_refused"]);
    assert_eq!(ring.out().len(), 80 + steps, "all but one, and how that one ended");
}

#[test]
fn what_a_refused_record_remembers_is_kept() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("1", &[&[Act::Put("ledger")]]);
    ring.cluster.refuse(OUT, "1");
    ring.write("a", "1");
    ring.turn(&mut p);
    assert_eq!((ring.values(STATE).len(), ring.dead()), (1, vec!["1: output_refused".to_owned()]));
    assert_eq!((ring.out(), ring.parked()), (vec!["ended 1: output_refused".to_owned()], vec![]));
}

#[test]
fn the_end_of_a_refused_record_survives_a_restart() {
    let ring = Ring::new();
    ring.cluster.set_offset(GROUP, IN, 0, 1);
    let origin = Origin { topic: IN.into(), partition: 0, offset: 0 };
    let (key, value, headers) = (Some("a".into()), Some("1".into()), Headers::new());
    let record = Record { origin, key, value, headers, timestamp_ms: 0 };
    let (class, code, detail) = ("poison", "output_refused".to_owned(), String::new());
    let ending = Some(Cause { class, code, detail, scope: None, attempt: 0 });
    let entry = Parked { ending, ..Parked::new(record, 0) }.to_entry(&RETRY.into());
    ring.cluster.write(RETRY, 0, entry);
    let p = ring.owner();
    assert_eq!(p.toy.calls(), [""; 0], "it is not handled again");
    assert_eq!(ring.dead(), ["1: output_refused"]);
    assert_eq!((ring.out(), ring.parked()), (vec!["ended 1: output_refused".to_owned()], vec![]));
}

#[test]
fn a_topic_that_is_gone_is_named_and_nothing_is_dead_lettered() {
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.cluster.remove(OUT);
    ring.write("a", "1");
    let ended = ring.end_of(&mut p);
    assert!(matches!(&ended, Ended::Log(LogError::Missing(topic)) if topic == OUT), "{ended}");
    assert_eq!((ring.dead(), ring.offset()), (vec![], Some(0)));
    let again = ring.process::<false>("t-1").worker.with_missed(Some(OUT.to_owned()));
    assert!(stop_reason(again.run()).contains("topic toy.out is missing"));
}

#[test]
fn a_transaction_is_given_up_before_its_timeout_and_published_again() {
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.cluster.hold_deliveries(true);
    ring.write("a", "1");
    ring.turn(&mut p);
    ring.later(&mut p, 14_000);
    ring.cluster.hold_deliveries(false);
    ring.later(&mut p, 100);
    assert_eq!((ring.out(), p.toy.calls()), (vec!["1".to_owned()], vec!["handle 1".to_owned()]));
}

#[test]
fn a_transaction_that_outlived_its_timeout_is_no_clash_of_ids() {
    for (age_ms, clash) in [(0, true), (19_000, false)] {
        let ring = Ring::new();
        let mut p = ring.owner();
        ring.cluster.hold_deliveries(true);
        ring.write("a", "1");
        for _ in 0..20 {
            p.worker.step().expect("goes on");
            ring.clock.advance(1);
        }
        ring.clock.advance(age_ms);
        ring.cluster.hold_deliveries(false);
        ring.cluster.inject(Failure::SendOffsets(LogError::Fenced("x".into())));
        let ended = ring.end_of(&mut p);
        assert_eq!(matches!(ended, Ended::Log(LogError::Fenced(_))), clash, "{ended}");
    }
}

#[test]
fn a_refused_output_of_a_parked_record_takes_its_entry_with_it() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("1", &[&[Act::Transient]]);
    ring.cluster.refuse(OUT, "1");
    ring.write("a", "1");
    ring.turn(&mut p);
    assert_eq!(ring.parked(), ["1"]);
    ring.later(&mut p, 1_000);
    assert_eq!((ring.parked(), ring.dead()), (vec![], vec!["1: output_refused".to_owned()]));
}

#[test]
fn a_record_whose_note_is_refused_is_dead_lettered_once_and_never_runs_again() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("1", &[&[Act::Pending]]);
    ring.cluster.refuse(OUT, "pending 1");
    ring.write("a", "1");
    ring.write("a", "2");
    ring.turn(&mut p);
    ring.later(&mut p, 10_000);
    assert_eq!(ring.dead(), ["1: output_refused"]);
    assert_eq!((ring.out(), ring.parked()), (vec!["2".to_owned(), "ended 1: output_refused".to_owned()], vec![]));
    assert_eq!(p.toy.calls(), ["handle 1", "handle 2"]);
}

#[test]
fn an_output_too_large_dead_letters_its_input() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("1", &[&[Act::TooLarge]]);
    ring.write("a", "1");
    ring.write("a", "2");
    ring.turn(&mut p);
    assert_eq!(ring.dead(), ["1: output_too_large"]);
    assert_eq!(ring.out(), ["2", "ended 1: output_too_large"]);
}

#[test]
fn a_table_entry_too_large_dead_letters_its_input_instead_of_stopping_the_stage() {
    let ring = Ring::new();
    let mut p = ring.owner();
    let long = "x".repeat(MAX_BYTES);
    p.toy.plan(&long, &[&[Act::Put("ledger")]]);
    ring.write("a", &long);
    ring.turn(&mut p);
    assert_eq!(ring.cluster.read(super::toy::DLQ).len(), 1);
    assert_eq!(ring.values(STATE), [""; 0]);
}

#[test]
fn a_refused_record_of_the_runtime_itself_stops_the_stage() {
    let ring = Ring::new();
    let mut p = ring.owner();
    p.toy.plan("1", &[&[Act::Put("seen")]]);
    ring.write("a", "1");
    ring.turn(&mut p);
    ring.clock.advance(super::toy::SEEN_TTL_MS + 1);
    ring.cluster.inject(Failure::Delivery { permanent: true });
    assert!(stop_reason(ring.end_of(&mut p)).contains("refuses"));
}

#[test]
fn holes_and_markers_in_the_input_count_as_done() {
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.write("a", "1");
    let aborted = ring.cluster.write_open(IN, 0, Outgoing::new(IN, "a", "never"));
    ring.write("a", "2");
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["1"], "an open transaction hides what is behind it");
    ring.cluster.end(aborted, false);
    ring.later(&mut p, 1_000);
    assert_eq!(ring.out(), ["1", "2"]);
    assert_eq!(ring.offset(), Some(4), "the marker at the end too");
}

#[test]
fn a_quiet_partition_begins_no_transactions() {
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.write("a", "1");
    ring.turn(&mut p);
    ring.cluster.inject(Failure::Commit(LogError::Stop("no transaction is due".into())));
    for _ in 0..5 {
        ring.later(&mut p, 1_000);
    }
}
