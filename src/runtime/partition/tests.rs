//! Random schedules of reads, faults, aborts, crashes and frozen processes against the production decision modules, and
//! planted bugs that these schedules must find. No Kafka, no clock, no task.

mod model;
mod process;
mod reach;
mod schedule;

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};

use self::{
    model::{Broken, Committed},
    process::{Process, subject},
    schedule::{Ends, Schedule, Step},
};
use super::Mutant;

/// The cluster, the process that owns the partition, and time.
struct World {
    log: Committed,
    process: Process,
    now_ms: i64,
    mutant: Option<Mutant>,
}

impl World {
    fn new(schedule: &Schedule, mutant: Option<Mutant>) -> Self {
        let mut log = Committed::new(schedule);
        let process = Process::start(&mut log, mutant);
        Self { log, process, now_ms: 1_000, mutant }
    }

    fn step(&mut self, step: Step) -> Result<(), Broken> {
        let Self { log, process, now_ms, mutant } = self;
        match step {
            Step::Read(count) => process.read(log, count),
            Step::Replay(written) => {
                log.write_replay(written);
                process.replay(log, *now_ms);
            }
            Step::Dispatch(permits) => process.dispatch(log, permits, *now_ms)?,
            Step::Finish { which, ends, note } => process.finish(log, which, ends, note, *now_ms),
            Step::Wake(key) => process.wake(key, *now_ms),
            Step::Summon(key) => process.summon(key, *now_ms),
            Step::Pause(one) => {
                log.paused.insert(subject(one));
            }
            Step::Resume(one) => {
                log.paused.remove(&subject(one));
            }
            Step::Tick(ms) => {
                *now_ms += i64::from(ms);
                process.lose_patience(*now_ms);
            }
            Step::Begin(limit) => process.begin(&log.frozen, limit.into()),
            Step::Commit => {
                process.commit(log)?;
            }
            Step::Abort => process.abort(),
            Step::Refuse => process.refuse(*now_ms),
            Step::Kill => *process = Process::start(log, *mutant),
            Step::Freeze => self.freeze()?,
            Step::Revoke => self.revoke()?,
        }
        reach::check(&self.process.partition)
    }

    fn freeze(&mut self) -> Result<(), Broken> {
        let next = Process::start(&mut self.log, self.mutant);
        let mut zombie = std::mem::replace(&mut self.process, next);
        zombie.begin(&self.log.frozen, usize::MAX);
        let wrote = zombie.partition.outbox.len() > zombie.partition.outbox.waiting();
        match zombie.commit(&mut self.log)? && wrote {
            true => Err("a zombie committed".to_owned()),
            false => Ok(()),
        }
    }

    fn revoke(&mut self) -> Result<(), Broken> {
        let Self { log, process, now_ms, .. } = self;
        while process.busy() {
            process.finish(log, 0, Ends::Done, false, *now_ms);
        }
        process.partition.settle();
        self.publish_all()?;
        self.log.check_kept(&self.process.done)?;
        self.process = Process::start(&mut self.log, self.mutant);
        Ok(())
    }

    fn publish_all(&mut self) -> Result<(), Broken> {
        self.process.commit(&mut self.log)?;
        self.process.begin(&self.log.frozen, usize::MAX);
        self.process.commit(&mut self.log)?;
        Ok(())
    }

    /// From now on everything works: all there is must end.
    fn finish_everything(&mut self) -> Result<(), Broken> {
        self.log.paused.clear();
        for _ in 0..300 {
            if self.log.finished() {
                return self.process.check_notes();
            }
            self.process.read(&self.log, u8::MAX);
            self.process.replay(&self.log, self.now_ms);
            self.process.dispatch(&self.log, u8::MAX, self.now_ms)?;
            while self.process.busy() {
                self.process.finish(&mut self.log, 0, Ends::Done, false, self.now_ms);
            }
            self.process.drained(&self.log);
            self.publish_all()?;
            reach::check(&self.process.partition)?;
            self.now_ms += 1_000;
        }
        Err("something never ends".to_owned())
    }
}

fn run(schedule: &Schedule, mutant: Option<Mutant>) -> Result<(), Broken> {
    let mut world = World::new(schedule, mutant);
    for (number, step) in schedule.steps.iter().enumerate() {
        world.step(*step).map_err(|broken| format!("step {number} ({step:?}): {broken}"))?;
    }
    world.finish_everything().map_err(|broken| format!("in the end: {broken}"))
}

/// The same schedules in every run; `PROPTEST_CASES` asks for more of them.
fn try_all(
    schedules: impl Strategy<Value = Schedule>,
    mutant: Option<Mutant>,
    config: Config,
) -> Result<(), TestError<Schedule>> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(Config { failure_persistence: None, ..config }, rng)
        .run(&schedules, |schedule| run(&schedule, mutant).map_err(TestCaseError::fail))
}

fn holds(schedules: impl Strategy<Value = Schedule>) {
    match try_all(schedules, None, Config::default()) {
        Ok(()) => {}
        Err(TestError::Fail(broken, schedule)) => panic!("{broken}\n{schedule:?}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

fn is_found(schedules: impl Strategy<Value = Schedule>, mutant: Mutant) {
    let config = Config { cases: 2_000, max_shrink_iters: 0, ..Config::default() };
    let found = matches!(try_all(schedules, Some(mutant), config), Err(TestError::Fail(..)));
    assert!(found, "{mutant:?} survived");
}

#[test]
fn lanes_and_parking_keep_every_promise() {
    holds(schedule::of_lanes());
}

#[test]
fn watermarks_with_gaps_and_parked_while_running_keep_every_promise() {
    holds(schedule::of_watermarks());
}

#[test]
fn publishing_on_finish_is_found() {
    is_found(schedule::of_lanes(), Mutant::PublishOnFinish);
}

#[test]
fn starting_before_the_restore_is_found() {
    is_found(schedule::of_lanes(), Mutant::StartBeforeRestore);
}

#[test]
fn restoring_without_order_is_found() {
    is_found(schedule::of_lanes(), Mutant::RestoreUnordered);
}

#[test]
fn dropping_units_on_abort_is_found() {
    is_found(schedule::of_lanes(), Mutant::DropUnitsOnAbort);
}

#[test]
fn a_tombstone_outside_its_transaction_is_found() {
    is_found(schedule::of_watermarks(), Mutant::TombstoneOutside);
}
