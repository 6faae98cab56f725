//! What may happen to a partition, as data: proptest draws schedules of it and shrinks them to what a person can read.

use std::fmt;

use proptest::{collection::vec, prelude::*};

/// A record somebody wrote to the input; `None` in a schedule's input is an offset that never arrives.
#[derive(Clone, Copy)]
pub struct Written {
    /// `None` is a record without key.
    pub key: Option<u8>,
    pub unordered: bool,
}

/// How a handler's run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    Done,
    Nothing,
    Transient {
        scoped: bool,
        served: bool,
    },
    Throttled(u8),
    Dependency(bool),
    Account(bool),
    /// Held by an operator, and to be looked at again so much later at the latest.
    Hold(bool, Option<u8>),
    Unknown(u8),
    Rejected,
    Poison,
}

#[derive(Debug, Clone, Copy)]
pub enum Step {
    Read(u8),
    /// Somebody writes this record to the replay topic, and it is read.
    Replay(Written),
    Dispatch(u8),
    /// The n-th running handler ends; `note`: it says something besides.
    Finish {
        which: u8,
        ends: Ends,
        note: bool,
    },
    Wake(u8),
    /// Calls the head of this key although it may be gated.
    Summon(u8),
    /// An operator pauses one of two things, or resumes it.
    Pause(bool),
    Resume(bool),
    Tick(u16),
    /// A transaction takes so many units.
    Begin(u8),
    Commit,
    Abort,
    /// The broker refuses the first unit for good.
    Refuse,
    /// The process dies; another one restores.
    Kill,
    /// The process freezes, another one takes over, and then the frozen one goes on with its transaction.
    Freeze,
    /// The partition leaves in peace: what runs may end, what ended is committed.
    Revoke,
}

#[derive(Clone)]
pub struct Schedule {
    pub relaxed: bool,
    pub input: Vec<Option<Written>>,
    pub steps: Vec<Step>,
}

impl fmt::Debug for Written {
    /// `k0`, `k0 free` for a record without order, `no key`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key {
            Some(key) => write!(f, "k{key}{}", if self.unordered { " free" } else { "" }),
            None => f.write_str("no key"),
        }
    }
}

impl fmt::Debug for Schedule {
    /// One line per offset and step, numbered as in the error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} order", if self.relaxed { "relaxed" } else { "strict" })?;
        for (offset, written) in self.input.iter().enumerate() {
            match written {
                Some(written) => writeln!(f, "  offset {offset}: {written:?}")?,
                None => writeln!(f, "  offset {offset}: never arrives")?,
            }
        }
        for (number, step) in self.steps.iter().enumerate() {
            writeln!(f, "  step {number}: {step:?}")?;
        }
        Ok(())
    }
}

fn written() -> impl Strategy<Value = Written> {
    (prop_oneof![9 => (0..3_u8).prop_map(Some), 1 => Just(None)], prop::bool::weighted(0.1))
        .prop_map(|(key, unordered)| Written { key, unordered })
}

fn ends() -> impl Strategy<Value = Ends> {
    prop_oneof![
        8 => Just(Ends::Done),
        1 => Just(Ends::Nothing),
        3 => (any::<bool>(), any::<bool>()).prop_map(|(scoped, served)| Ends::Transient { scoped, served }),
        1 => (0..200_u8).prop_map(Ends::Throttled),
        2 => any::<bool>().prop_map(Ends::Dependency),
        2 => any::<bool>().prop_map(Ends::Account),
        2 => (any::<bool>(), prop::option::of(0..200_u8)).prop_map(|(one, deadline)| Ends::Hold(one, deadline)),
        1 => (0..200_u8).prop_map(Ends::Unknown),
        1 => Just(Ends::Rejected),
        1 => Just(Ends::Poison),
    ]
}

fn finish() -> impl Strategy<Value = Step> {
    (any::<u8>(), ends(), prop::bool::weighted(0.3)).prop_map(|(which, ends, note)| Step::Finish { which, ends, note })
}

fn schedule(gap: f64, step: impl Strategy<Value = Step> + 'static) -> impl Strategy<Value = Schedule> {
    let input = vec((prop::bool::weighted(gap), written()).prop_map(|(gap, w)| (!gap).then_some(w)), 1..30);
    (prop::bool::weighted(0.1), input, vec(step, 1..150)).prop_map(|(relaxed, input, steps)| Schedule {
        relaxed,
        input,
        steps,
    })
}

/// Everything may happen, lanes and parking above all.
pub fn of_lanes() -> impl Strategy<Value = Schedule> {
    schedule(
        0.1,
        prop_oneof![
            6 => (1..6_u8).prop_map(Step::Read),
            1 => written().prop_map(Step::Replay),
            8 => (1..6_u8).prop_map(Step::Dispatch),
            12 => finish(),
            1 => (0..3_u8).prop_map(Step::Wake),
            1 => (0..3_u8).prop_map(Step::Summon),
            2 => any::<bool>().prop_map(Step::Pause),
            2 => any::<bool>().prop_map(Step::Resume),
            4 => (0..300_u16).prop_map(Step::Tick),
            5 => (1..8_u8).prop_map(Step::Begin),
            5 => Just(Step::Commit),
            2 => Just(Step::Abort),
            1 => Just(Step::Refuse),
            1 => Just(Step::Kill),
            1 => Just(Step::Freeze),
            1 => Just(Step::Revoke),
        ],
    )
}

/// Many gaps, slow handlers and small transactions: what the watermark is for.
pub fn of_watermarks() -> impl Strategy<Value = Schedule> {
    schedule(
        0.4,
        prop_oneof![
            6 => (1..6_u8).prop_map(Step::Read),
            8 => (1..6_u8).prop_map(Step::Dispatch),
            8 => finish(),
            6 => (80..300_u16).prop_map(Step::Tick),
            8 => (1..3_u8).prop_map(Step::Begin),
            8 => Just(Step::Commit),
            1 => Just(Step::Kill),
        ],
    )
}
