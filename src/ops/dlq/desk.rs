//! Where one stage's letters and their marks are read from. Writes nothing.

use std::{ops::Range, sync::Arc};

use super::{
    filter::Filter,
    letter::{Letter, Origins},
    marks::{Mark, Marks},
};
use crate::{
    adapters::kafka::{
        Settings,
        scan::{Scan, ScanError},
    },
    domain::account::Account,
    ops::audit::Act,
    runtime::{Record, ports::SharedClock},
    wire::topics::{Names, OPS_AUDIT},
};

#[derive(Debug, thiserror::Error)]
pub enum DlqError {
    #[error(transparent)]
    Scan(#[from] ScanError),
}

/// One stage on one cluster. Its calls block.
pub struct Desk {
    pub settings: Settings,
    pub names: Names,
    /// Of the catalogue.
    pub stage: String,
    pub accounts: Vec<Account>,
    pub clock: SharedClock,
}

/// What a filter chose.
#[derive(Debug)]
pub struct Found {
    /// Oldest first.
    pub letters: Vec<(Letter, Mark)>,
    /// Letters that only the state or the limit left out.
    pub left_out: usize,
}

impl Desk {
    /// Physical names.
    #[must_use]
    pub fn letters_topic(&self) -> String {
        self.own("dlq")
    }

    #[must_use]
    pub fn replay_topic(&self) -> Arc<str> {
        self.own("replay").into()
    }

    fn own(&self, kind: &str) -> String {
        self.names.physical(&format!("whatsapp.{}.{kind}", self.stage))
    }

    #[must_use]
    pub fn audit_topic(&self) -> Arc<str> {
        self.names.physical(OPS_AUDIT).into()
    }

    #[must_use]
    pub fn origins(&self) -> Origins {
        Origins::of(&self.stage, &self.names)
    }

    /// One for all runs on a stage, so that a later one stops an earlier one.
    #[must_use]
    pub fn transactional_id(&self) -> String {
        format!("{}.dlq-tool", self.names.group(&self.stage))
    }

    /// # Errors
    /// The topics cannot be read.
    pub fn find(&self, filter: &Filter) -> Result<Found, DlqError> {
        let (marks, mut scan) = (self.marks()?, Scan::whole(&self.settings, &self.letters_topic())?);
        let mut found = Vec::new();
        while let Some(record) = scan.next_record()? {
            let letter = Letter::of(&record, &self.accounts);
            if filter.takes(&letter) {
                let mark = marks.of(&letter);
                found.push((letter, mark));
            }
        }
        let all = found.len();
        let letters = filter.choose(found);
        Ok(Found { left_out: all - letters.len(), letters })
    }

    /// What is known of the letters now.
    ///
    /// # Errors
    /// The audit topic cannot be read.
    pub fn marks(&self) -> Result<Marks, DlqError> {
        let mut marks = Marks::new(&self.letters_topic(), self.clock.unix_ms());
        let mut scan = Scan::whole(&self.settings, &self.audit_topic())?;
        while let Some(record) = scan.next_record()? {
            if let Some(act) = Act::read(&record) {
                marks.note(act);
            }
        }
        Ok(marks)
    }

    /// The record of a letter that was found.
    ///
    /// # Errors
    /// The topic cannot be read.
    pub fn record(&self, letter: &Letter) -> Result<Option<Record>, DlqError> {
        let spans = [(letter.place.partition, span(letter))].into();
        let mut scan = Scan::spans(&self.settings, &self.letters_topic(), &spans)?;
        while let Some(record) = scan.next_record()? {
            if record.origin == letter.place {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }
}

/// The offsets of one letter.
pub(super) fn span(letter: &Letter) -> Range<i64> {
    letter.place.offset..letter.place.offset + 1
}
