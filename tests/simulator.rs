//! The Graph client and the media stage against the simulator, and the phone's webhooks against a receiver of the test's
//! own. No Kafka.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod simulator {
    pub mod client;
    pub mod harness;
    pub mod media;
    pub mod phone;
    pub mod stage;
}
