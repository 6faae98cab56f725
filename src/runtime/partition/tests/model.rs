//! The committed log of the model, and what must hold in it after every commit. Decides nothing a worker decides.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use super::{
    super::{OwnTopics, UNORDERED},
    schedule::{Schedule, Written},
};
use crate::runtime::{
    entries::Parked,
    headers::Headers,
    publishing::{Frozen, Write},
    record::{Origin, Outgoing, Record},
};

pub const INPUT: &str = "input";
pub const REPLAY: &str = "replay";
/// Where a record's one final output goes.
pub const OUT: &str = "out";
/// The code of a dead letter whose output the broker did not take.
pub const REFUSED: &str = "refused";
const CODE: &str = "x-error-code";
/// Where notes go.
pub const SAID: &str = "said";

pub fn own_topics() -> OwnTopics {
    OwnTopics { retry: "retry".into(), dead_letters: "dlq".into(), group: "g".into() }
}

/// What every reader of committed records sees.
#[derive(Debug)]
pub struct Committed {
    pub relaxed: bool,
    pub input: Vec<Option<Record>>,
    pub replay: Vec<Record>,
    pub frozen: Frozen,
    retry: BTreeMap<String, Record>,
    finals: HashMap<Origin, u32>,
    last: HashMap<String, i64>,
    /// Records that ended with nothing to publish, in some process.
    pub silent: HashSet<Origin>,
    pub notes: HashMap<String, u32>,
    pub generation: u64,
}

/// A violated promise.
pub type Broken = String;

fn record(topic: &str, offset: i64, written: Written) -> Record {
    let mut headers = Headers::new();
    if written.unordered {
        headers.push(UNORDERED, "1");
    }
    Record {
        origin: Origin { topic: topic.into(), partition: 0, offset },
        key: written.key.map(|k| format!("k{k}").into()),
        value: Some("v".into()),
        headers,
        timestamp_ms: 0,
    }
}

impl Committed {
    pub fn new(schedule: &Schedule) -> Self {
        let input = schedule.input.iter().zip(0..).map(|(w, o)| w.map(|w| record(INPUT, o, w))).collect();
        Self {
            relaxed: schedule.relaxed,
            input,
            replay: Vec::new(),
            frozen: Frozen { input: 0, sides: vec![0] },
            retry: BTreeMap::new(),
            finals: HashMap::new(),
            last: HashMap::new(),
            silent: HashSet::new(),
            notes: HashMap::new(),
            generation: 0,
        }
    }

    pub fn write_replay(&mut self, written: Written) {
        let offset = i64::try_from(self.replay.len()).expect("few");
        self.replay.push(record(REPLAY, offset, written));
    }

    pub fn parked(&self) -> Vec<Parked> {
        self.retry.values().map(|r| as_parked(r).expect("an entry")).collect()
    }

    /// The key whose order `record` keeps.
    pub fn ordered(&self, record: &Record) -> Option<String> {
        let free = self.relaxed || record.headers.get(UNORDERED).is_some();
        record.key_str().filter(|_| !free).map(str::to_owned)
    }

    /// Commits atomically what a process of `generation` produced.
    pub fn commit(&mut self, generation: u64, writes: &[Write], frozen: &Frozen) -> Result<bool, Broken> {
        if generation != self.generation {
            return Ok(false);
        }
        for write in writes {
            self.apply(write)?;
        }
        self.frozen = frozen.clone();
        self.check()?;
        Ok(true)
    }

    fn apply(&mut self, write: &Write) -> Result<(), Broken> {
        match write {
            Write::Park(entry) => {
                let key = String::from_utf8(entry.key.clone().expect("key").to_vec()).expect("utf-8");
                self.retry.insert(key, as_record(entry));
            }
            Write::Unpark(origin) => {
                let entry = self.retry.remove(&origin.to_string());
                if entry.is_none() && !self.is_final(origin) {
                    return Err(format!("{origin} left a table it was not in"));
                }
            }
            Write::DeadLetter(letter) => {
                self.ended(&origin_of(letter), letter.headers.get_str(CODE) == Some(REFUSED))?
            }
            Write::Record(out) if &*out.topic == OUT => self.ended(&origin_in(out), false)?,
            Write::Record(out) => {
                let note = String::from_utf8(out.value.clone().expect("value").to_vec()).expect("utf-8");
                let count = self.notes.entry(note.clone()).or_default();
                *count += 1;
                if *count > 1 {
                    return Err(format!("note {note} was said twice"));
                }
            }
            Write::Put(put) => return Err(format!("nobody put {put:?}")),
        }
        Ok(())
    }

    /// Final once, and in its key's order.
    fn ended(&mut self, origin: &Origin, refused: bool) -> Result<(), Broken> {
        let count = self.finals.entry(origin.clone()).or_default();
        *count += 1;
        if *count > 1 {
            return Err(format!("{origin} ended twice"));
        }
        // what cannot even be parked ends out of turn
        if refused {
            return Ok(());
        }
        self.check_turn(origin)?;
        let Some(key) = self.ordered(self.lookup(origin)) else { return Ok(()) };
        if &*origin.topic == INPUT {
            let last = self.last.insert(key.clone(), origin.offset).unwrap_or(-1);
            if last > origin.offset {
                return Err(format!("I3: {key} ended {origin} after offset {last}"));
            }
        }
        Ok(())
    }

    /// Nothing of the same key that stands before `origin` is unfinished in the retry table.
    fn check_turn(&self, origin: &Origin) -> Result<(), Broken> {
        let record = self.lookup(origin).clone();
        let Some(key) = self.ordered(&record) else { return Ok(()) };
        let place = match self.retry.get(&origin.to_string()).and_then(as_parked) {
            Some(entry) => entry,
            None if &*origin.topic == INPUT => Parked::new(record, origin.offset),
            None => return Err(format!("{origin} ended before it was in the retry table")),
        };
        let earlier = self
            .retry
            .values()
            .filter_map(as_parked)
            .filter(|other| !only_ends(other))
            .find(|other| self.ordered(&other.record).as_ref() == Some(&key) && other.order() < place.order());
        if let Some(other) = earlier {
            return Err(format!("I3: {origin} overtook the parked {}", other.record.origin));
        }
        let unread = self.input.iter().flatten().filter(|r| r.origin.offset < place.joined);
        let waiting = unread.filter(|r| self.ordered(r).as_ref() == Some(&key)).find(|r| !self.is_final(&r.origin));
        match waiting
            .filter(|r| &*origin.topic == REPLAY && !self.silent.contains(&r.origin) && !self.was_refused(&r.origin))
        {
            Some(r) => Err(format!("I3: the replay {origin} overtook {}", r.origin)),
            None => Ok(()),
        }
    }

    fn lookup(&self, origin: &Origin) -> &Record {
        let at = usize::try_from(origin.offset).expect("positive");
        if &*origin.topic == INPUT { self.input[at].as_ref().expect("written") } else { &self.replay[at] }
    }

    fn was_refused(&self, origin: &Origin) -> bool {
        self.retry.get(&origin.to_string()).and_then(as_parked).is_some_and(|entry| only_ends(&entry))
    }

    fn is_final(&self, origin: &Origin) -> bool {
        self.finals.contains_key(origin)
    }

    /// I1 and I2: below the committed offset every record is either parked or final, above it neither.
    fn check(&self) -> Result<(), Broken> {
        let written = self.input.iter().flatten().map(|r| (r, self.frozen.input));
        for (record, committed) in written.chain(self.replay.iter().map(|r| (r, self.frozen.sides[0]))) {
            let origin = &record.origin;
            let parked = self.retry.contains_key(&origin.to_string());
            let ended = self.is_final(origin);
            match (origin.offset < committed, parked, ended) {
                (_, true, true) => return Err(format!("I2: {origin} is parked and final")),
                (false, true, _) => return Err(format!("I1: {origin} is parked but not below {committed}")),
                (false, _, true) => {
                    return Err(format!("I2: {origin} is final but will be read again from {committed}"));
                }
                (true, false, false) if !self.silent.contains(origin) => {
                    return Err(format!("I2: {origin} is lost below {committed}"));
                }
                (true, _, _) | (false, false, false) => {}
            }
        }
        Ok(())
    }

    /// Nothing is left to do.
    pub fn finished(&self) -> bool {
        let len = i64::try_from(self.input.len()).expect("few");
        let replays = i64::try_from(self.replay.len()).expect("few");
        self.retry.is_empty() && self.frozen.input >= len && self.frozen.sides[0] == replays
    }

    /// These ended well in a process that left in peace.
    pub fn check_kept(&self, done: &HashSet<Origin>) -> Result<(), Broken> {
        match done.iter().find(|o| !self.is_final(o) && !self.silent.contains(o)) {
            Some(origin) => Err(format!("{origin} had ended when its partition left, and was forgotten")),
            None => Ok(()),
        }
    }
}

/// Its output was refused: it only has its end to say, and nobody waits for that.
fn only_ends(entry: &Parked) -> bool {
    entry.ending.as_ref().is_some_and(|cause| cause.code == REFUSED)
}

fn as_parked(entry: &Record) -> Option<Parked> {
    Parked::from_entry(entry, entry.timestamp_ms)
}

fn as_record(entry: &Outgoing) -> Record {
    Record {
        origin: Origin { topic: Arc::from("retry"), partition: 0, offset: 0 },
        key: entry.key.clone(),
        value: entry.value.clone(),
        headers: entry.headers.clone(),
        timestamp_ms: 0,
    }
}

fn origin_of(letter: &Outgoing) -> Origin {
    let header = |name| letter.headers.get_str(name).expect("set").to_owned();
    Origin {
        topic: header("x-origin-topic").into(),
        partition: 0,
        offset: header("x-origin-offset").parse().expect("number"),
    }
}

/// The origin an output of the model's stage names in its value.
pub fn origin_in(out: &Outgoing) -> Origin {
    Origin::parse(std::str::from_utf8(out.value.as_ref().expect("value")).expect("utf-8")).expect("origin")
}
