//! What must survive: killed workers, workers that come and go, transactions left open, a broker or a registry that is
//! away. After each of them everything is accounted for: once, in order, nothing lost.

mod kills;
pub mod load;
mod members;
mod open_transaction;
mod outages;
