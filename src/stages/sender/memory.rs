//! What the sender remembers of one command: five small tables, each with a single writer, so that no put of one can undo
//! a later one of another. And of one user, by conversation key, two more. Reads and lists; decides nothing and publishes
//! nothing.
//!
//! | table | key | written by |
//! |---|---|---|
//! | ledger | command id | the handler: intents (committed before it goes on) and the outcome |
//! | receipt | command id | the side input: Meta's first sign of an unsettled command |
//! | question | command id | the handler: the last probe of a doubtful command |
//! | replies | probe id | the side input: what the partitions answered |
//! | notice | command id | the handler: the waiting status its producer was told |
//! | preference | conversation key | the side input: what the user last said about marketing messages |
//! | refusal | conversation key | whoever hears it: when Meta last refused one because the user had stopped them |

use crate::{
    domain::{
        doubt::{Answers, Asked},
        ledger::{Standing, standing},
    },
    runtime::{
        Context, Put,
        stage::{Changelog, TableSpec},
    },
    wire::{
        preference::Refusal,
        sender_state::{Ledger, Notice, Question, Receipt, Replies, StateEntry, Unreadable},
    },
};

pub(super) const LEDGER: &str = "ledger";
pub(super) const RECEIPT: &str = "receipt";
pub(super) const QUESTION: &str = "question";
pub(super) const REPLIES: &str = "replies";
pub(super) const NOTICE: &str = "notice";
pub(super) const PREFERENCE: &str = "preference";
pub(super) const REFUSAL: &str = "refusal";

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

const fn table(name: &'static str, days: i64) -> TableSpec {
    TableSpec { name, changelog: Changelog::Stage, ttl_ms: Some(days * DAY_MS) }
}

/// The ledger's day is the horizon within which a command id is known again. The others end with their command; their
/// times only sweep up what a crash left.
pub(super) const TABLES: &[TableSpec] = &[
    table(LEDGER, 1),
    table(RECEIPT, 7),
    table(QUESTION, 7),
    table(REPLIES, 7),
    table(NOTICE, 30),
    TableSpec { name: PREFERENCE, changelog: Changelog::Stage, ttl_ms: None },
    table(REFUSAL, 30),
];

/// When an entry was last touched; `None` for what must not be forgotten, and that includes what cannot be read.
pub(super) fn entry_time_ms(table: &str, value: &[u8]) -> Option<i64> {
    match table {
        LEDGER => Ledger::from_bytes(value).ok()?.entry().touched_ms(),
        RECEIPT => Some(Receipt::from_bytes(value).ok()?.at),
        QUESTION => Some(Question::from_bytes(value).ok()?.asked.at_ms),
        REPLIES => Some(Replies::from_bytes(value).ok()?.at),
        NOTICE => Some(Notice::from_bytes(value).ok()?.at),
        REFUSAL => Some(Refusal::from_bytes(value).ok()?.at),
        _ => None,
    }
}

/// Everything known of one command at one moment.
#[derive(Debug)]
pub(super) struct Memory {
    pub ledger: Option<Ledger>,
    pub receipt: Option<Receipt>,
    question: Option<Question>,
    replies: Answers,
    notice: Option<Notice>,
}

impl Memory {
    pub(super) fn of(command_id: &str, cx: &Context) -> Result<Self, Unreadable> {
        let question: Option<Question> = read(cx, QUESTION, command_id)?;
        let replies: Option<Replies> = match &question {
            Some(question) => read(cx, REPLIES, &question.asked.id)?,
            None => None,
        };
        Ok(Self {
            ledger: read(cx, LEDGER, command_id)?,
            receipt: read(cx, RECEIPT, command_id)?,
            question,
            replies: replies.map(|replies| replies.outstanding).unwrap_or_default(),
            notice: read(cx, NOTICE, command_id)?,
        })
    }

    pub(super) fn standing(&self, content_hash: &str) -> Standing<Receipt> {
        standing(self.ledger.as_ref().map(Ledger::entry), self.receipt.clone(), content_hash)
    }

    /// The last question and what came back.
    pub(super) fn asked(&self) -> Option<(&Asked, &Answers)> {
        Some((&self.question.as_ref()?.asked, &self.replies))
    }

    /// Whether the producer knows that its command waits for this.
    pub(super) fn told(&self, status: &str) -> bool {
        self.notice.as_ref().is_some_and(|notice| notice.status == status)
    }

    /// Tombstones for everything but the ledger's entry: the command is settled.
    pub(super) fn forget(&self, command_id: &str) -> Vec<Put> {
        let mut puts = Vec::new();
        if self.receipt.is_some() {
            puts.push(Put::tombstone(RECEIPT, command_id));
        }
        if self.notice.is_some() {
            puts.push(Put::tombstone(NOTICE, command_id));
        }
        if let Some(question) = &self.question {
            puts.push(Put::tombstone(REPLIES, question.asked.id.clone()));
            puts.push(Put::tombstone(QUESTION, command_id));
        }
        puts
    }
}

/// One entry of this partition's tables.
pub(super) fn read<T: StateEntry>(cx: &Context, table: &str, key: &str) -> Result<Option<T>, Unreadable> {
    cx.state(table, key).map(|bytes| T::from_bytes(&bytes)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::{Attempt, Entry, Phase};

    #[test]
    fn every_table_says_when_its_entries_were_touched_but_an_open_one_never_was() {
        let entry =
            |phase| Ledger::Pending(Entry { phase, attempt: Attempt::FIRST, at_ms: 7, content_hash: String::new() });
        assert_eq!(entry_time_ms(LEDGER, &entry(Phase::Clear).to_bytes()), Some(7));
        assert_eq!(entry_time_ms(LEDGER, &entry(Phase::Open).to_bytes()), None);
        assert_eq!(entry_time_ms(RECEIPT, &Receipt::new(8, None).to_bytes()), Some(8));
        assert_eq!(entry_time_ms(NOTICE, &Notice::new(9, "held").to_bytes()), Some(9));
        assert_eq!(entry_time_ms(REFUSAL, &Refusal::new(10).to_bytes()), Some(10));
        assert_eq!(entry_time_ms(PREFERENCE, br#"{"v":1,"marketing":"stop","at":11}"#), None, "kept for ever");
    }
}
