//! What the runtime itself costs per record: read, dispatched, done, committed; handlers and Kafka apart.

use std::{hint::black_box, time::Duration};

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use omnichannel_whatsapp::runtime::{
    Emit, Headers, KeyOrder, Origin, Outgoing, Record,
    partition::{Limits, OwnTopics, Partition},
    watermark::Watermark,
};

const RECORDS: i64 = 10_000;
const PERMITS: usize = 64;

fn records(keys: i64) -> Vec<Record> {
    let origin = |offset| Origin { topic: "input".into(), partition: 0, offset };
    let value = Bytes::from_static(&[b'v'; 300]);
    let record = |offset: i64| Record {
        origin: origin(offset),
        key: Some(format!("106540352242922:4915{:09}", offset % keys).into()),
        value: Some(value.clone()),
        headers: Headers::new(),
        timestamp_ms: 0,
    };
    (0..RECORDS).map(record).collect()
}

fn partition() -> Partition {
    let topics = OwnTopics { retry: "retry".into(), dead_letters: "dlq".into(), group: "group".into() };
    let limits = Limits { window: RECORDS + 1, ..Limits::default() };
    Partition::restored(KeyOrder::Strict, limits, topics, 0, Vec::new())
}

/// All of `records` from the poll to the commit, in the batches a poll brings.
fn pass(partition: &mut Partition, records: &[Record]) {
    for batch in records.chunks(500) {
        for record in batch {
            partition.read(record.clone());
        }
        loop {
            let runs = partition.dispatch(0, PERMITS);
            if runs.is_empty() {
                break;
            }
            for run in runs {
                let out = Outgoing::new("out", run.record.key.clone().unwrap_or_default(), Bytes::new());
                partition.done(&run, Ok(Emit::record(out)), |_, _| false, 0);
            }
        }
        black_box(partition.outbox.take(5_000).count());
        partition.outbox.committed().for_each(drop);
    }
}

fn lanes(c: &mut Criterion) {
    let mut group = c.benchmark_group("lanes");
    group.throughput(Throughput::Elements(RECORDS as u64)).measurement_time(Duration::from_secs(5));
    for keys in [1, 100, 10_000] {
        let records = records(keys);
        group.bench_with_input(BenchmarkId::new("keys", keys), &records, |b, records| {
            b.iter_batched_ref(partition, |p| pass(p, records), criterion::BatchSize::LargeInput);
        });
    }
    group.finish();
}

fn watermark(c: &mut Criterion) {
    let mut group = c.benchmark_group("watermark");
    group.throughput(Throughput::Elements(RECORDS as u64)).measurement_time(Duration::from_secs(3));
    group.bench_function("results in reverse order", |b| {
        b.iter(|| {
            let mut w = Watermark::at(0);
            for offset in 0..RECORDS {
                w.receive(offset);
            }
            for offset in (0..RECORDS).rev() {
                w.finish(offset, offset);
            }
            while let Some(released) = w.release() {
                black_box(released);
            }
        });
    });
    group.finish();
}

criterion_group!(benches, lanes, watermark);
criterion_main!(benches);
