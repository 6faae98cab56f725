//! `dev --demo`: a short conversation both ways, every record of it as an outside consumer reads it, and a verdict on each
//! stage. Reads topics only; it must not look into the pipeline for what it claims.

mod expected;
mod facts;
mod page;

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::time::Instant;
use uuid::Uuid;

use self::{
    expected::{Checklist, Commands, TEMPLATE},
    facts::Reader,
    page::Table,
};
use super::around::Around;
use crate::{
    adapters::{
        clock::SystemClock,
        kafka::{
            sink::Sink,
            tail::{From, Tail},
        },
        registry::Registry,
    },
    app::{
        Ended,
        pipeline::{Pipeline, registry_settings},
        say::{say, say_all},
    },
    ops::send::{Content, Order},
    simulator::{Inbound, Simulator, templates::Verdict},
    wire::{
        codec::Codec,
        topics::{Profile, TopicMap, catalogue},
    },
};

/// A number nobody has: 555-01xx is kept for fiction.
const USER: &str = "12025550143";
/// All of it takes no longer.
const LONGEST: Duration = Duration::from_secs(30);
/// Nothing new for so long: what is missing is not coming.
const SILENCE: Duration = Duration::from_secs(4);

/// Plays it, and tells which stages were seen at work.
pub async fn play(around: &Around, simulator: &Simulator, pipeline: &Pipeline) -> anyhow::Result<Ended> {
    let began = Instant::now();
    let mut show = Show::open(around, began).await?;
    while !pipeline.ready() && began.elapsed() < LONGEST {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    say(format_args!(
        "Ready after {:.1} s. Every record below is read from its topic by a consumer of its own.\n",
        seconds(began)
    ));

    show.scene("a user writes", "text");
    simulator.inbound(&inbound("text", "Hello, is my order ready?"))?;
    show.watch("text").await?;

    show.scene("the user sends a picture", "image");
    simulator.inbound(&inbound("image", "This one"))?;
    show.watch("image").await?;

    let (text, template) = (show.commands.text.clone(), show.commands.template.clone());
    show.scene("we answer with a text", &text);
    show.command(&text, Content::Text("Yes, come and get it!".to_owned())).await?;
    show.watch(&text).await?;

    show.scene("Meta rates a template", TEMPLATE);
    simulator.decide(&rating())?;
    show.watch(TEMPLATE).await?;

    show.scene("we send a template", &template);
    let body = vec!["1042".to_owned(), "5 pm".to_owned()];
    let content = Content::Template { name: "order_ready".to_owned(), language: "en".to_owned(), body };
    show.command(&template, content).await?;
    show.watch(&template).await?;

    say_all(page::verdict(&show.checklist, seconds(began)));
    Ok(if show.checklist.missing().next().is_none() { Ended::Well } else { Ended::Badly })
}

fn seconds(began: Instant) -> f64 {
    began.elapsed().as_secs_f64()
}

fn rating() -> Verdict {
    let (name, language) = TEMPLATE.split_once('/').unwrap_or((TEMPLATE, ""));
    Verdict {
        name: name.to_owned(),
        language: Some(language.to_owned()),
        quality: Some("GREEN".to_owned()),
        ..Verdict::default()
    }
}

fn inbound(kind: &str, body: &str) -> Inbound {
    Inbound {
        kind: Some(kind.to_owned()),
        from: USER.to_owned(),
        name: Some("A user".to_owned()),
        body: Some(body.to_owned()),
        ..Inbound::default()
    }
}

/// The audience: a consumer, what it has seen, and the producer of commands.
struct Show {
    tail: Tail,
    reader: Reader,
    sink: Sink,
    table: Table,
    checklist: Checklist,
    commands: Commands,
    /// Keys that belong to this conversation; on a real cluster others talk too.
    keys: Vec<String>,
    ends: Instant,
}

impl Show {
    async fn open(around: &Around, began: Instant) -> anyhow::Result<Self> {
        let config = &around.config;
        let names = config.kafka.names.clone();
        let layout = config.layout(Profile::Dev);
        let logical: Vec<String> = catalogue().topics(&layout).into_iter().map(|spec| spec.name).collect();
        // what stages keep for themselves tells an outsider nothing
        let own = |name: &String| [".state", ".retry", ".replay"].iter().any(|suffix| name.ends_with(suffix));
        let topics: Vec<String> = logical.iter().filter(|name| !own(name)).map(|name| names.physical(name)).collect();
        let (kafka, listed) = (around.kafka.clone(), topics.clone());
        let open = tokio::task::spawn_blocking(move || Tail::open(&kafka, &listed, From::Now));
        let registry = Registry::new(registry_settings(config, false))?;
        let codec = Codec::new(names.clone(), Arc::new(registry), Arc::new(SystemClock));
        let directory = Arc::new(TopicMap::new(names.clone(), &layout));
        let sink = Sink::new(&around.kafka, directory, config.http.publish_deadline)?;
        let run = Uuid::new_v4().simple().to_string();
        let commands = Commands::of(&run[..8]);
        let account = &config.accounts.first().context("there is no account")?.account;
        let number = &account.phone_number_id;
        Ok(Self {
            tail: open.await??,
            reader: Reader::new(codec, names),
            sink,
            table: Table::for_topics(&topics),
            checklist: Checklist::new(&commands),
            keys: vec![
                format!("{number}:{USER}"),
                format!("+{USER}"),
                format!("{}/{TEMPLATE}", account.waba_id),
                commands.text.clone(),
                commands.template.clone(),
            ],
            commands,
            ends: began + LONGEST,
        })
    }

    fn scene(&self, title: &str, subject: &str) {
        say(self.table.scene(title, subject));
    }

    async fn command(&self, id: &str, content: Content) -> anyhow::Result<()> {
        let order = Order { command_id: id.to_owned(), to: format!("+{USER}"), from: None, content };
        Ok(self.sink.publish(vec![order.record()]).await?)
    }

    /// Shows what comes until all that is expected of `subject` was there, or nothing comes any more.
    async fn watch(&mut self, subject: &str) -> anyhow::Result<()> {
        let mut heard = Instant::now();
        while !self.checklist.complete(subject) && heard.elapsed() < SILENCE && Instant::now() < self.ends {
            let Some(record) = self.tail.next_async(Duration::from_millis(100)).await? else { continue };
            let ours = record.key_str().is_some_and(|key| self.keys.iter().any(|known| known == key));
            if !ours {
                continue;
            }
            heard = Instant::now();
            let facts = self.reader.read(&record).await;
            say(self.table.row(&record.origin, &facts.text));
            self.checklist.see(&facts);
        }
        say("");
        Ok(())
    }
}
