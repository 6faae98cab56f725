//! Transactions that fail, are refused, or whose end nobody knows.

use super::{
    ring::{MAX_BYTES, Ring, stop_reason},
    toy::{Act, IN, OUT, STATE},
};
use crate::runtime::{Outgoing, log::LogError, memory::Failure, worker::Ended};

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
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.cluster.refuse(OUT, "2");
    for value in ["1", "2", "3"] {
        ring.write("a", value);
    }
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["1", "3", "ended 2: output_refused"]);
    assert_eq!(ring.dead(), ["2: output_refused"]);
    assert_eq!((ring.offset(), ring.parked()), (Some(3), vec![]));
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
