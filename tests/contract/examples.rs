//! Every example under `schemas/examples/` is a test: adding one adds a case.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    fs,
    path::Path,
};

use omnichannel_whatsapp::{
    domain::errors::own::NOT_SUPPORTED,
    wire::{avro::AvroRecord, graph::request, records::SendCommand, send_command::validate, send_command_json::parse},
};
use serde_json::Value;

use crate::support::{codec, files, for_every_record, now, schemas_folder};

/// Records users read or write: two examples at least.
const PUBLIC: [&str; 9] = [
    "AccountEvent",
    "AdminAlert",
    "HistoryMessage",
    "InboundMessage",
    "MediaStored",
    "MessageStatus",
    "SendCommand",
    "SentMessage",
    "TemplateState",
];

/// Whether everything `example` says is in `value`, at the same place.
pub fn says(value: &Value, example: &Value) -> bool {
    match (value, example) {
        (Value::Object(value), Value::Object(example)) => {
            example.iter().all(|(name, inner)| value.get(name).is_some_and(|value| says(value, inner)))
        }
        (Value::Array(value), Value::Array(example)) => {
            value.len() == example.len() && value.iter().zip(example).all(|(value, example)| says(value, example))
        }
        (Value::Number(value), Value::Number(example)) => value.as_f64() == example.as_f64(),
        (value, example) => value == example,
    }
}

fn decoded<T: AvroRecord + PartialEq + Debug>(path: &Path) -> T {
    let text = fs::read_to_string(path).unwrap();
    let example: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let value: T =
        serde_json::from_value(example.clone()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let told = serde_json::to_value(&value).unwrap();
    assert!(says(&told, &example), "{}: a field is unknown or changed\n{told:#}", path.display());
    value
}

#[test]
fn every_example_is_its_record_and_survives_avro() {
    fn check<T: AvroRecord + PartialEq + Debug>() {
        let paths = files(&schemas_folder().join("examples").join(T::NAME), "json");
        let wanted = if PUBLIC.contains(&T::NAME) { 2 } else { 1 };
        assert!(paths.len() >= wanted, "{} has {} examples", T::NAME, paths.len());
        for path in paths {
            let value: T = decoded(&path);
            let (codec, ..) = codec();
            let bytes = now(codec.encode("whatsapp.any", &value)).unwrap();
            assert_eq!(now(codec.decode::<T>(&bytes)).unwrap(), value, "{}", path.display());
        }
    }
    for_every_record!(check);
}

#[test]
fn every_example_command_is_the_same_through_both_doors() {
    let (codec, ..) = codec();
    for path in files(&schemas_folder().join("examples/SendCommand"), "json") {
        let avro = now(codec.encode("whatsapp.any", &decoded::<SendCommand>(&path))).unwrap();
        let through_avro: SendCommand = now(codec.decode(&avro)).unwrap();
        let through_json = parse(&fs::read(&path).unwrap(), "topic-0-0").unwrap();
        assert_eq!(through_json, through_avro, "{}", path.display());
        let [by_avro, by_json] = [&through_avro, &through_json].map(|command| {
            let valid = validate(command).unwrap_or_else(|problems| panic!("{}: {problems:?}", path.display()));
            request::build(&valid)
        });
        assert_eq!(by_json, by_avro, "{}", path.display());
        let wrong = by_json.err().unwrap_or_default().into_iter().find(|found| found.code != &NOT_SUPPORTED);
        assert_eq!(wrong, None, "{}", path.display());
    }
}

#[test]
fn an_example_with_an_unknown_field_would_be_noticed() {
    let value = serde_json::json!({ "a": { "b": 1, "c": null }, "d": [1] });
    assert!(says(&value, &serde_json::json!({ "a": { "b": 1 }, "d": [1] })));
    assert!(!says(&value, &serde_json::json!({ "a": { "e": 1 } })));
    assert!(!says(&value, &serde_json::json!({ "d": [1, 2] })));
}

/// What a schema calls `<type>.<field>`, and of those what an example sets.
#[derive(Default)]
struct Fields {
    types: BTreeMap<String, Value>,
    there: BTreeSet<String>,
    shown: BTreeSet<String>,
}

impl Fields {
    /// Of the released form of a record there are no examples to look into.
    fn of(schema: &Value, examples: &[Value]) -> Self {
        let mut fields = Self::default();
        fields.walk(schema, &examples.iter().collect::<Vec<_>>());
        fields
    }

    fn walk(&mut self, schema: &Value, values: &[&Value]) {
        match schema {
            Value::String(name) => {
                if let Some(schema) = self.types.get(name).cloned().filter(|_| !values.is_empty()) {
                    self.walk(&schema, values);
                }
            }
            Value::Array(branches) => branches.iter().for_each(|branch| self.walk(branch, values)),
            _ if schema["type"] == "array" => {
                let items: Vec<&Value> = values.iter().filter_map(|value| value.as_array()).flatten().collect();
                self.walk(&schema["items"], &items);
            }
            _ if schema["type"] == "record" => {
                let name = schema["name"].as_str().expect("a name");
                self.types.insert(name.to_owned(), schema.clone());
                for field in schema["fields"].as_array().expect("fields") {
                    let member = field["name"].as_str().expect("a name");
                    let set: Vec<&Value> = values.iter().filter_map(|value| value.get(member)).collect();
                    let path = format!("{name}.{member}");
                    if !set.is_empty() {
                        self.shown.insert(path.clone());
                    }
                    self.there.insert(path);
                    self.walk(&field["type"], &set);
                }
            }
            _ => {}
        }
    }
}

#[test]
fn every_field_that_was_not_released_yet_is_in_an_example() {
    let read = |path: &Path| serde_json::from_str::<Value>(&fs::read_to_string(path).unwrap()).unwrap();
    let (mut new, mut shown) = (BTreeSet::new(), BTreeSet::new());
    let mut released = BTreeSet::new();
    for path in files(&schemas_folder().join("released/0.1.0"), "avsc") {
        released.extend(Fields::of(&read(&path), &[]).there);
    }
    for path in files(&schemas_folder(), "avsc") {
        let record = path.file_stem().unwrap();
        let examples: Vec<Value> =
            files(&schemas_folder().join("examples").join(record), "json").iter().map(|path| read(path)).collect();
        let fields = Fields::of(&read(&path), &examples);
        new.extend(fields.there.difference(&released).cloned());
        shown.extend(fields.shown);
    }
    assert!(new.contains("HistoryMessage.phase") && new.contains("Error.value"), "{new:?}");
    assert_eq!(new.difference(&shown).collect::<Vec<_>>(), Vec::<&String>::new(), "no example under schemas/examples");
}
