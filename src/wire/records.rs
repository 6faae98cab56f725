//! The records of the contract as Rust types, one file per record; field by field what `schemas/*.avsc` says.
//!
//! Times are `i64` milliseconds since the epoch, UTC. Types with the same fields in several records are one Rust type,
//! but a separate Avro type in each schema: a schema stands alone. Nothing here reads or writes bytes; that is
//! [`codec`](super::codec).

pub mod account_event;
pub mod admin_alert;
pub mod contact;
pub mod content;
pub mod error;
pub mod history_message;
pub mod inbound_message;
pub mod interactive;
pub mod media_prepared;
pub mod media_request;
pub mod media_stored;
pub mod message_status;
pub mod outbound_message;
pub mod pricing;
pub mod send_command;
pub mod sent_message;
pub mod status_event;
pub mod template;
pub mod template_state;

pub use account_event::AccountEvent;
pub use admin_alert::AdminAlert;
pub use contact::Contact;
pub use error::WhatsAppError;
pub use history_message::HistoryMessage;
pub use inbound_message::InboundMessage;
pub use media_prepared::MediaPrepared;
pub use media_request::MediaRequest;
pub use media_stored::MediaStored;
pub use message_status::MessageStatus;
pub use outbound_message::OutboundMessage;
pub use pricing::Pricing;
pub use send_command::SendCommand;
pub use sent_message::SentMessage;
pub use status_event::StatusEvent;
pub use template_state::TemplateState;
