//! Meta's side for development and tests: the Cloud API over HTTP, a phone that answers with signed webhooks, and one
//! generic fault. Imports nothing of the pipeline it stands opposite to, so that it cannot share its mistakes.
//!
//! [`serve`] starts it in this process. What it remembers is bounded. Beside it stands an embedded schema [`registry`].

pub mod behaviour;
pub mod client;
mod cloud_api;
mod control;
mod dice;
pub mod events;
pub mod fault;
pub mod handle;
pub mod inbound;
pub mod journal;
mod line;
mod offers;
mod outbox;
pub mod payload;
pub mod people;
mod phone;
mod rates;
pub mod registry;
pub mod settings;
pub mod shelf;
mod state;
pub mod templates;
mod windows;

use std::future::Future;

use axum::Router;
use tokio::net::TcpListener;

pub use self::{
    behaviour::Behaviour,
    events::Event,
    fault::Fault,
    handle::Simulator,
    inbound::Inbound,
    settings::{Number, Settings, Template},
};
use self::{line::Lines, state::State};

/// The simulator could not start or serve.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    #[error("no HTTP client for webhooks")]
    Client(#[source] reqwest::Error),
    #[error("the server stopped")]
    Serve(#[source] std::io::Error),
}

/// A simulator on a listener that is already bound: the handle works at once, the future serves until `shutdown`.
///
/// # Errors
/// No HTTP client could be made.
pub fn serve(
    listener: TcpListener,
    settings: Settings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(Simulator, impl Future<Output = Result<(), SimulatorError>> + Send), SimulatorError> {
    let state = State::new(settings);
    let client = outbox::client().map_err(SimulatorError::Client)?;
    let simulator = Simulator::new(state.clone(), client.clone());
    let routes = Router::new().merge(cloud_api::routes()).merge(control::routes()).with_state(simulator.clone());
    let server = async move {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let phone = tokio::spawn(outbox::post_due(state.clone(), client, stopped));
        let until = async move {
            shutdown.await;
            state.holds.release();
            stop.send_replace(true);
        };
        let served = axum::serve(Lines(listener), routes.into_make_service_with_connect_info::<line::Line>())
            .with_graceful_shutdown(until)
            .await;
        phone.abort();
        // an aborted task's result says nothing
        let _ = phone.await;
        served.map_err(SimulatorError::Serve)
    };
    Ok((simulator, server))
}
