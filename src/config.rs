//! Everything an operator can set, read from flags, variables and a file, checked as a whole. Opens no connection, and
//! only `main`, `cli` and `app` may import it.

mod accounts;
mod build;
mod instance;
mod keys;
mod layers;
mod mistake;
mod page;
mod properties;
mod reader;
mod sections;
mod show;
mod values;
mod wiring;

pub use layers::Sources;
pub use mistake::{Mistake, Mistakes};
pub use page::page;
pub use properties::Properties;
pub use sections::{
    AccountConfig, App, Config, Graph, Http, Kafka, Media, Registry, Retry, Routing, Runtime, Sender, Telemetry,
};

/// What the command at hand cannot do without. What is given must be right in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    pub kafka: bool,
    pub registry: bool,
    /// Apps with a secret and a verify token: the receiver.
    pub apps: bool,
    /// Accounts with a token: the sender and media stages.
    pub tokens: bool,
}

impl Needs {
    /// `run` with every stage.
    #[must_use]
    pub fn everything() -> Self {
        Self { kafka: true, registry: true, apps: true, tokens: true }
    }
}

/// A configuration without mistakes.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    /// To be said once at the start, for instance variables that no longer do anything.
    pub notices: Vec<String>,
    shown: String,
}

impl Loaded {
    /// Every setting with its source, secrets left out: a configuration file.
    #[must_use]
    pub fn show(&self) -> &str {
        &self.shown
    }
}

/// Reads and checks everything. `process` makes the instance unique where nothing else does.
///
/// # Errors
/// All mistakes at once.
pub fn load(sources: &Sources, needs: Needs, process: u32) -> Result<Loaded, Mistakes> {
    let mut mistakes = Vec::new();
    let settings = layers::merge(sources, &mut mistakes);
    let derived = instance::derive(&sources.env, process);
    let config = build::build(&settings, needs, &derived, mistakes).map_err(Mistakes)?;
    let shown = show::show(&settings, &config.instance);
    Ok(Loaded { config, notices: notices(sources), shown })
}

fn notices(sources: &Sources) -> Vec<String> {
    let is_set = |name: &str| sources.env.get(name).is_some_and(|value| !value.is_empty());
    let replaced: Vec<String> = keys::REPLACED
        .iter()
        .filter(|(name, _)| is_set(name))
        .map(|(name, instead)| format!("{name} is not used any more: {instead}"))
        .collect();
    if replaced.is_empty() { Vec::new() } else { vec![replaced.join("; ")] }
}

#[cfg(test)]
mod tests;
