//! How long a webhook takes to become a readable record, against what a raw record and a whole transaction take in the same
//! run. The worker is the real binary; readers are outside consumers, read_committed.

use std::time::{Duration, Instant};

use omnichannel_whatsapp::wire::topics::{INBOUND_MESSAGES, WEBHOOK_RAW};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    producer::{BaseProducer, BaseRecord, Producer},
};

use crate::{
    binary::Place,
    ground, kafka, load,
    reader::{self, Reader},
    report::{Figure, Target},
    stack::Stack,
};

const SAMPLES: usize = 200;
/// Not counted.
const WARM_UP: usize = 20;
const PAUSE: Duration = Duration::from_millis(60);
const LIMIT: Duration = Duration::from_secs(20);
const TRANSACTIONS: &str = "latency.transactions";
const INPUT: &str = "latency.input";

pub async fn measure(stack: &Stack) -> Figure {
    let worker = Place::prepared(stack, "latency").run(&["receiver", "ingress"]).await;
    kafka::create_topic(stack, TRANSACTIONS, 1).await;
    kafka::create_topic(stack, INPUT, 1).await;
    let raw = Reader::start(stack, &worker.names.physical(WEBHOOK_RAW));
    let inbound = Reader::start(stack, &worker.names.physical(INBOUND_MESSAGES));
    let committed = Reader::start(stack, TRANSACTIONS);
    let single = Single::new(stack);
    let mut connection = load::Connection::open(&worker.webhooks).await;
    let (mut posted, mut answered, mut begun, mut returned) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for n in 0..WARM_UP + SAMPLES {
        let request = ground::request(ground::PATH, &ground::webhook(&reader::id(n)));
        posted.push(Instant::now());
        connection.post(&request).await;
        answered.push(Instant::now());
        tokio::time::sleep(PAUSE).await;
        begun.push(Instant::now());
        single.transaction(&reader::id(n));
        returned.push(Instant::now());
        tokio::time::sleep(PAUSE).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let series = [
        Series::of("answer 200", &posted, &answered),
        Series::of("raw record readable", &posted, &raw.seen(0..WARM_UP + SAMPLES)),
        Series::of("a transaction of one record: begin until commit returns", &begun, &returned),
        Series::of("a transaction of one record: begin until readable", &begun, &committed.seen(0..WARM_UP + SAMPLES)),
        Series::of("inbound message readable", &posted, &inbound.seen(0..WARM_UP + SAMPLES)),
    ];
    figure(&series)
}

fn figure(series: &[Series; 5]) -> Figure {
    let row =
        |s: &Series| vec![s.name.to_owned(), format!("{:.1}", s.p50), format!("{:.1}", s.p90), format!("{:.1}", s.p99)];
    let (raw, transaction, ours) = (series[1].p50, series[3].p50, series[4].p50);
    Figure {
        title: "Latency",
        what: format!(
            "{SAMPLES} webhooks, one every {} ms, from the first byte posted until an outside read_committed consumer holds the record; \
             between two webhooks a plain transaction of one record with its offset, by a producer with the product's settings. \
             Times in milliseconds.",
            PAUSE.as_millis() * 2
        ),
        columns: &["what", "p50", "p90", "p99"],
        rows: series.iter().map(row).collect(),
        result: format!(
            "webhook to readable record p50 {ours:.1} ms; raw {raw:.1} ms and transaction {transaction:.1} ms"
        ),
        target: Target::AtMost { value: ours, bound: raw + transaction, unit: " ms" },
    }
}

struct Series {
    name: &'static str,
    p50: f64,
    p90: f64,
    p99: f64,
}

impl Series {
    fn of(name: &'static str, from: &[Instant], to: &[Instant]) -> Self {
        assert_eq!(from.len(), to.len(), "{name}: a sample is missing");
        let took = || from.iter().zip(to).skip(WARM_UP).map(|(from, to)| (*to - *from).as_secs_f64() * 1_000.0);
        let at = |share| ground::percentile(took(), share);
        Self { name, p50: at(0.5), p90: at(0.9), p99: at(0.99) }
    }
}

/// Transactions of one record and one offset, as a stage without load makes them.
struct Single {
    producer: BaseProducer,
    consumer: BaseConsumer,
}

impl Single {
    fn new(stack: &Stack) -> Self {
        let settings = ground::clients(stack);
        let producer: BaseProducer = settings.transactional(TRANSACTIONS).create().expect("a producer");
        producer.init_transactions(LIMIT).expect("the coordinator answers");
        let consumer: BaseConsumer =
            settings.member(TRANSACTIONS).set("auto.offset.reset", "earliest").create().expect("a consumer");
        consumer.subscribe(&[INPUT]).expect("a topic");
        let deadline = Instant::now() + LIMIT;
        while consumer.assignment().expect("a client").count() == 0 {
            assert!(Instant::now() < deadline, "no assignment");
            consumer.poll(Duration::from_millis(10));
        }
        Self { producer, consumer }
    }

    fn transaction(&self, id: &str) {
        self.producer.begin_transaction().expect("no transaction is open");
        let record = BaseRecord::to(TRANSACTIONS).key(id).payload(id);
        self.producer.send(record).map_err(|(error, _)| error).expect("the queue has room");
        while self.producer.in_flight_count() > 0 {
            self.producer.poll(Duration::from_millis(1));
        }
        let mut offsets = TopicPartitionList::new();
        offsets.add_partition_offset(INPUT, 0, Offset::Offset(0)).expect("an offset");
        let group = self.consumer.group_metadata().expect("a member");
        self.producer.send_offsets_to_transaction(&offsets, &group, LIMIT).expect("the coordinator answers");
        self.producer.commit_transaction(LIMIT).expect("the coordinator answers");
        let _ = self.consumer.poll(Duration::ZERO);
    }
}
