//! The log on a real group, under either rebalance protocol: partitions taken one after the other, and given back untaken. It
//! must not run a worker, which takes them all at once where it can.

use std::{sync::Arc, time::Duration};

use omnichannel_whatsapp::{
    adapters::{
        clock::SystemClock,
        kafka::{
            Settings,
            client::Assignor,
            log::{Identity, KafkaLog, surveyor},
        },
    },
    runtime::log::{Event, Log as _},
};
use rdkafka::{
    consumer::{BaseConsumer, Consumer as _},
    producer::{BaseRecord, Producer as _},
};

use crate::support::{kafka, scenario::Scenario, stack::Stack, wait};

const SOON: Duration = Duration::from_secs(30);
/// Long enough for a record that is there to come.
const A_WHILE: Duration = Duration::from_secs(1);

struct Bench {
    stack: &'static Stack,
    scenario: Scenario,
    input: String,
}

impl Bench {
    /// Three records in partition 0 and two in partition 1.
    async fn new(name: &str) -> Self {
        let (stack, scenario) = (Stack::shared(), Scenario::new(name));
        let input = scenario.topic("whatsapp.in");
        kafka::create_topic(stack, &input, 2).await;
        let producer = kafka::producer(stack);
        for (partition, value) in [(0, "a"), (0, "b"), (0, "c"), (1, "x"), (1, "y")] {
            let record = BaseRecord::<str, str>::to(&input).partition(partition).key("k").payload(value);
            producer.send(record).map_err(|(error, _)| error).expect("the queue has room");
        }
        producer.flush(kafka::LIMIT).expect("nothing stays unsent");
        Self { stack, scenario, input }
    }

    fn member(&self, assignor: Assignor, name: &str) -> KafkaLog {
        let settings = Settings {
            bootstrap: self.stack.bootstrap.clone(),
            session_timeout: Duration::from_secs(6),
            assignor,
            ..Settings::default()
        };
        let identity = Identity {
            group: self.scenario.id.as_str().into(),
            input: self.input.as_str().into(),
            transactional_id: format!("{}.{name}", self.scenario.id),
            instance: None,
        };
        let watermarks = surveyor(&settings).expect("a client");
        KafkaLog::join(&settings, &identity, watermarks, &(Arc::new(SystemClock) as _), Arc::new(|| ()))
            .expect("a member")
    }
}

impl Bench {
    /// As the group's coordinator has them.
    fn members(&self) -> usize {
        let client: BaseConsumer = kafka::config(self.stack).create().expect("the configuration is valid");
        let groups = client.fetch_group_list(Some(&self.scenario.id), kafka::LIMIT).expect("the broker answers");
        groups.groups().iter().map(|group| group.members().len()).sum()
    }
}

/// The next event, one at a time.
fn next(log: &mut KafkaLog) -> Option<Event> {
    let mut events = Vec::new();
    log.poll(1, &mut events).expect("the log goes on");
    assert!(events.len() <= 1, "{events:?}");
    events.pop()
}

fn given(log: &mut KafkaLog) -> Vec<i32> {
    wait::until("an assignment", SOON, || match next(log) {
        Some(Event::Assigned(mut partitions)) => {
            partitions.sort_unstable();
            Some(partitions)
        }
        Some(event) => panic!("{event:?}"),
        None => None,
    })
}

/// Deals with the next event without ever taking a partition; what was given, if something was.
fn taking_nothing(log: &mut KafkaLog) -> Option<Vec<i32>> {
    match next(log)? {
        Event::Assigned(partitions) => {
            log.assign(&[]).expect("taking nothing");
            Some(partitions)
        }
        Event::Revoked { partitions, lost } => {
            assert!(!lost);
            log.unassign(&partitions);
            None
        }
        event @ Event::Record(_) => panic!("{event:?}"),
    }
}

fn values(log: &mut KafkaLog, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    wait::within(if count > 0 { SOON } else { A_WHILE }, || {
        if let Some(event) = next(log) {
            let Event::Record(record) = event else { panic!("{event:?}") };
            found.push(String::from_utf8(record.value.expect("a value").to_vec()).expect("text"));
        }
        (count > 0 && found.len() == count).then_some(())
    });
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_may_be_taken_one_after_the_other_and_each_goes_on_where_it_was() {
    for assignor in Assignor::ALL {
        let bench = Bench::new("taken").await;
        let mut log = bench.member(assignor, "one");
        tokio::task::block_in_place(|| {
            assert_eq!(given(&mut log), [0, 1]);
            log.assign(&[]).expect("taking nothing yet");
            log.assign(&[(0, 0)]).expect("the first");
            log.resume(&[0]);
            assert_eq!(values(&mut log, 2), ["a", "b"], "{assignor:?}");
            log.pause(&[0]);
            log.assign(&[(1, 0)]).expect("the second");
            assert_eq!(values(&mut log, 0), [""; 0], "{assignor:?}: both are paused");
            log.resume(&[1]);
            assert_eq!(values(&mut log, 2), ["x", "y"], "{assignor:?}");
            log.resume(&[0]);
            assert_eq!(values(&mut log, 1), ["c"], "{assignor:?}");
            log.close(3_000);
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_taken_can_be_given_back() {
    for assignor in Assignor::ALL {
        let bench = Bench::new("untaken").await;
        let mut first = bench.member(assignor, "one");
        tokio::task::block_in_place(|| {
            assert_eq!(given(&mut first), [0, 1]);
            first.assign(&[]).expect("taking nothing yet");
            let mut second = bench.member(assignor, "two");
            let all = wait::until("a share for each", SOON, || {
                taking_nothing(&mut first);
                taking_nothing(&mut second).filter(|partitions| !partitions.is_empty())
            });
            assert_eq!(all.len(), 1, "{assignor:?}");
            first.close(3_000);
            second.close(3_000);
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_without_partitions_leaves_at_once() {
    for assignor in Assignor::ALL {
        let bench = Bench::new("idle").await;
        let mut busy = ["one", "two"].map(|name| bench.member(assignor, name));
        tokio::task::block_in_place(|| {
            wait::until("the first two", SOON, || {
                let given = busy.each_mut().map(taking_nothing);
                given.iter().flatten().any(|partitions| partitions.len() == 1).then_some(())
            });
            let mut idle = bench.member(assignor, "three");
            wait::until("a share for the third, which is none in a sticky group", SOON, || {
                busy.iter_mut().for_each(|log| drop(taking_nothing(log)));
                taking_nothing(&mut idle)
            });
            let before = bench.members();
            idle.close(3_000);
            let after = bench.members();
            // a log that is dropped instead waits for an assignment
            busy.into_iter().for_each(|log| log.close(3_000));
            assert_eq!((before, after), (3, 2), "{assignor:?}");
        });
    }
}
