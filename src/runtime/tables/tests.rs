//! The two layers against what a reader of the changelog would say.

use super::*;
use crate::runtime::{
    stage::Changelog,
    store::{MemoryStores, Stores},
};

const SPECS: &[TableSpec] = &[TableSpec { name: "seen", changelog: Changelog::Stage, ttl_ms: Some(100) }];

fn tables() -> Tables {
    let expires: Expires = Arc::new(|spec, value| {
        let at: i64 = std::str::from_utf8(value).ok()?.parse().ok()?;
        Some(at + spec.ttl_ms?)
    });
    Tables::new(SPECS, expires, MemoryStores.open("toy", 0).expect("memory"))
}

fn commit(tables: &Tables, puts: &[Put]) {
    tables.committed(puts.to_vec(), None).expect("memory");
}

fn expire(tables: &Tables, now_ms: i64, limit: usize) -> Vec<String> {
    let expired = tables.expire(now_ms, limit).expect("memory");
    expired.tombstones.into_iter().map(|put| put.key).collect()
}

fn seen(tables: &Tables, key: &str) -> Option<String> {
    tables.get("seen", key).map(|value| String::from_utf8_lossy(&value).into_owned())
}

#[test]
fn a_put_shows_before_it_is_committed_and_stays_after() {
    let tables = tables();
    let put = Put::new("seen", "a", "1");
    assert!(tables.apply(&put));
    assert_eq!((seen(&tables, "a").as_deref(), tables.uncommitted()), (Some("1"), 1));
    commit(&tables, &[put]);
    assert_eq!((seen(&tables, "a").as_deref(), tables.uncommitted()), (Some("1"), 0));
}

#[test]
fn the_last_put_shows_until_the_last_one_is_committed() {
    let tables = tables();
    let puts = [Put::new("seen", "a", "1"), Put::tombstone("seen", "a"), Put::new("seen", "a", "1")];
    for put in &puts {
        tables.apply(put);
    }
    for put in &puts {
        assert_eq!(seen(&tables, "a").as_deref(), Some("1"));
        commit(&tables, std::slice::from_ref(put));
    }
    assert_eq!((seen(&tables, "a").as_deref(), tables.uncommitted()), (Some("1"), 0));
}

#[test]
fn in_the_end_the_changelogs_order_counts() {
    let tables = tables();
    let (first, second) = (Put::new("seen", "a", "1"), Put::new("seen", "a", "2"));
    tables.apply(&first);
    tables.apply(&second);
    commit(&tables, &[second]);
    assert_eq!(seen(&tables, "a").as_deref(), Some("1"), "it is still to come");
    commit(&tables, &[first]);
    assert_eq!((seen(&tables, "a").as_deref(), tables.uncommitted()), (Some("1"), 0));
}

#[test]
fn what_was_never_shown_takes_nothing_away_when_it_is_committed() {
    let tables = tables();
    tables.apply(&Put::new("seen", "a", "2"));
    commit(&tables, &[Put::new("seen", "a", "1")]);
    assert_eq!((seen(&tables, "a").as_deref(), tables.uncommitted()), (Some("2"), 1));
}

#[test]
fn an_entry_expires_by_its_latest_put_and_once() {
    let tables = tables();
    let puts = [Put::new("seen", "a", "1000"), Put::new("seen", "b", "1000"), Put::new("seen", "b", "1050")];
    tables.load(puts.to_vec(), None).expect("memory");
    assert_eq!(expire(&tables, 1_100, 9), ["a"]);
    assert_eq!((seen(&tables, "a"), seen(&tables, "b").as_deref()), (None, Some("1050")));
    assert_eq!(expire(&tables, 1_100, 9), [""; 0], "its tombstone is on its way");
    commit(&tables, &[Put::tombstone("seen", "a")]);
    assert_eq!(expire(&tables, 1_150, 9), ["b"]);
    commit(&tables, &[Put::tombstone("seen", "b")]);
    assert!(tables.is_empty().expect("memory"));
    assert_eq!(expire(&tables, 9_999, 9), [""; 0]);
}

#[test]
fn an_entry_that_is_being_put_again_does_not_expire() {
    let tables = tables();
    tables.load(vec![Put::new("seen", "a", "1000")], None).expect("memory");
    let again = Put::new("seen", "a", "1090");
    tables.apply(&again);
    assert_eq!(expire(&tables, 1_100, 9), [""; 0]);
    commit(&tables, &[again]);
    assert_eq!(expire(&tables, 1_189, 9), [""; 0]);
    assert_eq!(expire(&tables, 1_190, 9), ["a"]);
}

#[test]
fn tombstones_come_a_few_at_a_time_and_say_that_there_are_more() {
    let tables = tables();
    tables.load((0..5).map(|n| Put::new("seen", n.to_string(), "0")).collect(), None).expect("memory");
    let first = tables.expire(1_000, 2).expect("memory");
    assert_eq!((first.tombstones.len(), first.more), (2, true));
    commit(&tables, &first.tombstones);
    let rest = tables.expire(1_000, 9).expect("memory");
    assert_eq!((rest.tombstones.len(), rest.more), (3, false));
}

#[test]
fn a_longer_time_moves_what_was_dated_by_a_shorter_one() {
    let store = MemoryStores.open("toy", 0).expect("memory");
    let lasting = |ms: i64| -> Expires { Arc::new(move |_, value| Some(i64::from(value[0]) + ms)) };
    let short = Tables::new(SPECS, lasting(10), store.clone());
    short.load(vec![Put::new("seen", "a", vec![0])], None).expect("memory");
    let long = Tables::new(SPECS, lasting(1_000), store);
    assert_eq!(expire(&long, 10, 9), [""; 0]);
    assert_eq!(expire(&long, 1_000, 9), ["a"]);
}

#[test]
fn a_table_nobody_declared_is_refused() {
    let tables = tables();
    assert!(!tables.apply(&Put::new("other", "a", "1")));
    commit(&tables, &[Put::new("other", "a", "1")]);
    assert!(tables.is_empty().expect("memory"));
}
