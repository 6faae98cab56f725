//! Meta's OpenAPI file, read from where META_OPENAPI points. Must not know what its examples are used for.

use std::{env, fs, io::Write as _};

use serde_json::Value;

/// None when the file is not there, which only a machine of CI does not forgive.
pub fn document() -> Option<Value> {
    let Ok(path) = env::var("META_OPENAPI") else {
        assert!(env::var("CI").is_err(), "META_OPENAPI must name Meta's OpenAPI file in CI");
        // what a test that passes prints with `eprintln!` is kept from everybody
        let _ = writeln!(std::io::stderr(), "SKIPPED: META_OPENAPI names no file");
        return None;
    };
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    Some(serde_yaml_ng::from_str(&text).expect("Meta's file is YAML"))
}

/// Name and body of every example of what is posted to this path.
pub fn examples(document: &Value, path: &str) -> Vec<(String, Value)> {
    let content = &document["paths"][path]["post"]["requestBody"]["content"]["application/json"];
    let examples = content["examples"].as_object().unwrap_or_else(|| panic!("Meta's file has no examples of {path}"));
    examples.iter().map(|(name, example)| (name.clone(), example["value"].clone())).collect()
}
