//! W3C trace context of a webhook: continued where a bridge sent one, begun otherwise. Must not say "sampled" of a trace of
//! which nobody recorded anything: every reader that follows its parent (the default of OpenTelemetry, and of our own
//! telemetry) would record every webhook, whatever share it wants.

use axum::http::HeaderMap;
use tracing::{Span, info_span};

use crate::telemetry::context;

pub use crate::telemetry::context::HEADER;

/// The span of a request, and what its records carry: the span's context where there is a tracer, which takes its share of
/// new traces.
pub fn traced(headers: &HeaderMap, random: fn() -> u128) -> (Span, String) {
    let incoming = headers.get(HEADER).and_then(|value| value.to_str().ok()).filter(|text| is_well_formed(text));
    let span = info_span!("receive", otel.name = "receive webhook", otel.kind = "server");
    if let Some(incoming) = incoming {
        context::follow(&span, incoming);
    }
    let trace = context::traceparent(&span).unwrap_or_else(|| continued_or_new(incoming, random()));
    (span, trace)
}

/// The incoming header where it is well-formed, else a new trace made of `random` (its low half becomes the parent id).
#[must_use]
fn continued_or_new(incoming: Option<&str>, random: u128) -> String {
    match incoming.filter(|text| is_well_formed(text)) {
        Some(text) => text.to_owned(),
        // all-zero ids are invalid; the set bits make sure of it
        None => format!("00-{:032x}-{:016x}-00", random | 1 << 127, random as u64 | 1),
    }
}

/// Version 00: `00-<32 hex>-<16 hex>-<2 hex>`, lowercase, ids not zero.
fn is_well_formed(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let hex = |part: &str, len| part.len() == len && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let zero = |part: &str| part.bytes().all(|b| b == b'0');
    matches!(parts[..], ["00", trace, parent, flags]
        if hex(trace, 32) && hex(parent, 16) && hex(flags, 2) && !zero(trace) && !zero(parent))
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    #[test]
    fn a_good_trace_is_continued_with_its_sender_s_decision() {
        let sampled = GIVEN.replace("b7-00", "b7-01");
        for given in [GIVEN, &sampled] {
            assert_eq!(continued_or_new(Some(given), 7), given);
        }
    }

    #[test]
    fn a_tracer_takes_its_share_and_says_so() {
        let traced_at = |ratio: f64, headers: &HeaderMap| {
            let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio)));
            let tracers = SdkTracerProvider::builder().with_sampler(sampler).build();
            let layer = tracing_opentelemetry::layer().with_tracer(tracers.tracer("test"));
            let subscriber = tracing_subscriber::registry().with(layer);
            tracing::subscriber::with_default(subscriber, || traced(headers, || 7).1)
        };
        let none = HeaderMap::new();
        assert!(traced_at(1.0, &none).ends_with("-01"));
        assert!(traced_at(0.0, &none).ends_with("-00") && is_well_formed(&traced_at(0.0, &none)));
        let given = HeaderMap::from_iter([(HEADER.parse().expect("a name"), GIVEN.parse().expect("a value"))]);
        let followed = traced_at(1.0, &given);
        assert_eq!((&followed[..36], &followed[53..]), (&GIVEN[..36], "00"), "its sender decided");
    }

    #[test]
    fn anything_else_begins_a_well_formed_one() {
        let upper = GIVEN.to_uppercase();
        let zero = format!("00-{}-00f067aa0ba902b7-00", "0".repeat(32));
        for bad in [None, Some(""), Some("00-1-2-3"), Some(upper.as_str()), Some(zero.as_str()), Some("ff-a-b-c")] {
            for random in [0, u128::MAX] {
                let new = continued_or_new(bad, random);
                assert!(is_well_formed(&new) && bad != Some(new.as_str()), "{new}");
                assert!(new.ends_with("-00"), "nobody sampled it: {new}");
            }
        }
    }
}
