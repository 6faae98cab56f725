//! What operators and the trip wire say: who rests, who is held, who is cancelled, and that nothing is lost by it.

use std::time::Duration;

use super::{
    ring::{GROUP, Ring},
    toy::{Act, REPLAY, SIDE},
};
use crate::runtime::{
    controls::{Controls, Halt, Table},
    ports::Clock,
    topics::CONTROL,
    trip_wire::Plan,
};

const ACCOUNT: &str = "account/main";
const PAUSE: &str = "pause/account/main";

#[test]
fn a_paused_stage_starts_nothing_and_goes_on_where_it_was() {
    for pause in ["pause/stage/toy", "pause/all"] {
        let ring = Ring::new();
        let mut p = ring.owner();
        p.toy.plan("a1", &[&[Act::Transient]]);
        p.toy.plan("b1", &[&[Act::Hold]]);
        ring.write("a", "a1");
        ring.write("b", "b1");
        ring.turn(&mut p);
        p.toy.calls();
        ring.say(pause);
        ring.turn(&mut p);
        for (key, value) in [("a", "a2"), ("c", "c1")] {
            ring.write(key, value);
        }
        ring.write_to(SIDE, "a", "settle a1");
        ring.write_to(REPLAY, "d", "d1");
        p.toy.let_go("b1");
        // past the retry's due time
        ring.later(&mut p, 20_000);
        assert_eq!((p.toy.calls(), ring.out()), (vec![], vec!["b1".to_owned()]), "what runs ends and is published");
        assert_eq!(p.report().halt.map(|halt| halt.name()), Some("paused"));
        assert!(p.report().ready, "its partitions stay its own");
        ring.take_back(pause);
        ring.later(&mut p, 100);
        assert_eq!(ring.out(), ["a1", "a2", "b1", "c1", "d1"], "{pause}");
        assert_eq!((p.report().halt, ring.offset(), ring.parked()), (None, Some(4), vec![]));
    }
}

#[test]
fn another_stages_pause_is_none_of_its_business() {
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.say("pause/stage/other");
    ring.write("a", "a1");
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["a1"]);
}

#[test]
fn before_operators_words_are_known_nothing_starts() {
    let mut ring = Ring::new();
    ring.controls = Controls::unread();
    let mut p = ring.owner();
    ring.write("a", "a1");
    ring.later(&mut p, 1_000);
    assert_eq!((p.toy.calls(), p.report().ready), (vec![], false));
    assert_eq!(p.report().halt, Some(Halt::Unread(None)));
    let mut table = Table::default();
    table.apply("pause/stage/toy", Some(b"{}"));
    ring.controls.replace(table);
    ring.turn(&mut p);
    assert_eq!((p.toy.calls(), p.report().ready), (vec![], true), "known, and paused");
    ring.controls.replace(Table::default());
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["a1"]);
}

#[test]
fn a_paused_stage_leaves_in_peace_and_its_successor_goes_on() {
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.say("pause/all");
    ring.turn(&mut p);
    ring.write("a", "a1");
    ring.turn(&mut p);
    p.shutdown.cancel();
    ring.end_of(&mut p);
    ring.kill(p);
    let mut p = ring.owner();
    ring.turn(&mut p);
    assert_eq!(p.toy.calls(), [""; 0]);
    ring.take_back("pause/all");
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["a1"]);
}

#[test]
fn what_is_held_waits_in_order_across_a_restart_and_others_flow() {
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.say(PAUSE);
    p.toy.plan("a1", &[&[Act::Paused(ACCOUNT)]]);
    for (key, value) in [("a", "a1"), ("a", "a2"), ("b", "b1")] {
        ring.write(key, value);
    }
    ring.later(&mut p, 60_000);
    assert_eq!(
        (ring.out(), ring.parked(), ring.offset()),
        (vec!["b1".into()], vec!["a1".into(), "a2".into()], Some(3))
    );
    assert_eq!(p.report().waiting_for, ["pause of account/main"]);
    assert_eq!(p.toy.calls(), ["handle a1", "handle b1"], "no probe asks an operator");
    ring.kill(p);

    let mut p = ring.process::<false>("t-1");
    ring.cluster.rebalance(GROUP, p.member, &[0]);
    ring.later(&mut p, 60_000);
    assert_eq!((p.toy.calls(), p.report().waiting_for), (vec![], vec!["pause of account/main".to_owned()]));
    ring.take_back(PAUSE);
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["a1", "a2", "b1"]);
    assert_eq!((p.report().waiting_for, ring.parked()), (vec![], vec![]));
}

#[test]
fn a_restart_asks_nobody_who_is_held_before_it_knows_what_is_paused() {
    let mut ring = Ring::new();
    let mut p = ring.owner();
    ring.say(PAUSE);
    p.toy.plan("a1", &[&[Act::Paused(ACCOUNT)]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    ring.kill(p);

    ring.controls = Controls::unread();
    let mut p = ring.owner();
    let mut table = Table::default();
    table.apply(PAUSE, Some(b"{}"));
    ring.controls.replace(table);
    ring.turn(&mut p);
    assert_eq!((p.toy.calls(), p.report().waiting_for), (vec![], vec!["pause of account/main".to_owned()]));
    ring.take_back(PAUSE);
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["a1"]);
}

#[test]
fn a_pause_that_ended_while_nobody_was_there_holds_nobody() {
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.say(PAUSE);
    p.toy.plan("a1", &[&[Act::Paused(ACCOUNT)]]);
    ring.write("a", "a1");
    ring.turn(&mut p);
    ring.kill(p);
    ring.take_back(PAUSE);
    let mut p = ring.owner();
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["a1"]);
}

/// The handler saw the pause, and by the time it ends there is none.
#[test]
fn a_pause_that_ended_while_the_handler_ran_holds_nobody() {
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.say(PAUSE);
    ring.turn(&mut p);
    p.toy.plan("a1", &[&[Act::Paused(ACCOUNT)]]);
    p.toy.plan("b1", &[&[Act::Hold, Act::Paused(ACCOUNT)]]);
    ring.write("a", "a1");
    ring.write("b", "b1");
    ring.turn(&mut p);
    p.toy.let_go("b1");
    // its task ends before the worker turns again
    ring.run_tasks();
    ring.take_back(PAUSE);
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["a1", "b1"]);
}

#[test]
fn a_held_record_and_a_gated_one_end_when_their_time_is_up() {
    let until = 1_030_000;
    for (act, word) in [(Act::PausedUntil(ACCOUNT, until), "hold"), (Act::LockedUntil("main", until), "gate")] {
        for restart in [false, true] {
            let ring = Ring::new();
            let mut p = ring.owner();
            ring.say(PAUSE);
            // whoever probes the account finds it locked
            let plan = vec![std::slice::from_ref(&act); 60];
            p.toy.plan("a1", &plan);
            p.toy.plan("b1", &[&[Act::Locked("main")][..]; 60]);
            for (key, value) in [("b", "b1"), ("a", "a1"), ("a", "a2")] {
                ring.write(key, value);
            }
            ring.later(&mut p, 10_000);
            if restart {
                ring.kill(p);
                p = ring.process("t-1");
                p.toy.plan("a1", &plan);
                p.toy.plan("b1", &[&[Act::Locked("main")][..]; 60]);
                ring.cluster.rebalance(GROUP, p.member, &[0]);
            }
            ring.later(&mut p, until - 200 - ring.clock.unix_ms());
            assert!(!ring.out().contains(&"late a1".to_owned()), "{word}: too early");
            ring.later(&mut p, 300);
            assert_eq!(ring.out(), ["a2", "late a1"], "{word}, restarted: {restart}");
        }
    }
}

#[test]
fn a_cancelled_head_is_called_from_wherever_it_waits_and_followers_in_their_turn() {
    for wait in [Act::Locked("main"), Act::Paused(ACCOUNT), Act::Unknown(600_000), Act::Throttled(600_000)] {
        let ring = Ring::new();
        let mut p = ring.owner();
        ring.say(PAUSE);
        let run = [Act::Cancellable, wait.clone()];
        p.toy.plan("a1", &[&run[..]; 9]);
        p.toy.plan("a2", &[&[Act::Cancellable]]);
        for value in ["a1", "a2", "a3"] {
            ring.write_cancellable("a", value);
        }
        ring.turn(&mut p);
        ring.say("cancel/a2");
        ring.turn(&mut p);
        assert_eq!(ring.out(), [""; 0], "not its turn");
        ring.say("cancel/a1");
        ring.turn(&mut p);
        assert_eq!(ring.out(), ["a3", "cancelled a1", "cancelled a2"], "{wait:?}");
        assert_eq!((ring.parked(), p.report().parked), (vec![], 0));
    }
}

#[test]
fn what_was_cancelled_while_nobody_was_there_is_called_when_somebody_is() {
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.say(PAUSE);
    p.toy.plan("a1", &[&[Act::Cancellable, Act::Paused(ACCOUNT)]]);
    ring.write_cancellable("a", "a1");
    ring.turn(&mut p);
    ring.kill(p);
    ring.say("cancel/a1");
    let mut p = ring.process::<false>("t-1");
    p.toy.plan("a1", &[&[Act::Cancellable, Act::Paused(ACCOUNT)]]);
    ring.cluster.rebalance(GROUP, p.member, &[0]);
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["cancelled a1"]);
}

#[test]
fn what_is_cancelled_while_its_handler_runs_is_asked_once_more() {
    let ring = Ring::new();
    let mut p = ring.owner();
    ring.say(PAUSE);
    p.toy.plan("a1", &[&[Act::Cancellable, Act::Hold, Act::Paused(ACCOUNT)], &[Act::Cancellable]]);
    ring.write_cancellable("a", "a1");
    ring.turn(&mut p);
    ring.say("cancel/a1");
    ring.turn(&mut p);
    p.toy.let_go("a1");
    ring.turn(&mut p);
    assert_eq!(ring.out(), ["cancelled a1"]);
}

fn wired() -> Ring {
    let mut ring = Ring::new();
    ring.settings.trip_wire = Plan { dead_letters: 5, share: 0.5, window: Duration::from_secs(60) };
    ring
}

/// As the topic's reader does it in each process.
fn hear(ring: &Ring) -> Controls {
    let controls = Controls::default();
    for record in ring.cluster.read(CONTROL) {
        assert!(controls.apply(record.key_str().expect("a key"), record.value.as_deref()));
    }
    controls
}

#[test]
fn a_stage_that_dead_letters_a_healthy_topic_stops_everywhere_and_loses_nothing() {
    let mut ring = wired();
    ring.settings.concurrency = 2;
    let mut p = ring.owner();
    for n in 0..20 {
        p.toy.plan(&format!("{n}"), &[&[Act::Poison]]);
        ring.write(&format!("{n}"), &format!("{n}"));
    }
    ring.turn(&mut p);
    let dead = ring.dead().len();
    assert!((5..8).contains(&dead), "stopped after {dead}");
    let halt = p.report().halt.expect("it rests").to_string();
    assert!(halt.starts_with("tripped by trip wire") && halt.contains("records in 60 s became dead letters"), "{halt}");
    ring.kill(p);

    // the next process is a good one, and knows of it by the topic alone
    ring.controls = hear(&ring);
    let mut p = ring.owner();
    ring.later(&mut p, 120_000);
    assert_eq!((p.toy.calls(), p.report().halt.map(|halt| halt.name())), (vec![], Some("tripped")));
    ring.take_back("trip/toy");
    ring.turn(&mut p);
    let done = ring.out().iter().filter(|value| !value.starts_with("ended")).count();
    assert_eq!((ring.dead().len(), done), (dead, 20 - dead));
}

#[test]
fn a_few_bad_records_among_good_ones_and_replays_of_bad_ones_stop_nobody() {
    let ring = wired();
    let mut p = ring.owner();
    for n in 0..20 {
        let value = format!("{n}");
        p.toy.plan(&value, if n % 4 == 0 { &[&[Act::Poison]] } else { &[] });
        ring.write(&value, &value);
    }
    for n in 0..10 {
        let value = format!("again-{n}");
        p.toy.plan(&value, &[&[Act::Poison]]);
        ring.write_to(REPLAY, &value, &value);
    }
    ring.turn(&mut p);
    assert_eq!((ring.dead().len(), p.report().halt), (15, None));
    assert!(ring.values(CONTROL).is_empty());
}

#[test]
fn after_it_was_resumed_the_wire_counts_anew() {
    let ring = wired();
    let mut p = ring.owner();
    let poison = |from: usize, to: usize| {
        for n in from..to {
            p.toy.plan(&format!("{n}"), &[&[Act::Poison]]);
            ring.write(&format!("{n}"), &format!("{n}"));
        }
    };
    poison(0, 5);
    poison(5, 9);
    ring.turn(&mut p);
    assert_eq!(p.report().halt.map(|halt| halt.name()), Some("tripped"));
    ring.take_back("trip/toy");
    ring.turn(&mut p);
    assert_eq!((ring.dead().len(), p.report().halt), (9, None), "four are not five");
}

#[test]
fn without_its_topic_the_word_cannot_be_given_and_the_stage_stops_for_a_person() {
    let ring = wired();
    let mut p = ring.owner();
    ring.cluster.remove(CONTROL);
    for n in 0..5 {
        p.toy.plan(&format!("{n}"), &[&[Act::Poison]]);
        ring.write(&format!("{n}"), &format!("{n}"));
    }
    let ended = ring.end_of(&mut p);
    assert!(ended.to_string().contains(CONTROL), "{ended}");
}
