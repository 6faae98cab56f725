//! What happens when, from a seed. It must not look at what has become of it: the same seed gives the same schedule.

use std::time::Duration;

use omnichannel_whatsapp::runtime::crash::Point;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use crate::support::proxy::{Mode, Way};

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Act {
    Kill { worker: usize },
    Freeze { worker: usize, lasts: Duration },
    Disturb { target: Target, mode: Mode, lasts: Duration },
}

/// What workers talk to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Kafka,
    Registry,
    Graph,
    Objects,
}

/// Endless; in order of time.
pub struct Schedule {
    dice: StdRng,
    workers: usize,
    next: (Duration, Act),
}

/// Between two acts, on average.
const GAP_MS: u64 = 2_000;
/// Those that a transaction of any stage comes past.
const STAGES: [&str; 6] = ["sender", "ingress", "router-json", "router-inbound", "status", "media"];

impl Schedule {
    pub fn new(seed: u64, workers: usize) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let next = (gap(&mut dice), act(&mut dice, workers));
        Self { dice, workers, next }
    }

    /// Everything that has become due.
    pub fn due(&mut self, elapsed: Duration) -> Vec<Act> {
        let mut due = Vec::new();
        while self.next.0 <= elapsed {
            due.push(self.next.1);
            self.next = (self.next.0 + gap(&mut self.dice), act(&mut self.dice, self.workers));
        }
        due
    }
}

/// Where a worker dies by itself in its n-th life, as `OMNICHANNEL_CRASH_AT` has it; two of three lives have such an end.
pub fn end(seed: u64, worker: usize, life: usize) -> Option<String> {
    let number = |n: usize| u64::try_from(n).expect("it is small");
    let mut dice = StdRng::seed_from_u64(seed ^ (number(worker) << 48) ^ (number(life) << 16));
    let point = *Point::ALL.choose(&mut dice).expect("there are points");
    let stage = match point {
        Point::BeforeIntent | Point::AfterIntent | Point::BeforeCall | Point::DuringCall | Point::AfterAnswer => {
            "sender"
        }
        Point::BeforeProduce
        | Point::AfterProduce
        | Point::BeforeOffsets
        | Point::BeforeCommit
        | Point::AfterCommit => STAGES.choose(&mut dice).expect("there are stages"),
    };
    dice.random_bool(2.0 / 3.0).then(|| format!("{}:{}:{stage}", point.name(), dice.random_range(1..=12)))
}

fn gap(dice: &mut StdRng) -> Duration {
    Duration::from_millis(dice.random_range(GAP_MS / 4..GAP_MS * 7 / 4))
}

fn act(dice: &mut StdRng, workers: usize) -> Act {
    let worker = dice.random_range(0..workers);
    match dice.random_range(0..10) {
        0..4 => Act::Kill { worker },
        4 => Act::Freeze { worker, lasts: between(dice, 300, 2_000) },
        // longer than its session
        5 => Act::Freeze { worker, lasts: between(dice, 4_000, 6_000) },
        _ => disturbance(dice),
    }
}

fn disturbance(dice: &mut StdRng) -> Act {
    let target = *[Target::Kafka, Target::Registry, Target::Graph, Target::Objects].choose(dice).expect("four");
    let delay = Mode::Delay { least: Duration::from_millis(5), jitter: Duration::from_millis(100) };
    let modes: &[Mode] = match target {
        Target::Kafka => &[Mode::Cut, Mode::HalfOpen, Mode::Mute(Way::Answers), delay],
        Target::Registry => &[Mode::Cut, Mode::HalfOpen, Mode::Slow { bytes_per_s: 500 }, delay],
        Target::Graph => &[Mode::Cut, Mode::HalfOpen, Mode::Mute(Way::Answers), Mode::Mute(Way::Requests), delay],
        Target::Objects => &[Mode::Cut, Mode::HalfOpen, Mode::Slow { bytes_per_s: 500 }, delay],
    };
    Act::Disturb { target, mode: *modes.choose(dice).expect("some"), lasts: between(dice, 500, 4_000) }
}

fn between(dice: &mut StdRng, least_ms: u64, most_ms: u64) -> Duration {
    Duration::from_millis(dice.random_range(least_ms..=most_ms))
}

#[test]
fn a_seed_gives_one_schedule_and_another_seed_another() {
    let hour = Duration::from_secs(3_600);
    let of = |seed| Schedule::new(seed, 3).due(hour);
    let ends = |seed| (0..100).map(|life| end(seed, 1, life)).collect::<Vec<_>>();
    assert_eq!((of(1), ends(1)), (of(1), ends(1)));
    assert!(of(1) != of(2) && ends(1) != ends(2));
    assert!((1_500..2_100).contains(&of(1).len()), "one act in two seconds");
}
