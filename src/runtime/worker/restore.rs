//! From «assigned» to «live»: stable offsets first, then every table up to the high watermark, only then the input. Reads
//! no input record.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use super::{
    Ended, Worker,
    arriving::Given,
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
    since_ms: i64,
}

struct Target {
    topic: Arc<str>,
    low: i64,
    high: i64,
    done: bool,
}

impl<S: Stage, L: Log> Worker<S, L> {
    /// Moves given partitions on as far as the broker's answers allow.
    pub(super) fn arrive(&mut self, now: i64) -> Result<(), Ended> {
        if self.stopping.is_some() {
            return Ok(());
        }
        self.begin_restores()?;
        let leaving = |p: &i32| self.leaving.as_ref().is_some_and(|l| l.partitions.contains(p));
        let restoring = self.slots.iter().filter(|(p, s)| matches!(s, Slot::Restoring(_)) && !leaving(p));
        let waiting: Vec<i32> = restoring.map(|(p, _)| *p).collect();
        for p in waiting {
            if self.restored(p) {
                self.go_live(p, now)?;
            }
        }
        Ok(())
    }

    /// Asks about given partitions, one after the other, until one has no answer: partitions at work have waited for it.
    fn begin_restores(&mut self) -> Result<(), LogError> {
        let mut planned = Vec::new();
        while let Some(given) = self.arriving.next(self.around.clock.boot_ms()) {
            let asked_ms = self.around.clock.boot_ms();
            match self.plan_restore(given) {
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
            let at: Vec<At> = open.map(|t| At { topic: t.topic.clone(), partition: p, offset: t.low }).collect();
            self.log.follow(&at)?;
            if restoring.lost > 0 {
                self.around.signals.lost_to_retention(S::NAME, p, restoring.lost);
            }
            self.slots.insert(p, Slot::Restoring(Box::new(restoring)));
        }
        Ok(())
    }

    fn plan_restore(&mut self, given: Given) -> Result<Restoring, LogError> {
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
        let mut targets = Vec::new();
        for topic in self.topics.restored() {
            let (low, high) = self.log.bounds(&topic, p)?;
            targets.push(Target { topic, low, high, done: high <= low });
        }
        Ok(Restoring {
            start: starts.remove(0),
            had_offset: committed.first().copied().flatten().is_some(),
            side_starts: starts,
            lost,
            targets,
            parked: HashMap::new(),
            tables: Arc::new(Tables::new(S::TABLES)),
            since_ms: given.since_ms,
        })
    }

    /// Everything below the high watermarks has been read; markers count, ends of partitions do not.
    fn restored(&mut self, p: i32) -> bool {
        let Some(Slot::Restoring(restoring)) = self.slots.get_mut(&p) else { return false };
        for target in restoring.targets.iter_mut().filter(|t| !t.done) {
            target.done = self.log.position(&target.topic, p).is_some_and(|at| at >= target.high);
        }
        restoring.targets.iter().all(|t| t.done)
    }

    fn go_live(&mut self, p: i32, now: i64) -> Result<(), Ended> {
        let Some(Slot::Restoring(restoring)) = self.slots.remove(&p) else { return Ok(()) };
        let topics = self.topics.clone();
        let tables: Vec<_> = topics.restored().into_iter().map(|t| (t, p)).collect();
        self.log.unfollow(&tables);
        let state = restoring.parked.len() + restoring.tables.len();
        if !restoring.had_offset && state > 0 {
            return Err(LogError::Stop(format!(
                "group {} has no committed offset for {}/{p} but its state is not empty: restore the offset, or empty {} and \
                 the state topic, before starting",
                topics.group, topics.input, topics.retry
            ))
            .into());
        }
        let parked: Vec<Parked> = restoring.parked.into_values().collect();
        let took = Duration::from_millis(u64::try_from(now - restoring.since_ms).unwrap_or_default());
        self.around.signals.restored(S::NAME, p, parked.len(), restoring.tables.len(), took);
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
        let live = Live {
            partition,
            tables: restoring.tables,
            sides: sides.collect(),
            epoch: self.next_id,
            suspects: 0,
            takeover_ms: now,
            committed: Frozen { input: restoring.start, sides: restoring.side_starts.clone() },
            paused: false,
            leaving: false,
            down: BTreeSet::new(),
            levels: self.around.signals.partition(S::NAME, p),
        };
        let at: Vec<At> = live.sides.iter().map(|s| s.at(p)).collect();
        self.log.follow(&at)?;
        self.log.resume(&[p]);
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
                    let stage = &self.stage;
                    restoring.tables.apply(&put, &|table, value| stage.entry_time_ms(table, value));
                }
            }
            None => {}
        }
    }
}
