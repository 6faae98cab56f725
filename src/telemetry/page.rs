//! `docs/signals.md`, written from the catalogue of signals. Adds no signal of its own.

use std::fmt::Write as _;

use super::catalogue::{SIGNALS, Shape};

const HEAD: &str = "# Signals

Generated from the closed list of signals; `UPDATE_DOCS=1 cargo test --test docs` writes it anew.

`/metrics` has all of them in Prometheus' text format; with `telemetry.otlp_endpoint` they are pushed over OTLP as well, under
OpenTelemetry's names. No label and no log line carries a message, a phone number or a wamid. In log lines, error means that a
person must act, warn that one should watch, info is the life of the process, debug speaks of single records.

| on `/metrics` | over OTLP | kind | labels | meaning | log line |
|---|---|---|---|---|---|
";

/// The page.
#[must_use]
pub fn page() -> String {
    let mut text = HEAD.to_owned();
    for spec in SIGNALS {
        let kind = match spec.shape {
            Shape::Counter => "counter",
            Shape::Seconds => "histogram, seconds",
            Shape::Level => "gauge",
        };
        let labels: Vec<String> = spec.labels.iter().map(|label| format!("`{label}`")).collect();
        let (exposed, labels, log) = (spec.exposed(), labels.join(", "), spec.log.unwrap_or_default());
        let _ = writeln!(text, "| `{exposed}` | `{}` | {kind} | {labels} | {} | {log} |", spec.name, spec.meaning);
    }
    text
}
