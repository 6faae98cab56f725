//! What the world may ask of us over HTTP. Handlers verify, hand on and answer; they hold no state and decide no retries.

pub mod health;
pub mod ports;
pub mod receiver;
pub mod signature;
pub mod traceparent;
pub mod verified;

use std::future::Future;

pub use axum::Router as Routes;
use tokio::net::TcpListener;

/// Serves until `stop` resolves; requests under way are finished.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: TcpListener,
    routes: Routes,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, routes).with_graceful_shutdown(stop).await
}
