//! The whole ring: the real binary against a real Kafka, registry and object store, one stack per run. Scenarios are
//! modules; none of them may depend on another's topics, so each takes a [`support::scenario::Scenario`] of its own, or users
//! and command ids of its own on the shared [`support::pipeline::Pipeline`].

mod support;

mod assignments;
mod clients;
mod dev;
mod dlq;
mod faults;
mod media;
mod messages;
#[path = "../meta/openapi.rs"]
mod meta;
mod nothing_lost;
mod operators;
mod opt_outs;
mod refusals;
mod runtime;
mod sending;
mod stack;
mod state;
mod templates;
mod topics;
