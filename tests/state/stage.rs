//! A stage that does what its input says, and tells what it sees.

use std::sync::{Mutex, PoisonError};

use omnichannel_whatsapp::runtime::{
    Context, Emit, Fault, KeyOrder, Put, Record, Stage,
    stage::{Changelog, TableSpec},
};

pub const TTL_MS: i64 = 10_000;
pub const KEYS: [&str; 4] = ["a", "b", "c", "d"];
/// Tables by name, each with all its keys.
pub const TABLES: [&str; 2] = ["count", "seen"];

/// `count <key>` adds one, `drop <key>` deletes the count, `see <key>` notes the time, `look` tells every entry.
#[derive(Default)]
pub struct Toy {
    looks: Mutex<Vec<Look>>,
}

/// Table, key, value of every entry.
pub type Look = Vec<(String, String)>;

impl Toy {
    pub fn last_look(&self) -> Option<Look> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Stage for Toy {
    const NAME: &'static str = "toy";
    const ORDER: KeyOrder = KeyOrder::Strict;
    const INPUT: &'static str = super::ring::IN;
    const TABLES: &'static [TableSpec] = &[
        TableSpec { name: "count", changelog: Changelog::Stage, ttl_ms: None },
        TableSpec { name: "seen", changelog: Changelog::Stage, ttl_ms: Some(TTL_MS) },
    ];

    type Input = String;

    async fn decode(&self, record: &Record) -> Result<String, Fault> {
        Ok(text(record.value.as_deref().unwrap_or_default()))
    }

    async fn handle(&self, input: String, cx: &Context) -> Result<Emit, Fault> {
        let mut emit = Emit::nothing("done");
        match input.split_once(' ') {
            Some(("count", key)) => {
                let before: u64 = cx.state("count", key).map_or(0, |v| text(&v).parse().expect("a number"));
                emit.state.push(Put::new("count", key, (before + 1).to_string()));
            }
            Some(("drop", key)) => emit.state.push(Put::tombstone("count", key)),
            Some(("see", key)) => emit.state.push(Put::new("seen", key, cx.now_ms().to_string())),
            _ => {
                let all = TABLES.iter().flat_map(|table| KEYS.map(|key| (*table, key)));
                let entries = all.filter_map(|(table, key)| Some((format!("{table}/{key}"), cx.state(table, key)?)));
                let look = entries.map(|(key, value)| (key, text(&value))).collect();
                self.looks.lock().unwrap_or_else(PoisonError::into_inner).push(look);
            }
        }
        Ok(emit)
    }

    fn entry_time_ms(&self, table: &str, value: &[u8]) -> Option<i64> {
        if table == "seen" { text(value).parse().ok() } else { None }
    }
}
