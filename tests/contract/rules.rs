//! The rules that FULL_TRANSITIVE makes permanent, for every schema there is and will be.

use std::{collections::BTreeSet, fs};

use omnichannel_whatsapp::wire::avro::RECORDS;
use serde_json::Value;

use crate::support::{files, schemas_folder};

/// Every `(path, field)` of a schema, nested records included.
fn fields<'a>(schema: &'a Value, path: &str, found: &mut Vec<(String, &'a Value)>) {
    match schema {
        Value::Array(variants) => variants.iter().for_each(|variant| fields(variant, path, found)),
        Value::Object(object) => {
            for field in object.get("fields").and_then(Value::as_array).into_iter().flatten() {
                let at = format!("{path}.{}", field["name"].as_str().expect("a name"));
                found.push((at.clone(), field));
                fields(&field["type"], &at, found);
            }
            for inner in ["items", "values", "type"].into_iter().filter_map(|key| object.get(key)) {
                fields(inner, path, found);
            }
        }
        _ => {}
    }
}

fn every_field(check: impl Fn(&str, &Value)) {
    for (name, schema) in RECORDS {
        let schema: Value = serde_json::from_str(schema().source).expect("JSON");
        let mut found = Vec::new();
        fields(&schema, name, &mut found);
        assert!(found.len() >= 8, "{name} has hardly a field");
        found.iter().for_each(|(path, field)| check(path, field));
    }
}

#[test]
fn every_file_is_a_record_of_the_contract_and_the_reverse() {
    let on_disk: BTreeSet<_> = files(&schemas_folder(), "avsc")
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let in_code: BTreeSet<_> = RECORDS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(on_disk, in_code);
}

#[test]
fn every_field_says_what_it_means() {
    every_field(|path, field| {
        let doc = field["doc"].as_str().unwrap_or_default();
        assert!(doc.len() >= 4 && doc.ends_with('.'), "{path}: no doc that is a sentence: {doc:?}");
    });
}

#[test]
fn every_time_says_its_unit() {
    every_field(|path, field| {
        if field["type"].to_string().contains("\"timestamp-millis\"") && !field["type"].to_string().contains("fields") {
            assert!(field["doc"].as_str().is_some_and(|doc| doc.contains("UTC milliseconds")), "{path}");
        }
    });
}

#[test]
fn unions_are_null_and_one_type_with_null_as_default() {
    every_field(|path, field| {
        if let Some(variants) = field["type"].as_array() {
            assert_eq!(variants.len(), 2, "{path}");
            assert_eq!(variants[0], "null", "{path}");
            assert_eq!(field.get("default"), Some(&Value::Null), "{path}");
        }
    });
}

#[test]
fn there_are_no_enums_no_fixed_and_no_aliases() {
    for (name, schema) in RECORDS {
        for word in ["\"enum\"", "\"fixed\"", "\"aliases\""] {
            assert!(!schema().source.contains(word), "{name} has {word}");
        }
    }
}

#[test]
fn arrays_maps_and_switches_have_a_default() {
    every_field(|path, field| {
        let kind = field["type"]["type"].as_str().or(field["type"].as_str()).unwrap_or_default();
        if ["array", "map", "boolean"].contains(&kind) {
            assert!(field.get("default").is_some(), "{path} can never be removed");
        }
    });
}

#[test]
fn each_record_has_a_namespace_of_its_own() {
    let mut seen = BTreeSet::new();
    for path in files(&schemas_folder(), "avsc") {
        let schema: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let namespace = schema["namespace"].as_str().expect("a namespace").to_owned();
        assert!(seen.insert(namespace.clone()), "{namespace} is used twice");
    }
}
