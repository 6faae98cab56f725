//! Meta's errors as the runtime treats them. The only place where the error table meets the fault kinds.

use std::time::Duration;

use crate::{
    domain::errors::{Class, MetaError, classify, lookup},
    runtime::{Fault, FaultKind, Scope},
};

/// The scope of Meta's API as a whole.
pub const GRAPH: Scope = Scope::Dependency("graph");

/// Meta's error as a fault of a call made for `account`. The source carries the code only: titles and details may quote a
/// phone number.
#[must_use]
pub fn refused(error: &MetaError, account: &str) -> Fault {
    let (kind, scope) = match classify(error).class {
        Class::Transient => (FaultKind::Transient, GRAPH),
        Class::Throttled { wait_ms, .. } => {
            (FaultKind::Throttled(Duration::from_millis(wait_ms)), Scope::Account(account.to_owned()))
        }
        Class::AccountGate => (FaultKind::Unavailable, Scope::Account(account.to_owned())),
        Class::Rejected => (FaultKind::Rejected, Scope::Account(account.to_owned())),
    };
    Fault::new(kind, code(error)).in_scope(scope).because(Told { code: error.code, subcode: error.subcode })
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
    fn each_class_becomes_its_kind_and_scope() {
        let account = Some(Scope::Account("main".into()));
        assert_eq!((fault(131_000).kind, fault(131_000).scope), (FaultKind::Transient, Some(GRAPH)));
        let throttled = FaultKind::Throttled(Duration::from_secs(6));
        assert_eq!((fault(131_056).kind, fault(131_056).scope), (throttled, account.clone()));
        assert_eq!((fault(190).kind, fault(190).scope), (FaultKind::Unavailable, account));
        assert_eq!(fault(131_026).kind, FaultKind::Rejected);
    }

    #[test]
    fn codes_are_bounded_and_the_text_quotes_nothing_of_the_answer() {
        assert_eq!(fault(131_026).code, "graph_131026");
        assert_eq!(fault(987_654).code, "graph_unknown_code");
        assert_eq!(fault(131_026).detail(), "graph error 131026");
    }
}
