//! Whether a user wants marketing messages: what they said last, and what Meta said in their name. Reads no clock and no table.

/// Meta's code for a marketing message to a user who has stopped them.
pub const STOPPED_MARKETING: i64 = 131_050;

/// A user's word about marketing messages of one business number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    pub stopped: bool,
    /// Unix ms, by Meta's clock, in whole seconds.
    pub at_ms: i64,
}

/// Whether `word` is what counts from now on. Webhooks come late, twice and in any order; their own times do not.
#[must_use]
pub fn is_news(before: Option<Word>, word: Word) -> bool {
    before.is_none_or(|before| before.at_ms <= word.at_ms)
}

/// Whether the user has opted out. A refusal of Meta's (unix ms) counts as a stop that was missed, until the user's own
/// word is as new.
#[must_use]
pub fn opted_out(word: Option<Word>, refused_at_ms: Option<i64>) -> bool {
    match (word, refused_at_ms) {
        (Some(Word { stopped: true, .. }), _) => true,
        (Some(Word { stopped: false, at_ms }), Some(refused_at_ms)) => refused_at_ms > at_ms,
        (None, refused) => refused.is_some(),
        (Some(Word { stopped: false, .. }), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOP: Word = Word { stopped: true, at_ms: 5 };
    const RESUME: Word = Word { stopped: false, at_ms: 5 };

    #[test]
    fn a_stop_counts_until_it_is_taken_back() {
        assert!(opted_out(Some(STOP), None) && opted_out(Some(STOP), Some(9)));
        assert!(!opted_out(Some(RESUME), None) && !opted_out(None, None));
    }

    #[test]
    fn a_refusal_of_meta_counts_as_a_stop_that_was_missed() {
        assert!(opted_out(None, Some(1)) && opted_out(Some(RESUME), Some(6)));
        assert!(!opted_out(Some(RESUME), Some(5)), "the user's own word is as new");
    }

    #[test]
    fn an_older_word_that_comes_late_changes_nothing() {
        let later = |at_ms| Word { at_ms, ..STOP };
        assert!(is_news(None, STOP) && is_news(Some(RESUME), later(5)) && is_news(Some(RESUME), later(6)));
        assert!(!is_news(Some(RESUME), later(4)));
    }
}
