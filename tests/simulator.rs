//! The Graph client and the media stage against the simulator, and the phone's webhooks against a receiver of the test's
//! own. No Kafka but an embedded broker for `templates sync`.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and its clients face this process alone"
)]

#[path = "meta/openapi.rs"]
mod meta;

mod simulator {
    pub mod answers;
    pub mod client;
    pub mod events;
    pub mod examples;
    pub mod fixtures;
    pub mod harness;
    pub mod inbound;
    pub mod media;
    pub mod phone;
    pub mod stage;
    pub mod statuses;
    pub mod templates;
    pub mod tool;
}
