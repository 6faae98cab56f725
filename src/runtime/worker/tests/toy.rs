//! A stage that does what a test tells it to, record by record, and remembers what it did.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::Semaphore;

use crate::runtime::{
    Context, Emit, Fault, FaultKind, KeyOrder, Outgoing, Put, Record, Reject, Scope, SideEmit, Stage,
    stage::{Changelog, TableSpec},
};

pub const IN: &str = "toy.in";
pub const OUT: &str = "toy.out";
pub const SIDE: &str = "toy.side";
pub const RETRY: &str = "whatsapp.toy.retry";
pub const DLQ: &str = "whatsapp.toy.dlq";
pub const REPLAY: &str = "whatsapp.toy.replay";
pub const STATE: &str = "whatsapp.toy.state";
/// The header a record can be cancelled by.
pub const ID: &str = "id";
pub const SEEN_TTL_MS: i64 = 60_000;

/// What one run of a record does, in order; with nothing left it is done and writes its value to [`OUT`].
#[derive(Debug, Clone)]
pub enum Act {
    Transient,
    /// A transient failure after which asking again at once is harmless.
    Hiccup,
    /// A transient failure of a dependency's.
    Failing(&'static str),
    /// A dependency answered.
    Served(&'static str),
    /// An account answered.
    Works(&'static str),
    /// Fails as locked without asking, where others wait for the account already.
    Gated(&'static str),
    Throttled(u64),
    Down(&'static str),
    Locked(&'static str),
    /// An account that is locked, for a record that ends as late from this moment on.
    LockedUntil(&'static str, i64),
    /// Held while an operator has paused this.
    Paused(&'static str),
    /// The same for a record that ends as late from this moment on.
    PausedUntil(&'static str, i64),
    /// Ends as cancelled if it is.
    Cancellable,
    Unknown(i64),
    /// An outcome record instead of an output.
    Rejected,
    Poison,
    Fatal,
    Panic,
    /// Says `pending` and fails.
    Pending,
    /// Waits until the test lets this value go on.
    Hold,
    /// Commits an intent, and notes the effect that follows.
    Intent,
    /// Waits for a side input to settle its value.
    Settled,
    Put(&'static str),
    TooLarge,
    Unusable,
}

#[derive(Default)]
struct Memory {
    plans: HashMap<String, VecDeque<Vec<Act>>>,
    holds: HashMap<String, std::sync::Arc<Semaphore>>,
    calls: Vec<String>,
}

/// `RELAXED`: records of one key may overtake each other.
#[derive(Default)]
pub struct Toy<const RELAXED: bool>(Mutex<Memory>);

impl<const RELAXED: bool> Toy<RELAXED> {
    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next runs of the record with this value; after the last one it succeeds.
    pub fn plan(&self, value: &str, runs: &[&[Act]]) {
        let runs = runs.iter().map(|r| r.to_vec());
        self.memory().plans.entry(value.to_owned()).or_default().extend(runs);
    }

    pub fn let_go(&self, value: &str) {
        self.hold(value).add_permits(1);
    }

    fn hold(&self, value: &str) -> std::sync::Arc<Semaphore> {
        self.memory().holds.entry(value.to_owned()).or_insert_with(|| Semaphore::new(0).into()).clone()
    }

    fn call(&self, what: String) {
        self.memory().calls.push(what);
    }

    /// What was done since the last question.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.memory().calls)
    }

    async fn act(&self, act: Act, value: &str, cx: &Context, emit: &mut Emit) -> Result<(), Fault> {
        match act {
            Act::Transient => return Err(Fault::transient("later")),
            Act::Hiccup => return Err(Fault::transient("hiccup").quickly()),
            Act::Failing(name) => return Err(Fault::transient("failing").in_scope(Scope::Dependency(name))),
            Act::Served(name) => cx.served(Scope::Dependency(name)),
            Act::Works(name) => cx.served(Scope::Account(name.to_owned())),
            Act::Gated(name) => {
                let account = Scope::Account(name.to_owned());
                if cx.closed(&account) {
                    self.call(format!("gated {value}"));
                    return Err(Fault::unavailable(account, "locked"));
                }
            }
            Act::Throttled(ms) => {
                return Err(Fault::new(FaultKind::Throttled(Duration::from_millis(ms)), "slower"));
            }
            Act::Down(name) => return Err(Fault::unavailable(Scope::Dependency(name), "down")),
            Act::Locked(name) => return Err(Fault::unavailable(Scope::Account(name.to_owned()), "locked")),
            Act::LockedUntil(name, until) => {
                in_time(value, until, cx)?;
                return Err(Fault::unavailable(Scope::Account(name.to_owned()), "locked").with_deadline(Some(until)));
            }
            Act::Paused(subject) => held(subject, None, cx)?,
            Act::PausedUntil(subject, until) => {
                in_time(value, until, cx)?;
                held(subject, Some(until), cx)?;
            }
            Act::Cancellable if cx.is_cancelled(value) => return Err(instead(value, "cancelled")),
            Act::Cancellable => {}
            Act::Unknown(ms) => {
                return Err(Fault::new(FaultKind::Unknown { recheck_at_ms: cx.now_ms() + ms }, "unknown"));
            }
            Act::Rejected => return Err(instead(value, "rejected")),
            Act::Poison => return Err(Fault::poison("bad")),
            Act::Fatal => return Err(Fault::fatal("not_allowed")),
            Act::Panic => panic!("the handler of {value}"),
            Act::Pending => {
                let mut notes = Emit::record(Outgoing::new(OUT, value.to_owned(), format!("pending {value}")));
                notes.state.push(Put::new("ledger", value, "pending"));
                return Err(Fault::transient("later").with_notes(notes));
            }
            Act::Hold => self.hold(value).acquire().await.expect("open").forget(),
            Act::Intent => match cx.commit_intent(Put::new("ledger", value, "open")).await {
                Ok(()) => self.call(format!("effect {value}")),
                Err(lost) => {
                    self.call(format!("lost {value}"));
                    return Err(Fault::transient("lost").because(lost));
                }
            },
            Act::Settled => match cx.state("ledger", value) {
                Some(settled) => self.call(format!("{} {value}", String::from_utf8_lossy(&settled))),
                None => {
                    return Err(Fault::new(FaultKind::Unknown { recheck_at_ms: cx.now_ms() + 60_000 }, "unknown"));
                }
            },
            Act::Put(table) => emit.state.push(Put::new(table, value, cx.now_ms().to_string())),
            Act::TooLarge => emit.records.push(Outgoing::new(OUT, "k", vec![0; super::ring::MAX_BYTES + 1])),
            Act::Unusable => emit.rejects.push(Reject { code: "part", detail: "a part".to_owned() }),
        }
        Ok(())
    }
}

/// A final word instead of the output.
fn instead(value: &str, word: &str) -> Fault {
    let notes = Emit::record(Outgoing::new(OUT, value.to_owned(), format!("{word} {value}")));
    Fault::new(FaultKind::Rejected, "no").with_notes(notes)
}

fn in_time(value: &str, until: i64, cx: &Context) -> Result<(), Fault> {
    if cx.now_ms() < until { Ok(()) } else { Err(instead(value, "late")) }
}

fn held(subject: &str, deadline_ms: Option<i64>, cx: &Context) -> Result<(), Fault> {
    let hold = || Fault::unavailable(Scope::Hold(subject.to_owned()), "paused").with_deadline(deadline_ms);
    if cx.is_paused(subject) { Err(hold()) } else { Ok(()) }
}

impl<const RELAXED: bool> Stage for Toy<RELAXED> {
    const NAME: &'static str = "toy";
    const ORDER: KeyOrder = if RELAXED { KeyOrder::Relaxed } else { KeyOrder::Strict };
    const INPUT: &'static str = IN;
    const TABLES: &'static [TableSpec] = &[
        TableSpec { name: "ledger", changelog: Changelog::Stage, ttl_ms: None },
        TableSpec { name: "seen", changelog: Changelog::Stage, ttl_ms: Some(SEEN_TTL_MS) },
    ];
    const SIDES: &'static [&'static str] = &[SIDE];
    const ALIGNED: &'static [&'static str] = &[OUT];
    const CANCELLED_BY: Option<&'static str> = Some(ID);
    type Input = String;

    async fn decode(&self, record: &Record) -> Result<String, Fault> {
        let value = record.value.as_deref().ok_or_else(|| Fault::poison("empty"))?;
        Ok(String::from_utf8_lossy(value).into_owned())
    }

    async fn handle(&self, value: String, cx: &Context) -> Result<Emit, Fault> {
        self.call(format!("handle {value}"));
        let acts = self.memory().plans.get_mut(&value).and_then(VecDeque::pop_front).unwrap_or_default();
        let mut emit = Emit::default();
        for act in acts {
            self.act(act, &value, cx, &mut emit).await?;
        }
        emit.records.push(Outgoing::new(OUT, cx.key().cloned().unwrap_or_default(), value));
        Ok(emit)
    }

    /// `settle <value>` settles it and wakes the key; `fatal` stops; anything else is poison.
    async fn side(&self, record: &Record, _: &Context) -> Result<SideEmit, Fault> {
        let text = String::from_utf8_lossy(record.value.as_deref().unwrap_or_default()).into_owned();
        self.call(format!("side {text}"));
        if self.memory().plans.get_mut(&text).and_then(VecDeque::pop_front).is_some() {
            return Err(Fault::unavailable(Scope::Dependency("registry"), "down"));
        }
        match text.split_once(' ') {
            Some(("settle", value)) => Ok(SideEmit {
                records: Vec::new(),
                state: vec![Put::new("ledger", value, "settled")],
                wake: record.key_str().map(str::to_owned).into_iter().collect(),
            }),
            _ if text == "fatal" => Err(Fault::fatal("not_allowed")),
            _ => Err(Fault::poison("not_a_receipt")),
        }
    }

    async fn ending(&self, record: &Record, fault: &Fault, _: &Context) -> Result<Emit, Fault> {
        let value = String::from_utf8_lossy(record.value.as_deref().unwrap_or_default()).into_owned();
        Ok(Emit::record(Outgoing::new(OUT, "end", format!("ended {value}: {}", fault.code))))
    }

    fn entry_time_ms(&self, table: &str, value: &[u8]) -> Option<i64> {
        if table == "seen" { std::str::from_utf8(value).ok()?.parse().ok() } else { None }
    }
}
