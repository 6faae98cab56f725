//! From «assigned» to «live»: stable offsets first, then every table up to the high watermark, only then the input. Reads
//! no input record.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use super::{
    Ended, Worker,
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
        if let Some(partitions) = self.arriving.take() {
            match self.begin_restore(&partitions, now) {
                Ok(()) => self.assigned_once = true,
                Err(LogError::Retriable(_)) => self.arriving = Some(partitions),
                Err(error) => return Err(error.into()),
            }
        }
        if self.stopping.is_some() {
            return Ok(());
        }
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

    fn begin_restore(&mut self, partitions: &[i32], now: i64) -> Result<(), LogError> {
        let mut starts = Vec::new();
        let mut slots = Vec::new();
        for &p in partitions {
            let restoring = self.plan_restore(p, now)?;
            starts.push((p, restoring.start));
            slots.push((p, restoring));
        }
        self.log.assign(&starts)?;
        for (p, restoring) in slots {
            let open = restoring.targets.iter().filter(|t| !t.done);
            let at: Vec<At> = open.map(|t| At { topic: t.topic.clone(), partition: p, offset: t.low }).collect();
            self.log.follow(&at)?;
            self.slots.insert(p, Slot::Restoring(Box::new(restoring)));
        }
        self.around.signals.rebalanced(S::NAME, "assigned", partitions);
        Ok(())
    }

    fn plan_restore(&mut self, p: i32, now: i64) -> Result<Restoring, LogError> {
        let mut wanted = vec![(self.topics.input.clone(), p)];
        wanted.extend(self.topics.sides.iter().map(|t| (t.clone(), p)));
        let committed = self.log.committed(&wanted)?;
        let (low, _) = self.log.bounds(&wanted[0].0, p)?;
        let had_offset = committed.first().copied().flatten().is_some();
        let start = committed.first().copied().flatten().unwrap_or(low);
        if start < low {
            self.around.signals.lost_to_retention(S::NAME, p, u64::try_from(low - start).unwrap_or_default());
        }
        let mut side_starts = Vec::new();
        for ((topic, _), offset) in wanted.iter().zip(&committed).skip(1) {
            let (low, _) = self.log.bounds(topic, p)?;
            let start = offset.unwrap_or(low);
            if start < low {
                self.around.signals.lost_to_retention(S::NAME, p, u64::try_from(low - start).unwrap_or_default());
            }
            side_starts.push(start.max(low));
        }
        let mut targets = Vec::new();
        for topic in self.topics.restored() {
            let (low, high) = self.log.bounds(&topic, p)?;
            targets.push(Target { topic, low, high, done: high <= low });
        }
        Ok(Restoring {
            start: start.max(low),
            had_offset,
            side_starts,
            targets,
            parked: HashMap::new(),
            tables: Arc::new(Tables::new(S::TABLES)),
            since_ms: now,
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
        if !restoring.had_offset {
            // a transaction without a valid offset is not fenced: the log's start is committed at once
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
                    match Parked::from_entry(&record) {
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
