//! WhatsApp in our words. No IO, no async, no clock, no JSON; imports nothing of this crate.

pub mod account;
pub mod errors;
pub mod secret;
