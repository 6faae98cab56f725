//! Stand-ins for the outside world, for development and tests. Imports nothing of the pipeline it stands opposite to, so
//! that it cannot share its mistakes.

pub mod registry;
