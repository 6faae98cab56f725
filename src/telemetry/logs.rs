//! Log lines on standard error, as text or JSON, and spans to the tracer. Standard output belongs to commands' results.

use std::io::{IsTerminal as _, stderr};

use opentelemetry_sdk::trace::SdkTracer;
use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use super::{InitError, LogFormat, Settings};

pub(super) fn init(settings: &Settings, tracer: Option<SdkTracer>) -> Result<(), InitError> {
    let filter = EnvFilter::try_new(&settings.log_filter)?;
    let lines = match settings.log_format {
        LogFormat::Text => {
            tracing_subscriber::fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal()).boxed()
        }
        LogFormat::Json => tracing_subscriber::fmt::layer().with_writer(stderr).json().flatten_event(true).boxed(),
    };
    let spans = tracer.map(|tracer| tracing_opentelemetry::layer().with_tracer(tracer));
    tracing_subscriber::registry().with(spans).with(lines.with_filter(filter)).try_init()?;
    Ok(())
}
