//! Tracing, metrics and the closed list of signals. Imports nothing of this crate.

pub mod signals;

pub use signals::Signals;
