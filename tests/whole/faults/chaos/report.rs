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
    /// Name and figure, in the order of reading.
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
            ("commands sent", json!(account.commands)),
            ("commands received by Meta", json!(account.taken_by_meta)),
            ("reported unknown", json!(account.unknown)),
            ("inbound sent", json!(account.inbound)),
            ("inbound received, on two topics", json!(account.published)),
            ("lost", json!(account.lost.len())),
            ("duplicated", json!(account.duplicated.len())),
            ("sent twice", json!(account.sent_twice.len())),
            ("reordered", json!(account.reordered.len())),
            ("dead-lettered", json!(account.dead.len())),
            ("worst delay of a command, ms", json!(account.worst_command_ms)),
            ("worst delay of an inbound message, ms", json!(account.worst_inbound_ms)),
        ];
        let violations = vec![
            ("lost", account.lost.clone()),
            ("duplicated", account.duplicated.clone()),
            ("sent twice", account.sent_twice.clone()),
            ("reordered", account.reordered.clone()),
            ("dead-lettered", account.dead.clone()),
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
        let json = json!({"holds": self.holds, "figures": figures, "kills": self.killed, "violations": violations});
        fs::write(folder.join(format!("soak-{}.json", self.seed)), format!("{json:#}\n"))?;
        fs::write(folder.join(format!("soak-{}.txt", self.seed)), self.to_string())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for (name, value) in &self.figures {
            writeln!(text, "{name:<40}{value}")?;
        }
        for (point, count) in &self.killed {
            writeln!(text, "killed at {point:<30}{count}")?;
        }
        for (name, all) in &self.violations {
            for one in all.iter().take(SHOWN) {
                writeln!(text, "{name}: {one}")?;
            }
        }
        f.write_str(&text)
    }
}
