//! Bytes to meaning and back: Meta's JSON, Graph requests and responses, Avro and JSON records.

pub mod as_written;
pub mod avro;
pub mod cloud_events;
pub mod codec;
pub mod compatibility;
pub mod contract;
pub mod field_problem;
pub mod framing;
pub mod graph;
pub mod headers;
pub mod json_schema;
pub mod preference;
pub mod problem;
pub mod records;
pub mod registry;
pub mod send_command;
pub mod send_command_json;
pub mod sender_state;
pub mod sent;
pub mod template;
pub mod topics;
pub mod webhook;
