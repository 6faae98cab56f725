//! What a process can be, and what that takes. Starts nothing.

use clap::{Args, ValueEnum};

use crate::config::Needs;

/// Parts of the pipeline; none named means all.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Roles {
    #[arg(value_name = "STAGE")]
    pub roles: Vec<Role>,
}

/// What a process can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Role {
    /// Takes webhooks over HTTP
    Receiver,
    /// Webhooks to events
    Ingress,
    /// Commands to requests, inbound messages to queues: three stages
    Router,
    /// Requests to Meta
    Sender,
    /// The state of every message
    Status,
    /// Media to the object store
    Media,
    /// What Meta says of templates to their catalogue
    Catalogue,
}

impl Role {
    /// In the pipeline's order.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied()
    }

    /// As it is written on the command line.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

impl Roles {
    /// The named ones, else all, in the pipeline's order.
    #[must_use]
    pub fn chosen(&self) -> Vec<Role> {
        let mut roles = if self.roles.is_empty() { Role::all().collect() } else { self.roles.clone() };
        roles.sort();
        roles.dedup();
        roles
    }

    /// What these parts cannot do without.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let mut needs = Needs { kafka: true, ..Needs::default() };
        for role in self.chosen() {
            match role {
                Role::Receiver => needs.apps = true,
                Role::Ingress | Role::Router | Role::Status => needs.registry = true,
                Role::Sender | Role::Media | Role::Catalogue => (needs.registry, needs.tokens) = (true, true),
            }
        }
        needs
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::cli::{Cli, Command, Settings};

    fn parse(line: &str) -> Roles {
        let cli = Cli::read(&line.split(' ').map(OsString::from).collect::<Vec<_>>()).expect("a good command line");
        let Command::Config(Settings::Check(roles)) = cli.command else { panic!("not a check") };
        roles
    }

    #[test]
    fn no_stage_named_means_all_and_their_needs() {
        let all = parse("x config check");
        assert_eq!(all.chosen().len(), 7);
        assert_eq!(all.needs(), Needs::everything());
        let some = parse("x config check status receiver receiver");
        assert_eq!(some.chosen(), [Role::Receiver, Role::Status]);
        assert_eq!(some.needs(), Needs { kafka: true, registry: true, apps: true, tokens: false });
    }
}
