//! Flag > variable > file > the command's own default: one value per key, and where it came from. Knows which keys exist, not what a value means.

mod environment;
mod file;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    path::{Path, PathBuf},
};

use super::{
    keys::{self, FILE_SUFFIX, Kind, PROPERTIES},
    mistake::Mistake,
    properties,
};

/// Where settings come from; tests fill it by hand.
pub struct Sources<'a> {
    /// From the command line: key and value.
    pub flags: Vec<(String, String)>,
    /// What the command at hand is usually run with, below everything else.
    pub defaults: &'a [(&'static str, &'static str)],
    pub env: BTreeMap<String, String>,
    /// The file's name and text.
    pub file: Option<(PathBuf, String)>,
    /// How a secret's file is read.
    pub read: &'a dyn Fn(&Path) -> io::Result<String>,
}

/// Who said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Flag,
    Variable(String),
    File,
    Command,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::File => f.write_str("file"),
            Self::Command => f.write_str("command"),
        }
    }
}

/// A value as it was written. No `Debug`: it may be a secret.
#[derive(Clone)]
pub struct Found {
    pub values: Vec<String>,
    pub source: Source,
}

/// The winning value of every key that was set, by path.
pub type Settings = BTreeMap<String, Found>;

/// Reads all layers; what cannot be read is a mistake and the rest goes on.
pub fn merge(sources: &Sources, mistakes: &mut Vec<Mistake>) -> Settings {
    let mut settings: Settings = sources.defaults.iter().map(of_command).collect();
    if let Some((name, text)) = &sources.file {
        settings.extend(layer(file::entries(name, text, mistakes), sources, mistakes));
    }
    let above = environment::entries(&sources.env, &settings, mistakes);
    settings.extend(layer(above, sources, mistakes));
    settings.extend(layer(flags(&sources.flags, mistakes), sources, mistakes));
    mistakes.extend(strays(&settings));
    settings
}

/// One layer's entry; a path that ends in `_file` still names a file.
pub(super) struct Entry {
    path: String,
    values: Vec<String>,
    source: Source,
}

fn of_command((path, value): &(&'static str, &'static str)) -> (String, Found) {
    ((*path).to_owned(), Found { values: vec![(*value).to_owned()], source: Source::Command })
}

fn flags(flags: &[(String, String)], mistakes: &mut Vec<Mistake>) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (path, value) in flags {
        match kind_of(path) {
            Some(kind) => {
                let values = if kind == Kind::Many { split(value) } else { vec![value.clone()] };
                entries.push(Entry { path: path.clone(), values, source: Source::Flag });
            }
            None => mistakes.push(unknown(path)),
        }
    }
    entries
}

/// Puts the content of secrets' files in their place. Two values for one key in one layer are a mistake.
fn layer(entries: Vec<Entry>, sources: &Sources, mistakes: &mut Vec<Mistake>) -> Settings {
    let mut settings = Settings::new();
    for entry in entries {
        let (path, found) = match secret_behind(&entry.path) {
            None => (entry.path, Found { values: entry.values, source: entry.source }),
            Some((path, kind)) => match read_secret(&entry, kind, sources) {
                Ok(values) => (path.to_owned(), Found { values, source: entry.source }),
                Err(mistake) => {
                    mistakes.push(mistake);
                    continue;
                }
            },
        };
        if settings.contains_key(&path) {
            let problem = format!("is given twice by the same source ({})", found.source);
            mistakes.push(Mistake::new(&path, problem, "keep one: the value, or the file that holds it"));
        }
        settings.insert(path, found);
    }
    settings
}

fn read_secret(entry: &Entry, kind: Kind, sources: &Sources) -> Result<Vec<String>, Mistake> {
    let name = entry.values.first().map(String::as_str).unwrap_or_default();
    let key = match &entry.source {
        Source::Variable(variable) => variable.clone(),
        Source::Flag | Source::File | Source::Command => entry.path.clone(),
    };
    let text = (sources.read)(Path::new(name)).map_err(|error| {
        let problem = format!("the file {name} cannot be read ({})", error.kind());
        Mistake::new(&key, problem, "check the path and its permissions")
    })?;
    let lines: Vec<String> = match kind {
        Kind::Secrets => text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        Kind::One | Kind::Many | Kind::Secret => vec![text.trim().to_owned()],
    };
    if lines.iter().all(String::is_empty) {
        return Err(Mistake::new(key, format!("the file {name} is empty"), "write the secret into it"));
    }
    Ok(lines)
}

/// What a path means: a key of the table, a librdkafka property, or a file with either.
pub(super) fn kind_of(path: &str) -> Option<Kind> {
    if let Some(name) = path.strip_prefix(PROPERTIES) {
        return (!name.is_empty()).then_some(if properties::is_secret(name) { Kind::Secret } else { Kind::One });
    }
    let known = keys::find(&keys::normal(path)).map(|key| key.kind);
    known.or_else(|| secret_behind(path).map(|_| Kind::One))
}

/// `accounts.0.token_file` → `accounts.0.token`.
fn secret_behind(path: &str) -> Option<(&str, Kind)> {
    let plain = path.strip_suffix(FILE_SUFFIX)?;
    let kind = match plain.strip_prefix(PROPERTIES) {
        Some(name) => properties::is_secret(name).then_some(Kind::Secret)?,
        None => keys::find(&keys::normal(plain))?.kind,
    };
    kind.is_secret().then_some((plain, kind))
}

pub(super) fn split(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

pub(super) fn unknown(path: &str) -> Mistake {
    let fix = match keys::nearest(path) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "docs/configuration.md lists every key".to_owned(),
    };
    Mistake::new(path, "is not a setting", fix)
}

/// How many entries a list of sections (`apps`, `accounts`) has, from 0 on without a gap.
pub fn entries_of(settings: &Settings, list: &str) -> usize {
    let exists = |n: &usize| {
        let stem = format!("{list}.{n}.");
        settings.range(stem.clone()..).next().is_some_and(|(path, _)| path.starts_with(&stem))
    };
    (0..).take_while(exists).count()
}

/// Entries that [`entries_of`] does not count, so that nobody would read them.
fn strays(settings: &Settings) -> Vec<Mistake> {
    let mut strays = Vec::new();
    for list in keys::lists() {
        let count = entries_of(settings, list);
        let position = |path: &String| Some(path.strip_prefix(list)?.strip_prefix('.')?.split('.').next()?.to_owned());
        let counted: BTreeSet<String> = (0..count).map(|n| n.to_string()).collect();
        let named: BTreeSet<String> = settings.keys().filter_map(position).collect();
        strays.extend(named.difference(&counted).map(|position| {
            let problem = format!("is not an entry: the next one of {list} is {count}");
            Mistake::new(format!("{list}.{position}"), problem, format!("number {list} from 0 on without a gap"))
        }));
    }
    strays
}
