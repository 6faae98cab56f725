//! Meta's webhook JSON: an envelope becomes places (which item stands where, by whose key) and items (what each says).
//!
//! Every item keeps its JSON text exactly as received; nothing that is not modelled is dropped. Must not know a topic, and
//! must not fail a whole body for one odd item.

pub mod account;
pub mod common;
pub mod contact;
pub mod content;
pub mod echo;
pub mod envelope;
pub mod error;
pub mod history;
pub mod json;
pub mod message;
pub mod place;
pub mod preference;
pub mod split;
pub mod status;
pub mod unreadable;
pub mod value;

pub use contact::{Contact, Contacts};
pub use envelope::{Change, Entry, Envelope, NotAnEnvelope};
pub use place::{Kind, Place};
pub use unreadable::Unreadable;
