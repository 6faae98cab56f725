//! What must survive: killed workers, workers that come and go, transactions left open, a broker or a registry that is
//! away. After each of them everything is accounted for: once, in order, nothing lost.

mod chaos;
mod ledger;
mod load;
mod members;
mod network;
mod open_transaction;
mod outages;
mod points;
mod zombies;
