//! Metrics as text for a scraper. Serves nothing itself: `http::health` has the route.

use prometheus::{Registry, TextEncoder};

/// The current value of every signal. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Exposition(Registry);

impl Exposition {
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self(registry)
    }

    /// Prometheus' text format, version 0.0.4.
    ///
    /// # Errors
    /// Two instruments of one name; the catalogue of signals has none.
    pub fn metrics_text(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.0.gather())
    }
}
