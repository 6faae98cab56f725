//! Meta's webhook JSON: an envelope becomes places (which item stands where, by whose key) and items (what each says).
//!
//! Every item keeps its JSON text exactly as received; nothing that is not modelled is dropped. Must not know a topic, and
//! must not fail a whole body for one odd item.

pub mod contact;
pub mod envelope;
pub mod json;
pub mod place;
pub mod split;

pub use contact::{Contact, Contacts};
pub use envelope::{Change, Entry, Envelope, NotAnEnvelope};
pub use place::{Kind, Place};
