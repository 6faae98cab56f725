//! What a worker holds resident with a long backlog before it: while a dependency is away, and while it works it off.

use std::time::{Duration, Instant};

use omnichannel_whatsapp::wire::topics::WEBHOOK_RAW;
use rdkafka::producer::Producer;

use crate::{
    binary::{self, Place, Worker},
    ground, kafka, reader,
    report::{Figure, Target},
    stack::Stack,
    watch::Watch,
};

const RECORDS: u32 = 1_000_000;
const KEYS: u32 = 10_000;
const PARTITIONS: i32 = 12;
const AWAY: Duration = Duration::from_secs(20);
const LIMIT: Duration = Duration::from_secs(300);

pub async fn measure(stack: &Stack) -> Figure {
    let place = Place::prepared(stack, "backlog");
    let names = place.names();
    let input = names.physical(WEBHOOK_RAW);
    tokio::task::block_in_place(|| fill(stack, &input));
    let mut away = place.without_registry().run(&["ingress"]).await;
    tokio::time::sleep(AWAY).await;
    let waiting = memory(&away);
    away.process.kill_nine();
    let watch = Watch::new(stack, &names.group("ingress"), &input, PARTITIONS);
    let began = Instant::now();
    let worker = place.run(&["ingress"]).await;
    let done = watch.committed(i64::from(RECORDS), LIMIT).await;
    let working = memory(&worker);
    figure(waiting, working, f64::from(RECORDS) / (done - began).as_secs_f64())
}

/// MiB: resident now, and at most.
fn memory(worker: &Worker) -> [f64; 2] {
    ["VmRSS", "VmHWM"].map(|key| binary::number(worker.process.pid(), key) / 1_024.0)
}

fn figure(waiting: [f64; 2], working: [f64; 2], per_second: f64) -> Figure {
    let row = |what: &str, [now, peak]: [f64; 2]| vec![what.to_owned(), format!("{now:.0}"), format!("{peak:.0}")];
    let peak = waiting[1].max(working[1]);
    Figure {
        title: "A long backlog",
        what: format!(
            "{RECORDS} webhooks of {KEYS} conversations, about 900 bytes each, wait in {PARTITIONS} partitions. The ingress stage in a process \
             of its own: {} s without a schema registry, then with one until all is worked off, from the start of the process.",
            AWAY.as_secs()
        ),
        columns: &["", "resident at the end, MiB", "peak, MiB"],
        rows: vec![row("the registry is away", waiting), row("working it off", working)],
        result: format!("at most {peak:.0} MiB; {per_second:.0} webhooks/s"),
        target: Target::AtMost { value: peak, bound: 150.0, unit: " MiB" },
    }
}

fn fill(stack: &Stack, input: &str) {
    let producer = ground::clients(stack).plain(LIMIT).create().expect("a producer");
    for n in 0..RECORDS {
        let user = format!("1555{:07}", n % KEYS);
        let body = ground::webhook(&reader::id(n as usize)).replace(ground::SENDER, &user);
        ground::write(&producer, input, &format!("{}:{user}", ground::PHONE_NUMBER_ID), body.as_bytes());
    }
    producer.flush(kafka::LIMIT * 3).expect("the broker takes them");
}
