//! What touches the world: Kafka, the registry, the Graph API, object stores. Each implements a port of its caller; no
//! adapter decides what a record means.

pub mod clock;
pub mod kafka;
//! The outside world behind ports: every client library lives here. Decides nothing a stage should decide.

pub mod graph;
pub mod objects;
