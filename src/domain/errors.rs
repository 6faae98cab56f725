//! Meta's error codes and what each means for us: one flat table and one rule for codes that are not in it.
//! Knows no HTTP client and no JSON, and decides nothing about *when* work runs again: that is the runtime's.

mod document;
pub mod own;
mod policy;
mod table;

pub use document::{markdown, meta_link, own_link};
pub use policy::{Action, Class, Limit, Policy};
pub use table::{Known, TABLE};

/// An error as Meta reports it, synchronously or in a status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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

/// What Meta's error means for the message it speaks about. A wait that Meta states is longer than ours wins.
#[must_use]
pub fn classify(error: &MetaError) -> Policy {
    let policy = lookup(error.code, error.subcode).map_or_else(|| unknown(error), |known| known.policy);
    policy.at_least(error.retry_after_ms)
}

/// The table's row for a code. Subcode 33 turns the catch-all 100 into "no such object", which is the account's problem.
#[must_use]
pub fn lookup(code: i64, subcode: Option<i64>) -> Option<&'static Known> {
    let code = if (code, subcode) == (100, Some(33)) { 33 } else { code };
    let index = TABLE.partition_point(|known| known.last < code);
    TABLE.get(index).filter(|known| known.first <= code)
}

/// Codes Meta adds without notice: the HTTP status and `is_transient` are all there is to go by.
fn unknown(error: &MetaError) -> Policy {
    match (error.http_status, error.is_transient) {
        (Some(429), _) => Policy::throttled(Limit::Number, 60_000),
        (Some(500..=599), _) | (_, Some(true)) => Policy::transient(),
        _ => Policy::rejected(Action::None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: i64) -> MetaError {
        MetaError { code, ..MetaError::default() }
    }

    #[test]
    fn the_table_is_sorted_and_its_ranges_do_not_overlap() {
        for pair in TABLE.windows(2) {
            assert!(pair[0].first <= pair[0].last, "{}", pair[0].first);
            assert!(pair[0].last < pair[1].first, "{} before {}", pair[0].last, pair[1].first);
        }
    }

    #[test]
    fn every_row_is_found_by_both_ends_of_its_range() {
        for known in TABLE {
            assert_eq!(lookup(known.first, None), Some(known));
            assert_eq!(lookup(known.last, None), Some(known));
        }
    }

    #[test]
    fn labels_that_are_often_confused_have_their_right_meaning() {
        assert_eq!(classify(&error(131_047)), Policy::rejected(Action::SendTemplate));
        assert_eq!(classify(&error(131_026)), Policy::rejected(Action::OtherChannel));
        assert_eq!(classify(&error(132_000)), Policy::rejected(Action::FixCommand));
        assert_eq!(classify(&error(132_001)), Policy::rejected(Action::FixCommand));
        assert_eq!(classify(&error(131_031)).class, Class::AccountGate);
        assert_eq!(classify(&error(133_010)).class, Class::AccountGate);
    }

    #[test]
    fn a_server_error_that_needs_a_person_is_not_retried_for_its_5xx() {
        for code in [3, 131_045, 133_000] {
            let told = MetaError { http_status: Some(500), ..error(code) };
            assert_ne!(classify(&told).class, Class::Transient, "{code}");
        }
    }

    #[test]
    fn rate_limits_name_what_they_limit() {
        let limit = |code| match classify(&error(code)).class {
            Class::Throttled { limit, .. } => Some(limit),
            Class::Transient | Class::AccountGate | Class::Rejected => None,
        };
        assert_eq!(limit(130_429), Some(Limit::Number));
        assert_eq!(limit(131_056), Some(Limit::Pair));
        assert_eq!(limit(80_007), Some(Limit::Waba));
        assert_eq!(limit(4), Some(Limit::App));
    }

    #[test]
    fn a_wait_that_meta_states_replaces_a_shorter_default() {
        let told = MetaError { retry_after_ms: Some(90_000), ..error(131_056) };
        assert_eq!(classify(&told).retry_after_ms(), Some(90_000));
        let shorter = MetaError { retry_after_ms: Some(10), ..error(131_056) };
        assert_eq!(classify(&shorter).retry_after_ms(), Some(6_000));
    }

    #[test]
    fn subcode_33_of_the_catch_all_code_is_an_unknown_number() {
        let told = MetaError { subcode: Some(33), ..error(100) };
        assert_eq!(classify(&told).class, Class::AccountGate);
        assert_eq!(classify(&error(100)), Policy::rejected(Action::FixCommand));
    }

    #[test]
    fn unknown_codes_follow_status_and_transience() {
        let with = |status, transient| {
            classify(&MetaError { http_status: status, is_transient: transient, ..error(999_999) }).class
        };
        assert_eq!(with(Some(503), None), Class::Transient);
        assert_eq!(with(Some(400), Some(true)), Class::Transient);
        assert_eq!(with(Some(429), None), Class::Throttled { limit: Limit::Number, wait_ms: 60_000 });
        assert_eq!(with(Some(400), None), Class::Rejected);
        assert_eq!(with(None, None), Class::Rejected);
    }

    #[test]
    fn the_document_under_docs_is_the_one_this_table_makes() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, markdown()).unwrap();
        }
        let current = std::fs::read_to_string(path).unwrap_or_default();
        assert!(current == markdown(), "docs/errors.md is out of date: run this test with UPDATE_DOCS=1");
    }
}
