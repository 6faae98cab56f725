//! From «assigned» to «live»: stable offsets first, then every table up to the high watermark, only then the input. Tables
//! whose store can be gone on from are read from its checkpoint on. Reads no input record.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use super::{
    Ended, Worker,
    arriving::Given,
    opening::{Natures, unkept},
    slot::{Live, SideLane, Slot},
};
use crate::runtime::{
    Headers,
    entries::Parked,
    log::{At, Log, LogError},
    partition::{OwnTopics, Partition},
    publishing::{Frozen, Unit},
    record::{Put, Record},
    stage::Stage,
    store::{Checkpoint, StoreError},
    tables::Tables,
};

/// A partition whose tables are being read.
pub(super) struct Restoring {
    /// The input offset to start at, and whether the group had committed one.
    start: i64,
    had_offset: bool,
    side_starts: Vec<i64>,
    /// Records that retention took before they were read.
    lost: u64,
    targets: Vec<Target>,
    parked: HashMap<String, Parked>,
    tables: Arc<Tables>,
    /// Where the tables' store stands while it is filled; `None` where it does not outlive the process.
    checkpoint: Option<Checkpoint>,
    /// Entries read and not in the store yet.
    loading: Vec<Put>,
    /// Entries of tables read, parked records apart.
    read: u64,
    since_ms: i64,
}

/// Entries that go into the store at once.
const LOAD: usize = 1_000;

struct Target {
    topic: Arc<str>,
    from: i64,
    high: i64,
    done: bool,
}

impl Target {
    fn new(topic: Arc<str>, from: i64, high: i64) -> Self {
        Self { topic, from, high, done: high <= from }
    }
}

impl Restoring {
    /// Puts what was read into the store, with where that leads.
    fn load(&mut self) -> Result<(), StoreError> {
        if self.loading.is_empty() {
            return Ok(());
        }
        self.tables.load(std::mem::take(&mut self.loading), self.checkpoint.as_ref())?;
        Ok(())
    }

    /// All is read: the store was complete when the high watermarks were asked for.
    fn complete(&mut self) -> Result<(), StoreError> {
        if let Some(checkpoint) = &mut self.checkpoint {
            checkpoint.at_ms = self.since_ms;
            for target in &self.targets {
                checkpoint.advance(&target.topic, target.high);
            }
        }
        self.tables.load(std::mem::take(&mut self.loading), self.checkpoint.as_ref())?;
        Ok(())
    }
}

impl<S: Stage, L: Log> Worker<S, L> {
    /// Moves given partitions on as far as the broker's answers allow.
    pub(super) fn arrive(&mut self, now: i64) -> Result<(), Ended> {
        if self.stopping.is_some() {
            return Ok(());
        }
        self.begin_restores(now)?;
        let leaving = |p: &i32| self.leaving.as_ref().is_some_and(|l| l.partitions.contains(p));
        let restoring = self.slots.iter().filter(|(p, s)| matches!(s, Slot::Restoring(_)) && !leaving(p));
        let waiting: Vec<i32> = restoring.map(|(p, _)| *p).collect();
        for p in waiting {
            if self.restored(p)? {
                self.go_live(p, now)?;
            }
        }
        Ok(())
    }

    /// Asks about given partitions, one after the other, until one has no answer: partitions at work have waited for it.
    fn begin_restores(&mut self, now: i64) -> Result<(), LogError> {
        let (mut planned, mut natures) = (Vec::new(), Natures::new());
        let waits = self.store_again_ms.is_some_and(|again| now < again);
        while !waits && let Some(given) = self.arriving.next(self.around.clock.boot_ms()) {
            let asked_ms = self.around.clock.boot_ms();
            match self.plan_restore(given, now, &mut natures) {
                Ok(restoring) => planned.push((given.partition, restoring)),
                Err(LogError::Retriable(reason)) => {
                    let partition = given.partition;
                    tracing::debug!(stage = S::NAME, partition, reason, "the partition has to wait");
                    self.arriving.unanswered(given, asked_ms, self.around.clock.boot_ms());
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        // the group is told even where nothing is planned: it cannot go on before
        if !self.arriving.tell() && planned.is_empty() {
            return Ok(());
        }
        let starts: Vec<_> = planned.iter().map(|(p, restoring)| (*p, restoring.start)).collect();
        self.log.assign(&starts)?;
        for (p, restoring) in planned {
            let open = restoring.targets.iter().filter(|t| !t.done);
            let at: Vec<At> = open.map(|t| At { topic: t.topic.clone(), partition: p, offset: t.from }).collect();
            self.log.follow(&at)?;
            if restoring.lost > 0 {
                self.around.signals.lost_to_retention(S::NAME, p, restoring.lost);
            }
            self.slots.insert(p, Slot::Restoring(Box::new(restoring)));
        }
        Ok(())
    }

    fn plan_restore(&mut self, given: Given, now: i64, natures: &mut Natures) -> Result<Restoring, LogError> {
        let p = given.partition;
        let mut wanted = vec![(self.topics.input.clone(), p)];
        wanted.extend(self.topics.sides.iter().map(|t| (t.clone(), p)));
        let committed = self.log.committed(&wanted)?;
        let (mut starts, mut lost) = (Vec::with_capacity(wanted.len()), 0);
        for ((topic, _), offset) in wanted.iter().zip(&committed) {
            let (low, _) = self.log.bounds(topic, p)?;
            let start = offset.unwrap_or(low);
            lost += u64::try_from(low - start).unwrap_or_default();
            starts.push(start.max(low));
        }
        let (low_parked, high_parked) = self.log.bounds(&self.topics.retry.clone(), p)?;
        let mut targets = vec![Target::new(self.topics.retry.clone(), low_parked, high_parked)];
        let opened = self.open_tables(p, now, natures)?;
        targets.extend(opened.changelogs.into_iter().map(|(topic, from, high)| Target::new(topic, from, high)));
        Ok(Restoring {
            start: starts.remove(0),
            had_offset: committed.first().copied().flatten().is_some(),
            side_starts: starts,
            lost,
            targets,
            parked: HashMap::new(),
            tables: Arc::new(opened.tables),
            checkpoint: opened.checkpoint,
            loading: Vec::new(),
            read: 0,
            since_ms: given.since_ms,
        })
    }

    /// Everything below the high watermarks has been read; markers count, ends of partitions do not.
    fn restored(&mut self, p: i32) -> Result<bool, Ended> {
        let Some(Slot::Restoring(restoring)) = self.slots.get_mut(&p) else { return Ok(false) };
        restoring.load().map_err(unkept)?;
        for target in restoring.targets.iter_mut().filter(|t| !t.done) {
            target.done = self.log.position(&target.topic, p).is_some_and(|at| at >= target.high);
        }
        Ok(restoring.targets.iter().all(|t| t.done))
    }

    fn go_live(&mut self, p: i32, now: i64) -> Result<(), Ended> {
        let Some(Slot::Restoring(mut restoring)) = self.slots.remove(&p) else { return Ok(()) };
        restoring.complete().map_err(unkept)?;
        let topics = self.topics.clone();
        let tables: Vec<_> = topics.restored().into_iter().map(|t| (t, p)).collect();
        self.log.unfollow(&tables);
        let empty = restoring.parked.is_empty() && restoring.tables.is_empty().map_err(unkept)?;
        if !restoring.had_offset && !empty {
            return Err(LogError::Stop(format!(
                "group {} has no committed offset for {}/{p} but its state is not empty: restore the offset, or empty {} and \
                 the state topic, before starting",
                topics.group, topics.input, topics.retry
            ))
            .into());
        }
        let parked: Vec<Parked> = restoring.parked.into_values().collect();
        let took = Duration::from_millis(u64::try_from(now - restoring.since_ms).unwrap_or_default());
        self.around.signals.restored(S::NAME, p, parked.len(), restoring.read, took);
        let own = OwnTopics {
            retry: topics.retry.clone(),
            dead_letters: topics.dead_letters.clone(),
            group: topics.group.clone(),
        };
        let mut partition = Partition::restored(S::ORDER, self.settings.limits.clone(), own, restoring.start, parked);
        if !restoring.had_offset || restoring.lost > 0 {
            // a transaction without a valid offset is not fenced, and what was lost is counted once: the log's start is
            // committed at once
            partition.outbox.push(Unit { input: Some(restoring.start), ..Unit::default() });
        }
        let sides = topics.sides.iter().zip(&restoring.side_starts).map(|(topic, next)| SideLane::new(topic, *next));
        self.next_id += 1;
        let mut live = Live {
            partition,
            tables: restoring.tables,
            sides: sides.collect(),
            epoch: self.next_id,
            suspects: 0,
            takeover_ms: now,
            committed: Frozen { input: restoring.start, sides: restoring.side_starts.clone() },
            paused: self.halt.is_some(),
            leaving: false,
            checkpoint: restoring.checkpoint,
            down: BTreeSet::new(),
            levels: self.around.signals.partition(S::NAME, p),
        };
        let at: Vec<At> = live.sides.iter().map(|s| s.at(p)).collect();
        self.log.follow(&at)?;
        self.summon_cancelled(&mut live, now);
        if !live.paused {
            self.log.resume(&[p]);
        }
        self.slots.insert(p, Slot::Live(Box::new(live)));
        Ok(())
    }

    /// A record of a topic read by hand: a table entry or a side record.
    pub(super) fn on_followed(&mut self, record: Record) {
        let topics = self.topics.clone();
        match self.slots.get_mut(&record.origin.partition) {
            Some(Slot::Live(live)) => {
                if let Some(lane) = live.sides.iter_mut().find(|s| s.topic == record.origin.topic) {
                    lane.push(record);
                }
            }
            Some(Slot::Restoring(restoring)) => {
                let Some(key) = record.key_str() else { return };
                if record.origin.topic == topics.retry {
                    match Parked::from_entry(&record, self.around.clock.unix_ms()) {
                        Some(entry) => restoring.parked.insert(key.to_owned(), entry),
                        None => restoring.parked.remove(key),
                    };
                } else if let Some((table, key)) = topics.table_of(&record.origin.topic, key) {
                    let put = Put { table, key: key.to_owned(), value: record.value.clone(), headers: Headers::new() };
                    restoring.read += 1;
                    restoring.loading.push(put);
                    if let Some(checkpoint) = &mut restoring.checkpoint {
                        checkpoint.advance(&record.origin.topic, record.origin.offset + 1);
                    }
                    if restoring.loading.len() >= LOAD
                        && let Err(error) = restoring.load()
                    {
                        self.ending = Some(unkept(error));
                    }
                }
            }
            None => {}
        }
    }
}
