//! What must be seen of a conversation for every stage to have been at work. Pure: sightings in, what is missing out.

use std::collections::BTreeSet;

use super::facts::Facts;
use crate::{
    cli::Role,
    wire::topics::{
        INBOUND_DEFAULT, INBOUND_MESSAGES, MEDIA_STORED, MESSAGE_STATUS, OUTBOUND_MESSAGES, SENT_MESSAGES,
        STATUS_EVENTS, TEMPLATES, WEBHOOK_RAW,
    },
};

/// The template that Meta speaks of, in its language.
pub const TEMPLATE: &str = "order_ready/en";

/// Ids of the two commands.
#[derive(Debug, Clone)]
pub struct Commands {
    pub text: String,
    pub template: String,
}

impl Commands {
    pub fn of(run: &str) -> Self {
        Self { text: format!("demo-text-{run}"), template: format!("demo-template-{run}") }
    }
}

/// One record that must come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Who writes it.
    pub stage: Role,
    /// Logical name.
    pub topic: &'static str,
    /// A kind of message, or a command's id.
    pub subject: String,
    /// What it must say.
    pub says: &'static str,
    seen: bool,
}

/// All of them.
pub struct Checklist(Vec<Expected>);

impl Checklist {
    pub fn new(commands: &Commands) -> Self {
        let expected = |stage, topic, subject: &str, says| Expected {
            stage,
            topic,
            subject: subject.to_owned(),
            says,
            seen: false,
        };
        let mut all = Vec::new();
        for kind in ["text", "image"] {
            all.push(expected(Role::Receiver, WEBHOOK_RAW, kind, "message"));
            all.push(expected(Role::Ingress, INBOUND_MESSAGES, kind, "inbound"));
            all.push(expected(Role::Router, INBOUND_DEFAULT, kind, "inbound"));
        }
        all.push(expected(Role::Media, MEDIA_STORED, "image", "stored"));
        all.push(expected(Role::Catalogue, TEMPLATES, TEMPLATE, "APPROVED"));
        for command in [&commands.text, &commands.template] {
            all.push(expected(Role::Router, OUTBOUND_MESSAGES, command, "request"));
            all.push(expected(Role::Sender, STATUS_EVENTS, command, "accepted"));
            all.push(expected(Role::Sender, SENT_MESSAGES, command, "sent"));
            all.push(expected(Role::Ingress, STATUS_EVENTS, command, "read"));
            all.push(expected(Role::Status, MESSAGE_STATUS, command, "read"));
        }
        Self(all)
    }

    pub fn see(&mut self, facts: &Facts) {
        for one in &mut self.0 {
            one.seen |= one.topic == facts.topic && one.subject == facts.subject && one.says == facts.says;
        }
    }

    /// Nothing more is expected of `subject`.
    pub fn complete(&self, subject: &str) -> bool {
        self.missing().all(|one| one.subject != subject)
    }

    pub fn missing(&self) -> impl Iterator<Item = &Expected> {
        self.0.iter().filter(|one| !one.seen)
    }

    /// Stages of which nothing that was expected has come; else those that left something out.
    pub fn silent(&self) -> BTreeSet<Role> {
        self.missing().map(|one| one.stage).collect()
    }

    pub fn stages(&self) -> BTreeSet<Role> {
        self.0.iter().map(|one| one.stage).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting(one: &Expected) -> Facts {
        Facts {
            topic: one.topic.to_owned(),
            subject: one.subject.clone(),
            says: one.says.to_owned(),
            text: String::new(),
        }
    }

    fn all_but(left_out: impl Fn(&Expected) -> bool) -> Checklist {
        let mut list = Checklist::new(&Commands::of("1"));
        let seen: Vec<Facts> = list.0.iter().filter(|one| !left_out(one)).map(sighting).collect();
        for facts in &seen {
            list.see(facts);
        }
        list
    }

    #[test]
    fn every_stage_is_expected_to_show_itself() {
        assert_eq!(all_but(|_| true).silent(), Role::all().collect());
        assert_eq!(all_but(|_| false).missing().count(), 0);
    }

    #[test]
    fn a_stage_that_stays_silent_is_the_one_that_is_named() {
        for stage in Role::all() {
            let list = all_but(|one| one.stage == stage);
            assert_eq!(list.silent(), BTreeSet::from([stage]));
        }
    }

    #[test]
    fn a_scene_is_over_when_its_own_records_were_seen() {
        let list = all_but(|one| one.stage == Role::Media);
        assert!(list.complete("text") && !list.complete("image"));
    }
}
