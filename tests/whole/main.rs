//! The whole ring: the real binary against a real Kafka, registry and object store, one stack per run. Scenarios are
//! modules; none of them may depend on another's topics, so each takes a [`support::scenario::Scenario`] of its own.

mod support;

mod clients;
mod dev;
mod runtime;
mod stack;
mod topics;
