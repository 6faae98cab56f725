//! What people do from the command line. Nothing here runs while the worker serves.

pub mod audit;
pub mod control;
pub mod dlq;
pub mod schemas;
pub mod send;
pub mod templates;
pub mod topics;
