//! The span of a record's run, where its writer recorded the trace: elsewhere a span a record would cost more than the record.
//! Changes nothing that is parked or dead-lettered.

use std::sync::Arc;

use tracing::{Span, field::Empty, info_span};

use crate::{
    runtime::record::{Origin, Record},
    telemetry::context,
};

/// Named as OpenTelemetry's messaging conventions say; no key, which may be a person's.
pub(super) fn span(stage: &'static str, record: &Record) -> Option<Span> {
    let traceparent = record.headers.get_str(context::HEADER).filter(|parent| context::is_sampled(parent))?;
    let Origin { topic, partition, offset } = &record.origin;
    let span = info_span!(
        "process",
        otel.name = format!("process {topic}"),
        otel.kind = "consumer",
        messaging.system = "kafka",
        messaging.operation.name = "process",
        messaging.destination.name = %topic,
        messaging.destination.partition.id = partition,
        messaging.kafka.offset = offset,
        messaging.consumer.group.name = stage,
        error.type = Empty,
    );
    context::follow(&span, traceparent);
    Some(span)
}

/// The record as the stage sees it: what it writes goes on from `span`.
pub(super) fn in_span(record: Arc<Record>, span: &Span) -> Arc<Record> {
    let Some(traceparent) = context::traceparent(span) else { return record };
    let mut record = Record::clone(&record);
    record.headers.set(context::HEADER, traceparent);
    Arc::new(record)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_sdk::{
        error::OTelSdkResult,
        trace::{SdkTracerProvider, SpanData, SpanExporter},
    };
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;
    use crate::runtime::headers::Headers;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn record(traceparent: &str) -> Arc<Record> {
        Arc::new(Record {
            origin: Origin { topic: "in".into(), partition: 3, offset: 42 },
            key: Some("49123".into()),
            value: Some("body".into()),
            headers: Headers::new().with("traceparent", traceparent.to_owned()),
            timestamp_ms: 0,
        })
    }

    #[derive(Debug, Clone, Default)]
    struct Page(Arc<Mutex<Vec<SpanData>>>);

    impl SpanExporter for Page {
        async fn export(&self, spans: Vec<SpanData>) -> OTelSdkResult {
            self.0.lock().expect("no exporter panics").extend(spans);
            Ok(())
        }
    }

    #[test]
    fn a_sampled_record_has_a_span_and_what_it_becomes_goes_on_from_there() {
        let exporter = Page::default();
        let tracers = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(tracers.tracer("test"));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let record = record(GIVEN);
            let span = span("toy", &record).expect("it is sampled");
            let seen = in_span(record.clone(), &span);
            let next = seen.headers.get_str("traceparent").expect("still traced");
            assert_eq!((&next[..36], record.headers.get_str("traceparent")), (&GIVEN[..36], Some(GIVEN)));
            assert_ne!(next, GIVEN);
        });
        let spans = exporter.0.lock().expect("no exporter panics");
        let span = spans.first().expect("one span");
        assert_eq!((&*span.name, span.parent_span_id.to_string()), ("process in", GIVEN[36..52].to_owned()));
        assert!(!format!("{:?}", span.attributes).contains("49123"), "{:?}", span.attributes);
    }

    #[test]
    fn others_cost_nothing() {
        assert!(span("toy", &record(&GIVEN.replace("b7-01", "b7-00"))).is_none());
        assert!(span("toy", &record("nonsense")).is_none());
    }
}
