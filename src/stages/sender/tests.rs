//! The sender's promise, one scenario per test. The crash table of `ARCHITECTURE.md` is the module `crashes`; `schedules` runs random
//! ones against a model of Kafka, Meta and frozen processes.

mod crashes;
mod doubts;
mod held;
mod opt_outs;
mod outcomes;
mod schedules;
mod sea;
mod waits;
mod world;
