//! The outside world behind ports: every client library lives here. Decides nothing a stage should decide.

pub mod graph;
pub mod objects;
