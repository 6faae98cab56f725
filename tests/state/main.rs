//! Tables on disk under a worker that crashes, aborts, loses its partition and comes back: after every restart they are what
//! a restore of the whole changelog gives. The log is in memory, the store is the real one. Nothing sleeps.

mod crashes;
mod random;
mod ring;
mod stage;
