//! The pace of each business number in this process: who holds which token. Waits; how long is the bucket's decision.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    domain::pace::{Bucket, Slot, Turn},
    runtime::{Fault, FaultKind, ports::SharedClock},
};

/// A command waits this long for its token where it is; beyond that its lane is parked.
const PATIENCE_MS: u64 = 900;

/// How often the slots of commands that never came back are looked for.
const SWEEP_MS: u64 = 10_000;

pub(super) struct Pace {
    per_second: u32,
    numbers: Mutex<HashMap<String, Number>>,
}

/// One business number. A parked command holds its token here, so that it is woken once and not for every other that
/// goes before it.
struct Number {
    bucket: Bucket,
    /// By command id.
    booked: HashMap<String, Slot>,
    sweep_at_ms: u64,
}

impl Number {
    fn turn(&mut self, command_id: &str, now_ms: u64, left_ms: u64) -> Turn {
        self.sweep(now_ms);
        let booked = self.booked.remove(command_id);
        let turn = self.bucket.turn(now_ms, booked, PATIENCE_MS, left_ms);
        if let Turn::Later { slot, .. } = turn {
            self.booked.insert(command_id.to_owned(), slot);
        }
        turn
    }

    /// A command may be settled, or its partition be another worker's, before its slot comes.
    fn sweep(&mut self, now_ms: u64) {
        if now_ms >= self.sweep_at_ms {
            self.sweep_at_ms = now_ms.saturating_add(SWEEP_MS);
            let bucket = &self.bucket;
            self.booked.retain(|_, slot| bucket.stands(*slot, now_ms));
        }
    }
}

impl Pace {
    pub(super) fn new(per_second: u32) -> Self {
        Self { per_second, numbers: Mutex::default() }
    }

    /// Returns when the number may send this command, which has `left_ms` until it expires.
    ///
    /// # Errors
    /// Throttled, when that is not soon.
    pub(super) async fn turn(
        &self,
        phone_number_id: &str,
        command_id: &str,
        left_ms: Option<u64>,
        clock: &SharedClock,
    ) -> Result<(), Fault> {
        let left_ms = left_ms.unwrap_or(u64::MAX);
        let turn = self.with(phone_number_id, |number| number.turn(command_id, clock.boot_ms(), left_ms));
        match turn {
            Turn::In { wait_ms: 0 } => Ok(()),
            Turn::In { wait_ms } => {
                tokio::time::sleep(Duration::from_millis(wait_ms)).await;
                Ok(())
            }
            Turn::Later { wait_ms, .. } => Err(later(wait_ms)),
            Turn::TooLate => Err(later(left_ms)),
        }
    }

    /// Meta refused a message of this number as one too many.
    pub(super) fn slow_down(&self, phone_number_id: &str, wait_ms: u64, clock: &SharedClock) {
        self.with(phone_number_id, |number| number.bucket.pause(clock.boot_ms(), wait_ms));
    }

    fn with<T>(&self, phone_number_id: &str, change: impl FnOnce(&mut Number) -> T) -> T {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Number { bucket: Bucket::new(self.per_second), booked: HashMap::new(), sweep_at_ms: 0 };
        change(numbers.entry(phone_number_id.to_owned()).or_insert_with(new))
    }
}

fn later(wait_ms: u64) -> Fault {
    Fault::new(FaultKind::Throttled(Duration::from_millis(wait_ms)), "number_pace")
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    };

    use super::*;
    use crate::runtime::ports::Clock;

    #[derive(Default)]
    struct Told(AtomicU64);

    impl Clock for Told {
        fn unix_ms(&self) -> i64 {
            0
        }

        fn boot_ms(&self) -> u64 {
            self.0.load(SeqCst)
        }
    }

    struct Line {
        pace: Pace,
        clock: Arc<Told>,
    }

    impl Line {
        fn new(per_second: u32) -> Self {
            Self { pace: Pace::new(per_second), clock: Arc::default() }
        }

        /// What command `n` is told at this moment: how long to stay away, or nothing.
        async fn turn(&self, n: usize, at_ms: u64) -> Option<u64> {
            self.clock.0.store(at_ms, SeqCst);
            let clock: SharedClock = self.clock.clone();
            let fault = self.pace.turn("2", &format!("c{n}"), None, &clock).await.err()?;
            match fault.kind {
                FaultKind::Throttled(wait) => Some(u64::try_from(wait.as_millis()).unwrap()),
                other => panic!("{other:?}"),
            }
        }

        fn booked(&self) -> usize {
            self.pace.with("2", |number| number.booked.len())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_backlog_of_a_thousand_needs_two_turns_each_and_no_two_at_once() {
        let line = Line::new(80);
        let mut dues = Vec::new();
        for n in 0..1_000 {
            dues.extend(line.turn(n, 0).await.map(|wait_ms| (n, wait_ms)));
        }
        assert!(dues.windows(2).all(|pair| pair[0].1 < pair[1].1), "{dues:?}");
        assert_eq!(line.booked(), dues.len());
        for (n, due_ms) in dues {
            assert_eq!(line.turn(n, due_ms).await, None, "command {n}");
        }
        assert_eq!(line.booked(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_that_is_woken_early_is_told_what_is_left_of_its_wait() {
        let line = Line::new(1);
        line.turn(0, 0).await;
        assert_eq!((line.turn(1, 0).await, line.turn(2, 0).await), (Some(1_000), Some(2_000)));
        assert_eq!((line.turn(2, 400).await, line.turn(2, 800).await), (Some(1_600), Some(1_200)));
        assert_eq!(line.turn(3, 800).await, Some(2_200), "nobody took a second token");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_booked_before_a_pause_is_booked_anew_after_it() {
        let line = Line::new(1);
        line.turn(0, 0).await;
        assert_eq!((line.turn(1, 0).await, line.turn(2, 0).await), (Some(1_000), Some(2_000)));
        let clock: SharedClock = line.clock.clone();
        line.pace.slow_down("2", 60_000, &clock);
        assert_eq!((line.turn(1, 1_000).await, line.turn(2, 2_000).await), (Some(59_000), Some(59_000)));
        assert_eq!(line.turn(1, 60_000).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn slots_nobody_came_for_are_forgotten() {
        let line = Line::new(1);
        for n in 0..5 {
            line.turn(n, 0).await;
        }
        assert_eq!(line.booked(), 4);
        line.turn(9, 15_000).await;
        assert_eq!(line.booked(), 0);
    }
}
