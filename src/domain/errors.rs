//! Meta's error codes and what each means for us: one flat table. Knows no HTTP and no JSON.

/// An error as Meta reports it, synchronously or in a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaError {
    pub code: i64,
    pub subcode: Option<i64>,
    pub title: String,
    pub details: Option<String>,
    pub fbtrace_id: Option<String>,
    pub is_transient: Option<bool>,
    /// HTTP status of the answer that carried it, if one did.
    pub http_status: Option<u16>,
    pub retry_after_ms: Option<u64>,
}
