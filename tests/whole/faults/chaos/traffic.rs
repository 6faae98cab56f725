//! Commands and inbound messages, some of them images, at an even pace: what was written, and when. It must not know what
//! became of it.

use std::time::Duration;

use omnichannel_whatsapp::{adapters::clock::SystemClock, runtime::ports::Clock as _, simulator::Inbound};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde_json::{Value, json};

use super::{Extent, account};
use crate::support::{kafka, pipeline::Pipeline};

/// Recipients, and users who write.
const PEOPLE: usize = 40;
/// One message in so many is an image.
const IMAGES: usize = 10;

pub struct Written {
    pub id: String,
    /// Who gets or has written it.
    pub who: String,
    pub at_ms: i64,
    pub image: bool,
}

pub struct Traffic {
    topic: String,
    producer: BaseProducer,
    per_s: f64,
    pub commands: Vec<Written>,
    pub inbound: Vec<Written>,
}

impl Traffic {
    pub fn new(pipeline: &Pipeline, extent: &Extent) -> Self {
        Self {
            topic: pipeline.ground.scenario.topic("omnichannel.send.commands.json"),
            producer: kafka::producer(pipeline.ground.stack),
            per_s: extent.commands_per_s,
            commands: Vec::new(),
            inbound: Vec::new(),
        }
    }

    /// As much as is wanted so long after the beginning; half as many inbound messages as commands.
    pub fn step(&mut self, pipeline: &Pipeline, elapsed: Duration) {
        let before = self.commands.len();
        while to_f64(self.commands.len()) < elapsed.as_secs_f64() * self.per_s {
            self.command();
        }
        if self.commands.len() > before {
            tokio::task::block_in_place(|| self.producer.flush(kafka::LIMIT)).expect("nothing comes between");
        }
        while 2 * self.inbound.len() < self.commands.len() {
            self.message(pipeline);
        }
    }

    /// Of one recipient after the other, so each one's come in the order of their numbers.
    fn command(&mut self) {
        let number = self.commands.len();
        let (id, who) = (format!("chaos-{number:05}"), format!("155500600{:02}", number % PEOPLE));
        let command: Value = json!({"command_id": id, "to": format!("+{who}"), "text": {"body": id}});
        let text = command.to_string();
        self.commands.push(Written { id, who, at_ms: SystemClock.unix_ms(), image: false });
        let key = &self.commands[number].who;
        let record = BaseRecord::<str, str>::to(&self.topic).key(key).payload(&text);
        self.producer.send(record).map_err(|(error, _)| error).expect("the queue has room");
    }

    fn message(&mut self, pipeline: &Pipeline) {
        let number = self.inbound.len();
        let (image, who) = (number % IMAGES == IMAGES - 1, format!("155500700{:02}", number % PEOPLE));
        let kind = image.then(|| "image".to_owned());
        let user = Inbound { from: who.clone(), kind, ..Inbound::default() };
        let at_ms = SystemClock.unix_ms();
        let id = pipeline.simulator.inbound(&user).expect("there is room").message_id;
        self.inbound.push(Written { id, who, at_ms, image });
    }

    /// Nothing is under way any more, as far as Meta and readers see.
    pub fn is_over(&self, pipeline: &Pipeline) -> bool {
        let tally = pipeline.simulator.webhooks();
        let quiet = tally.waiting == 0 && tally.posted == tally.acknowledged + tally.failed;
        quiet && account::all_there(self, pipeline)
    }
}

fn to_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("it is small"))
}
