//! Whatever Meta's own examples send, a command can say; and what our commands say, Meta's file describes.

use std::{collections::BTreeMap, fs, path::Path};

use omnichannel_whatsapp::wire::{
    graph::request, records::SendCommand, send_command::validate, send_command_json::parse,
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    openapi::{NOT_DESCRIBED, OpenApi},
    support::{files, schemas_folder},
};

/// A command that sends what one of Meta's examples sends.
#[derive(Deserialize)]
struct Fixture {
    /// Its name in Meta's file.
    example: String,
    command: Value,
    request: Value,
}

fn fixtures() -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sends");
    files(&folder, "json").iter().map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap()).collect()
}

fn request_of(command: &SendCommand) -> Option<Value> {
    let built = request::build(&validate(command).ok()?).ok()?;
    serde_json::from_str(&built.to_json()).ok()
}

/// Without what the worker sets itself, and what means the same in two spellings: a button's position is a number or its
/// digits, of policies there is one, and two examples leave out the type that their content has.
fn essence(mut body: Value) -> Value {
    let members = body.as_object_mut().expect("a body");
    for name in ["to", "recipient", "recipient_type"] {
        members.remove(name);
    }
    if let Some(kind) = ["text", "interactive"].into_iter().find(|kind| members.contains_key(*kind)) {
        members.insert("type".to_owned(), kind.into());
    }
    if let Some(language) = body.pointer_mut("/template/language").and_then(Value::as_object_mut) {
        language.remove("policy");
    }
    for component in body.pointer_mut("/template/components").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(index) = component.get("index").and_then(Value::as_i64) {
            component["index"] = index.to_string().into();
        }
    }
    body
}

#[test]
fn each_fixture_s_command_makes_its_request() {
    for Fixture { example, command, request } in fixtures() {
        let command =
            parse(command.to_string().as_bytes(), "none").unwrap_or_else(|error| panic!("{example}: {error:?}"));
        assert_eq!(request_of(&command), Some(request), "{example}");
    }
}

#[test]
fn every_send_example_of_meta_can_be_said_by_a_command() {
    let Some(meta) = OpenApi::read() else { return };
    let said: BTreeMap<String, Value> = fixtures().into_iter().map(|f| (f.example, essence(f.request))).collect();
    let sends = meta.sends();
    assert!(sends.len() >= 50, "only {} examples were read from Meta's file", sends.len());
    for (name, body) in sends {
        let said = said.get(&name).unwrap_or_else(|| panic!("no command in tests/fixtures/sends says {name}"));
        assert_eq!(*said, essence(body), "{name}");
    }
}

/// Every request there is an example of: Meta's, and ours.
fn requests() -> Vec<(String, Value)> {
    let ours = files(&schemas_folder().join("examples/SendCommand"), "json").into_iter().filter_map(|path| {
        let command: SendCommand = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        Some((path.file_stem()?.to_string_lossy().into_owned(), request_of(&command)?))
    });
    ours.chain(fixtures().into_iter().map(|fixture| (fixture.example, fixture.request))).collect()
}

#[test]
fn what_is_sent_is_what_meta_s_file_describes() {
    let Some(meta) = OpenApi::read() else { return };
    let mut validators = BTreeMap::new();
    let requests = requests();
    for (name, body) in requests.iter().filter(|(_, body)| body.get("status").is_none()) {
        let kind = body["type"].as_str().expect("a type");
        if NOT_DESCRIBED.contains(&kind) {
            continue;
        }
        let validator = validators.entry(kind).or_insert_with(|| meta.message(kind));
        let errors: Vec<_> = validator.iter_errors(body).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{name}\n{errors:#?}");
    }
    assert_eq!(validators.len(), 11, "every type Meta's file describes is sent");
}
