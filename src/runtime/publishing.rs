//! What a transaction may contain: units in order, taken, kept until the commit, and published again after an abort. Pure.

use std::{collections::VecDeque, sync::Arc};

use super::record::{Origin, Outgoing, Put, Record};

/// One thing to write.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    Record(Outgoing),
    Put(Put),
    /// Into this partition's retry table.
    Park(Outgoing),
    /// Out of it: the tombstone.
    Unpark(Origin),
    DeadLetter(Outgoing),
}

impl Write {
    /// The change of a table, if it is one.
    #[must_use]
    pub fn into_put(self) -> Option<Put> {
        match self {
            Self::Put(put) => Some(put),
            Self::Record(_) | Self::Park(_) | Self::Unpark(_) | Self::DeadLetter(_) => None,
        }
    }

    /// Bytes of memory this write takes until it is committed: its own, and the producer's copy.
    fn weight(&self) -> usize {
        let (size, headers) = match self {
            Self::Record(o) | Self::Park(o) | Self::DeadLetter(o) => (o.size(), o.headers.len()),
            Self::Put(p) => (p.key.len() + p.value.as_ref().map_or(0, bytes::Bytes::len), p.headers.len()),
            Self::Unpark(origin) => (origin.topic.len() + 24, 0),
        };
        AROUND + headers * AROUND_HEADER + 2 * size
    }
}

/// What stands around a write's bytes, here and at the producer, and around each of its headers: measured.
const AROUND: usize = 250;
const AROUND_HEADER: usize = 100;

/// What is published together or not at all, and what it moves.
#[derive(Debug, Default)]
pub struct Unit {
    pub writes: Vec<Write>,
    /// The input's watermark once this unit is committed.
    pub input: Option<i64>,
    /// A side input's next offset once this unit is committed: index into `Stage::SIDES`, offset.
    pub side: Option<(usize, i64)>,
    /// Handlers waiting in `commit_intent` for this unit.
    pub intent: Option<u64>,
    /// The record to dead-letter if the broker refuses what this unit writes.
    pub source: Option<Arc<Record>>,
    /// Bytes of memory the unit took when it was made; see [`Unit::weighed`].
    pub bytes: usize,
}

impl Unit {
    /// Knows from now on what it weighs.
    #[must_use]
    pub fn weighed(mut self) -> Self {
        if self.bytes == 0 {
            let source = self.source.as_ref().map_or(0, |record| record.bytes());
            self.bytes = source + self.writes.iter().map(Write::weight).sum::<usize>();
        }
        self
    }
}

/// The offsets a transaction commits for one partition: frozen while its units are taken, whatever is read meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    pub input: i64,
    /// Next offsets by index into the side inputs.
    pub sides: Vec<i64>,
}

impl Frozen {
    /// `unit` is in the transaction too.
    pub fn cover(&mut self, unit: &Unit) {
        if let Some(input) = unit.input {
            self.input = input;
        }
        if let Some((side, offset)) = unit.side
            && let Some(frozen) = self.sides.get_mut(side)
        {
            *frozen = offset;
        }
    }
}

/// The units of one partition, oldest first; those of the open transaction at the front.
#[derive(Debug, Default)]
pub struct Outbox {
    units: VecDeque<Unit>,
    bytes: usize,
    /// How many at the front belong to the open transaction.
    taken: usize,
    /// Test 1's mutant: an abort forgets what it should publish again.
    #[cfg(test)]
    pub(crate) drops_on_abort: bool,
}

impl Outbox {
    pub fn push(&mut self, unit: Unit) {
        if unit.writes.is_empty() && unit.intent.is_none() && unit.side.is_none() {
            if unit.input.is_none() {
                return;
            }
            // a gap only moves the watermark: it rides on the unit before it, where that one is still free to change
            let free = self.units.len() > self.taken;
            if let Some(last) = self.units.back_mut().filter(|u| free && u.input.is_some()) {
                last.input = unit.input;
                return;
            }
        }
        let unit = unit.weighed();
        self.bytes += unit.bytes;
        self.units.push_back(unit);
    }

    /// Bytes of all units.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Units that no transaction holds yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.units.len() - self.taken
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Takes up to `limit` units into the transaction and shows them in order.
    pub fn take(&mut self, limit: usize) -> impl Iterator<Item = &Unit> {
        let from = self.taken;
        self.taken = (from + limit).min(self.units.len());
        self.units.range(from..self.taken)
    }

    /// Intents whose commit nobody will see any more when the partition goes.
    pub fn intents(&self) -> impl Iterator<Item = u64> {
        self.units.iter().filter_map(|u| u.intent)
    }

    /// The transaction was committed: its units are done.
    pub fn committed(&mut self) -> impl Iterator<Item = Unit> {
        let taken = std::mem::take(&mut self.taken);
        self.bytes -= self.units.range(..taken).map(|unit| unit.bytes).sum::<usize>();
        self.units.drain(..taken)
    }

    /// The transaction was aborted: the same units wait for the next one.
    pub fn aborted(&mut self) {
        #[cfg(test)]
        if self.drops_on_abort {
            self.committed().for_each(drop);
        }
        self.taken = 0;
    }

    /// Takes back all that units of `origin` write but what they remember, which handlers have seen already.
    pub fn take_back(&mut self, origin: &Origin) {
        for unit in self.units.iter_mut().filter(|u| u.source.as_ref().is_some_and(|s| s.origin == *origin)) {
            unit.writes.retain(|w| matches!(w, Write::Put(_)));
            unit.source = None;
        }
    }

    /// The first unit, which an isolated transaction consists of.
    #[must_use]
    pub fn first(&self) -> Option<&Unit> {
        self.units.front()
    }

    pub fn first_mut(&mut self) -> Option<&mut Unit> {
        self.units.front_mut()
    }
}

/// When the next transaction may begin: as soon as something is ready on a quiet worker, and under load not before the
/// markers of the last transaction can have been written, which is what the next one would wait for.
#[derive(Debug)]
pub struct Pacer {
    min_ms: f64,
    max_ms: f64,
    smoothed_first_ack_ms: f64,
    last_end_ms: Option<u64>,
}

impl Default for Pacer {
    fn default() -> Self {
        Self { min_ms: 10.0, max_ms: 50.0, smoothed_first_ack_ms: 0.0, last_end_ms: None }
    }
}

impl Pacer {
    /// Milliseconds until a transaction may begin, 0 = now.
    #[must_use]
    pub fn wait_ms(&self, now_ms: u64) -> u64 {
        let Some(last) = self.last_end_ms else { return 0 };
        let interval = self.interval_ms();
        let since = now_ms.saturating_sub(last);
        interval.saturating_sub(since)
    }

    /// The interval in force.
    #[must_use]
    pub fn interval_ms(&self) -> u64 {
        let half = (self.smoothed_first_ack_ms / 2.0).clamp(self.min_ms, self.max_ms);
        // between 10 and 50
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        {
            half.round() as u64
        }
    }

    /// The first record of a transaction begun at `began_ms` was acknowledged.
    pub fn first_ack(&mut self, began_ms: u64, acked_ms: u64) {
        let close = self.last_end_ms.is_some_and(|last| began_ms.saturating_sub(last) <= 100);
        if close {
            let took = f64::from(u32::try_from(acked_ms.saturating_sub(began_ms)).unwrap_or(u32::MAX));
            self.smoothed_first_ack_ms += (took - self.smoothed_first_ack_ms) * 0.2;
        }
    }

    /// A transaction was committed or aborted.
    pub fn ended(&mut self, now_ms: u64) {
        self.last_end_ms = Some(now_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(input: i64) -> Unit {
        Unit {
            writes: vec![Write::Record(Outgoing::new("t", format!("{input}"), "v"))],
            input: Some(input),
            ..Unit::default()
        }
    }

    #[test]
    fn an_abort_publishes_the_same_units_again_in_order() {
        let mut outbox = Outbox::default();
        outbox.push(unit(1));
        outbox.push(unit(2));
        assert_eq!(outbox.take(1).map(|u| u.input).collect::<Vec<_>>(), [Some(1)]);
        outbox.aborted();
        assert_eq!(outbox.take(9).map(|u| u.input).collect::<Vec<_>>(), [Some(1), Some(2)]);
        assert_eq!(outbox.committed().count(), 2);
        assert!(outbox.is_empty());
    }

    #[test]
    fn a_gap_rides_on_the_unit_before_it_but_never_on_one_in_a_transaction() {
        let mut outbox = Outbox::default();
        outbox.push(unit(1));
        outbox.push(Unit { input: Some(2), ..Unit::default() });
        assert_eq!(outbox.len(), 1);
        assert_eq!(outbox.take(9).map(|u| u.input).collect::<Vec<_>>(), [Some(2)]);
        outbox.push(Unit { input: Some(3), ..Unit::default() });
        assert_eq!(outbox.len(), 2);
    }

    #[test]
    fn a_unit_that_says_nothing_never_takes_a_watermark_back() {
        let mut outbox = Outbox::default();
        outbox.push(unit(1));
        outbox.push(Unit::default());
        assert_eq!(outbox.take(9).map(|u| u.input).collect::<Vec<_>>(), [Some(1)]);
    }

    #[test]
    fn what_is_taken_back_leaves_what_is_remembered_and_every_offset() {
        let origin = Origin { topic: "in".into(), partition: 0, offset: 7 };
        let source = Arc::new(Record {
            origin: origin.clone(),
            key: None,
            value: None,
            headers: crate::runtime::Headers::new(),
            timestamp_ms: 0,
        });
        let mut outbox = Outbox::default();
        let put = Write::Put(Put::new("t", "k", "v"));
        let mut first = Unit { source: Some(source.clone()), ..unit(8) };
        first.writes.extend([put.clone(), Write::Unpark(origin.clone())]);
        outbox.push(first);
        outbox.push(unit(9));
        outbox.push(Unit { source: Some(source), side: Some((0, 3)), ..unit(10) });
        outbox.take_back(&origin);
        assert_eq!(outbox.first().map(|u| u.writes.clone()), Some(vec![put]));
        let left: Vec<_> = outbox.take(9).map(|u| (u.writes.len(), u.input, u.side)).collect();
        assert_eq!(left, [(1, Some(8), None), (1, Some(9), None), (0, Some(10), Some((0, 3)))]);
    }

    #[test]
    fn a_transaction_freezes_the_offsets_of_what_it_holds() {
        let mut frozen = Frozen { input: 4, sides: vec![1, 2] };
        frozen.cover(&Unit::default());
        frozen.cover(&unit(6));
        frozen.cover(&Unit { side: Some((1, 9)), ..Unit::default() });
        assert_eq!(frozen, Frozen { input: 6, sides: vec![1, 9] });
    }

    #[test]
    fn a_quiet_worker_commits_at_once_and_a_slow_cluster_stretches_the_interval() {
        let mut pacer = Pacer::default();
        assert_eq!(pacer.wait_ms(5), 0);
        pacer.ended(1_000);
        assert_eq!(pacer.wait_ms(1_004), 6);
        assert_eq!(pacer.wait_ms(1_050), 0);
        for _ in 0..40 {
            pacer.first_ack(1_010, 1_060);
        }
        assert_eq!(pacer.interval_ms(), 25);
        for _ in 0..80 {
            pacer.first_ack(1_010, 2_000);
        }
        assert_eq!(pacer.interval_ms(), 50);
    }

    #[test]
    fn a_transaction_long_after_a_commit_teaches_nothing() {
        let mut pacer = Pacer::default();
        pacer.ended(0);
        pacer.first_ack(500, 900);
        assert_eq!(pacer.interval_ms(), 10);
    }
}
