//! When numbered samples could be read outside, read_committed. Changes nothing.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rdkafka::{Message, consumer::BaseConsumer};

use crate::{kafka, stack::Stack};

/// The sample's number follows, six digits wide.
const MARK: &str = "wamid.LATENCY";

/// A message id that [`Reader`] knows again in whatever record it stands.
pub fn id(sample: usize) -> String {
    format!("{MARK}{sample:06}")
}

/// Notes when each sample's record could be read.
pub struct Reader {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<HashMap<usize, Instant>>,
}

impl Reader {
    pub fn start(stack: &Stack, topic: &str) -> Self {
        let consumer = kafka::reader(stack, topic, "read_committed");
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || note(&consumer, &stopped));
        Self { stop, thread }
    }

    /// Of these samples, in their order; those that were not seen are missing.
    pub fn seen(self, samples: Range<usize>) -> Vec<Instant> {
        self.stop.store(true, Ordering::SeqCst);
        let seen = self.thread.join().expect("the reader does not panic");
        samples.filter_map(|n| seen.get(&n).copied()).collect()
    }
}

fn note(consumer: &BaseConsumer, stopped: &AtomicBool) -> HashMap<usize, Instant> {
    let mut seen = HashMap::new();
    while !stopped.load(Ordering::SeqCst) {
        let Some(message) = consumer.poll(Duration::from_millis(100)) else { continue };
        let (now, message) = (Instant::now(), message.expect("the broker answers"));
        if let Some(n) = number(message.payload().unwrap_or_default()) {
            seen.entry(n).or_insert(now);
        }
    }
    seen
}

fn number(payload: &[u8]) -> Option<usize> {
    let at = payload.windows(MARK.len()).position(|w| w == MARK.as_bytes())? + MARK.len();
    std::str::from_utf8(payload.get(at..at + 6)?).ok()?.parse().ok()
}
