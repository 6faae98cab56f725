//! Variables as paths and values. An empty variable is an unset one, as compose files write it.

use std::collections::BTreeMap;

use super::{Entry, Settings, Source, entries_of, split};
use crate::config::{
    keys::{FILE_SUFFIX, KEYS, Key, Kind, PROPERTIES, PROPERTIES_ENV},
    mistake::Mistake,
    properties,
};

const FILE: &str = "_FILE";

/// `below` is what the file said: the variables of one account or app belong to the only one there.
pub(super) fn entries(env: &BTreeMap<String, String>, below: &Settings, mistakes: &mut Vec<Mistake>) -> Vec<Entry> {
    let mut entries = Vec::new();
    for key in KEYS {
        for (variable, path, value) in first_set(key, env) {
            match position(key, below) {
                Ok(None) => entries.push(entry(key, path, variable, value)),
                Ok(Some(list)) => {
                    let path = path.replacen(&format!("{list}.[]"), &format!("{list}.0"), 1);
                    entries.push(entry(key, path, variable, value));
                }
                Err((list, count)) => {
                    let problem = format!("is set while the file has {count} {list}: which one is meant?");
                    mistakes.push(Mistake::new(
                        variable,
                        problem,
                        format!("set it in the file's {list}, by a file where it is secret"),
                    ));
                }
            }
        }
    }
    entries.extend(env.iter().filter_map(|(name, value)| property(name, value)));
    entries
}

/// Variable, path and value of the preferred spelling that is set. A secret and its file beside each other are both there:
/// the layer tells that one must go.
fn first_set<'a>(key: &Key, env: &'a BTreeMap<String, String>) -> Vec<(String, String, &'a String)> {
    for variable in key.variables() {
        let file = (format!("{variable}{FILE}"), format!("{}{FILE_SUFFIX}", key.path));
        let spelt = [Some((variable.into_owned(), key.path.to_owned())), key.kind.is_secret().then_some(file)];
        let set = |(name, path): (String, String)| {
            let value = env.get(&name).filter(|value| !value.is_empty())?;
            Some((name, path, value))
        };
        let found: Vec<_> = spelt.into_iter().flatten().filter_map(set).collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn entry(key: &Key, path: String, variable: String, value: &str) -> Entry {
    let values = if key.kind == Kind::Many { split(value) } else { vec![value.to_owned()] };
    Entry { path, values, source: Source::Variable(variable) }
}

/// The list a key's variable belongs to, or how many entries make it ambiguous.
fn position(key: &Key, below: &Settings) -> Result<Option<&'static str>, (&'static str, usize)> {
    let Some((list, _)) = key.path.split_once(".[]") else { return Ok(None) };
    match entries_of(below, list) {
        0 | 1 => Ok(Some(list)),
        count => Err((list, count)),
    }
}

fn property(name: &str, value: &str) -> Option<Entry> {
    let rest = name.strip_prefix(PROPERTIES_ENV).filter(|rest| !rest.is_empty() && !value.is_empty())?;
    let dotted = |text: &str| text.replace('_', ".").to_lowercase();
    let behind = rest.strip_suffix(FILE).map(dotted).filter(|property| properties::is_secret(property));
    let path = match behind {
        Some(property) => format!("{PROPERTIES}{property}_file"),
        None => format!("{PROPERTIES}{}", dotted(rest)),
    };
    Some(Entry { path, values: vec![value.to_owned()], source: Source::Variable(name.to_owned()) })
}
