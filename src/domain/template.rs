//! Templates in our words: which of Meta's states can be sent, and which language is meant. Knows no record.

/// What a status means for a send. Meta's words are an open set: one that is not known here passes, and Meta decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Sendable,
    /// For three or six hours, for its quality.
    Paused,
    /// Until somebody acts, or Meta has reviewed it.
    Barred,
    /// Not there any more.
    Deleted,
}

#[must_use]
pub fn standing(status: &str) -> Standing {
    match status {
        "PAUSED" => Standing::Paused,
        "PENDING" | "REJECTED" | "DISABLED" | "IN_APPEAL" | "PENDING_DELETION" | "LIMIT_EXCEEDED" | "ARCHIVED"
        | "LOCKED" => Standing::Barred,
        DELETED => Standing::Deleted,
        _ => Standing::Sendable,
    }
}

/// The language to send: the one asked for (`de_AT`), else its base (`de`), else the account's own; where none was asked
/// for, the account's own, else the only one there is.
#[must_use]
pub fn choose<'a>(there: &[&'a str], asked: &str, own: Option<&str>) -> Option<&'a str> {
    let find = |wanted: &str| there.iter().copied().find(|language| *language == wanted);
    let own = || own.and_then(find);
    if asked.is_empty() {
        let only = || there.first().copied().filter(|_| there.len() == 1);
        return own().or_else(only);
    }
    let base = asked.split_once(['_', '-']).map(|(base, _)| base);
    find(asked).or_else(|| base.and_then(find)).or_else(own)
}

/// The status of one that was there once.
pub const DELETED: &str = "DELETED";

/// How its variables are told apart, in Meta's words: by place, which is what is meant where nothing is said, or by name.
pub const POSITIONAL: &str = "POSITIONAL";
pub const NAMED: &str = "NAMED";

/// Categories: Meta bills and limits by them.
pub const MARKETING: &str = "MARKETING";
pub const UTILITY: &str = "UTILITY";
pub const AUTHENTICATION: &str = "AUTHENTICATION";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_falls_back_to_its_base_then_to_the_accounts_and_never_to_another_region() {
        let there = ["de", "en_US", "de_CH"];
        for (asked, own, chosen) in [
            ("de_CH", None, Some("de_CH")),
            ("de_AT", None, Some("de")),
            ("de-AT", None, Some("de")),
            ("fr", Some("en_US"), Some("en_US")),
            ("fr_CA", Some("es"), None),
            ("en_GB", None, None),
            ("", Some("de"), Some("de")),
            ("", Some("es"), None),
            ("", None, None),
        ] {
            assert_eq!(choose(&there, asked, own), chosen, "{asked:?} {own:?}");
        }
        assert_eq!(choose(&["he"], "", Some("de")), Some("he"));
        assert_eq!(choose(&["he"], "de", None), None, "a language that was asked for is not swapped for just any");
    }

    #[test]
    fn a_status_that_is_not_known_passes() {
        assert_eq!(["APPROVED", "FLAGGED", "SHINY"].map(standing), [Standing::Sendable; 3]);
        assert_eq!(["PENDING", "REJECTED", "DISABLED"].map(standing), [Standing::Barred; 3]);
        assert_eq!([standing("PAUSED"), standing("DELETED")], [Standing::Paused, Standing::Deleted]);
    }
}
