//! Names that older integrations gave to Meta's codes, with the code that each means. For people who move from such an
//! integration; no record carries a label, and nothing is decided by one.

/// A name, the code it stood for, and the code its meaning has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    pub name: &'static str,
    pub given: i64,
    pub code: i64,
    pub subcode: Option<i64>,
    pub note: &'static str,
}

const fn label(name: &'static str, given: i64, code: i64, note: &'static str) -> Label {
    Label { name, given, code, subcode: None, note }
}

/// In the order in which such integrations list them.
pub const LABELS: &[Label] = &[
    label("INVALID_ACCESS_TOKEN", 190, 190, "the same"),
    Label { subcode: Some(463), ..label("ACCESS_TOKEN_EXPIRED", 463, 190, "463 is a subcode of 190, never a code") },
    label(
        "RATE_LIMIT_EXCEEDED",
        80_007,
        130_429,
        "80007 limits management calls; messages have 130429 per number, 131056 per recipient, 4 per app",
    ),
    label("RECIPIENT_NOT_VALID", 131_026, 131_026, "many hidden reasons, not only a number that does not exist"),
    label("MESSAGE_UNDELIVERABLE", 131_047, 131_026, "131047 is the closed window"),
    label("MEDIA_DOWNLOAD_ERROR", 131_052, 131_052, "of a user's file; a file of ours is 131053"),
    label("TEMPLATE_NOT_FOUND", 132_000, 132_001, "132000 is the number of parameters"),
    label("TEMPLATE_PARAMS_MISMATCH", 132_001, 132_000, "a parameter's format is 132012"),
    label("PHONE_NUMBER_NOT_REGISTERED", 131_031, 133_010, "131031 is a locked account"),
    label("OUTSIDE_MESSAGE_WINDOW", 131_048, 131_047, "131048 is the limit for spam"),
    label("RE_ENGAGEMENT_REQUIRED", 131_027, 131_047, "131027 is in no list of Meta's"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::errors::{Action, Class, lookup};

    fn meant(name: &str) -> (Class, Action) {
        let label = LABELS.iter().find(|label| label.name == name).expect("a label");
        let policy = lookup(label.code, label.subcode).expect("a code of the table").policy;
        (policy.class, policy.action)
    }

    #[test]
    fn every_label_means_a_code_of_the_table() {
        for label in LABELS {
            let known = lookup(label.code, label.subcode).unwrap_or_else(|| panic!("{}", label.name));
            assert_eq!(known.subcode, label.subcode, "{}", label.name);
        }
    }

    #[test]
    fn a_label_is_treated_by_its_meaning_and_not_by_its_number() {
        assert_eq!(meant("OUTSIDE_MESSAGE_WINDOW"), (Class::Rejected, Action::SendTemplate));
        assert_eq!(meant("RE_ENGAGEMENT_REQUIRED"), meant("OUTSIDE_MESSAGE_WINDOW"));
        assert_eq!(meant("PHONE_NUMBER_NOT_REGISTERED"), (Class::AccountGate, Action::FixAccount));
        assert_eq!(meant("MESSAGE_UNDELIVERABLE"), (Class::Rejected, Action::OtherChannel));
        assert!(matches!(meant("RATE_LIMIT_EXCEEDED").0, Class::Throttled { wait_ms: 1_000, .. }));
    }
}
