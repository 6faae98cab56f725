//! A start with a million entries in a table, and what the worker holds resident then and while it works off a backlog: the
//! real binary, the ingress stage, tables on disk beside tables in memory.

use std::{
    fs,
    time::{Duration, Instant},
};

use omnichannel_whatsapp::wire::topics::WEBHOOK_RAW;
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer},
    producer::{BaseProducer, BaseRecord, Producer},
};

use crate::{
    binary::{Site, Worker, resident},
    ground, kafka,
    report::{Figure, Target},
    stack::{Stack, run_dir},
};

const ENTRIES: i32 = 1_000_000;
const BACKLOG: i32 = 1_000_000;
const PARTITIONS: i32 = 12;
const USERS: i32 = 50_000;
const LIMIT: Duration = Duration::from_secs(60);
const WATCHED: Duration = Duration::from_secs(40);
const LOOK: Duration = Duration::from_millis(100);

/// One start.
struct Start {
    what: &'static str,
    read: u64,
    seconds: f64,
    resident: f64,
    peak: f64,
}

pub async fn measure(stack: &Stack) -> [Figure; 2] {
    let site = Site::prepare(stack, "restore");
    let producer: BaseProducer = ground::clients(stack).plain(LIMIT).create().expect("a producer");
    entries(&producer, &site.names.physical("whatsapp.ingress.state"));
    // state without an offset is refused
    commit_beginning(stack, &site);
    let folder = run_dir().join("restore-state");
    let path = folder.to_str().expect("UTF-8");
    let disk = [("state.store", "disk"), ("state.path", path)];
    let mut starts = Vec::new();
    for (what, set) in [("disk, empty", &disk[..]), ("disk, after kill -9", &disk[..]), ("memory", &[])] {
        let mut worker = site.run(&["ingress"], set).await;
        starts.push(start(what, &worker));
        worker.process.kill_nine();
    }
    backlog(&producer, &site.names.physical(WEBHOOK_RAW));
    let (rss, rate) = under_backlog(stack, &site, &disk).await;
    // gone with the run's folder at the latest
    let _ = fs::remove_dir_all(folder);
    [time(&starts), memory(&starts, rss, rate)]
}

fn time(starts: &[Start]) -> Figure {
    let row = |s: &Start| vec![s.what.to_owned(), s.read.to_string(), format!("{:.2}", s.seconds)];
    let worst = starts[0].seconds;
    Figure {
        title: "Restore",
        what: format!(
            "The binary with the ingress stage and {ENTRIES} entries in the changelog of its table, {PARTITIONS} partitions: from the \
             assignment until the last partition is restored, as the worker logs it."
        ),
        columns: &["tables", "entries read", "s"],
        rows: starts.iter().map(row).collect(),
        result: format!("{worst:.1} s from an empty disk, {:.2} s after kill -9", starts[1].seconds),
        target: Target::AtMost { value: worst, bound: 60.0, unit: " s" },
    }
}

fn memory(starts: &[Start], (rss, peak): (f64, f64), rate: f64) -> Figure {
    let row = |what: &str, rss: f64, peak: f64| vec![what.to_owned(), format!("{rss:.1}"), format!("{peak:.1}")];
    let mut rows: Vec<_> = starts.iter().map(|s| row(s.what, s.resident, s.peak)).collect();
    rows.push(row("disk, working off a backlog", rss, peak));
    Figure {
        title: "Memory with a million entries",
        what: format!(
            "The same starts, and one into a backlog of {BACKLOG} webhooks, watched for {} s or until it is worked off ({rate:.0} \
             webhooks/s). Resident when it was ready, or the median over the backlog, and the peak; from /proc/PID/status.",
            WATCHED.as_secs()
        ),
        columns: &["tables", "resident, MiB", "peak, MiB"],
        rows,
        result: format!(
            "{:.0} MiB resident after a restart, at most {peak:.0} MiB under the backlog",
            starts[1].resident
        ),
        target: Target::AtMost { value: peak, bound: 150.0, unit: " MiB" },
    }
}

fn start(what: &'static str, worker: &Worker) -> Start {
    let words = worker.process.words();
    let lines = || words.lines().filter(|line| line.contains("partition restored"));
    let number = |line: &str, key: &str| -> Option<u64> {
        line.split(key).nth(1)?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    let slowest = lines().filter_map(|line| number(line, "took_ms=")).max().expect("it tells when it is restored");
    Start {
        what,
        read: lines().filter_map(|line| number(line, " read=")).sum(),
        seconds: Duration::from_millis(slowest).as_secs_f64(),
        resident: resident(&worker.process, "VmRSS"),
        peak: resident(&worker.process, "VmHWM"),
    }
}

/// Median and peak of what is resident, and webhooks per second.
async fn under_backlog(stack: &Stack, site: &Site, disk: &[(&str, &str)]) -> ((f64, f64), f64) {
    let worker = site.run(&["ingress"], disk).await;
    let offsets = group(stack, site);
    let raw = site.names.physical(WEBHOOK_RAW);
    let (began, mut samples, mut done) = (Instant::now(), Vec::new(), 0);
    while began.elapsed() < WATCHED && done < i64::from(BACKLOG) {
        samples.push(resident(&worker.process, "VmRSS"));
        let found = offsets.committed_offsets(partitions(&raw, Offset::Invalid), LIMIT).expect("the broker answers");
        done = found.elements().iter().map(|e| if let Offset::Offset(at) = e.offset() { at } else { 0 }).sum();
        tokio::time::sleep(LOOK).await;
    }
    #[allow(clippy::cast_precision_loss)]
    let rate = done as f64 / began.elapsed().as_secs_f64();
    ((ground::median(samples), resident(&worker.process, "VmHWM")), rate)
}

fn group(stack: &Stack, site: &Site) -> BaseConsumer {
    let group = site.names.group("ingress");
    kafka::config(stack).set("group.id", group).create().expect("a client")
}

fn partitions(topic: &str, offset: Offset) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for p in 0..PARTITIONS {
        list.add_partition_offset(topic, p, offset).expect("an offset");
    }
    list
}

fn commit_beginning(stack: &Stack, site: &Site) {
    let raw = site.names.physical(WEBHOOK_RAW);
    group(stack, site).commit(&partitions(&raw, Offset::Offset(0)), CommitMode::Sync).expect("the broker answers");
}

fn entries(producer: &BaseProducer, topic: &str) {
    use omnichannel_whatsapp::runtime::ports::Clock;
    let now = omnichannel_whatsapp::adapters::clock::SystemClock.unix_ms().to_string();
    for n in 0..ENTRIES {
        let key = format!("seen/message:wamid.HBgLMTU1NTAwMDEyMzQVAgASGBQzQTdC{n:020}==:text");
        ground::hand_over(producer, BaseRecord::to(topic).partition(n % PARTITIONS).key(&key).payload(&now));
    }
    producer.flush(LIMIT).expect("the broker takes them");
}

fn backlog(producer: &BaseProducer, topic: &str) {
    for n in 0..BACKLOG {
        let key = format!("{}:1555{:07}", ground::PHONE_NUMBER_ID, n % USERS);
        let body = ground::webhook(&format!("wamid.BACKLOG{n:030}=="));
        ground::write(producer, topic, &key, body.as_bytes());
    }
    producer.flush(LIMIT).expect("the broker takes them");
}
