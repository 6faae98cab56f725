//! How records enter their lanes: read, restored, replayed. Starts nothing.

use std::{cmp::Reverse, sync::Arc};

use super::{Partition, UNORDERED, item::Item, lane::LaneKey};
use crate::runtime::{
    entries::Parked,
    fault::Scope,
    publishing::{Unit, Write},
    record::Record,
    replays::as_written,
    stage::KeyOrder,
};

impl Partition {
    /// An input record arrived.
    pub fn read(&mut self, record: Record) {
        if !self.watermark.receive(record.origin.offset) {
            return;
        }
        let key = self.lane_key(&record);
        self.read_bytes += record.size();
        let lane = self.lanes.entry(key.clone()).or_default();
        let behind_parked = self.order == KeyOrder::Strict && lane.head().is_some_and(|h| h.parked);
        lane.push(Item::read(record));
        let last = lane.len() - 1;
        if behind_parked {
            self.park(&key, last);
        } else if last == 0 {
            self.ready.push_back(key);
        }
        self.advance();
    }

    /// An entry of the retry table.
    pub(super) fn restore(&mut self, entry: Parked) {
        let (gate, due_ms) = (entry.gate.clone(), entry.due_ms);
        let (key, last) = self.join_parked(Item::restored(entry));
        match gate.filter(|_| last == 0) {
            Some(Scope::Hold(subject)) => self.holds.add(&subject, &key),
            Some(scope @ (Scope::Account(_) | Scope::Dependency(_))) => self.breakers.close(&scope, &key, due_ms),
            None => {}
        }
    }

    /// A record of the replay topic: first into the retry table with its side offset, at the tail, then like any other.
    pub fn replay(&mut self, record: Record, side: (usize, i64), now_ms: i64) {
        let record = as_written(record);
        let entry = Parked { due_ms: now_ms, replayed: true, ..Parked::new(record, self.next()) };
        let writes = vec![Write::Park(entry.to_entry(&self.topics.retry))];
        let source = Some(Arc::new(entry.record.clone()));
        let item = Item::replayed(entry);
        let place = item.place();
        self.join_parked(item);
        self.emit(place, Unit { writes, side: Some(side), source, ..Unit::default() });
    }

    fn join_parked(&mut self, item: Item) -> (LaneKey, usize) {
        let key = self.lane_key(&item.record);
        self.join_lane(key, item)
    }

    /// A parked item at the tail of a lane, and its place there. A follower needs no timer: it waits for its head.
    pub(super) fn join_lane(&mut self, key: LaneKey, item: Item) -> (LaneKey, usize) {
        self.parked += 1;
        self.parked_bytes += item.record.size();
        let (due_ms, deadline_ms) = (item.due_ms, item.deadline_ms);
        let lane = self.lanes.entry(key.clone()).or_default();
        lane.push(item);
        let last = lane.len() - 1;
        if last == 0 {
            self.timers.push(Reverse((due_ms, key.clone())));
            self.timers.extend(deadline_ms.map(|at| Reverse((at, key.clone()))));
        }
        (key, last)
    }

    /// Input offsets below `position` will never arrive (markers at the end of a drained partition).
    pub fn drained_to(&mut self, position: i64) {
        if self.watermark.is_empty() && position > self.low() {
            self.watermark.skip_to(position);
            self.outbox.push(Unit { input: Some(position), ..Unit::default() });
            self.let_ride();
        }
    }

    fn lane_key(&mut self, record: &Record) -> LaneKey {
        let own = self.order == KeyOrder::Relaxed || record.headers.get(UNORDERED).is_some();
        match &record.key {
            Some(key) if !own => LaneKey::Key(key.clone()),
            key => {
                self.next_own += 1;
                if let Some(key) = key {
                    self.singles.entry(key.clone()).or_default().insert(self.next_own);
                }
                LaneKey::Own(self.next_own)
            }
        }
    }
}
