//! Tracing, metrics and the closed list of signals. Imports nothing of this crate, and keeps no global but the one
//! subscriber that the tracing crate needs.

mod catalogue;
pub mod context;
mod exposition;
mod levels;
mod logs;
mod page;
mod providers;
pub mod signals;

pub use catalogue::{SIGNALS, Shape, SignalSpec};
pub use exposition::Exposition;
pub use levels::PartitionLevels;
pub use page::page;
pub use signals::Signals;

use opentelemetry::{metrics::MeterProvider as _, trace::TracerProvider as _};
use opentelemetry_sdk::{metrics::SdkMeterProvider, trace::SdkTracerProvider};

/// How log lines are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// What goes where.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Tells processes of one service apart.
    pub instance: String,
    pub log_format: LogFormat,
    /// `tracing_subscriber::EnvFilter` directives.
    pub log_filter: String,
    /// OTLP over HTTP, without `/v1/…`.
    pub otlp_endpoint: Option<String>,
    /// Share of new traces that are kept, 0 to 1.
    pub trace_ratio: f64,
}

#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error("the log filter cannot be used")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    #[error("the OTLP exporter cannot be made")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    #[error("the metrics registry cannot be made")]
    Metrics(#[from] opentelemetry_sdk::error::OTelSdkError),
    #[error("logging is set up already")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Everything the process tells of itself.
pub struct Telemetry {
    pub signals: Signals,
    pub exposition: Exposition,
    pub guard: Guard,
}

/// Sends what is left at the end.
#[must_use = "what was not sent yet is lost with it"]
pub struct Guard {
    meters: SdkMeterProvider,
    tracers: Option<SdkTracerProvider>,
}

impl Guard {
    /// Waits for the last export. Not inside a tokio runtime: the exporters block.
    pub fn shutdown(self) {
        let traces = self.tracers.map_or(Ok(()), |tracers| tracers.shutdown());
        if let Err(error) = traces.and(self.meters.shutdown()) {
            tracing::warn!(%error, "the last signals could not be sent");
        }
    }
}

/// Starts logging, metrics and, with an endpoint, traces. Not inside a tokio runtime.
///
/// # Errors
/// Something cannot be set up; nothing is logged then.
pub fn init(settings: &Settings) -> Result<Telemetry, InitError> {
    let registry = prometheus::Registry::new();
    let meters = providers::meters(settings, &registry)?;
    let tracers =
        settings.otlp_endpoint.as_deref().map(|endpoint| providers::tracers(settings, endpoint)).transpose()?;
    let tracer = tracers.as_ref().map(|tracers| tracers.tracer("omnichannel-whatsapp"));
    logs::init(settings, tracer)?;
    let signals = Signals::new(&meters.meter("omnichannel-whatsapp"));
    Ok(Telemetry { signals, exposition: Exposition::new(registry), guard: Guard { meters, tracers } })
}
