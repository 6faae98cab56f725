//! Commands and inbound messages as load, and the account of them at the end: each once, in order, none dead. It must not
//! know what went wrong meanwhile.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use omnichannel_whatsapp::simulator::{Behaviour, Fault, Inbound};
use rdkafka::producer::BaseProducer;
use serde_json::{Value, json};

use crate::support::{kafka, pipeline::Pipeline, wait};

/// Most scenarios' number of recipients, and of users who write.
const RECIPIENTS: usize = 20;
/// For what is under way to come to rest: in-doubt waits and retries included.
pub const REST: Duration = Duration::from_secs(60);

pub struct Load {
    name: &'static str,
    /// How long each call to Meta takes.
    call_ms: u64,
    recipients: usize,
    /// Command ids in the order of their sending; the recipient of each follows from its place.
    pub commands: Vec<String>,
    /// Ids of inbound messages.
    inbound: Vec<String>,
}

impl Load {
    /// Ids begin with the name. The phone tries again soon, and every call takes a while, so that faults find some running.
    pub fn new(name: &'static str, pipeline: &Pipeline, call_ms: u64) -> Self {
        let behaviour =
            Behaviour { retry_gap_max_ms: 1_000, webhook_timeout_ms: 2_000, ..pipeline.simulator.behaviour() };
        pipeline.simulator.behave(behaviour);
        let load = Self { name, call_ms, recipients: RECIPIENTS, commands: Vec::new(), inbound: Vec::new() };
        load.slow(pipeline);
        load
    }

    /// To so many, up to a hundred: a wave finds most of them without a command that is in doubt.
    pub fn among(self, recipients: usize) -> Self {
        Self { recipients, ..self }
    }

    /// Every call to Meta takes its time; every other fault is off.
    pub fn slow(&self, pipeline: &Pipeline) {
        pipeline.simulator.clear_faults();
        pipeline.simulator.fail(self.slowly());
    }

    fn slowly(&self) -> Fault {
        Fault { count: Some(0), delay_ms: self.call_ms, ..Fault::default() }
    }

    /// Who gets command number `n`.
    fn recipient(&self, n: usize) -> String {
        format!("155500200{:02}", n % self.recipients)
    }

    /// Writes so many commands, round all recipients, and half as many inbound messages.
    pub fn add(&mut self, pipeline: &Pipeline, count: usize) {
        let from = self.commands.len();
        self.commands.extend((from..from + count).map(|n| format!("{}-{n:03}", self.name)));
        let command = |n: usize| {
            let id = &self.commands[n];
            json!({"command_id": id, "to": format!("+{}", self.recipient(n)), "text": {"body": id}})
        };
        let commands: Vec<Value> = (from..from + count).map(command).collect();
        for n in 0..count / 2 {
            let user = Inbound { from: format!("155500300{:02}", n % self.recipients), ..Inbound::default() };
            self.inbound.push(pipeline.simulator.inbound(&user).expect("there is room").message_id);
        }
        tokio::task::block_in_place(|| pipeline.command_json(&commands));
    }

    /// Writes so many commands through a producer that is at hand: costs little, so it can go on and on.
    pub fn write(&mut self, pipeline: &Pipeline, producer: &BaseProducer, count: usize) {
        let from = self.commands.len();
        self.commands.extend((from..from + count).map(|n| format!("{}-{n:03}", self.name)));
        let record = |n: usize| {
            let (id, to) = (&self.commands[n], format!("+{}", self.recipient(n)));
            (to.clone(), json!({"command_id": id, "to": to, "text": {"body": id}}).to_string())
        };
        let records: Vec<(String, String)> = (from..from + count).map(record).collect();
        let topic = pipeline.ground.scenario.topic("omnichannel.send.commands.json");
        tokio::task::block_in_place(|| kafka::write_all(producer, &topic, &records));
    }

    /// Commands that Meta has not accepted yet.
    pub fn outstanding(&self, pipeline: &Pipeline) -> usize {
        self.commands.iter().filter(|id| pipeline.simulator.count(id).accepted == 0).count()
    }

    /// Waits until all of it has arrived, then holds that nothing arrived twice, out of order, or as a dead letter.
    pub async fn assert_whole(&self, pipeline: &Pipeline) {
        wait::until_async("every command accepted by Meta", REST, || async {
            (self.outstanding(pipeline) == 0).then_some(())
        })
        .await;
        wait::until_async("every webhook acknowledged", REST, || async {
            let tally = pipeline.simulator.webhooks();
            (tally.waiting == 0 && tally.posted == tally.acknowledged + tally.failed).then_some(())
        })
        .await;
        let tally = pipeline.simulator.webhooks();
        assert_eq!((tally.nowhere, tally.gave_up), (0, 0), "webhooks that nobody will see: {tally:?}");
        for id in &self.commands {
            let read = |record: &Value| record["key"] == id.as_str() && record["value"]["status"] == "read";
            pipeline.observer.wait_for(REST, "whatsapp.message.status", 1, read).await;
        }
        let accepted = |event: &Value| event["source"] == "sender" && event["status"] == "accepted";
        assert_once(pipeline, "whatsapp.status.events", "command_id", &self.commands, accepted).await;
        assert_once(pipeline, "whatsapp.sent.messages", "command_id", &self.commands, |_| true).await;
        for topic in ["whatsapp.inbound.messages", "omnichannel.inbound.default"] {
            assert_once(pipeline, topic, "message_id", &self.inbound, |_| true).await;
        }
        self.assert_calls(pipeline);
        let dead = pipeline.dead_letters();
        assert!(dead.is_empty(), "{} dead letters, the first: {}", dead.len(), dead[0]);
    }

    /// Not only accepted once: asked for once.
    pub fn assert_one_request_each(&self, pipeline: &Pipeline) {
        let again = self.commands.iter().filter(|id| pipeline.simulator.count(id).received != 1);
        assert!(again.clone().count() == 0, "asked for again: {:?}", again.collect::<Vec<_>>());
    }

    fn assert_calls(&self, pipeline: &Pipeline) {
        let requests = pipeline.simulator.report(None, 0, usize::MAX).requests;
        let accepted: Vec<&str> =
            requests.iter().filter(|r| r.message_id.is_some()).filter_map(|r| r.command_id.as_deref()).collect();
        let amiss = not_once(&self.commands, accepted.iter().copied());
        assert!(amiss.is_empty(), "Meta accepted too often (or, below 0, never): {amiss:?}");
        for first in 0..self.recipients {
            let to_one = self.commands.iter().skip(first).step_by(self.recipients);
            let sent: Vec<&str> = to_one.map(String::as_str).collect();
            let got: Vec<&str> = accepted.iter().copied().filter(|id| sent.contains(id)).collect();
            assert_eq!(got, sent, "the order at Meta for {}", self.recipient(first));
        }
    }
}

/// Of the wanted records of a topic exactly one names each of these ids in this field.
async fn assert_once(pipeline: &Pipeline, topic: &str, field: &str, ids: &[String], wanted: impl Fn(&Value) -> bool) {
    let wanted = |record: &Value| wanted(&record["value"]);
    let read = pipeline.observer.wait_for(REST, topic, ids.len(), wanted).await;
    let amiss = not_once(ids, read.iter().filter_map(|record| record["value"][field].as_str()));
    let of_it = |record: &&Arc<Value>| record["value"][field].as_str().is_some_and(|id| amiss.contains_key(id));
    let places: Vec<String> =
        read.iter().filter(of_it).map(|r| format!("{}/{}/{}", r["key"], r["partition"], r["offset"])).collect();
    assert!(amiss.is_empty(), "{topic} names too often (or, below 0, never): {amiss:?}; at {places:?}");
}

/// How much more often each id was found than once, or than never if it is none of these; -1 is an id that was not found.
fn not_once<'a>(ids: &'a [String], found: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, i32> {
    let mut surplus: BTreeMap<&str, i32> = ids.iter().map(|id| (id.as_str(), -1)).collect();
    found.for_each(|id| *surplus.entry(id).or_default() += 1);
    surplus.retain(|_, surplus| *surplus != 0);
    surplus
}
