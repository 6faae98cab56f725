//! Bytes to meaning and back: Meta's JSON, Graph requests and responses, Avro and JSON records.

pub mod avro;
pub mod records;
pub mod topics;
