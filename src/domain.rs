//! WhatsApp in our words. No IO, no async, no clock, no JSON; imports nothing of this crate.

pub mod account;
pub mod callback;
pub mod carrier;
pub mod doubt;
pub mod errors;
pub mod event_id;
pub mod identity;
pub mod ledger;
pub mod object_key;
pub mod pace;
pub mod preference;
pub mod secret;
pub mod status;
pub mod template;
