//! One instrument per counter and distribution of the catalogue. Records nothing itself.

use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter};

use crate::telemetry::catalogue::{
    COMMIT_INTERVAL, GRAPH_DURATION, GRAPH_REQUESTS, GRAPH_USAGE, HALTED, IN_DOUBT_OPENED, IN_DOUBT_SETTLED, LOST,
    REBALANCES, REBUILT, RECORDS, RESTORE_DURATION, RESTORE_READ, RETRY_LATENESS, STOPPED, STORE_EMPTIED, SignalSpec,
    TRANSACTION_DURATION, TRANSACTIONS, TRIPS, UNAVAILABLE, WEBHOOK_DURATION, WEBHOOKS,
};

pub(super) struct Instruments {
    pub webhooks: Counter<u64>,
    pub webhook_duration: Histogram<f64>,
    pub records: Counter<u64>,
    pub transactions: Counter<u64>,
    pub transaction_duration: Histogram<f64>,
    pub commit_interval: Histogram<f64>,
    pub graph_requests: Counter<u64>,
    pub graph_duration: Histogram<f64>,
    pub graph_usage: Gauge<u64>,
    pub in_doubt_opened: Counter<u64>,
    pub in_doubt_settled: Counter<u64>,
    pub rebalances: Counter<u64>,
    pub restore_duration: Histogram<f64>,
    pub restore_read: Counter<u64>,
    pub store_emptied: Counter<u64>,
    pub unavailable: Counter<u64>,
    pub lost: Counter<u64>,
    pub retry_lateness: Histogram<f64>,
    pub rebuilt: Counter<u64>,
    pub halted: Gauge<u64>,
    pub trips: Counter<u64>,
    pub stopped: Counter<u64>,
}

/// Of one hop on a quiet machine up to an outage.
const SECONDS: [f64; 16] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0, 600.0];

impl Instruments {
    pub fn new(meter: &Meter) -> Self {
        let counter = |spec: &SignalSpec| meter.u64_counter(spec.name).with_description(spec.meaning).build();
        let seconds = |spec: &SignalSpec| {
            let histogram = meter.f64_histogram(spec.name).with_unit("s").with_description(spec.meaning);
            histogram.with_boundaries(SECONDS.to_vec()).build()
        };
        Self {
            webhooks: counter(&WEBHOOKS),
            webhook_duration: seconds(&WEBHOOK_DURATION),
            records: counter(&RECORDS),
            transactions: counter(&TRANSACTIONS),
            transaction_duration: seconds(&TRANSACTION_DURATION),
            commit_interval: seconds(&COMMIT_INTERVAL),
            graph_requests: counter(&GRAPH_REQUESTS),
            graph_duration: seconds(&GRAPH_DURATION),
            graph_usage: meter.u64_gauge(GRAPH_USAGE.name).with_description(GRAPH_USAGE.meaning).build(),
            in_doubt_opened: counter(&IN_DOUBT_OPENED),
            in_doubt_settled: counter(&IN_DOUBT_SETTLED),
            rebalances: counter(&REBALANCES),
            restore_duration: seconds(&RESTORE_DURATION),
            restore_read: counter(&RESTORE_READ),
            store_emptied: counter(&STORE_EMPTIED),
            unavailable: counter(&UNAVAILABLE),
            lost: counter(&LOST),
            retry_lateness: seconds(&RETRY_LATENESS),
            rebuilt: counter(&REBUILT),
            halted: meter.u64_gauge(HALTED.name).with_description(HALTED.meaning).build(),
            trips: counter(&TRIPS),
            stopped: counter(&STOPPED),
        }
    }
}
