//! Commands and inbound messages as load, and the account of them at the end: each once, in order, none dead. It must not
//! know what went wrong meanwhile.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use omnichannel_whatsapp::simulator::{Behaviour, Fault, Inbound};
use serde_json::{Value, json};

use crate::support::{pipeline::Pipeline, wait};

const RECIPIENTS: usize = 20;
/// For what is under way to come to rest: in-doubt waits and retries included.
const REST: Duration = Duration::from_secs(60);

pub struct Load {
    name: &'static str,
    /// Command ids in the order of their sending; the recipient of each follows from its place.
    pub commands: Vec<String>,
    /// Ids of inbound messages.
    inbound: Vec<String>,
}

impl Load {
    /// Ids begin with the name. The phone tries again soon, and every call takes a while, so that faults find some running.
    pub fn new(name: &'static str, pipeline: &Pipeline) -> Self {
        let behaviour = Behaviour { retry_gap_max_ms: 1_000, ..pipeline.simulator.behaviour() };
        pipeline.simulator.behave(behaviour);
        slow(pipeline);
        Self { name, commands: Vec::new(), inbound: Vec::new() }
    }

    /// Who gets command number `n`.
    pub fn recipient(n: usize) -> String {
        format!("155500200{:02}", n % RECIPIENTS)
    }

    /// Writes so many commands, round all recipients, and half as many inbound messages.
    pub fn add(&mut self, pipeline: &Pipeline, count: usize) {
        let from = self.commands.len();
        self.commands.extend((from..from + count).map(|n| format!("{}-{n:03}", self.name)));
        let command = |n: usize| {
            let id = &self.commands[n];
            json!({"command_id": id, "to": format!("+{}", Self::recipient(n)), "text": {"body": id}})
        };
        let commands: Vec<Value> = (from..from + count).map(command).collect();
        for n in 0..count / 2 {
            let user = Inbound { from: format!("155500300{:02}", n % RECIPIENTS), ..Inbound::default() };
            self.inbound.push(pipeline.simulator.inbound(&user).expect("there is room").message_id);
        }
        tokio::task::block_in_place(|| pipeline.command_json(&commands));
    }

    /// Waits until all of it has arrived, then holds that nothing arrived twice, out of order, or as a dead letter.
    pub async fn assert_whole(&self, pipeline: &Pipeline) {
        wait::until_async("every command accepted by Meta", REST, || async {
            self.commands.iter().all(|id| pipeline.simulator.count(id).accepted > 0).then_some(())
        })
        .await;
        wait::until_async("every webhook acknowledged", REST, || async {
            (pipeline.simulator.webhooks().waiting == 0).then_some(())
        })
        .await;
        for id in &self.commands {
            let read = |record: &Value| record["key"] == id.as_str() && record["value"]["status"] == "read";
            pipeline.observer.wait_for(REST, "whatsapp.message.status", 1, read).await;
        }
        self.assert_inbound(pipeline).await;
        self.assert_commands(pipeline);
        let dead = pipeline.dead_letters();
        assert!(dead.is_empty(), "{} dead letters, the first: {}", dead.len(), dead[0]);
    }

    async fn assert_inbound(&self, pipeline: &Pipeline) {
        let ours: BTreeSet<&str> = self.inbound.iter().map(String::as_str).collect();
        let is_ours = |record: &Value| record["value"]["message_id"].as_str().is_some_and(|id| ours.contains(id));
        let read = pipeline.observer.wait_for(REST, "whatsapp.inbound.messages", ours.len(), is_ours).await;
        let twice = more_than_once(read.iter().filter_map(|record| record["value"]["message_id"].as_str()));
        assert!(twice.is_empty(), "inbound messages read more than once: {twice:?}");
        assert_eq!(read.len(), ours.len());
    }

    fn assert_commands(&self, pipeline: &Pipeline) {
        let requests = pipeline.simulator.report(None, 0, usize::MAX).requests;
        let accepted: Vec<&str> =
            requests.iter().filter(|r| r.message_id.is_some()).filter_map(|r| r.command_id.as_deref()).collect();
        let twice = more_than_once(accepted.iter().copied());
        assert!(twice.is_empty(), "commands accepted by Meta more than once: {twice:?}");
        for first in 0..RECIPIENTS {
            let sent: Vec<&str> = self.commands.iter().skip(first).step_by(RECIPIENTS).map(String::as_str).collect();
            let got: Vec<&str> = accepted.iter().copied().filter(|id| sent.contains(id)).collect();
            assert_eq!(got, sent, "the order at Meta for {}", Self::recipient(first));
        }
        let told = pipeline.observer.read("whatsapp.status.events", |record| {
            record["value"]["source"] == "sender" && record["value"]["status"] == "accepted"
        });
        let twice = more_than_once(told.iter().filter_map(|record| record["value"]["command_id"].as_str()));
        assert!(twice.is_empty(), "commands told as accepted more than once: {twice:?}");
    }
}

/// Every call to Meta takes a moment; every other fault is off.
pub fn slow(pipeline: &Pipeline) {
    pipeline.simulator.clear_faults();
    pipeline.simulator.fail(slowly());
}

pub fn slowly() -> Fault {
    Fault { count: Some(0), delay_ms: 80, ..Fault::default() }
}

fn more_than_once<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut counts = BTreeMap::<&str, usize>::new();
    for id in ids {
        *counts.entry(id).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(id, _)| id).collect()
}
