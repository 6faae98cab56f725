//! Levels per partition, read when somebody scrapes. A partition that was given away disappears by itself: the worker
//! drops its handle.

use std::sync::{
    Arc, Mutex, PoisonError, Weak,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use opentelemetry::{KeyValue, metrics::Meter};

use super::catalogue::{IN_FLIGHT, OUTSTANDING, PARKED, SignalSpec};

/// Of one partition of one stage, for as long as it is held.
#[derive(Debug)]
pub struct PartitionLevels {
    labels: [KeyValue; 2],
    in_flight: AtomicU64,
    parked: AtomicU64,
    outstanding: AtomicU64,
}

impl PartitionLevels {
    pub fn in_flight(&self, records: usize) {
        self.in_flight.store(records as u64, Relaxed);
    }

    pub fn parked(&self, records: usize) {
        self.parked.store(records as u64, Relaxed);
    }

    /// Negative where the end is not known yet; that counts as nothing.
    pub fn outstanding(&self, records: i64) {
        self.outstanding.store(records.try_into().unwrap_or_default(), Relaxed);
    }
}

type Held = Arc<Mutex<Vec<Weak<PartitionLevels>>>>;

/// Every partition this process holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Levels(Held);

impl Levels {
    pub fn new(meter: &Meter) -> Self {
        let levels = Self::default();
        levels.observe(meter, &IN_FLIGHT, |of| &of.in_flight);
        levels.observe(meter, &PARKED, |of| &of.parked);
        levels.observe(meter, &OUTSTANDING, |of| &of.outstanding);
        levels
    }

    pub fn hold(&self, stage: &'static str, partition: i32) -> Arc<PartitionLevels> {
        let levels = Arc::new(PartitionLevels {
            labels: [KeyValue::new("stage", stage), KeyValue::new("partition", i64::from(partition))],
            in_flight: AtomicU64::default(),
            parked: AtomicU64::default(),
            outstanding: AtomicU64::default(),
        });
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|weak| weak.strong_count() > 0);
        held.push(Arc::downgrade(&levels));
        levels
    }

    fn observe(&self, meter: &Meter, spec: &SignalSpec, value: fn(&PartitionLevels) -> &AtomicU64) {
        let held = Arc::clone(&self.0);
        meter
            .u64_observable_gauge(spec.name)
            .with_description(spec.meaning)
            .with_callback(move |observer| {
                let held = held.lock().unwrap_or_else(PoisonError::into_inner);
                for of in held.iter().filter_map(Weak::upgrade) {
                    observer.observe(value(&of).load(Relaxed), &of.labels);
                }
            })
            .build();
    }
}
