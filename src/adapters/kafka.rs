//! Everything of rdkafka. No other module names a type of that crate.

pub mod admin;
