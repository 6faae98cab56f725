//! A crash at each point between a commit and its checkpoint, and each reason not to go on from a store.

use std::{fs, path::Path};

use omnichannel_whatsapp::runtime::{
    log::LogError,
    memory::{Failure, MemoryLog, TOMBSTONES_KEPT_MS},
    store::{Checkpoint, Stores},
};

use super::{
    ring::{GROUP, IN, Mishap, Process, Ring, STATE},
    stage::{Look, TTL_MS},
};

fn owner(ring: &Ring, machine: usize) -> Process<MemoryLog> {
    let mut process = ring.process(machine);
    ring.turn(&mut process).expect("it goes on");
    process
}

fn look(ring: &Ring, process: &mut Process<MemoryLog>) -> Look {
    let (seen, changelog) = ring.look(process).expect("it goes on");
    assert_eq!(seen, changelog);
    seen
}

fn entry(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

fn checkpoint(ring: &Ring) -> Checkpoint {
    let settings =
        omnichannel_whatsapp::adapters::store::Settings { path: ring.disk(0).to_owned(), cache_bytes: 1 << 20 };
    let store = omnichannel_whatsapp::adapters::store::DiskStores::new(settings).open(GROUP, 0).expect("it opens");
    store.checkpoint().expect("readable").expect("one was written")
}

#[test]
fn whatever_the_moment_of_a_crash_the_state_is_what_the_changelog_says() {
    let rebuild = || LogError::Rebuild("cut".to_owned());
    type Crash = fn(&Ring, LogError);
    let crashes: [(&str, Crash); 4] = [
        ("before the commit", |ring, cut| ring.cluster.inject(Failure::Commit(cut))),
        ("committed, not answered", |ring, cut| ring.cluster.inject(Failure::CommitAnswer(cut))),
        ("committed, not in the store", |ring, _| ring.mishap(Mishap::Before)),
        ("in the store", |ring, _| ring.mishap(Mishap::After)),
    ];
    for (name, crash) in crashes {
        let ring = Ring::new();
        let mut process = owner(&ring, 0);
        for what in ["count a", "count b", "see c", "count a"] {
            ring.write(what);
        }
        ring.turn(&mut process).expect("it goes on");
        crash(&ring, rebuild());
        for what in ["count a", "drop b", "count d"] {
            ring.write(what);
        }
        ring.turn(&mut process).expect_err(name);
        ring.kill(process);
        let mut process = owner(&ring, 0);
        let seen = look(&ring, &mut process);
        assert_eq!(seen[..2], [entry("count/a", "3"), entry("count/d", "1")], "{name}");
        assert_eq!((seen.len(), &*seen[2].0), (3, "seen/c"), "{name}");
    }
}

#[test]
fn a_restart_goes_on_from_its_checkpoint() {
    let ring = Ring::new();
    let mut process = owner(&ring, 0);
    ring.write("count a");
    ring.turn(&mut process).expect("it goes on");
    ring.kill(process);
    let stands = checkpoint(&ring).places[0].offset;
    assert_eq!(stands, 1, "one past the last entry, whatever markers follow");
    // a restore that read what lies below would trip over this
    ring.cluster.expire(STATE, 0, stands);
    let mut process = owner(&ring, 0);
    ring.write("count a");
    ring.turn(&mut process).expect("it goes on");
    let (seen, _) = ring.look(&mut process).expect("it goes on");
    assert_eq!(seen, [entry("count/a", "2")]);
}

#[test]
fn a_topic_that_was_made_anew_is_not_taken_for_the_old_one() {
    let ring = Ring::new();
    let mut process = owner(&ring, 0);
    ring.write("count a");
    ring.turn(&mut process).expect("it goes on");
    ring.kill(process);
    ring.cluster.remove(STATE);
    ring.cluster.create(STATE, 1);
    ring.cluster.write(STATE, 0, omnichannel_whatsapp::runtime::Outgoing::new(STATE, "count/b", "7"));
    ring.cluster.write(STATE, 0, omnichannel_whatsapp::runtime::Outgoing::new(STATE, "count/b", "8"));
    let mut process = owner(&ring, 0);
    assert_eq!(look(&ring, &mut process), [entry("count/b", "8")]);
}

#[test]
fn a_store_that_was_away_for_longer_than_tombstones_are_kept_is_emptied() {
    let ring = Ring::new();
    let mut process = owner(&ring, 0);
    ring.write("count a");
    ring.turn(&mut process).expect("it goes on");
    let mut other = ring.process::<MemoryLog>(1);
    ring.turn(&mut process).expect("it lets go");
    ring.kill(process);
    ring.write("drop a");
    ring.turn(&mut other).expect("it goes on");
    ring.clock.advance(TOMBSTONES_KEPT_MS);
    ring.cluster.compact(STATE);
    ring.kill(other);
    let mut process = owner(&ring, 0);
    assert_eq!(look(&ring, &mut process), []);
}

#[test]
fn a_store_whose_owner_had_nothing_to_do_stays_good() {
    let ring = Ring::new();
    let mut process = owner(&ring, 0);
    ring.write("count a");
    ring.turn(&mut process).expect("it goes on");
    for _ in 0..30 {
        ring.clock.advance(3_600_000);
        ring.turn(&mut process).expect("it goes on");
    }
    ring.kill(process);
    ring.cluster.expire(STATE, 0, 1);
    let mut process = owner(&ring, 0);
    let (seen, _) = ring.look(&mut process).expect("it goes on");
    assert_eq!(seen, [entry("count/a", "1")], "a full restore would not have found it");
}

#[test]
fn a_changelog_that_lost_its_beginning_or_its_end_is_read_anew() {
    for (written, below) in [("its beginning", true), ("its end", false)] {
        let ring = Ring::new();
        let mut process = owner(&ring, 0);
        ring.write("count a");
        ring.turn(&mut process).expect("it goes on");
        ring.kill(process);
        match below {
            true => {
                for n in 0..9 {
                    ring.cluster.write(
                        STATE,
                        0,
                        omnichannel_whatsapp::runtime::Outgoing::new(STATE, "count/b", n.to_string()),
                    );
                }
                ring.cluster.expire(STATE, 0, 5);
            }
            false => ring.cluster.truncate(STATE, 0, 0),
        }
        let mut process = owner(&ring, 0);
        let expected = if below { vec![entry("count/b", "8")] } else { vec![] };
        assert_eq!(look(&ring, &mut process), expected, "{written}");
    }
}

#[test]
fn a_damaged_folder_costs_a_restore_and_nothing_else() {
    let ring = Ring::new();
    let mut process = owner(&ring, 0);
    ring.write("count a");
    ring.write("count a");
    ring.turn(&mut process).expect("it goes on");
    ring.kill(process);
    spoil(&ring.disk(0).join("tables"));
    let mut process = owner(&ring, 0);
    assert_eq!(look(&ring, &mut process), [entry("count/a", "2")]);
}

#[test]
fn a_folder_in_use_is_waited_for() {
    let ring = Ring::new();
    let holder = ring.process::<MemoryLog>(0);
    let mut holder = holder;
    ring.turn(&mut holder).expect("it goes on");
    let mut second = ring.process::<MemoryLog>(0);
    ring.turn(&mut holder).expect("it lets go");
    ring.write("count a");
    ring.turn(&mut second).expect("it waits");
    assert_eq!(ring.cluster.offset(GROUP, IN, 0), Some(0), "nothing is read without a store");
    drop(holder);
    ring.clock.advance(1_000);
    ring.turn(&mut second).expect("it goes on");
    assert_eq!(look(&ring, &mut second), [entry("count/a", "1")]);
}

#[test]
fn entries_expire_after_a_restart_as_they_would_have_before() {
    let ring = Ring::new();
    let mut process = owner(&ring, 0);
    for what in ["see a", "see b", "count c"] {
        ring.write(what);
    }
    ring.turn(&mut process).expect("it goes on");
    ring.clock.advance(TTL_MS / 2);
    ring.write("see b");
    ring.turn(&mut process).expect("it goes on");
    ring.kill(process);
    let mut process = owner(&ring, 0);
    ring.clock.advance(TTL_MS / 2);
    ring.turn(&mut process).expect("it goes on");
    ring.clock.advance(1_000);
    ring.turn(&mut process).expect("it goes on");
    let keys: Vec<String> = look(&ring, &mut process).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["count/c", "seen/b"]);
}

fn spoil(folder: &Path) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => spoil(&path),
            false => fs::write(&path, b"nonsense").expect("writable"),
        }
    }
}
