//! Which events were passed on: a table of the partition, since a redelivered item has the same key and so the same
//! partition. Must not forget within the window, and need not remember beyond it.

use std::collections::HashSet;

use crate::runtime::{Context, Put};

pub(super) const TABLE: &str = "seen";

/// The table, and what this record itself already held.
pub(super) struct Seen<'a> {
    cx: &'a Context,
    window_ms: i64,
    here: HashSet<String>,
}

impl<'a> Seen<'a> {
    pub(super) fn new(cx: &'a Context, window_ms: i64) -> Self {
        Self { cx, window_ms, here: HashSet::new() }
    }

    /// An entry that outlived the window counts as absent, whether or not it is removed yet.
    pub(super) fn before(&self, identity: &str) -> bool {
        let recent = |value: &[u8]| time_ms(value).is_some_and(|then| self.cx.now_ms() - then < self.window_ms);
        self.here.contains(identity) || self.cx.state(TABLE, identity).is_some_and(|value| recent(&value))
    }

    /// To be put in the transaction that publishes the event.
    pub(super) fn mark(&mut self, identity: &str) -> Put {
        self.here.insert(identity.to_owned());
        Put::new(TABLE, identity, self.cx.now_ms().to_string())
    }
}

/// An entry is the decimal unix milliseconds of when the event was passed on.
pub(super) fn time_ms(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}
