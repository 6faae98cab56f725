//! Bytes to meaning and back: Meta's JSON, Graph requests and responses, Avro and JSON records.

pub mod topics;
pub mod webhook;
