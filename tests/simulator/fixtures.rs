//! A webhook beside a fixture of its kind: the same leaves, and the same words where words say what it is.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use serde_json::Value;

/// Leaves that say which kind of thing it is.
const TELLING: [&str; 9] =
    ["type", "field", "event", "code", "animated", "voice", "forwarded", "source_type", "direction"];

/// Where the two may differ, below the change's value: each path must be there on its side.
#[derive(Clone, Copy, Default)]
pub struct But {
    pub lacks: &'static [&'static str],
    pub adds: &'static [&'static str],
}

pub fn fixture(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/webhooks/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// Each leaf's path, whichever item of a list it is in, with what stands there.
fn leaves(value: &Value, path: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                leaves(member, &if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, &format!("{path}[]"), found)),
        leaf => drop(found.entry(path.to_owned()).or_default().insert(leaf.to_string())),
    }
}

fn paths(of: &BTreeMap<String, BTreeSet<String>>, without: &[&str], whose: &str) -> BTreeSet<String> {
    let mut paths: BTreeSet<String> = of.keys().cloned().collect();
    for path in without {
        assert!(paths.remove(*path), "{whose} has no {path}");
    }
    paths
}

/// Panics with the difference.
pub fn assert_alike(what: &str, posted: &Value, fixture: &Value, but: But) {
    let shape = |webhook: &Value| {
        let entry = &webhook["entry"][0];
        let (mut found, change) = (BTreeMap::new(), &entry["changes"][0]);
        leaves(&change["value"], "", &mut found);
        leaves(&change["field"], "field", &mut found);
        (entry["time"].is_number(), found)
    };
    let ((timed, ours), (timed_there, theirs)) = (shape(posted), shape(fixture));
    assert_eq!(timed, timed_there, "{what}: entry.time");
    assert_eq!(paths(&ours, but.adds, "the simulator"), paths(&theirs, but.lacks, "the fixture"), "{what}");
    for (path, words) in &ours {
        let last = path.rsplit(['.', ']']).next().unwrap_or_default();
        if let Some(expected) = theirs.get(path).filter(|_| TELLING.contains(&last)) {
            assert_eq!(words, expected, "{what}: {path}");
        }
    }
}
