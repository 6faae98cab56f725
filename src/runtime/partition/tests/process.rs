//! One process of the model: the production decision modules, its handlers, and what it has in the open transaction.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use super::{
    super::{After, Limits, Mutant, Partition, Phase, Run},
    model::{Broken, Committed, OUT, REFUSED, SAID, own_topics},
    schedule::Ends,
};
use crate::runtime::{
    entries::{Cause, Parked},
    fault::{Fault, FaultKind, Scope},
    publishing::{Frozen, Write},
    record::{Origin, Outgoing},
    retry::RetryPlan,
    stage::{Emit, KeyOrder},
};

pub struct Process {
    pub generation: u64,
    pub partition: Partition,
    read: usize,
    replayed: usize,
    running: Vec<Run>,
    open: Option<(Vec<Write>, Frozen)>,
    /// Ended well here: never to run again here.
    pub done: HashSet<Origin>,
    /// What the retry table said of these when they were restored.
    restored: HashMap<Origin, Parked>,
    woken: HashSet<Vec<u8>>,
    /// Heads behind an operator's gate, with what holds them and their deadline.
    held: HashMap<Origin, (String, Option<i64>)>,
    /// Notes that must be published unless this process dies.
    notes: HashSet<String>,
    said: u64,
}

pub fn limits() -> Limits {
    Limits {
        window: 12,
        parked_max: 8,
        patience_ms: 100,
        retry: RetryPlan {
            quick: Duration::ZERO,
            base: Duration::from_millis(20),
            max: Duration::from_millis(200),
            attempts: 3,
            max_age: Duration::from_millis(500),
            probe: Duration::from_millis(30),
            probe_max: Duration::from_millis(100),
        },
        ..Limits::default()
    }
}

impl Process {
    pub fn start(log: &mut Committed, mutant: Option<Mutant>) -> Self {
        log.generation += 1;
        let parked = log.parked();
        let order = if log.relaxed { KeyOrder::Relaxed } else { KeyOrder::Strict };
        let restored = parked.iter().map(|p| (p.record.origin.clone(), p.clone())).collect();
        let held = |p: &Parked| match &p.gate {
            Some(Scope::Hold(subject)) => Some((p.record.origin.clone(), (subject.clone(), p.deadline_ms))),
            Some(Scope::Account(_) | Scope::Dependency(_)) | None => None,
        };
        // one that has another before it asks again when its turn comes
        let first = |p: &&Parked| {
            let before = |o: &Parked| o.order() < p.order() && log.ordered(&o.record) == log.ordered(&p.record);
            log.ordered(&p.record).is_none() || !parked.iter().any(before)
        };
        let held = parked.iter().filter(first).filter_map(held).collect();
        Self {
            generation: log.generation,
            partition: Partition::mutated(order, limits(), own_topics(), log.frozen.input, parked, mutant),
            read: usize::try_from(log.frozen.input).expect("positive"),
            replayed: usize::try_from(log.frozen.sides[0]).expect("positive"),
            running: Vec::new(),
            open: None,
            done: HashSet::new(),
            restored,
            woken: HashSet::new(),
            held,
            notes: HashSet::new(),
            said: 0,
        }
    }

    pub fn read(&mut self, log: &Committed, count: u8) {
        for _ in 0..count {
            if self.partition.full(self.partition.load()) || self.read >= log.input.len() {
                break;
            }
            if let Some(record) = &log.input[self.read] {
                self.partition.read(record.clone());
            }
            self.read += 1;
        }
    }

    pub fn replay(&mut self, log: &Committed, now_ms: i64) {
        while let Some(record) = log.replay.get(self.replayed) {
            self.replayed += 1;
            self.partition.replay(record.clone(), (0, i64::try_from(self.replayed).expect("few")), now_ms);
        }
    }

    pub fn dispatch(&mut self, log: &Committed, permits: u8, now_ms: i64) -> Result<(), Broken> {
        self.partition.release(&|subject| log.paused.contains(subject));
        // it may go now, and asks again when it does
        self.held.retain(|_, (subject, _)| log.paused.contains(subject));
        for run in self.partition.dispatch(now_ms, usize::from(permits)) {
            self.check_start(log, &run, now_ms)?;
            self.partition.pending(&run, now_ms);
            self.running.push(run);
        }
        Ok(())
    }

    /// I6, I7, and one at a time per key.
    fn check_start(&mut self, log: &Committed, run: &Run, now_ms: i64) -> Result<(), Broken> {
        let origin = &run.record.origin;
        if self.done.contains(origin) {
            return Err(format!("I7: {origin} runs again although it ended"));
        }
        // what was refused has its end said beside its lane
        let beside = |run: &Run| matches!(&run.phase, Phase::Ending(cause) if cause.code == REFUSED);
        let key = log.ordered(&run.record).filter(|_| !beside(run));
        let same = |r: &Run| !beside(r) && log.ordered(&r.record) == key;
        if key.is_some() && self.running.iter().any(same) {
            return Err(format!("{origin} runs beside another of its key"));
        }
        let woken = run.record.key.as_ref().is_some_and(|k| self.woken.contains(&k[..]));
        if let Some((subject, deadline)) = self.held.remove(origin)
            && deadline.is_none_or(|at| at > now_ms)
            && !woken
        {
            return Err(format!("{origin} runs although {subject} is paused"));
        }
        let Some(entry) = self.restored.remove(origin) else { return Ok(()) };
        if entry.attempt != run.attempt {
            return Err(format!("I6: {origin} had {} attempts and has {}", entry.attempt, run.attempt));
        }
        if entry.gate.is_none() && entry.due_ms > now_ms && !woken {
            return Err(format!("I6: {origin} runs {} ms early", entry.due_ms - now_ms));
        }
        Ok(())
    }

    pub fn finish(&mut self, log: &mut Committed, which: u8, ends: Ends, note: bool, now_ms: i64) {
        if self.running.is_empty() {
            return;
        }
        let run = self.running.remove(usize::from(which) % self.running.len());
        let served = matches!(ends, Ends::Transient { served: true, .. });
        let note = note.then(|| self.note(&run));
        let origin = run.record.origin.clone();
        // a record that waits in place publishes nothing
        let publishes = !matches!(ends, Ends::Dependency(_));
        let result = result(&run, ends, note.as_ref(), now_ms);
        let well = result.is_ok();
        if self.partition.done(&run, result, |_, _| served, now_ms) != After::Nothing {
            return;
        }
        self.notes.extend(note.filter(|_| publishes));
        if let Ends::Hold(one, deadline) = ends {
            self.held.insert(origin.clone(), (subject(one), deadline.map(|ms| now_ms + i64::from(ms))));
        }
        if well {
            if ends == Ends::Nothing && matches!(run.phase, Phase::Handle) {
                log.silent.insert(origin.clone());
            }
            self.done.insert(origin);
        }
    }

    fn note(&mut self, run: &Run) -> String {
        self.said += 1;
        format!("{}.{} of {}", self.generation, self.said, run.record.origin)
    }

    pub fn wake(&mut self, key: u8, now_ms: i64) {
        let key = format!("k{key}");
        self.partition.wake(&key.clone().into(), now_ms);
        self.woken.insert(key.into_bytes());
    }

    pub fn summon(&mut self, key: u8, now_ms: i64) {
        let key = format!("k{key}").into_bytes();
        self.partition.summon(|record| record.key.as_ref().is_some_and(|k| **k == *key), now_ms);
        self.woken.insert(key);
    }

    pub fn begin(&mut self, frozen: &Frozen, limit: usize) {
        if self.open.is_some() || self.partition.outbox.waiting() == 0 {
            return;
        }
        let mut frozen = frozen.clone();
        let mut writes = Vec::new();
        for unit in self.partition.outbox.take(limit) {
            frozen.cover(unit);
            writes.extend(unit.writes.iter().cloned());
        }
        self.open = Some((writes, frozen));
    }

    /// Whether the transaction, if any, went through.
    pub fn commit(&mut self, log: &mut Committed) -> Result<bool, Broken> {
        let Some((writes, frozen)) = self.open.take() else { return Ok(true) };
        if !log.commit(self.generation, &writes, &frozen)? {
            return Ok(false);
        }
        self.partition.outbox.committed().for_each(drop);
        self.notes.retain(|n| !log.notes.contains_key(n));
        Ok(true)
    }

    pub fn abort(&mut self) {
        if self.open.take().is_none() {
            return;
        }
        self.partition.outbox.aborted();
    }

    pub fn refuse(&mut self, now_ms: i64) {
        self.abort();
        let Some(source) = self.partition.outbox.first().and_then(|u| u.source.clone()) else { return };
        // whatever else its record said goes with it
        let of = format!(" of {}", source.origin);
        self.notes.retain(|n| !n.ends_with(&of));
        // that it was parked behind a gate too
        self.held.remove(&source.origin);
        let (class, code, detail) = ("poison", REFUSED.to_owned(), String::new());
        if self.partition.refused(&Cause { class, code, detail, scope: None, attempt: 0 }, now_ms) {
            // how it ends is still to be said
            self.done.remove(&source.origin);
        }
    }

    pub fn lose_patience(&mut self, now_ms: i64) {
        self.partition.lose_patience(now_ms);
    }

    /// Reading has reached the end of the input, gaps at the end included.
    pub fn drained(&mut self, log: &Committed) {
        if self.read == log.input.len() {
            self.partition.drained_to(i64::try_from(self.read).expect("few"));
        }
    }

    /// Handlers still at work.
    pub fn busy(&self) -> bool {
        !self.running.is_empty()
    }

    pub fn check_notes(&self) -> Result<(), Broken> {
        match self.notes.iter().next() {
            Some(note) => Err(format!("note {note} was lost")),
            None => Ok(()),
        }
    }
}

/// What an operator may pause.
pub fn subject(one: bool) -> String {
    if one { "account/a" } else { "label/x=y" }.to_owned()
}

fn result(run: &Run, ends: Ends, note: Option<&String>, now_ms: i64) -> Result<Emit, Fault> {
    let said = |note: &String| Outgoing::new(SAID, "n", note.clone());
    let notes: Vec<Outgoing> = note.map(said).into_iter().collect();
    let emit = |records| Emit { records, ..Emit::default() };
    let output = Outgoing::new(OUT, run.record.key.clone().unwrap_or_default(), run.record.origin.to_string());
    let dependency = |one| Scope::Dependency(if one { "graph" } else { "registry" });
    let kind = match ends {
        // how a dead letter ends is said in notes: the letter itself is the output
        Ends::Done if matches!(run.phase, Phase::Ending(_)) => return Ok(emit(notes)),
        Ends::Done => return Ok(emit([vec![output], notes].concat())),
        Ends::Nothing => return Ok(emit(notes)),
        Ends::Rejected if matches!(run.phase, Phase::Handle) => {
            return Err(Fault::new(FaultKind::Rejected, "r").with_notes(emit([vec![output], notes].concat())));
        }
        Ends::Rejected => FaultKind::Rejected,
        Ends::Transient { .. } => FaultKind::Transient,
        Ends::Throttled(wait) => FaultKind::Throttled(Duration::from_millis(wait.into())),
        Ends::Dependency(_) | Ends::Account(_) | Ends::Hold(..) => FaultKind::Unavailable,
        Ends::Unknown(wait) => FaultKind::Unknown { recheck_at_ms: now_ms + i64::from(wait) },
        Ends::Poison => FaultKind::Poison,
    };
    let mut fault = Fault::new(kind, "f").with_notes(emit(notes));
    fault.scope = match ends {
        Ends::Transient { scoped, .. } => scoped.then(|| dependency(true)),
        Ends::Dependency(one) => Some(dependency(one)),
        Ends::Account(one) => Some(Scope::Account(if one { "a" } else { "b" }.to_owned())),
        Ends::Hold(one, deadline) => {
            fault.deadline_ms = deadline.map(|ms| now_ms + i64::from(ms));
            Some(Scope::Hold(subject(one)))
        }
        _ => None,
    };
    Err(fault)
}
