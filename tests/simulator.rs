//! The Graph client against the simulator, and the phone's webhooks against a receiver of the test's own. No Kafka.

mod simulator {
    pub mod client;
    pub mod harness;
    pub mod media;
    pub mod phone;
}
