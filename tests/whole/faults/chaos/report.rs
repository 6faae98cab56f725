//! The account as text and as JSON. It must not count.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    fs, io,
    path::Path,
    time::Duration,
};

use serde_json::{Value, json};

use super::{Extent, account::Account, fleet::Fleet};

/// So many of a kind are written out.
const SHOWN: usize = 20;

pub struct Report {
    seed: u64,
    holds: bool,
    killed: BTreeMap<String, usize>,
    /// Name as JSON has it and figure, in the order of reading.
    figures: Vec<(&'static str, Value)>,
    violations: Vec<(&'static str, Vec<String>)>,
}

impl Report {
    pub fn new(extent: &Extent, took: Duration, fleet: &Fleet, disturbances: usize, account: &Account) -> Self {
        let figures = vec![
            ("seed", json!(extent.seed)),
            ("workers", json!(extent.workers)),
            ("seconds", json!(took.as_secs())),
            ("kills", json!(fleet.kills())),
            ("freezes", json!(fleet.frozen)),
            ("disturbances", json!(disturbances)),
            ("commands_sent", json!(account.commands)),
            ("commands_received_by_meta", json!(account.taken_by_meta)),
            ("reported_unknown", json!(account.unknown)),
            ("inbound_sent", json!(account.inbound)),
            ("inbound_received_on_two_topics", json!(account.published)),
            ("lost", json!(account.lost.len())),
            ("duplicated", json!(account.duplicated.len())),
            ("sent_twice", json!(account.sent_twice.len())),
            ("reordered", json!(account.reordered.len())),
            ("dead_lettered", json!(account.dead.len())),
            ("worst_delay_of_a_command_ms", json!(account.worst_command_ms)),
            ("worst_delay_of_an_inbound_message_ms", json!(account.worst_inbound_ms)),
        ];
        let violations = vec![
            ("lost", account.lost.clone()),
            ("duplicated", account.duplicated.clone()),
            ("sent_twice", account.sent_twice.clone()),
            ("reordered", account.reordered.clone()),
            ("dead_lettered", account.dead.clone()),
        ];
        Self { seed: extent.seed, holds: account.holds(), killed: fleet.killed.clone(), figures, violations }
    }

    pub fn holds(&self) -> bool {
        self.holds
    }

    pub fn kills(&self) -> usize {
        self.killed.values().sum()
    }

    /// `soak-<seed>.txt` and `soak-<seed>.json`.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let figures: BTreeMap<&str, &Value> = self.figures.iter().map(|(name, value)| (*name, value)).collect();
        let violations: BTreeMap<&str, &Vec<String>> = self.violations.iter().map(|(name, all)| (*name, all)).collect();
        let json =
            json!({"holds": self.holds, "figures": figures, "kills_by_point": self.killed, "violations": violations});
        fs::write(folder.join(format!("soak-{}.json", self.seed)), format!("{json:#}\n"))?;
        fs::write(folder.join(format!("soak-{}.txt", self.seed)), self.to_string())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for (name, value) in &self.figures {
            writeln!(text, "{:<40}{value}", name.replace('_', " "))?;
        }
        for (point, count) in &self.killed {
            writeln!(text, "killed at {point:<30}{count}")?;
        }
        for (name, all) in &self.violations {
            for one in all.iter().take(SHOWN) {
                writeln!(text, "{}: {one}", name.replace('_', " "))?;
            }
        }
        f.write_str(&text)
    }
}
