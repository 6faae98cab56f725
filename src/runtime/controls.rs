//! What operators told all workers of a cluster: which stages rest, what is held, which records are cancelled. One table per
//! process; somebody else reads it from a topic. Knows what a stage is, and of everything else only its name.

mod entry;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

pub use self::entry::{Key, Word, all, stage, trip_record};
use super::broadcast::Broadcast;

/// What is said now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// By subject: `all`, `stage/sender`, `account/main` …
    pub paused: BTreeMap<String, Word>,
    /// Stages whose trip wire was touched.
    pub tripped: BTreeMap<String, Word>,
    pub cancelled: BTreeMap<String, Word>,
}

impl Table {
    /// One record of the topic; `None` takes back what its key says. False where the key says nothing to this release.
    pub fn apply(&mut self, key: &str, value: Option<&[u8]>) -> bool {
        let Some(key) = Key::parse(key) else { return false };
        let (entries, name) = match key {
            Key::Pause(subject) => (&mut self.paused, subject),
            Key::Trip(stage) => (&mut self.tripped, stage),
            Key::Cancel(id) => (&mut self.cancelled, id),
        };
        match value {
            Some(value) => entries.insert(name, Word::read(value)),
            None => entries.remove(&name),
        };
        true
    }

    /// Why nothing of `name` may start.
    fn halts(&self, name: &str) -> Option<Halt> {
        let paused = |subject: &str| self.paused.get(subject).map(|word| Halt::Paused(word.clone()));
        let tripped = self.tripped.get(name).map(|word| Halt::Tripped(word.clone()));
        paused(&stage(name)).or_else(|| paused(all())).or(tripped)
    }
}

/// Why a stage rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// Nobody knows yet whether it may run; why not, where that is known.
    Unread(Option<String>),
    Paused(Word),
    Tripped(Word),
}

impl Halt {
    /// For metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unread(_) => "unread",
            Self::Paused(_) => "paused",
            Self::Tripped(_) => "tripped",
        }
    }
}

impl std::fmt::Display for Halt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unread(None) => f.write_str("reads the control topic"),
            Self::Unread(Some(why)) => write!(f, "cannot read the control topic: {why}"),
            Self::Paused(word) => write!(f, "paused {word}"),
            Self::Tripped(word) => write!(f, "tripped {word}"),
        }
    }
}

/// Shared by the reader of the topic and all workers. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Controls(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Grows with every change.
    version: AtomicU64,
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Set until the topic was read once: nothing may start before.
    unread: Option<Halt>,
    table: Table,
    /// Cancelled ids by the version that brought them.
    heard: HashMap<String, u64>,
}

impl Controls {
    /// Of a process that has not read the topic yet. (The default of a test is a topic in which nothing was ever said.)
    #[must_use]
    pub fn unread() -> Self {
        let state = State { unread: Some(Halt::Unread(None)), ..State::default() };
        Self(Arc::new(Shared { version: AtomicU64::new(0), state: RwLock::new(state) }))
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// `change` is told the version it makes.
    fn change<T>(&self, change: impl FnOnce(&mut State, u64) -> T) -> T {
        let mut state: RwLockWriteGuard<'_, State> = self.0.state.write().unwrap_or_else(PoisonError::into_inner);
        let version = self.0.version.load(Ordering::Acquire) + 1;
        let result = change(&mut state, version);
        self.0.version.store(version, Ordering::Release);
        result
    }

    /// All of the topic was read anew.
    pub fn replace(&self, table: Table) {
        self.change(|state, version| {
            let known = std::mem::take(&mut state.heard);
            let heard = |id: &String| (id.clone(), known.get(id).copied().unwrap_or(version));
            state.heard = table.cancelled.keys().map(heard).collect();
            state.table = table;
            state.unread = None;
        });
    }

    /// One more record of the topic. False where its key says nothing to this release.
    pub fn apply(&self, key: &str, value: Option<&[u8]>) -> bool {
        self.change(|state, version| {
            if let Some(Key::Cancel(id)) = Key::parse(key) {
                match value {
                    Some(_) => *state.heard.entry(id).or_insert(version),
                    None => state.heard.remove(&id).unwrap_or_default(),
                };
            }
            state.table.apply(key, value)
        })
    }

    /// The topic cannot be read. What is known stays in force; who knows nothing waits on, and says why.
    pub fn unreadable(&self, why: &str) {
        self.change(|state, _| {
            if state.unread.is_some() {
                state.unread = Some(Halt::Unread(Some(why.to_owned())));
            }
        });
    }

    /// The trip wire of `stage` was touched here; its record is still to be written.
    pub fn trip(&self, stage: &str, word: Word) {
        self.change(|state, _| state.table.tripped.insert(stage.to_owned(), word));
    }

    /// Whoever asked at this version has heard everything up to it.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.0.version.load(Ordering::Acquire)
    }

    /// Why nothing of this stage may start.
    #[must_use]
    pub fn halted(&self, stage: &str) -> Option<Halt> {
        let state = self.read();
        state.unread.clone().or_else(|| state.table.halts(stage))
    }

    #[must_use]
    pub fn is_paused(&self, subject: &str) -> bool {
        self.read().table.paused.contains_key(subject)
    }

    #[must_use]
    pub fn is_cancelled(&self, id: &str) -> bool {
        self.read().table.cancelled.contains_key(id)
    }

    /// Ids that were cancelled after `version`.
    #[must_use]
    pub fn cancelled_since(&self, version: u64) -> HashSet<String> {
        let state = self.read();
        state
            .heard
            .iter()
            .filter(|(id, at)| **at > version && state.table.cancelled.contains_key(*id))
            .map(|(id, _)| id.clone())
            .collect()
    }
}

impl Broadcast for Controls {
    type Table = Table;

    fn put(&self, table: &mut Table, key: &str, value: Option<&[u8]>) -> Result<bool, String> {
        Ok(table.apply(key, value))
    }

    fn replace(&self, table: Table) {
        Self::replace(self, table);
    }

    fn apply(&self, key: &str, value: Option<&[u8]>) -> Result<bool, String> {
        Ok(Self::apply(self, key, value))
    }

    fn unreadable(&self, why: &str) {
        Self::unreadable(self, why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY_KIM: &[u8] = br#"{"by":"kim","at":"2026-05-28T20:26:40.123Z","reason":"too many complaints"}"#;

    #[test]
    fn a_stage_rests_while_itself_or_everything_is_paused_or_its_wire_was_touched() {
        let controls = Controls::default();
        assert_eq!(controls.halted("sender"), None);
        for (key, why) in [("pause/stage/sender", "paused"), ("pause/all", "paused"), ("trip/sender", "tripped")] {
            controls.apply(key, Some(BY_KIM));
            assert_eq!(controls.halted("sender").map(|halt| halt.name()), Some(why), "{key}");
            controls.apply(key, None);
            assert_eq!(controls.halted("sender"), None, "{key}");
        }
        controls.apply("pause/stage/status", Some(BY_KIM));
        controls.apply("pause/account/sender", Some(BY_KIM));
        assert_eq!(controls.halted("sender"), None);
    }

    #[test]
    fn before_the_topic_was_read_everything_rests_and_afterwards_what_is_known_stays() {
        let controls = Controls::unread();
        assert_eq!(controls.halted("sender"), Some(Halt::Unread(None)));
        controls.unreadable("no such topic");
        assert_eq!(controls.halted("sender"), Some(Halt::Unread(Some("no such topic".to_owned()))));
        let mut table = Table::default();
        table.apply("pause/account/main", Some(BY_KIM));
        controls.replace(table);
        controls.unreadable("the broker is away");
        assert_eq!((controls.halted("sender"), controls.is_paused("account/main")), (None, true));
    }

    #[test]
    fn a_cancelled_id_is_new_once_however_often_the_topic_is_read() {
        let controls = Controls::default();
        let before = controls.version();
        controls.apply("cancel/c-1", Some(BY_KIM));
        let between = controls.version();
        let mut table = Table::default();
        table.apply("cancel/c-1", Some(BY_KIM));
        table.apply("cancel/c-2", Some(BY_KIM));
        controls.replace(table);
        assert_eq!(controls.cancelled_since(before).len(), 2);
        assert_eq!(controls.cancelled_since(between), HashSet::from(["c-2".to_owned()]));
        controls.apply("cancel/c-1", None);
        assert!(!controls.is_cancelled("c-1") && controls.is_cancelled("c-2"));
    }

    #[test]
    fn a_halt_says_who_since_when_and_why() {
        let controls = Controls::default();
        controls.apply("pause/stage/sender", Some(BY_KIM));
        let halt = controls.halted("sender").expect("paused").to_string();
        assert_eq!(halt, "paused by kim since 2026-05-28T20:26:40.123Z: too many complaints");
    }
}
