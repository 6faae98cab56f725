//! The sender's promise, one scenario per test. The crash table of `ARCHITECTURE.md` is the module `crashes`.

mod crashes;
mod doubts;
mod outcomes;
mod world;
