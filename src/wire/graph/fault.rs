//! Meta's errors as the runtime treats them. The only place where the error table meets the fault kinds.

use std::time::Duration;

use crate::{
    domain::errors::{Class, MetaError, classify, lookup},
    runtime::{Fault, FaultKind, Scope},
};

/// The scope of Meta's API as a whole.
pub const GRAPH: Scope = Scope::Dependency("graph");

/// Meta's error as a fault of a call made for `account`, and so in its scope: Meta answered, and what it answers another
/// account does not make this one's attempts count. The source carries the code only: titles and details may quote a
/// phone number.
#[must_use]
pub fn refused(error: &MetaError, account: &str) -> Fault {
    let kind = match classify(error).class {
        Class::Transient => FaultKind::Transient,
        Class::Throttled { wait_ms, .. } => FaultKind::Throttled(Duration::from_millis(wait_ms)),
        Class::AccountGate => FaultKind::Unavailable,
        Class::Rejected => FaultKind::Rejected,
    };
    let scope = Scope::Account(account.to_owned());
    let stated = Duration::from_millis(error.retry_after_ms.unwrap_or_default());
    Fault::new(kind, code(error))
        .in_scope(scope)
        .no_sooner(stated)
        .because(Told { code: error.code, subcode: error.subcode })
}

/// `graph_131047`; codes that the table does not know share one word, so that metrics stay bounded.
fn code(error: &MetaError) -> String {
    match lookup(error.code, None) {
        Some(_) => format!("graph_{}", error.code),
        None => "graph_unknown_code".to_owned(),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("graph error {code}{}", .subcode.map(|s| format!(" subcode {s}")).unwrap_or_default())]
struct Told {
    code: i64,
    subcode: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(code: i64) -> Fault {
        refused(&MetaError { code, title: "to +15550000001".into(), ..MetaError::default() }, "main")
    }

    #[test]
    fn each_class_becomes_its_kind() {
        assert_eq!(fault(131_000).kind, FaultKind::Transient);
        assert_eq!(fault(131_056).kind, FaultKind::Throttled(Duration::from_secs(6)));
        assert_eq!(fault(190).kind, FaultKind::Unavailable);
        assert_eq!(fault(131_026).kind, FaultKind::Rejected);
    }

    #[test]
    fn a_transient_error_carries_the_wait_that_its_answer_states() {
        let told = MetaError { code: 131_016, retry_after_ms: Some(90_000), ..MetaError::default() };
        let fault = refused(&told, "main");
        assert_eq!((fault.kind, fault.no_sooner), (FaultKind::Transient, Duration::from_secs(90)));
    }

    #[test]
    fn what_meta_answers_speaks_of_the_account_that_asked() {
        for told in [131_000, 131_056, 190, 131_026] {
            assert_eq!(fault(told).scope, Some(Scope::Account("main".into())), "{told}");
        }
    }

    #[test]
    fn codes_are_bounded_and_the_text_quotes_nothing_of_the_answer() {
        assert_eq!(fault(131_026).code, "graph_131026");
        assert_eq!(fault(987_654).code, "graph_unknown_code");
        assert_eq!(fault(131_026).detail(), "graph error 131026");
    }
}
