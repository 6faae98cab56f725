//! The YAML file as paths and values; nested and dotted keys are the same. Gives no value a meaning.

use std::path::Path;

use serde_yaml_ng::Value;

use super::{Entry, Source, kind_of, unknown};
use crate::config::{
    keys::{self, KEYS, Kind, PROPERTIES},
    mistake::Mistake,
};

pub(super) fn entries(name: &Path, text: &str, mistakes: &mut Vec<Mistake>) -> Vec<Entry> {
    let mut entries = Vec::new();
    match serde_yaml_ng::from_str::<Value>(text) {
        Ok(root) => walk("", &root, &mut entries, mistakes),
        Err(error) => {
            // The parser's message may quote the text, and so a secret: only the place is told.
            let place =
                error.location().map_or(String::new(), |at| format!(" (line {}, column {})", at.line(), at.column()));
            let problem = format!("is not valid YAML{place}");
            mistakes.push(Mistake::new(
                name.display().to_string(),
                problem,
                "correct the indentation or quoting there",
            ));
        }
    }
    entries
}

fn walk(path: &str, value: &Value, entries: &mut Vec<Entry>, mistakes: &mut Vec<Mistake>) {
    if let Some(kind) = kind_of(path).filter(|_| !is_section(path, value)) {
        return leaf(path, kind, value, entries, mistakes);
    }
    match value {
        Value::Null => {}
        _ if !leads_to_a_key(path) => mistakes.push(unknown(path)),
        Value::Mapping(mapping) => {
            for (key, value) in mapping {
                walk(&join(path, &scalar(key).unwrap_or_default()), value, entries, mistakes);
            }
        }
        Value::Sequence(items) => {
            for (position, value) in items.iter().enumerate() {
                walk(&join(path, &position.to_string()), value, entries, mistakes);
            }
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(_) => {
            let problem = "is a section, not a value";
            mistakes.push(Mistake::new(path, problem, "put the settings below it; docs/configuration.md lists them"));
        }
    }
}

fn leaf(path: &str, kind: Kind, value: &Value, entries: &mut Vec<Entry>, mistakes: &mut Vec<Mistake>) {
    let values: Option<Vec<String>> = match value {
        Value::Null => return,
        Value::Sequence(items) if kind.is_list() => items.iter().map(scalar).collect(),
        Value::String(text) if kind == Kind::Many => Some(super::split(text)),
        single => scalar(single).map(|text| vec![text]),
    };
    match values {
        Some(values) => entries.push(Entry { path: path.to_owned(), values, source: Source::File }),
        None => {
            let wanted = if kind.is_list() { "a value or a list of values" } else { "one value" };
            mistakes.push(Mistake::new(path, format!("is not {wanted}"), format!("write {wanted}")));
        }
    }
}

/// librdkafka's properties may be nested at their dots.
fn is_section(path: &str, value: &Value) -> bool {
    path.starts_with(PROPERTIES) && matches!(value, Value::Mapping(_))
}

fn leads_to_a_key(path: &str) -> bool {
    let stem = if path.is_empty() { String::new() } else { format!("{}.", keys::normal(path)) };
    PROPERTIES.starts_with(&stem) || stem.starts_with(PROPERTIES) || KEYS.iter().any(|key| key.path.starts_with(&stem))
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => None,
    }
}
