//! Everything an operator can set, read from flags, variables and a file, checked as a whole. Opens no connection, and
//! only `main`, `cli` and `app` may import it.

mod accounts;
mod build;
mod instance;
mod kafka;
mod keys;
mod layers;
mod mistake;
mod page;
mod properties;
mod reader;
mod sections;
mod sender;
mod show;
mod values;
mod wiring;

use std::{env, fs, io, path::Path, process};

pub use layers::Sources;
pub use mistake::{Mistake, Mistakes};
pub use page::page;
pub use properties::Properties;
pub use sections::{
    AccountConfig, App, Config, Graph, Http, Ingress, Kafka, Media, Membership, Registry, Retry, Routing, Runtime,
    Sender, State, StateStore, Telemetry, Templates,
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

/// Reads this process' variables and the named file. `defaults` are the command's own.
///
/// # Errors
/// All mistakes at once.
pub fn from_process(
    flags: Vec<(String, String)>,
    file: Option<&Path>,
    defaults: &[(&'static str, &'static str)],
    needs: Needs,
) -> Result<Loaded, Mistakes> {
    let read = |path: &Path| fs::read_to_string(path);
    let file =
        file.map(|path| read(path).map(|text| (path.to_owned(), text)).map_err(|error| unreadable(path, &error)));
    let (file, unreadable) = match file.transpose() {
        Ok(file) => (file, None),
        Err(mistake) => (None, Some(mistake)),
    };
    let variables =
        env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let sources = Sources { flags, defaults, env: variables.collect(), file, read: &read };
    match (load(&sources, needs, process::id()), unreadable) {
        (loaded, None) => loaded,
        // Without the file everything in it would seem to be missing: that is not told.
        (_, Some(mistake)) => Err(Mistakes(vec![mistake])),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Mistake {
    let problem = format!("the file {} cannot be read ({})", path.display(), error.kind());
    Mistake::new("--config", problem, "check the path and its permissions")
}

fn notices(sources: &Sources) -> Vec<String> {
    let is_set = |name: &str| sources.env.get(name).is_some_and(|value| !value.is_empty());
    let replaced: Vec<String> = keys::REPLACED
        .iter()
        .filter(|(name, _)| is_set(name))
        .map(|(name, instead)| format!("{name} is not used any more: {instead}"))
        .collect();
    let replaced = (!replaced.is_empty()).then(|| replaced.join("; "));
    replaced.into_iter().chain(sources.env.keys().filter_map(|name| misspelt(name))).collect()
}

/// A variable like one of ours. Not a mistake: platforms put variables of their own beside them.
fn misspelt(name: &str) -> Option<String> {
    let known: Vec<_> = keys::KEYS.iter().flat_map(keys::Key::variables).collect();
    if !name.starts_with(keys::ENV_PREFIX) || known.iter().any(|variable| variable == name) {
        return None;
    }
    let near =
        |variable: &&std::borrow::Cow<'static, str>| strsim::normalized_damerau_levenshtein(variable, name) >= 0.85;
    known.iter().find(near).map(|variable| format!("{name} is not a setting; {variable} is"))
}

#[cfg(test)]
mod tests;
