//! Trace context across Kafka: W3C `traceparent` in a record's headers to a span, and back. Touches no headers itself.

use std::collections::HashMap;

use opentelemetry::{Context, propagation::TextMapPropagator as _, trace::TraceContextExt as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Of a record or a request.
pub const HEADER: &str = "traceparent";

/// Whether the writer recorded its part of the trace, so that ours is wanted too. A malformed one says no.
#[must_use]
pub fn is_sampled(traceparent: &str) -> bool {
    let flags = traceparent.rsplit('-').next().and_then(|flags| u8::from_str_radix(flags, 16).ok());
    flags.is_some_and(|flags| flags & 1 == 1)
}

/// Makes `span` a part of the trace that `traceparent` names; a malformed one is not followed.
pub fn follow(span: &Span, traceparent: &str) {
    let carrier = HashMap::from([(HEADER.to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
    if context.span().span_context().is_valid() {
        // without a tracer there is nothing to follow with
        let _ = span.set_parent(context);
    }
}

/// What to write into the headers of what `span` produces; `None` where it is not traced.
#[must_use]
pub fn traceparent(span: &Span) -> Option<String> {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&span.context(), &mut carrier);
    carrier.remove(HEADER)
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn traced(test: impl FnOnce(Span)) {
        let tracers = SdkTracerProvider::builder().build();
        let layer = tracing_opentelemetry::layer().with_tracer(tracers.tracer("test"));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || test(tracing::info_span!("process")));
    }

    #[test]
    fn a_span_goes_on_with_the_trace_it_was_given() {
        traced(|span| {
            follow(&span, GIVEN);
            let next = traceparent(&span).expect("traced");
            assert_eq!(next[..36], GIVEN[..36], "the same trace");
            assert_ne!(next[36..52], GIVEN[36..52], "another span");
        });
    }

    #[test]
    fn a_malformed_context_begins_a_trace_of_its_own() {
        traced(|span| {
            follow(&span, "00-nonsense-01");
            assert!(traceparent(&span).is_some_and(|own| own.len() == GIVEN.len()));
        });
    }

    #[test]
    fn the_writer_says_whether_a_trace_is_recorded() {
        let flagged = |flags: &str| is_sampled(&format!("{}{flags}", &GIVEN[..53]));
        assert!(flagged("01") && flagged("03"));
        assert!(!flagged("00") && !flagged("02") && !flagged("zz") && !is_sampled(""));
    }

    #[test]
    fn without_a_tracer_there_is_no_context() {
        assert_eq!(traceparent(&Span::none()), None);
    }
}
