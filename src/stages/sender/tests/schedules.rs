//! The promise itself: whatever crashes, freezes, gets lost or comes late, Meta takes a command once, or not at all where
//! every one of the attempts there may be was lost. Each assumption left out makes it twice somewhere, or the property
//! would prove nothing.

use std::sync::Arc;

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
};

use super::sea::{Event, Fate, Mutant, Sea};
use crate::domain::{ledger::MOST_DOUBTS, status::UNKNOWN};

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![Just(Fate::Heard), Just(Fate::Unheard), Just(Fate::Overtaken), Just(Fate::Lost), Just(Fate::Refused)]
}

fn calm() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (fate(), any::<bool>()).prop_map(|(fate, crash)| Event::Handle { fate, crash }),
        3 => prop_oneof![Just(100_i64), Just(1_500), Just(6_000), Just(9_000)].prop_map(|ms| Event::Pass { ms }),
        2 => prop_oneof![Just(1), Just(9)].prop_map(|records| Event::Ingress { records }),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => calm(),
        1 => (fate(), vec(calm(), 1..8)).prop_map(|(fate, meanwhile)| Event::Freeze { fate, meanwhile }),
    ]
}

/// How often Meta takes the command under a schedule and what its producer hears, everything having come to rest.
fn taken(mutant: Mutant, events: Vec<Event>) -> (u64, Option<(String, u32)>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("one");
    runtime.block_on(async {
        let sea: Arc<Sea> = Sea::new(mutant);
        sea.clone().run(events).await;
        sea.settle().await;
        (sea.taken(), sea.settled())
    })
}

const TWICE: &str = "sent twice";

fn once(mutant: Mutant, runner: &mut TestRunner) -> Result<(), TestError<Vec<Event>>> {
    runner.run(&vec(event(), 1..14), |events| {
        let (taken, settled) = taken(mutant, events);
        prop_assert!(taken < 2, "{TWICE}");
        match settled {
            Some((word, attempts)) if word == UNKNOWN => {
                prop_assert!(attempts >= MOST_DOUBTS, "given up after {}", attempts);
                prop_assert_eq!(taken, 0, "a sign would have come");
            }
            Some(_) => prop_assert_eq!(taken, 1),
            None => prop_assert!(false, "an outcome is owed"),
        }
        Ok(())
    })
}

#[test]
fn a_command_is_taken_once_whatever_happens() {
    // 256, or PROPTEST_CASES
    let config = Config { failure_persistence: None, ..Config::default() };
    if let Err(broken) = once(Mutant::None, &mut TestRunner::new(config)) {
        panic!("{broken}");
    }
}

#[test]
fn each_assumption_left_out_is_noticed() {
    for mutant in [
        Mutant::UnfencedIntent,
        Mutant::ReceiptsIgnored,
        Mutant::ReceiptsOfCallsIgnored,
        Mutant::NoWait,
        Mutant::NoValidityLimit,
        Mutant::NoProbes,
    ] {
        // the same schedules in every run
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let config = Config { cases: 10_000, max_shrink_iters: 0, failure_persistence: None, ..Config::default() };
        match once(mutant, &mut TestRunner::new_with_rng(config, rng)) {
            Err(TestError::Fail(reason, _)) if reason.message().starts_with(TWICE) => {}
            Err(other) => panic!("{mutant:?} was noticed, but not for what it does: {other}"),
            Ok(()) => panic!("{mutant:?} went unnoticed"),
        }
    }
}

#[test]
fn a_command_whose_every_request_is_lost_is_given_up_untaken() {
    let lost = || Event::Handle { fate: Fate::Lost, crash: false };
    let round = || [lost(), Event::Pass { ms: 9_000 }, lost(), Event::Ingress { records: 9 }];
    let events = (0..3).flat_map(|_| round()).collect();
    assert_eq!(taken(Mutant::None, events), (0, Some((UNKNOWN.to_owned(), 3))));
}
