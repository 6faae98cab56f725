//! What records write, and when it may be published: in offset order below the watermark, at once above the retry table.

use std::{collections::hash_map::Entry, sync::Arc};

use super::{
    Outcome, Partition, Phase, Reverse, Run,
    item::{Item, Place},
    lane::{Lane, LaneKey},
};
use crate::runtime::{
    entries::{Cause, Parked, dead_letter},
    publishing::{Unit, Write},
    record::{Outgoing, Put, Record},
    stage::Emit,
};

/// What an emission writes; dead letters and counters apart.
pub(super) fn writes_of(emit: Emit) -> impl Iterator<Item = Write> {
    emit.records.into_iter().map(Write::Record).chain(emit.state.into_iter().map(Write::Put))
}

impl Partition {
    /// Parks the head anew (a newer entry) together with its notes, and what stands behind it.
    pub(super) fn park_head_with(&mut self, run: &Run, notes: Emit) {
        let Some(head) = self.lanes.get_mut(&run.lane).and_then(Lane::head_mut) else { return };
        if !head.parked {
            head.parked = true;
            self.parked += 1;
            self.parked_bytes += head.record.size();
            self.read_bytes -= head.record.size();
        }
        let mut writes = vec![Write::Park(head.entry().to_entry(&self.topics.retry))];
        writes.extend(writes_of(notes));
        let (place, source) = (head.place(), head.record.clone());
        self.emit(place, Unit { writes, source: Some(source), ..Unit::default() });
        self.park_lane(&run.lane);
        self.advance();
    }

    pub(super) fn park_lane(&mut self, key: &LaneKey) {
        let len = self.lanes.get(key).map_or(0, Lane::len);
        for index in 0..len {
            self.park(key, index);
        }
    }

    /// Parks one item that is not parked yet.
    pub(super) fn park(&mut self, key: &LaneKey, index: usize) {
        let Some(item) = self.lanes.get_mut(key).and_then(|l| l.get_mut(index)) else { return };
        if item.parked {
            return;
        }
        item.parked = true;
        self.parked += 1;
        self.parked_bytes += item.record.size();
        self.read_bytes -= item.record.size();
        let writes = vec![Write::Park(item.entry().to_entry(&self.topics.retry))];
        let (place, source) = (item.place(), item.record.clone());
        self.emit(place, Unit { writes, source: Some(source), ..Unit::default() });
    }

    /// The partition leaves: what has ended must not be lost for the sake of what never started, so that is parked.
    pub fn settle(&mut self) {
        let rides = self.riders.last_key_value().map(|(offset, _)| *offset);
        let Some(last) = self.watermark.last_done().max(rides) else { return };
        let mut idle = Vec::new();
        for (key, lane) in &self.lanes {
            let below = |i: &Item| matches!(i.place(), Place::Slot(offset) if offset < last);
            let waits = lane.items().enumerate().filter(|(_, i)| !i.parked && i.running.is_none() && below(i));
            idle.extend(waits.map(|(index, _)| (key.clone(), index)));
        }
        for (key, index) in idle {
            self.park(&key, index);
        }
        self.advance();
    }

    /// The head is final: its writes, its tombstone where it was parked, and the next one's turn.
    pub(super) fn finish(&mut self, run: &Run, emit: Emit, now_ms: i64) {
        let Some(item) = self.drop_head(&run.lane) else { return };
        let place = item.place();
        let mut writes = item.notes.clone();
        self.causes(&item, &emit, now_ms, &mut writes);
        writes.extend(writes_of(emit));
        // an entry that waits for its own offset is superseded by this, any other needs its tombstone
        let superseded = matches!(place, Place::Slot(_)) && !place.published(self.low());
        if item.parked && !superseded {
            writes.push(Write::Unpark(item.record.origin.clone()));
        }
        #[cfg(test)]
        if self.mutant == Some(super::Mutant::TombstoneOutside)
            && let Some(last) = writes.pop_if(|w| matches!(w, Write::Unpark(_)))
        {
            self.outbox.push(Unit { writes: vec![last], ..Unit::default() });
        }
        self.emit(place, Unit { writes, source: Some(item.record), ..Unit::default() });
        self.advance();
    }

    /// Dead letters and counters of a final item.
    fn causes(&mut self, item: &Item, emit: &Emit, now_ms: i64, writes: &mut Vec<Write>) {
        if let Phase::Ending(cause) = &item.phase {
            writes.push(self.letter(&item.record, cause, now_ms));
            self.outcomes.push(Outcome { kind: "dead_lettered", code: cause.code.clone() });
            self.ends.dead += u64::from(!item.replayed);
        } else if let Some(first) = emit.rejects.first() {
            let detail = emit.rejects.iter().map(|r| r.detail.as_str()).collect::<Vec<_>>().join("; ");
            let (class, attempt) = ("poison", item.attempt);
            let cause = Cause { class, code: first.code.to_owned(), detail, scope: None, attempt };
            writes.push(self.letter(&item.record, &cause, now_ms));
            self.outcomes.push(Outcome { kind: "dead_lettered", code: first.code.to_owned() });
            self.ends.dead += u64::from(!item.replayed);
        } else {
            self.done += 1;
            self.ends.well += u64::from(!item.replayed);
        }
        self.outcomes.extend(emit.dropped.iter().map(|c| Outcome { kind: "dropped", code: (*c).to_owned() }));
    }

    fn letter(&self, record: &Record, cause: &Cause, now_ms: i64) -> Write {
        Write::DeadLetter(dead_letter(&self.topics.dead_letters, &self.topics.group, record, cause, now_ms))
    }

    /// Takes the head out of its lane: the next one's turn.
    pub(super) fn drop_head(&mut self, key: &LaneKey) -> Option<Box<Item>> {
        let Entry::Occupied(mut lane) = self.lanes.entry(key.clone()) else { return None };
        let item = lane.get_mut().pop()?;
        // a follower waited for its head, not for a clock: its own due time is 0 unless it failed itself
        match lane.get().head().map(|next| (next.due_ms, next.deadline_ms)) {
            None => {
                lane.remove();
            }
            Some((due_ms, deadline_ms)) => {
                self.timers.extend(deadline_ms.map(|at| Reverse((at, key.clone()))));
                match due_ms > 0 {
                    true => self.timers.push(Reverse((due_ms, key.clone()))),
                    false => self.ready.push_back(key.clone()),
                }
            }
        }
        self.holds.leave(item.blocked.as_ref(), key);
        self.let_go(&item);
        if let (LaneKey::Own(own), Some(record_key)) = (key, &item.record.key)
            && let Entry::Occupied(mut singles) = self.singles.entry(record_key.clone())
        {
            singles.get_mut().remove(own);
            if singles.get().is_empty() {
                singles.remove();
            }
        }
        Some(item)
    }

    fn let_go(&mut self, item: &Item) {
        if item.buried {
            return;
        }
        if item.parked {
            self.parked -= 1;
            self.parked_bytes -= item.record.size();
        } else {
            self.read_bytes -= item.record.size();
        }
    }

    pub(super) fn emit(&mut self, place: Place, mut unit: Unit) {
        let published = place.published(self.low());
        #[cfg(test)]
        if self.mutant == Some(super::Mutant::PublishOnFinish) {
            self.outbox.push(unit);
            if let (Place::Slot(offset), false) = (place, published) {
                self.watermark.finish(offset, Unit::default());
            }
            return;
        }
        match place {
            Place::Slot(offset) if !published => {
                // an unreleased park is superseded, the notes published with it are not
                let old = self.watermark.take(offset).unwrap_or_default();
                self.result_bytes -= old.bytes;
                let notes = old.writes;
                if !notes.is_empty() {
                    let kept = notes.into_iter().filter(|w| !matches!(w, Write::Park(_)));
                    unit.writes = kept.chain(std::mem::take(&mut unit.writes)).collect();
                }
                let unit = unit.weighed();
                self.result_bytes += unit.bytes;
                self.watermark.finish(offset, unit);
            }
            Place::Behind(offset) if !published => self.riders.entry(offset).or_default().push(unit),
            Place::Slot(_) | Place::Behind(_) | Place::Table => self.outbox.push(unit),
        }
    }

    /// Publishes what has no gap below it.
    pub(super) fn advance(&mut self) {
        while let Some((offset, result)) = self.watermark.release() {
            let unit = result.unwrap_or_default();
            self.result_bytes -= unit.bytes;
            self.outbox.push(Unit { input: Some(offset + 1), ..unit });
            self.let_ride();
        }
    }

    /// Publishes what replays wrote that everything before them is published of.
    pub(super) fn let_ride(&mut self) {
        while let Some(first) = self.riders.first_entry().filter(|e| *e.key() <= self.watermark.low()) {
            for unit in first.remove() {
                self.outbox.push(unit);
            }
        }
    }

    /// An intent to make durable: it may enter the next transaction although its offset has no result yet.
    pub fn intent(&mut self, put: Put, id: u64) {
        self.outbox.push(Unit { writes: vec![Write::Put(put)], intent: Some(id), ..Unit::default() });
    }

    /// A record of the runtime's own, with the next transaction.
    pub fn say(&mut self, record: Outgoing) {
        self.outbox.push(Unit { writes: vec![Write::Record(record)], ..Unit::default() });
    }

    /// What a side record became.
    pub fn side(&mut self, writes: Vec<Write>, side: (usize, i64), source: Option<Record>) {
        self.outbox.push(Unit { writes, side: Some(side), source: source.map(Arc::new), ..Unit::default() });
    }

    /// Commits the offsets once more, with nothing beside them.
    pub fn refresh(&mut self) {
        self.outbox.push(Unit { input: Some(self.low()), ..Unit::default() });
    }

    /// Tombstones and other housekeeping that depend on no offset.
    pub fn housekeeping(&mut self, puts: Vec<Put>) {
        self.outbox.push(Unit { writes: puts.into_iter().map(Write::Put).collect(), ..Unit::default() });
    }

    /// The broker refused what the first unit writes, for good. What it says is taken back and its source ends as a dead
    /// letter, by way of the retry table, where `ending` says so. `false` where nothing can be taken back: the runtime's
    /// own writes were refused.
    pub fn refused(&mut self, cause: &Cause, now_ms: i64) -> bool {
        let Some((record, ended, side)) = self.outbox.first().and_then(|unit| {
            let says = unit.writes.iter().any(|w| matches!(w, Write::Record(_)));
            let ended = unit.writes.iter().any(|w| matches!(w, Write::DeadLetter(_)));
            unit.source.clone().filter(|_| says).map(|record| (record, ended, unit.side.is_some()))
        }) else {
            return false;
        };
        if ended {
            // a letter's own end cannot be said: the letter alone
            if let Some(first) = self.outbox.first_mut() {
                first.writes.retain(|w| !matches!(w, Write::Record(_)));
            }
            return true;
        }
        self.outbox.take_back(&record.origin);
        self.bury(&record);
        let last = if side {
            // counted here, since nothing of it will end in a lane
            self.outcomes.push(Outcome { kind: "dead_lettered", code: cause.code.clone() });
            self.letter(&record, cause, now_ms)
        } else {
            let joined = record.origin.offset;
            let entry = Parked { ending: Some(cause.clone()), ..Parked::new(Record::clone(&record), joined) };
            let park = Write::Park(entry.to_entry(&self.topics.retry));
            self.join_ending(entry);
            park
        };
        if let Some(first) = self.outbox.first_mut() {
            first.writes.push(last);
        }
        true
    }

    /// A record that only has its end to say: beside its lane, whose followers were let go.
    fn join_ending(&mut self, entry: Parked) {
        self.next_own += 1;
        self.join_lane(LaneKey::Own(self.next_own), Item::restored(entry));
    }

    /// What is still in a lane of a record that is final now must neither run nor write.
    fn bury(&mut self, record: &Record) {
        let is_it = |i: &Item| i.record.origin == record.origin;
        let found = self.lanes.iter().find_map(|(key, lane)| Some((key.clone(), lane.items().position(is_it)?)));
        let Some((key, index)) = found else { return };
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        if index > 0 {
            if let Some(item) = lane.remove(index) {
                self.let_go(&item);
            }
            return;
        }
        let Some(head) = lane.head_mut() else { return };
        if head.running.is_none() {
            self.drop_head(&key);
        } else if !head.buried {
            let (parked, size) = (head.parked, head.record.size());
            head.buried = true;
            self.parked -= usize::from(parked);
            *(if parked { &mut self.parked_bytes } else { &mut self.read_bytes }) -= size;
        }
    }
}
