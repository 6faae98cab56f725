//! Which offsets of a partition have their result, and up to where without a gap. Pure; knows no Kafka.

use std::collections::VecDeque;

/// Results of offsets in `[w, next)`, released in offset order.
///
/// Offsets that never arrive (transaction markers, compacted or aborted records) count as done with nothing.
#[derive(Debug)]
pub struct Watermark<T> {
    w: i64,
    slots: VecDeque<Slot<T>>,
    open: usize,
}

#[derive(Debug)]
enum Slot<T> {
    Open,
    Gap,
    Done(T),
}

impl<T> Watermark<T> {
    /// Starts at the committed offset.
    #[must_use]
    pub fn at(offset: i64) -> Self {
        Self { w: offset, slots: VecDeque::new(), open: 0 }
    }

    /// Every offset below has been released: what a transaction may commit.
    #[must_use]
    pub fn low(&self) -> i64 {
        self.w
    }

    /// One past the highest offset received.
    #[must_use]
    pub fn next(&self) -> i64 {
        self.w + self.len()
    }

    /// Offsets received and not released.
    #[must_use]
    pub fn len(&self) -> i64 {
        i64::try_from(self.slots.len()).unwrap_or(i64::MAX)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Offsets received that have no result yet.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open
    }

    /// Offsets below `offset` that have no result yet.
    #[must_use]
    pub fn open_below(&self, offset: i64) -> usize {
        let below = usize::try_from(offset - self.w).unwrap_or(0);
        self.slots.iter().take(below).filter(|slot| matches!(slot, Slot::Open)).count()
    }

    /// The highest offset that has its result and waits for a lower one.
    #[must_use]
    pub fn last_done(&self) -> Option<i64> {
        let behind = self.slots.iter().rev().position(|s| matches!(s, Slot::Done(_)))?;
        Some(self.next() - 1 - i64::try_from(behind).ok()?)
    }

    /// `offset` arrived; what lies between it and the last one never will. `false` for an offset seen before.
    pub fn receive(&mut self, offset: i64) -> bool {
        if offset < self.next() {
            return false;
        }
        self.skip_to(offset);
        self.slots.push_back(Slot::Open);
        self.open += 1;
        true
    }

    /// Nothing will arrive below `offset` any more.
    pub fn skip_to(&mut self, offset: i64) {
        while self.next() < offset {
            if self.slots.is_empty() {
                self.w = offset;
                return;
            }
            self.slots.push_back(Slot::Gap);
        }
    }

    /// The result of `offset`; a newer one replaces an older one that was not released.
    pub fn finish(&mut self, offset: i64, result: T) {
        let Some(slot) = usize::try_from(offset - self.w).ok().and_then(|i| self.slots.get_mut(i)) else { return };
        if matches!(slot, Slot::Open) {
            self.open -= 1;
        }
        *slot = Slot::Done(result);
    }

    /// Takes back the result of an offset that was not released.
    pub fn take(&mut self, offset: i64) -> Option<T> {
        let slot = self.slots.get_mut(usize::try_from(offset - self.w).ok()?)?;
        match std::mem::replace(slot, Slot::Open) {
            Slot::Done(result) => {
                self.open += 1;
                Some(result)
            }
            other => {
                *slot = other;
                None
            }
        }
    }

    /// The lowest offset's result, if it has one; moves the watermark. `None` in the pair is a gap.
    pub fn release(&mut self) -> Option<(i64, Option<T>)> {
        if matches!(self.slots.front()?, Slot::Open) {
            return None;
        }
        let offset = self.w;
        self.w += 1;
        match self.slots.pop_front()? {
            Slot::Done(result) => Some((offset, Some(result))),
            Slot::Gap | Slot::Open => Some((offset, None)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(w: &mut Watermark<&'static str>) -> Vec<(i64, Option<&'static str>)> {
        std::iter::from_fn(|| w.release()).collect()
    }

    #[test]
    fn results_leave_in_offset_order() {
        let mut w = Watermark::at(10);
        for o in 10..13 {
            assert!(w.receive(o));
        }
        w.finish(12, "c");
        w.finish(11, "b");
        assert_eq!(drain(&mut w), []);
        w.finish(10, "a");
        assert_eq!(drain(&mut w), [(10, Some("a")), (11, Some("b")), (12, Some("c"))]);
        assert_eq!((w.low(), w.next(), w.open()), (13, 13, 0));
    }

    #[test]
    fn a_gap_counts_as_done() {
        let mut w = Watermark::at(0);
        w.receive(0);
        w.receive(3);
        w.finish(3, "d");
        w.finish(0, "a");
        assert_eq!(drain(&mut w), [(0, Some("a")), (1, None), (2, None), (3, Some("d"))]);
    }

    #[test]
    fn a_drained_partition_follows_the_position() {
        let mut w = Watermark::<&str>::at(5);
        w.skip_to(9);
        assert_eq!((w.low(), w.next()), (9, 9));
    }

    #[test]
    fn the_last_result_may_have_open_offsets_on_both_sides() {
        let mut w = Watermark::at(3);
        assert_eq!(w.last_done(), None);
        for o in 3..7 {
            w.receive(o);
        }
        w.finish(4, "b");
        w.finish(5, "c");
        assert_eq!(w.last_done(), Some(5));
    }

    #[test]
    fn only_lower_offsets_without_result_are_open_below() {
        let mut w = Watermark::at(5);
        for o in [5, 6, 9, 10] {
            w.receive(o);
        }
        w.finish(6, "b");
        assert_eq!([5, 6, 9, 10, 99].map(|o| w.open_below(o)), [0, 1, 1, 2, 3]);
    }

    #[test]
    fn an_offset_is_received_once() {
        let mut w = Watermark::<&str>::at(5);
        assert!(!w.receive(4));
        assert!(w.receive(5));
        assert!(!w.receive(5));
    }

    #[test]
    fn a_newer_result_replaces_one_not_released() {
        let mut w = Watermark::at(0);
        w.receive(0);
        w.receive(1);
        w.finish(1, "parked");
        w.finish(1, "parked again");
        w.finish(0, "a");
        assert_eq!(drain(&mut w), [(0, Some("a")), (1, Some("parked again"))]);
    }
}
