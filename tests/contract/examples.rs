//! Every example under `schemas/examples/` is a test: adding one adds a case.

use std::{fmt::Debug, fs, path::Path};

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
