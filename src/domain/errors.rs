//! Meta's error codes and what each means for us: one flat table and one rule for codes that are not in it.
//! Knows no HTTP client and no JSON, and decides nothing about *when* work runs again: that is the runtime's.

mod document;
mod labels;
pub mod own;
mod policy;
#[cfg(test)]
mod reference;
mod table;

pub use document::{markdown, meta_link, own_link};
pub use labels::{LABELS, Label};
pub use policy::{Action, Class, Limit, Policy, Told};
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
    /// The wait that the answer states for itself.
    pub retry_after_ms: Option<u64>,
    /// The wait that it states for the calls of the app or the account, which messages are not counted among.
    pub usage_wait_ms: Option<u64>,
}

/// What Meta's error means for the message it speaks about. A wait that Meta states is longer than ours wins.
#[must_use]
pub fn classify(error: &MetaError) -> Policy {
    let policy = lookup(error.code, error.subcode).map_or_else(|| unknown(error), |known| known.policy);
    match policy.class {
        Class::Throttled { limit: Limit::App | Limit::Waba, .. } => {
            policy.at_least(error.retry_after_ms.max(error.usage_wait_ms))
        }
        Class::Throttled { limit: Limit::Number | Limit::Pair, .. } => policy.at_least(error.retry_after_ms),
        Class::Transient | Class::AccountGate | Class::Rejected => policy,
    }
}

/// The code of an answer that is nothing but HTTP's "too many requests", without an error object.
pub const TOO_MANY_REQUESTS: i64 = 429;

/// The table's row for a subcode, else for its code.
#[must_use]
pub fn lookup(code: i64, subcode: Option<i64>) -> Option<&'static Known> {
    let rows = TABLE[TABLE.partition_point(|known| known.last < code)..].iter();
    let of_code = rows.take_while(|known| known.first <= code);
    of_code.filter(|known| known.subcode.is_none() || known.subcode == subcode).last()
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
            let after = match pair[1].subcode {
                None => pair[0].last < pair[1].first,
                Some(_) => pair[0].last == pair[1].last && pair[0].subcode < pair[1].subcode,
            };
            assert!(after, "{:?} before {:?}", pair[0], pair[1]);
        }
    }

    #[test]
    fn every_row_is_found_by_both_ends_of_its_range() {
        for known in TABLE {
            assert_eq!(lookup(known.first, known.subcode), Some(known));
            assert_eq!(lookup(known.last, known.subcode), Some(known));
        }
    }

    #[test]
    fn a_subcode_that_is_not_known_says_no_more_than_its_code() {
        assert_eq!(lookup(190, Some(463)).map(|known| known.title), Some("Token expired"));
        assert_eq!(lookup(190, Some(999)), lookup(190, None));
        assert_eq!(lookup(131_026, Some(463)), lookup(131_026, None));
        assert_eq!(lookup(463, None), None, "it is no code of its own");
    }

    #[test]
    fn only_a_failure_of_meta_s_own_server_may_hide_an_accept() {
        let may = |code, http_status| classify(&MetaError { http_status, ..error(code) }).may_hide_accept();
        for (code, http_status) in [(1, 400), (2, 503), (131_000, 500), (131_016, 500), (999_999, 502)] {
            assert!(may(code, Some(http_status)), "{code}");
        }
        for (code, http_status) in [(3, 500), (100, 400), (190, 401), (131_008, 400), (131_045, 500), (131_056, 400)] {
            assert!(!may(code, Some(http_status)), "{code}");
        }
        assert!(!may(131_057, Some(500)), "a number in maintenance is a limit");
        assert!(!may(429, Some(429)));
    }

    #[test]
    fn the_operator_is_told_of_what_only_they_can_mend() {
        let told = |code| classify(&error(code)).told();
        for code in [190, 131_030, 131_042, 133_010] {
            assert_eq!(told(code), Told::ProducerAndOperator, "{code}");
        }
        for code in [131_000, 131_026, 131_047, 131_056, 132_001] {
            assert_eq!(told(code), Told::Producer, "{code}");
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
    fn a_wait_for_management_calls_does_not_hold_messages() {
        let wait_ms = |code| classify(&MetaError { usage_wait_ms: Some(3_600_000), ..error(code) }).retry_after_ms();
        assert_eq!((wait_ms(4), wait_ms(80_007)), (Some(3_600_000), Some(3_600_000)));
        assert_eq!((wait_ms(130_429), wait_ms(131_056)), (Some(1_000), Some(6_000)));
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
        assert_eq!(with(Some(429), None), classify(&error(TOO_MANY_REQUESTS)).class);
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
