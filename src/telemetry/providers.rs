//! OpenTelemetry's providers: where measurements and spans are collected and sent. Defines no signal.

use opentelemetry::KeyValue;
use opentelemetry_otlp::{ExporterBuildError, MetricExporter, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    metrics::SdkMeterProvider,
    trace::{Sampler, SdkTracerProvider},
};

use super::{InitError, Settings};

/// Always readable through `registry`; pushed too where there is an endpoint.
pub(super) fn meters(settings: &Settings, registry: &prometheus::Registry) -> Result<SdkMeterProvider, InitError> {
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build()?;
    let mut builder = SdkMeterProvider::builder().with_resource(resource(settings)).with_reader(exporter);
    if let Some(endpoint) = &settings.otlp_endpoint {
        let push = MetricExporter::builder().with_http().with_endpoint(path(endpoint, "v1/metrics")).build()?;
        builder = builder.with_periodic_exporter(push);
    }
    Ok(builder.build())
}

/// A caller's decision to trace is followed; of the others a share is taken.
pub(super) fn tracers(settings: &Settings, endpoint: &str) -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter = SpanExporter::builder().with_http().with_endpoint(path(endpoint, "v1/traces")).build()?;
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.trace_ratio)));
    Ok(SdkTracerProvider::builder()
        .with_resource(resource(settings))
        .with_sampler(sampler)
        .with_batch_exporter(exporter)
        .build())
}

fn resource(settings: &Settings) -> Resource {
    Resource::builder()
        .with_service_name("omnichannel-whatsapp")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("service.instance.id", settings.instance.clone()))
        .build()
}

/// An endpoint given in code is taken as it is, unlike one from the standard variable.
fn path(endpoint: &str, signal: &str) -> String {
    format!("{}/{signal}", endpoint.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_paths_below_the_endpoint() {
        assert_eq!(path("http://collector:4318", "v1/traces"), "http://collector:4318/v1/traces");
        assert_eq!(path("http://collector:4318/", "v1/metrics"), "http://collector:4318/v1/metrics");
    }
}
