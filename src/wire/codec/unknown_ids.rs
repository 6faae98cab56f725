//! When a schema id that the registry does not know is the record's fault. Decides; asks nobody.

use std::collections::HashMap;

/// How long other ids must be served before an unknown one is held against its record.
const PATIENCE_MS: u64 = 60 * 60 * 1000;

/// Ids that got a 404, and since when the registry has been serving others beside them.
#[derive(Debug, Default)]
pub(super) struct UnknownIds(HashMap<u32, u64>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The registry may be behind or damaged.
    Wait,
    /// It works and still does not know the id.
    Poison,
}

impl UnknownIds {
    /// `id` got a 404 at `now_ms`; `others_served` says whether the registry gave another id's schema at that moment.
    /// A moment in which it did not starts the hour afresh.
    pub(super) fn asked(&mut self, id: u32, now_ms: u64, others_served: bool) -> Verdict {
        if !others_served {
            self.forget(id);
            return Verdict::Wait;
        }
        let since = *self.0.entry(id).or_insert(now_ms);
        if now_ms.saturating_sub(since) >= PATIENCE_MS { Verdict::Poison } else { Verdict::Wait }
    }

    /// The id became known.
    pub(super) fn forget(&mut self, id: u32) {
        self.0.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_id_is_poison_after_an_hour_in_which_others_were_served() {
        let mut ids = UnknownIds::default();
        assert_eq!(ids.asked(7, 1_000, true), Verdict::Wait);
        assert_eq!(ids.asked(7, 1_000 + PATIENCE_MS - 1, true), Verdict::Wait);
        assert_eq!(ids.asked(8, 1_000 + PATIENCE_MS, true), Verdict::Wait, "each id has its own hour");
        assert_eq!(ids.asked(7, 1_000 + PATIENCE_MS, true), Verdict::Poison);
    }

    #[test]
    fn an_outage_starts_the_hour_afresh() {
        let mut ids = UnknownIds::default();
        ids.asked(7, 0, true);
        assert_eq!(ids.asked(7, PATIENCE_MS, false), Verdict::Wait);
        assert_eq!(ids.asked(7, PATIENCE_MS + 1, true), Verdict::Wait);
        assert_eq!(ids.asked(7, 2 * PATIENCE_MS + 1, true), Verdict::Poison);
    }

    #[test]
    fn an_id_that_became_known_starts_over() {
        let mut ids = UnknownIds::default();
        ids.asked(7, 0, true);
        ids.forget(7);
        assert_eq!(ids.asked(7, PATIENCE_MS, true), Verdict::Wait);
    }
}
