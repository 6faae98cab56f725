//! Named moments at which a test ends or freezes this process, so that a fault hits where it hurts most. Built into what
//! tests start (feature `crash-points`, with debug assertions); everywhere else every call is empty, and must stay so.

#[cfg(all(feature = "crash-points", debug_assertions))]
mod armed;

#[cfg(all(feature = "crash-points", debug_assertions))]
pub use armed::{during, point};

/// A moment in the life of a record, in the order of their coming. The first five are a sender's; the others each
/// transaction's, that of an intent included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// A request is wanted, nothing says so yet.
    BeforeIntent,
    /// The intent is committed, and its handler knows.
    AfterIntent,
    /// Nothing stands between the handler and the request any more.
    BeforeCall,
    /// The request is out, and no answer has come for 40 ms.
    DuringCall,
    /// The answer is read, and written nowhere.
    AfterAnswer,
    /// The transaction is begun and empty.
    BeforeProduce,
    /// Its records are handed over, which does not mean that the broker has them.
    AfterProduce,
    /// The broker has acknowledged every record.
    BeforeOffsets,
    /// The transaction holds its offsets too.
    BeforeCommit,
    /// It is committed, and nobody in this process knows.
    AfterCommit,
}

/// After so long a request on this machine has left, whatever its answer takes.
#[cfg(all(feature = "crash-points", debug_assertions))]
const LONG_ENOUGH: std::time::Duration = std::time::Duration::from_millis(40);

impl Point {
    pub const ALL: [Self; 10] = [
        Self::BeforeIntent,
        Self::AfterIntent,
        Self::BeforeCall,
        Self::DuringCall,
        Self::AfterAnswer,
        Self::BeforeProduce,
        Self::AfterProduce,
        Self::BeforeOffsets,
        Self::BeforeCommit,
        Self::AfterCommit,
    ];

    /// As it is written in the variables that arm one.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeforeIntent => "before-intent",
            Self::AfterIntent => "after-intent",
            Self::BeforeCall => "before-call",
            Self::DuringCall => "during-call",
            Self::AfterAnswer => "after-answer",
            Self::BeforeProduce => "before-produce",
            Self::AfterProduce => "after-produce",
            Self::BeforeOffsets => "before-offsets",
            Self::BeforeCommit => "before-commit",
            Self::AfterCommit => "after-commit",
        }
    }
}

/// This stage is there.
#[cfg(not(all(feature = "crash-points", debug_assertions)))]
#[inline]
pub const fn point(_: Point, _stage: &'static str) {}

/// This stage waits for the answer to a request.
#[cfg(not(all(feature = "crash-points", debug_assertions)))]
#[inline]
pub fn during<F: Future>(_: Point, _stage: &'static str, call: F) -> F {
    call
}
