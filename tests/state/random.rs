//! Random lives of a partition's store: what a handler sees is what the whole changelog says, and each input counts once.
//! A log that lets the store run ahead of the commit must fail.

use std::collections::BTreeMap;

use omnichannel_whatsapp::runtime::{
    Record,
    log::{At, Deliveries, Event, Log, LogError, Nature, Produce, ProduceError},
    memory::{Failure, MemoryLog, TOMBSTONES_KEPT_MS},
    worker::Ended,
};
use proptest::{
    prelude::*,
    test_runner::{Config, FileFailurePersistence, TestError, TestRunner},
};

use super::{
    ring::{Made, Mishap, Process, Ring, STATE},
    stage::KEYS,
};

#[derive(Debug, Clone)]
enum Act {
    Count(usize),
    Drop(usize),
    See(usize),
    Turn,
    Step(usize),
    /// The next commit is aborted.
    Abort,
    /// The next commit happens and its answer is lost.
    Unanswered,
    Mishap(Mishap),
    Kill,
    /// The partition goes to the other machine.
    Move,
    Later(i64),
    /// Nobody owns it for longer than tombstones are kept, and the changelog is compacted.
    LongAway,
    Look,
}

fn act() -> impl Strategy<Value = Act> {
    let key = 0..KEYS.len();
    prop_oneof![
        8 => key.clone().prop_map(Act::Count),
        3 => key.clone().prop_map(Act::Drop),
        3 => key.prop_map(Act::See),
        4 => Just(Act::Turn),
        3 => (1..6_usize).prop_map(Act::Step),
        1 => Just(Act::Abort),
        1 => Just(Act::Unanswered),
        2 => prop_oneof![Just(Act::Mishap(Mishap::Before)), Just(Act::Mishap(Mishap::After))],
        2 => Just(Act::Kill),
        2 => Just(Act::Move),
        1 => (1..12_000_i64).prop_map(Act::Later),
        1 => Just(Act::LongAway),
        2 => Just(Act::Look),
    ]
}

/// One partition's life. Counts are known without the changelog.
struct Life<L: Log> {
    ring: Ring,
    process: Option<Process<L>>,
    counts: BTreeMap<&'static str, u64>,
}

impl<L: Made> Life<L> {
    fn begin() -> Self {
        let ring = Ring::new();
        let process = Some(ring.process(0));
        Self { ring, process, counts: BTreeMap::new() }
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Count(key) => {
                *self.counts.entry(KEYS[*key]).or_default() += 1;
                self.ring.write(&format!("count {}", KEYS[*key]));
            }
            Act::Drop(key) => {
                self.counts.remove(KEYS[*key]);
                self.ring.write(&format!("drop {}", KEYS[*key]));
            }
            Act::See(key) => self.ring.write(&format!("see {}", KEYS[*key])),
            Act::Turn => self.run(|ring, process| ring.turn(process)),
            Act::Step(steps) => self.run(|ring, process| ring.step(process, *steps)),
            Act::Abort => {
                self.ring.cluster.inject(Failure::Commit(LogError::Abortable("aborted".to_owned())));
            }
            Act::Unanswered => {
                self.ring.cluster.inject(Failure::CommitAnswer(LogError::Rebuild("cut".to_owned())));
            }
            Act::Mishap(mishap) => self.ring.mishap(*mishap),
            Act::Kill => self.restart(|machine| machine),
            Act::Move => self.restart(|machine| 1 - machine),
            Act::Later(ms) => self.ring.clock.advance(*ms),
            Act::LongAway => {
                if let Some(process) = self.process.take() {
                    let machine = process.machine;
                    self.ring.kill(process);
                    self.ring.clock.advance(TOMBSTONES_KEPT_MS);
                    self.ring.cluster.compact(STATE);
                    self.process = Some(self.ring.process(machine));
                }
            }
            Act::Look => {}
        }
    }

    fn restart(&mut self, to: impl Fn(usize) -> usize) {
        if let Some(process) = self.process.take() {
            let machine = process.machine;
            self.ring.kill(process);
            self.process = Some(self.ring.process(to(machine)));
        }
    }

    /// A worker that ends is followed by another one.
    fn run(&mut self, turn: impl Fn(&Ring, &mut Process<L>) -> Result<(), Ended>) {
        let Some(process) = &mut self.process else { return };
        if turn(&self.ring, process).is_err() {
            self.restart(|machine| machine);
        }
    }

    /// With nothing more going wrong.
    fn look(&mut self) -> Result<(), TestCaseError> {
        self.ring.no_mishap();
        for _ in 0..10 {
            let Some(process) = &mut self.process else { break };
            let Ok((seen, changelog)) = self.ring.look(process) else {
                self.restart(|machine| machine);
                continue;
            };
            prop_assert_eq!(&seen, &changelog);
            let counts = self.counts.iter().map(|(key, count)| (format!("count/{key}"), count.to_string()));
            let seen_counts = seen.into_iter().filter(|(key, _)| key.starts_with("count/"));
            prop_assert_eq!(seen_counts.collect::<Vec<_>>(), counts.collect::<Vec<_>>());
            return Ok(());
        }
        Err(TestCaseError::fail("the worker never stays"))
    }
}

fn live<L: Made>(acts: &[Act]) -> Result<(), TestCaseError> {
    let mut life = Life::<L>::begin();
    for act in acts {
        life.act(act);
        if matches!(act, Act::Look) {
            life.look()?;
        }
    }
    life.look()?;
    life.restart(|machine| machine);
    life.look()
}

fn lives<L: Made>(cases: u32) -> Result<(), TestError<Vec<Act>>> {
    let config = Config {
        cases,
        max_shrink_iters: 200,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    };
    TestRunner::new(config).run(&prop::collection::vec(act(), 1..60), |acts| live::<L>(&acts))
}

/// What the database gave back of a partition that had been emptied before, found once by the lives below.
#[test]
fn what_lies_in_a_store_that_is_too_old_does_not_come_back() {
    use Act::{Count, Drop, LongAway, Look, Turn};
    let acts = [Count(1), Look, Act::Mishap(Mishap::Before), LongAway, Turn, Look, LongAway, Drop(1), Turn, LongAway];
    live::<MemoryLog>(&acts).expect("what the changelog says");
}

#[test]
fn a_store_is_never_anything_but_what_the_changelog_says() {
    if let Err(found) = lives::<MemoryLog>(Config::default().cases) {
        panic!("{found}");
    }
}

#[test]
fn a_store_that_runs_ahead_of_the_commit_is_found() {
    let found = lives::<Early>(300).expect_err("a mutant").to_string();
    assert!(found.contains("left") && found.contains("right"), "not for another reason: {found}");
}

/// Says that a transaction is committed, and commits it when it is asked for something else. A crash in between leaves a store
/// that is ahead of its changelog.
struct Early {
    log: MemoryLog,
    owed: bool,
}

impl Made for Early {
    fn of(log: MemoryLog) -> Self {
        Self { log, owed: false }
    }
}

impl Early {
    fn pay(&mut self) -> Result<(), LogError> {
        if std::mem::take(&mut self.owed) { self.log.commit() } else { Ok(()) }
    }
}

impl Log for Early {
    fn commit(&mut self) -> Result<(), LogError> {
        self.owed = true;
        Ok(())
    }
    fn poll(&mut self, max: usize, events: &mut Vec<Event>) -> Result<(), LogError> {
        self.pay()?;
        self.log.poll(max, events)
    }
    fn poll_followed(&mut self, max: usize, records: &mut Vec<Record>) -> Result<(), LogError> {
        self.log.poll_followed(max, records)
    }
    fn partitions(&mut self, topic: &str) -> Result<Option<i32>, LogError> {
        self.log.partitions(topic)
    }
    fn committed(&mut self, of: &[(std::sync::Arc<str>, i32)]) -> Result<Vec<Option<i64>>, LogError> {
        self.log.committed(of)
    }
    fn bounds(&mut self, topic: &str, partition: i32) -> Result<(i64, i64), LogError> {
        self.log.bounds(topic, partition)
    }
    fn nature(&mut self, topic: &str) -> Result<Nature, LogError> {
        self.log.nature(topic)
    }
    fn assign(&mut self, at: &[(i32, i64)]) -> Result<(), LogError> {
        self.log.assign(at)
    }
    fn unassign(&mut self, partitions: &[i32]) {
        self.log.unassign(partitions);
    }
    fn pause(&mut self, partitions: &[i32]) {
        self.log.pause(partitions);
    }
    fn resume(&mut self, partitions: &[i32]) {
        self.log.resume(partitions);
    }
    fn follow(&mut self, at: &[At]) -> Result<(), LogError> {
        self.log.follow(at)
    }
    fn unfollow(&mut self, of: &[(std::sync::Arc<str>, i32)]) {
        self.log.unfollow(of);
    }
    fn position(&mut self, topic: &str, partition: i32) -> Option<i64> {
        self.log.position(topic, partition)
    }
    fn input_position(&mut self, partition: i32) -> Option<i64> {
        self.log.input_position(partition)
    }
    fn begin(&mut self) -> Result<(), LogError> {
        self.pay()?;
        self.log.begin()
    }
    fn produce(&mut self, record: Produce<'_>) -> Result<(), ProduceError> {
        self.log.produce(record)
    }
    fn deliveries(&mut self) -> Deliveries {
        self.log.deliveries()
    }
    fn written(&mut self, topic: &str, partition: i32) -> Option<i64> {
        self.log.written(topic, partition)
    }
    fn send_offsets(&mut self, at: &[At]) -> Result<(), LogError> {
        self.log.send_offsets(at)
    }
    fn abort(&mut self) -> Result<(), LogError> {
        self.log.abort()
    }
    fn close(self, patience_ms: u64) {
        self.log.close(patience_ms);
    }
}
