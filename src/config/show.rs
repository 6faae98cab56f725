//! `config show`: what is in force and who said it, as a configuration file. Tells of a secret only that it is there.

use std::fmt::Write as _;

use super::{
    keys::{self, KEYS, Key, PROPERTIES},
    layers::{Found, Settings, entries_of, kind_of},
};

pub(super) fn show(settings: &Settings, instance: &str) -> String {
    let mut text = String::new();
    for key in KEYS {
        for path in paths(key, settings) {
            match settings.get(&path) {
                Some(found) => line(&mut text, &path, found),
                None if key.path == "instance" => value(&mut text, &path, &quoted(instance), "derived"),
                None => {
                    if let Some(default) = key.default {
                        value(&mut text, &path, &quoted(default), "default");
                    }
                }
            }
        }
        if key.path == "kafka.bootstrap_servers" {
            for (path, found) in settings.iter().filter(|(path, _)| path.starts_with(PROPERTIES)) {
                line(&mut text, path, found);
            }
        }
    }
    text
}

/// The key's path, or one per entry of its list.
fn paths(key: &Key, settings: &Settings) -> Vec<String> {
    match key.path.split_once(".[].") {
        Some((list, field)) => (0..entries_of(settings, list)).map(|n| format!("{list}.{n}.{field}")).collect(),
        None => vec![key.path.to_owned()],
    }
}

fn line(text: &mut String, path: &str, found: &Found) {
    let source = found.source.to_string();
    if kind_of(path).is_none_or(keys::Kind::is_secret) {
        let _ = writeln!(text, "# {path}: set, not shown  # {source}");
        return;
    }
    let shown = match &found.values[..] {
        [one] => quoted(one),
        many => format!("[{}]", many.iter().map(|v| quoted(v)).collect::<Vec<_>>().join(", ")),
    };
    value(text, path, &shown, &source);
}

fn value(text: &mut String, path: &str, value: &str, source: &str) {
    let _ = writeln!(text, "{path}: {value}  # {source}");
}

/// A JSON string is a YAML string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
