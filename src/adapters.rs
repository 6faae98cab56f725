//! What touches the world: Kafka, the registry, the Graph API, object stores, the disk. Each implements a port of its caller; no
//! adapter decides what a record means.

pub mod clock;
pub mod graph;
pub mod kafka;
pub mod objects;
pub mod registry;
pub mod store;
