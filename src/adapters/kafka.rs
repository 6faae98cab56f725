//! Everything of rdkafka. No other module names a type of that crate.

pub mod admin;
pub mod broadcast;
pub mod client;
pub mod embedded;
mod errors;
pub mod log;
mod records;
pub mod scan;
pub mod sink;
pub mod tail;
pub mod together;

pub use client::Settings;
