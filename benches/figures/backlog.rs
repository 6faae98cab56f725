//! What a worker holds resident with a long backlog before it while a dependency is away.

use std::time::Duration;

use omnichannel_whatsapp::wire::topics::WEBHOOK_RAW;
use rdkafka::producer::{BaseProducer, Producer};

use crate::{
    binary::{Site, resident},
    ground, kafka, ports, reader,
    report::{Figure, Target},
    stack::Stack,
};

const RECORDS: u32 = 1_000_000;
const KEYS: u32 = 10_000;
const AWAY: Duration = Duration::from_secs(20);
const LIMIT: Duration = Duration::from_secs(300);

pub async fn measure(stack: &Stack) -> Figure {
    let site = Site::prepare(stack, "backlog");
    tokio::task::block_in_place(|| fill(stack, &site.names.physical(WEBHOOK_RAW)));
    let nowhere = format!("http://127.0.0.1:{}", ports::free());
    let worker = site.run(&["ingress"], &[("schema_registry.url", &nowhere)]).await;
    tokio::time::sleep(AWAY).await;
    let [now, anonymous, peak] = ["VmRSS", "RssAnon", "VmHWM"].map(|key| resident(&worker.process, key));
    Figure {
        title: "A backlog before a dependency that is away",
        what: format!(
            "{RECORDS} webhooks of {KEYS} conversations, about 900 bytes each, in the default partitions, and the ingress stage in a process \
             of its own that has waited {} s for a schema registry. From /proc/PID/status.",
            AWAY.as_secs()
        ),
        columns: &["resident, MiB", "of it anonymous", "peak"],
        rows: vec![[now, anonymous, peak].map(|mib| format!("{mib:.1}")).to_vec()],
        result: format!("{now:.1} MiB resident"),
        target: Target::AtMost { value: peak, bound: 150.0, unit: " MiB" },
    }
}

fn fill(stack: &Stack, input: &str) {
    let producer: BaseProducer = ground::clients(stack).plain(LIMIT).create().expect("a producer");
    for n in 0..RECORDS {
        let user = format!("1555{:07}", n % KEYS);
        let body = ground::webhook(&reader::id(n as usize)).replace(ground::SENDER, &user);
        ground::write(&producer, input, &format!("{}:{user}", ground::PHONE_NUMBER_ID), body.as_bytes());
    }
    producer.flush(kafka::LIMIT * 3).expect("the broker takes them");
}
