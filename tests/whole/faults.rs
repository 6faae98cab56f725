//! What must survive: killed workers, workers that come and go, transactions left open, a broker or a registry that is
//! away. After each of them everything is accounted for: once, in order, nothing lost.

mod brokers;
mod chaos;
mod ledger;
pub mod load;
mod members;
mod network;
mod open_transaction;
mod outages;
mod points;
mod retention;
mod rolling;
mod twins;
mod zombies;

/// For scenarios with several workers or brokers: two of them at once would measure each other.
pub async fn alone() -> tokio::sync::MutexGuard<'static, ()> {
    static HEAVY: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    HEAVY.lock().await
}
