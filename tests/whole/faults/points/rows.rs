//! What a kill leaves of each command, as the ledger and Meta's side tell it. It must not wait for anything: it is asked while
//! no worker lives.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::{faults::ledger::phases, support::pipeline::Pipeline};

/// A row of the crash table, or what has none because it needs no care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    NoIntent,
    OpenNotSent,
    OpenSent,
    /// The call was answered with a refusal for now, or could not be made.
    Clear,
    Settled,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoIntent => "before the intent's commit",
            Self::OpenNotSent => "intent committed, nothing sent",
            Self::OpenSent => "request left, answer lost or not recorded",
            Self::Clear => "known not to have happened",
            Self::Settled => "outcome committed",
        })
    }
}

/// The rows that commands were found in.
#[derive(Default)]
pub struct Rows {
    ever: BTreeSet<(String, Row)>,
}

impl Rows {
    /// Notes where every command is now; how many are in which row, of those written by the latest wave (from number `wave`) and
    /// those that were never there before.
    pub fn note(&mut self, pipeline: &Pipeline, commands: &[String], wave: usize) -> BTreeMap<Row, usize> {
        let phases = phases(pipeline);
        let mut found = BTreeMap::new();
        for (n, id) in commands.iter().enumerate() {
            let row = row(pipeline, id, phases.get(id).map(String::as_str));
            if self.ever.insert((id.clone(), row)) || n >= wave {
                *found.entry(row).or_default() += 1;
            }
        }
        found
    }

    /// Every row that a kill has hit.
    pub fn hit(&self) -> BTreeSet<Row> {
        self.ever.iter().map(|(_, row)| *row).collect()
    }
}

fn row(pipeline: &Pipeline, id: &str, phase: Option<&str>) -> Row {
    let count = pipeline.simulator.count(id);
    match phase {
        None => {
            assert_eq!(count.received, 0, "{id} was sent without a committed intent");
            Row::NoIntent
        }
        Some("settled") => {
            assert_eq!(count.accepted, 1, "{id} is settled");
            Row::Settled
        }
        Some("clear") => Row::Clear,
        Some("open") if count.received == 0 => Row::OpenNotSent,
        Some("open") => Row::OpenSent,
        Some(other) => panic!("{id} is {other}"),
    }
}
