//! The sender's ledger: what is remembered of a command and what may be done because of it. Decides only; reads no clock
//! and no table, and never sees a request's content, just its hash.
//!
//! An entry is *open* from before a request may leave until its effect is known, *clear* once the attempt is known not to
//! have happened, and *settled* once an outcome was given. Only the handler of the command writes entries; what Meta's
//! statuses prove is kept apart (a receipt), so that two writers never race for one entry.

/// How far a command has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// A request may be under way, or may have been answered unheard.
    Open,
    /// The attempt is known not to have happened: another may be made at once.
    Clear,
    /// An outcome was published.
    Settled,
}

impl Phase {
    /// The word that is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Clear => "clear",
            Self::Settled => "settled",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Open, Self::Clear, Self::Settled].into_iter().find(|phase| phase.name() == word)
    }
}

/// After so many attempts whose end was never known, `unknown` is reported whatever the command says: each of them may
/// have reached the user, and what hides three ends in a row (a request that makes the connection break, a proxy that cuts
/// answers off) will most likely hide the fourth. Without a limit the user would get the message again every few minutes
/// for as long as it lasts, and nobody would be told.
pub const MOST_DOUBTS: u32 = 3;

/// Which attempt of its command, and what those before it left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// How many attempts before this one may have happened: their end was never known.
    pub doubts: u32,
}

impl Attempt {
    pub const FIRST: Self = Self { number: 1, doubts: 0 };

    /// The next one; this one is known not to have happened.
    #[must_use]
    pub fn after_none(self) -> Self {
        Self { number: self.number + 1, ..self }
    }

    /// The next one; this one may have happened.
    #[must_use]
    pub fn after_doubt(self) -> Self {
        Self { number: self.number + 1, doubts: self.doubts + 1 }
    }

    /// Whether another attempt may follow this one, which may have happened.
    #[must_use]
    pub fn may_be_doubted_again(self) -> bool {
        self.after_doubt().doubts < MOST_DOUBTS
    }

    /// Whether one before this may have happened: then nobody may say that the command never left.
    #[must_use]
    pub fn is_doubted(self) -> bool {
        self.doubts > 0
    }
}

/// What is remembered of a command, outcome aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub phase: Phase,
    /// The last one.
    pub attempt: Attempt,
    /// Unix ms: when the intent was written, or the outcome learned.
    pub at_ms: i64,
    /// SHA-256 of the request, lowercase hex.
    pub content_hash: String,
}

impl Entry {
    /// When the entry may be forgotten is counted from here; an open entry is never forgotten.
    #[must_use]
    pub fn touched_ms(&self) -> Option<i64> {
        match self.phase {
            Phase::Open => None,
            Phase::Clear | Phase::Settled => Some(self.at_ms),
        }
    }
}

/// Where a command stands when its handler begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<Receipt> {
    /// Nothing of it can be under way: this attempt may be made.
    Free(Attempt),
    /// An outcome was given before: it is given again.
    Answered,
    /// The id belongs to another message.
    Reused,
    /// A status from Meta proves that this attempt, or one before it, was taken.
    Receipted { attempt: Attempt, receipt: Receipt },
    /// This attempt may have happened. Its handler ended without knowing, or another worker's did.
    InDoubt { attempt: Attempt, since_ms: i64 },
}

/// Judges a command by its entry and by Meta's first sign of it, if there was one.
#[must_use]
pub fn standing<Receipt>(entry: Option<&Entry>, receipt: Option<Receipt>, content_hash: &str) -> Standing<Receipt> {
    let Some(entry) = entry else { return Standing::Free(Attempt::FIRST) };
    if entry.content_hash != content_hash {
        return Standing::Reused;
    }
    let attempt = entry.attempt;
    match (entry.phase, receipt) {
        (Phase::Settled, _) => Standing::Answered,
        (Phase::Open | Phase::Clear, Some(receipt)) => Standing::Receipted { attempt, receipt },
        (Phase::Open, None) => Standing::InDoubt { attempt, since_ms: entry.at_ms },
        (Phase::Clear, None) => Standing::Free(attempt.after_none()),
    }
}

/// Whether a status from Meta says something the ledger does not know yet. A clear entry counts: Meta's word that an
/// earlier attempt was taken outweighs ours that the last one was not.
#[must_use]
pub fn wants_receipt(entry: Option<&Entry>) -> bool {
    entry.is_some_and(|entry| match entry.phase {
        Phase::Open | Phase::Clear => true,
        Phase::Settled => false,
    })
}

/// What a call's end says about its effect, with what was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<Yes, No> {
    /// Meta named the message.
    Taken(Yes),
    /// Known not to have happened, and no attempt can succeed.
    Refused(No),
    /// Known not to have happened; a later attempt can succeed.
    NotTaken(No),
    /// Anything else after a byte may have left.
    Unclear(No),
}

/// What follows from an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<Yes, No, Receipt> {
    /// Accepted, by the answer.
    Accept(Yes),
    /// Accepted, by a receipt that came before the answer or instead of one.
    AcceptByReceipt(Receipt),
    /// Final.
    Fail(No),
    /// The entry becomes clear and the command waits for its next attempt.
    Clear(No),
    /// The entry stays open.
    Doubt(No),
}

/// Judges an answer. A receipt that arrived while the call was in flight outweighs everything but the answer's own yes.
#[must_use]
pub fn verdict<Yes, No, Receipt>(answer: Answer<Yes, No>, receipt: Option<Receipt>) -> Verdict<Yes, No, Receipt> {
    match (answer, receipt) {
        (Answer::Taken(yes), _) => Verdict::Accept(yes),
        (Answer::Refused(_) | Answer::NotTaken(_) | Answer::Unclear(_), Some(receipt)) => {
            Verdict::AcceptByReceipt(receipt)
        }
        (Answer::Refused(no), None) => Verdict::Fail(no),
        (Answer::NotTaken(no), None) => Verdict::Clear(no),
        (Answer::Unclear(no), None) => Verdict::Doubt(no),
    }
}

/// Whether a command came too late.
#[must_use]
pub fn expired(expires_at_ms: Option<i64>, now_ms: i64) -> bool {
    expires_at_ms.is_some_and(|at| at <= now_ms)
}

/// The times the guarantee rests on, proven to fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    intent_valid_ms: u64,
    request_timeout_ms: u64,
    in_doubt_wait_ms: u64,
}

/// With these times a command could be sent again while its first request is still to be seen.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "in_doubt.wait ({in_doubt_wait_ms} ms) must be longer than intent.valid + request timeout + usual status delay ({least_ms} ms)"
)]
pub struct WaitTooShort {
    pub in_doubt_wait_ms: u64,
    pub least_ms: u64,
}

impl Timing {
    /// `status_delay_ms` is how long Meta usually takes from a request to its first status.
    ///
    /// # Errors
    /// [`WaitTooShort`] unless `in_doubt_wait > intent_valid + request_timeout + status_delay`.
    pub fn new(
        intent_valid_ms: u64,
        request_timeout_ms: u64,
        in_doubt_wait_ms: u64,
        status_delay_ms: u64,
    ) -> Result<Self, WaitTooShort> {
        let least_ms = intent_valid_ms.saturating_add(request_timeout_ms).saturating_add(status_delay_ms);
        if in_doubt_wait_ms <= least_ms {
            return Err(WaitTooShort { in_doubt_wait_ms, least_ms });
        }
        Ok(Self { intent_valid_ms, request_timeout_ms, in_doubt_wait_ms })
    }

    /// Times that do not fit, for tests that show what they would cost.
    #[cfg(test)]
    pub(crate) fn unchecked(intent_valid_ms: u64, request_timeout_ms: u64, in_doubt_wait_ms: u64) -> Self {
        Self { intent_valid_ms, request_timeout_ms, in_doubt_wait_ms }
    }

    /// The longest a call may take in total.
    #[must_use]
    pub fn request_timeout_ms(&self) -> u64 {
        self.request_timeout_ms
    }

    /// Whether a request may still leave under an intent that was written at `written_boot_ms`. Measured since boot, so a
    /// suspended machine counts.
    #[must_use]
    pub fn intent_holds(&self, written_boot_ms: u64, now_boot_ms: u64) -> bool {
        now_boot_ms.saturating_sub(written_boot_ms) <= self.intent_valid_ms
    }

    /// Until when a sign of a doubtful attempt is waited for. A takeover starts the wait anew: before it nobody read
    /// receipts.
    #[must_use]
    pub fn doubtful_until(&self, since_ms: i64, takeover_ms: i64) -> i64 {
        since_ms.max(takeover_ms).saturating_add_unsigned(self.in_doubt_wait_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Attempt = Attempt { number: 2, doubts: 1 };

    fn entry(phase: Phase) -> Entry {
        Entry { phase, attempt: SECOND, at_ms: 1_000, content_hash: "aa".into() }
    }

    #[test]
    fn a_command_nobody_knows_is_free() {
        assert_eq!(standing::<u8>(None, None, "aa"), Standing::Free(Attempt::FIRST));
        assert_eq!(standing(None, Some(9), "aa"), Standing::Free(Attempt::FIRST));
    }

    #[test]
    fn each_phase_has_its_standing() {
        let of = |phase, receipt| standing(Some(&entry(phase)), receipt, "aa");
        assert_eq!(of(Phase::Open, None), Standing::InDoubt { attempt: SECOND, since_ms: 1_000 });
        assert_eq!(of(Phase::Clear, None), Standing::Free(Attempt { number: 3, doubts: 1 }));
        assert_eq!(of(Phase::Settled, None), Standing::Answered);
        assert_eq!(of(Phase::Open, Some(9)), Standing::Receipted { attempt: SECOND, receipt: 9 });
        assert_eq!(of(Phase::Clear, Some(9)), Standing::Receipted { attempt: SECOND, receipt: 9 });
        assert_eq!(of(Phase::Settled, Some(9)), Standing::Answered);
    }

    #[test]
    fn only_attempts_whose_end_is_not_known_count_as_doubts() {
        let third = Attempt::FIRST.after_none().after_doubt();
        assert_eq!(third, Attempt { number: 3, doubts: 1 });
        assert!(!Attempt::FIRST.after_none().is_doubted() && third.is_doubted());
        assert_eq!(third.after_none(), Attempt { number: 4, doubts: 1 });
    }

    #[test]
    fn a_third_doubt_is_the_last() {
        let second = Attempt::FIRST.after_doubt();
        assert!(Attempt::FIRST.may_be_doubted_again() && second.may_be_doubted_again());
        assert!(!second.after_doubt().may_be_doubted_again());
        assert!(!second.after_doubt().after_none().may_be_doubted_again());
    }

    #[test]
    fn an_id_with_other_content_is_reused_in_every_phase() {
        for phase in [Phase::Open, Phase::Clear, Phase::Settled] {
            assert_eq!(standing(Some(&entry(phase)), Some(9), "bb"), Standing::Reused);
        }
    }

    #[test]
    fn receipts_are_wanted_until_the_outcome_was_given() {
        assert!(!wants_receipt(None));
        assert!(wants_receipt(Some(&entry(Phase::Open))));
        assert!(wants_receipt(Some(&entry(Phase::Clear))));
        assert!(!wants_receipt(Some(&entry(Phase::Settled))));
    }

    #[test]
    fn a_receipt_turns_every_answer_into_acceptance() {
        assert_eq!(verdict::<_, (), _>(Answer::Taken(1), Some(9)), Verdict::Accept(1));
        for answer in [Answer::Refused(2), Answer::NotTaken(2), Answer::Unclear(2)] {
            assert_eq!(verdict::<(), _, _>(answer, Some(9)), Verdict::AcceptByReceipt(9));
        }
    }

    #[test]
    fn without_a_receipt_the_answer_decides() {
        let of = |answer| verdict::<(), i32, ()>(answer, None);
        assert_eq!(of(Answer::Refused(2)), Verdict::Fail(2));
        assert_eq!(of(Answer::NotTaken(2)), Verdict::Clear(2));
        assert_eq!(of(Answer::Unclear(2)), Verdict::Doubt(2));
    }

    #[test]
    fn an_open_entry_is_never_forgotten() {
        assert_eq!(entry(Phase::Open).touched_ms(), None);
        assert_eq!(entry(Phase::Clear).touched_ms(), Some(1_000));
        assert_eq!(entry(Phase::Settled).touched_ms(), Some(1_000));
    }

    #[test]
    fn times_that_do_not_fit_are_refused() {
        assert!(Timing::new(10_000, 30_000, 120_000, 50_000).is_ok());
        assert!(Timing::new(1_000, 2_000, 6_000, 2_000).is_ok());
        let refused = Timing::new(1_000, 2_000, 5_000, 2_000);
        assert_eq!(refused, Err(WaitTooShort { in_doubt_wait_ms: 5_000, least_ms: 5_000 }));
    }

    #[test]
    fn an_intent_holds_up_to_its_validity() {
        let timing = Timing::new(1_000, 2_000, 6_000, 2_000).expect("fits");
        assert!(timing.intent_holds(50, 1_050));
        assert!(!timing.intent_holds(50, 1_051));
    }

    #[test]
    fn the_wait_counts_from_the_later_of_intent_and_takeover() {
        let timing = Timing::new(1_000, 2_000, 6_000, 2_000).expect("fits");
        assert_eq!(timing.doubtful_until(100, 0), 6_100);
        assert_eq!(timing.doubtful_until(100, 5_000), 11_000);
    }

    #[test]
    fn a_command_expires_at_its_time() {
        assert!(!expired(None, 5));
        assert!(!expired(Some(6), 5));
        assert!(expired(Some(5), 5));
    }
}
