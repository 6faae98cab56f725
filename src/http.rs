//! What the world may ask of us over HTTP. Handlers verify, hand on and answer; they hold no state and decide no retries.

pub mod health;
pub mod ports;
pub mod receiver;
pub mod signature;
pub mod traceparent;
pub mod verified;
