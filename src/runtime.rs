//! Kafka semantics without WhatsApp: a stage returns data; only the runtime publishes, retries, dead-letters and commits.
//!
//! Nothing here names a topic of the product, a message type or an account's meaning; `adapters::kafka` is where the
//! Kafka client lives. Algorithms and invariants: `ARCHITECTURE.md`.

pub mod broadcast;
pub mod controls;
pub mod crash;
pub mod entries;
pub mod fault;
pub mod headers;
pub mod log;
pub mod memory;
pub mod partition;
pub mod ports;
pub mod publishing;
pub mod record;
pub mod replays;
pub mod retry;
pub mod stage;
pub mod store;
pub mod supervisor;
pub mod tables;
pub mod topics;
pub mod trip_wire;
pub mod watermark;
pub mod worker;

pub use fault::{Fault, FaultKind, Scope};
pub use headers::Headers;
pub use record::{Origin, Outgoing, Put, Record, Reject};
pub use stage::{Context, Emit, KeyOrder, SideEmit, Stage};
