//! Carries an order out: a letter's replay and the act that marks it in one transaction, some letters at a time. A run that
//! is killed leaves each letter either replayed and marked or neither; what is marked is passed over by the next run.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{
    desk::{Desk, DlqError, span},
    letter::Letter,
    marks::{DISCARD, REPLAY, act},
    order::{Order, Progress},
    report::{End, Report},
    verdict::{Action, Refusal},
};
use crate::{
    adapters::kafka::{
        scan::{Scan, ScanError},
        together::{NotWritten, Together},
    },
    runtime::{Outgoing, Record, replays::replay_of},
};

/// Letters of one transaction.
const BATCH: usize = 100;
/// Bytes of one transaction.
const BATCH_BYTES: usize = 8 << 20;
const SLICE_MS: u64 = 100;

impl Order {
    /// Does it. Blocks. Whatever other run there is for the stage ends; then the marks are read, which it cannot change any more.
    pub fn run(
        &self,
        desk: &Desk,
        letters: Vec<Letter>,
        stop: &CancellationToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Report {
        let nothing = |end: End| Report { end, ..Report::new(self.action, &desk.stage, letters.len()) };
        let writer = match Together::open(&desk.settings, &desk.transactional_id(), desk.clock.clone()) {
            Ok(writer) => writer,
            Err(error) => return nothing(end_of(error)),
        };
        let marks = match desk.marks() {
            Ok(marks) => marks,
            Err(error) => return nothing(End::Failed(error.to_string())),
        };
        let marked = letters.into_iter().map(|letter| {
            let mark = marks.of(&letter);
            (letter, mark)
        });
        let (go, report) = self.plan(desk, marked.collect());
        let began_ms = desk.clock.boot_ms();
        let go: Vec<Letter> = go.into_iter().map(|(letter, _)| letter).collect();
        let of = go.len();
        let mut run = Run { order: self, desk, writer, report, stop, tell, of, began_ms, begun: 0, ready: Vec::new() };
        let done = match self.action {
            Action::Replay => run.replay(go),
            Action::Discard => run.discard(go),
        };
        if let Err(end) = done {
            run.report.end = end;
        }
        run.report
    }
}

/// One letter and what is written for it.
struct Ready {
    records: Vec<Outgoing>,
    bytes: usize,
}

struct Run<'a> {
    order: &'a Order,
    desk: &'a Desk,
    writer: Together,
    report: Report,
    stop: &'a CancellationToken,
    tell: &'a mut dyn FnMut(Progress),
    of: usize,
    began_ms: u64,
    /// Letters that were made ready.
    begun: u32,
    ready: Vec<Ready>,
}

impl Run<'_> {
    /// In the order of the topic, for letters of one key lie in one partition.
    fn replay(&mut self, letters: Vec<Letter>) -> Result<(), End> {
        let mut wanted: HashMap<(i32, i64), Letter> =
            letters.into_iter().map(|l| ((l.place.partition, l.place.offset), l)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let topic = self.desk.letters_topic();
        let mut scan = Scan::spans(&self.desk.settings, &topic, &spans(wanted.values())).map_err(unread)?;
        while let Some(record) = scan.next_record().map_err(unread)? {
            let Some(letter) = wanted.remove(&(record.origin.partition, record.origin.offset)) else { continue };
            self.wait()?;
            match self.replay_records(&letter, &record) {
                Some(records) => self.add(records)?,
                None => self.report.refuse(Refusal::Gone),
            }
        }
        self.flush()?;
        wanted.values().for_each(|_| self.report.refuse(Refusal::Gone));
        Ok(())
    }

    fn discard(&mut self, letters: Vec<Letter>) -> Result<(), End> {
        for letter in letters {
            self.wait()?;
            self.add(vec![self.act(&letter, DISCARD)])?;
        }
        self.flush()
    }

    /// `None` when another letter lies there now.
    fn replay_records(&self, letter: &Letter, record: &Record) -> Option<Vec<Outgoing>> {
        let is_it = record.timestamp_ms == letter.written_ms;
        let replay = is_it.then(|| replay_of(record, &self.desk.replay_topic())).flatten()?;
        Some(vec![replay, self.act(letter, REPLAY)])
    }

    fn act(&self, letter: &Letter, action: &str) -> Outgoing {
        let Order { by, reason, .. } = self.order;
        let act = act(letter, action, &self.desk.stage, by, reason.clone(), self.desk.clock.unix_ms());
        Outgoing { topic: self.desk.audit_topic(), ..act.record() }
    }

    fn add(&mut self, records: Vec<Outgoing>) -> Result<(), End> {
        let bytes = records.iter().map(Outgoing::size).sum();
        self.ready.push(Ready { records, bytes });
        self.begun = self.begun.saturating_add(1);
        let bytes: usize = self.ready.iter().map(|ready| ready.bytes).sum();
        if self.ready.len() >= BATCH || bytes >= BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    /// Until the next letter is due. What is ready does not wait with it.
    fn wait(&mut self) -> Result<(), End> {
        let due = self.order.rate.map_or(Duration::ZERO, |rate| rate.due(self.begun));
        let due_ms = self.began_ms.saturating_add(u64::try_from(due.as_millis()).unwrap_or(u64::MAX));
        loop {
            if self.stop.is_cancelled() {
                self.flush()?;
                return Err(End::Stopped);
            }
            let left_ms = due_ms.saturating_sub(self.desk.clock.boot_ms());
            if left_ms == 0 {
                return Ok(());
            }
            self.flush()?;
            std::thread::park_timeout(Duration::from_millis(left_ms.min(SLICE_MS)));
        }
    }

    fn flush(&mut self) -> Result<(), End> {
        let ready = std::mem::take(&mut self.ready);
        if ready.is_empty() {
            return Ok(());
        }
        match self.write(&ready) {
            // one of them; the others are written without it
            Err(NotWritten::Refused(_)) if ready.len() > 1 => {
                for one in ready {
                    self.ready.push(one);
                    self.flush()?;
                }
                return Ok(());
            }
            Err(NotWritten::Refused(_)) => self.report.refuse(Refusal::TooLarge),
            Err(error) => return Err(end_of(error)),
            Ok(()) => self.report.did(ready.len()),
        }
        (self.tell)(Progress { done: self.report.done, of: self.of });
        Ok(())
    }

    fn write(&self, ready: &[Ready]) -> Result<(), NotWritten> {
        let records: Vec<Outgoing> = ready.iter().flat_map(|ready| ready.records.iter().cloned()).collect();
        self.writer.write(&records)
    }
}

fn spans<'l>(letters: impl Iterator<Item = &'l Letter>) -> BTreeMap<i32, Range<i64>> {
    let mut spans: BTreeMap<i32, Range<i64>> = BTreeMap::new();
    for letter in letters {
        let one = span(letter);
        let whole = spans.entry(letter.place.partition).or_insert(one.clone());
        *whole = whole.start.min(one.start)..whole.end.max(one.end);
    }
    spans
}

fn unread(error: ScanError) -> End {
    End::Failed(DlqError::from(error).to_string())
}

fn end_of(error: NotWritten) -> End {
    match error {
        NotWritten::TakenOver => End::TakenOver,
        NotWritten::Refused(_) | NotWritten::Failed(_) => End::Failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::letter::tests::letter, *};

    #[test]
    fn what_is_read_again_is_no_more_than_lies_between_the_letters() {
        let at = |partition, offset| {
            let mut letter = letter("k");
            (letter.place.partition, letter.place.offset) = (partition, offset);
            letter
        };
        let letters = [at(0, 7), at(2, 1), at(0, 3)];
        assert_eq!(spans(letters.iter()), [(0, 3..8), (2, 1..2)].into());
    }
}
