//! What became of everything that was written: there, once, in order. It decides by what Meta and readers have seen; it must
//! not ask a worker.

use std::collections::{HashMap, HashSet};

use super::{
    readers::{self, Seen},
    traffic::{Traffic, Written},
};
use crate::{faults::ledger::phases, support::pipeline::Pipeline};

/// Statuses that nothing follows for a user who reads.
const LAST: [&str; 3] = ["read", "failed", "unknown"];

/// Each a list of what is amiss, by where it was seen.
#[derive(Debug, Default)]
pub struct Account {
    pub commands: usize,
    pub inbound: usize,
    pub taken_by_meta: usize,
    pub published: usize,
    pub lost: Vec<String>,
    pub duplicated: Vec<String>,
    pub sent_twice: Vec<String>,
    pub reordered: Vec<String>,
    pub dead: Vec<String>,
    /// In doubt too often, and reported so: not lost, since its producer knows.
    pub unknown: usize,
    pub worst_command_ms: i64,
    pub worst_inbound_ms: i64,
}

/// Where inbound messages come out.
const INBOUND: [&str; 2] = ["whatsapp.inbound.messages", "omnichannel.inbound.default"];

/// Commands that have come to their end.
pub fn done(traffic: &Traffic, pipeline: &Pipeline) -> usize {
    let statuses = readers::statuses(pipeline);
    let done = |command: &&Written| statuses.get(&command.id).is_some_and(|status| LAST.contains(&status.as_str()));
    traffic.commands.iter().filter(done).count()
}

/// Whether everything has arrived, however often.
pub fn all_there(traffic: &Traffic, pipeline: &Pipeline) -> bool {
    let mut topics = INBOUND.iter().map(|name| readers::topic(pipeline, name, "message_id", |_| true));
    let stored = readers::topic(pipeline, "whatsapp.media.stored", "message_id", |_| true);
    done(traffic, pipeline) == traffic.commands.len()
        && topics.all(|seen| have(&seen, traffic.inbound.iter()))
        && have(&stored, traffic.inbound.iter().filter(|one| one.image))
}

fn have<'a>(seen: &[Seen], mut wanted: impl Iterator<Item = &'a Written>) -> bool {
    let ids: HashSet<&str> = seen.iter().map(|one| one.id.as_str()).collect();
    wanted.all(|one| ids.contains(one.id.as_str()))
}

/// Whether no command may be sent any more.
pub fn settled(traffic: &Traffic, pipeline: &Pipeline) -> bool {
    let phases = phases(pipeline);
    traffic.commands.iter().all(|command| phases.get(&command.id).is_some_and(|phase| phase == "settled"))
}

impl Account {
    pub fn take(traffic: &Traffic, pipeline: &Pipeline) -> Self {
        let mut account = Self { commands: traffic.commands.len(), inbound: traffic.inbound.len(), ..Self::default() };
        account.of_commands(traffic, pipeline);
        account.of_inbound(traffic, pipeline);
        let dead = pipeline.dead_letters();
        account.dead = dead.iter().map(|letter| format!("{} of {}", letter["headers"], letter["topic"])).collect();
        account
    }

    pub fn holds(&self) -> bool {
        [&self.lost, &self.duplicated, &self.sent_twice, &self.reordered, &self.dead].iter().all(|list| list.is_empty())
    }

    fn of_commands(&mut self, traffic: &Traffic, pipeline: &Pipeline) {
        let written: Vec<&Written> = traffic.commands.iter().collect();
        let taken = readers::meta(pipeline);
        self.taken_by_meta = taken.len();
        let statuses = readers::statuses(pipeline);
        let unknown: HashSet<&str> =
            statuses.iter().filter(|(_, status)| *status == "unknown").map(|(id, _)| id.as_str()).collect();
        self.unknown = unknown.len();
        self.sent_twice.extend(twice(&taken).map(|id| format!("{id} at Meta")));
        let known: Vec<&Written> =
            written.iter().copied().filter(|command| !unknown.contains(command.id.as_str())).collect();
        self.missing("Meta", &known, &taken);
        self.overtaken("Meta", written.iter().map(|command| command.id.as_str()), &written, &taken);
        self.worst_command_ms = worst(&written, &taken);
        let told = |status: &'static str| move |event: &serde_json::Value| event["status"] == status;
        let accepted = readers::topic(pipeline, "whatsapp.status.events", "command_id", |event| {
            event["source"] == "sender" && told("accepted")(event)
        });
        let said = readers::topic(pipeline, "whatsapp.sent.messages", "command_id", |_| true);
        for (name, seen) in [("whatsapp.status.events", accepted), ("whatsapp.sent.messages", said)] {
            self.missing(name, &known, &seen);
            self.duplicated.extend(twice(&seen).map(|id| format!("{id} on {name}")));
        }
        let read: Vec<Seen> = statuses
            .iter()
            .filter(|(_, status)| LAST.contains(&status.as_str()))
            .map(|(id, _)| Seen { id: id.clone(), at_ms: 0 })
            .collect();
        self.missing("whatsapp.message.status", &written, &read);
    }

    fn of_inbound(&mut self, traffic: &Traffic, pipeline: &Pipeline) {
        let written: Vec<&Written> = traffic.inbound.iter().collect();
        let entered = readers::entered(pipeline);
        for name in INBOUND {
            let seen = readers::topic(pipeline, name, "message_id", |_| true);
            self.published += seen.len();
            self.missing(name, &written, &seen);
            self.duplicated.extend(twice(&seen).map(|id| format!("{id} on {name}")));
            self.overtaken(name, entered.iter().map(String::as_str), &written, &seen);
            self.worst_inbound_ms = self.worst_inbound_ms.max(worst(&written, &seen));
        }
        let images: Vec<&Written> = traffic.inbound.iter().filter(|one| one.image).collect();
        let stored =
            readers::topic(pipeline, "whatsapp.media.stored", "message_id", |file| file["outcome"] == "stored");
        self.missing("whatsapp.media.stored", &images, &stored);
        self.duplicated.extend(twice(&stored).map(|id| format!("{id} on whatsapp.media.stored")));
    }

    fn missing(&mut self, place: &str, wanted: &[&Written], seen: &[Seen]) {
        let ids: HashSet<&str> = seen.iter().map(|one| one.id.as_str()).collect();
        let missing = wanted.iter().filter(|one| !ids.contains(one.id.as_str()));
        self.lost.extend(missing.map(|one| format!("{} at {place}", one.id)));
    }

    /// Per person, first sights only: `order` is the one they should have.
    fn overtaken<'a>(
        &mut self,
        place: &str,
        order: impl Iterator<Item = &'a str>,
        written: &[&Written],
        seen: &[Seen],
    ) {
        let who: HashMap<&str, &str> = written.iter().map(|one| (one.id.as_str(), one.who.as_str())).collect();
        let mut rank: HashMap<&str, usize> = HashMap::new();
        for (n, id) in order.enumerate() {
            rank.entry(id).or_insert(n);
        }
        let (mut latest, mut met) = (HashMap::new(), HashSet::new());
        for one in seen.iter().filter(|one| met.insert(one.id.as_str())) {
            let (Some(person), Some(rank)) = (who.get(one.id.as_str()), rank.get(one.id.as_str())) else { continue };
            let before = latest.insert(*person, *rank);
            if before.is_some_and(|before| before > *rank) {
                self.reordered.push(format!("{} at {place}", one.id));
            }
        }
    }
}

/// Ids that were seen again.
fn twice(seen: &[Seen]) -> impl Iterator<Item = &str> {
    let mut met = HashSet::new();
    seen.iter().map(|one| one.id.as_str()).filter(move |id| !met.insert(*id))
}

/// The longest time from writing to the first sight.
fn worst(written: &[&Written], seen: &[Seen]) -> i64 {
    let mut first: HashMap<&str, i64> = HashMap::new();
    for one in seen {
        first.entry(one.id.as_str()).or_insert(one.at_ms);
    }
    written.iter().filter_map(|one| Some(first.get(one.id.as_str())? - one.at_ms)).max().unwrap_or(0)
}
