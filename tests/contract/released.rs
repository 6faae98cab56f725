//! What was released stays readable, both ways.

use std::fs;

use apache_avro::Schema;
use omnichannel_whatsapp::{
    ops::schemas::{Break, Released, breaks, check, read_released},
    wire::{avro::RECORDS, compatibility::Incompatible},
};
use serde_json::{Value, json};

use crate::support::{files, schemas_folder};

#[test]
fn the_present_schemas_and_every_released_version_read_each_other() {
    assert_eq!(check(&schemas_folder().join("released")).unwrap(), []);
}

#[test]
fn the_first_release_holds_every_record() {
    let released = read_released(&schemas_folder().join("released")).unwrap();
    let first = released.iter().filter(|old| old.version == "0.1.0").count();
    assert_eq!(first, 12);
}

/// The released files of Cargo.toml's version. A later version has none until it is released, and then nothing is compared.
#[test]
fn the_files_of_this_version_are_the_present_ones_to_the_letter() {
    let (present, folder) = (schemas_folder(), schemas_folder().join("released").join(env!("CARGO_PKG_VERSION")));
    if !folder.exists() {
        return;
    }
    let named =
        |folder| files(folder, "avsc").iter().map(|path| path.file_name().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(named(&folder), named(&present), "{}", folder.display());
    for name in named(&present) {
        let (ours, released) = (fs::read(present.join(&name)).unwrap(), fs::read(folder.join(&name)).unwrap());
        let (name, folder) = (name.display(), folder.display());
        assert!(ours == released, "{name} is not the one in {folder}: a changed schema belongs to the next version");
    }
}

#[test]
fn a_folder_without_versions_is_an_error_not_a_pass() {
    let empty = tempfile::tempdir().unwrap();
    assert!(check(empty.path()).is_err());
    assert!(check(&empty.path().join("missing")).is_err());
}

/// The breaks of MessageStatus after `change`, against its present self as released.
fn breaks_after(change: impl FnOnce(&mut Value)) -> Vec<Break> {
    let (name, schema) = RECORDS.iter().find(|(name, _)| *name == "MessageStatus").unwrap();
    let old = Schema::parse_str(schema().source).unwrap();
    let mut new: Value = serde_json::from_str(schema().source).unwrap();
    change(&mut new);
    let new = Schema::parse(&new).unwrap();
    let released = [Released { version: "0.1.0".to_owned(), record: (*name).to_owned(), schema: old }];
    breaks(&[(name, &new)], &released)
}

fn fields(schema: &mut Value) -> &mut Vec<Value> {
    schema["fields"].as_array_mut().unwrap()
}

fn field<'a>(schema: &'a mut Value, name: &str) -> &'a mut Value {
    fields(schema).iter_mut().find(|field| field["name"] == name).unwrap()
}

#[test]
fn a_new_field_with_a_default_is_compatible() {
    let added = json!({ "name": "carrier", "type": ["null", "string"], "default": null });
    assert_eq!(breaks_after(|schema| fields(schema).push(added)), []);
}

#[test]
fn removing_a_field_with_a_default_is_compatible() {
    assert_eq!(breaks_after(|schema| fields(schema).retain(|field| field["name"] != "tenant")), []);
}

#[test]
fn removing_a_required_field_is_not() {
    let found = breaks_after(|schema| fields(schema).retain(|field| field["name"] != "version"));
    assert!(
        matches!(&found[..], [Break::Incompatible { reason: Incompatible::Forward(why), .. }] if why.contains("version")),
        "{found:?}"
    );
}

#[test]
fn adding_a_field_without_default_is_not() {
    let found = breaks_after(|schema| fields(schema).push(json!({ "name": "carrier", "type": "string" })));
    assert!(
        matches!(&found[..], [Break::Incompatible { reason: Incompatible::Backward(why), .. }] if why.contains("carrier")),
        "{found:?}"
    );
}

#[test]
fn changing_a_type_is_not() {
    for (name, kind) in [("attempts", json!("string")), ("version", json!("int")), ("attempts", json!("long"))] {
        let found = breaks_after(|schema| {
            field(schema, name)["type"] = kind.clone();
            field(schema, name).as_object_mut().unwrap().remove("default");
        });
        assert_eq!(found.len(), 1, "{name} as {kind}");
    }
}

#[test]
fn making_a_required_field_optional_is_not() {
    let found = breaks_after(|schema| field(schema, "status")["type"] = json!(["null", "string"]));
    assert_eq!(found.len(), 1, "an older reader cannot take a null: {found:?}");
}

#[test]
fn a_new_union_branch_is_not() {
    let found = breaks_after(|schema| field(schema, "to")["type"] = json!(["null", "string", "long"]));
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn renaming_a_record_is_not() {
    let found = breaks_after(|schema| schema["name"] = json!("Status"));
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn removing_a_record_is_not() {
    let schema = Schema::parse_str(r#"{"type":"record","name":"Gone","fields":[]}"#).unwrap();
    let released = [Released { version: "0.1.0".to_owned(), record: "Gone".to_owned(), schema }];
    assert!(matches!(&breaks(&[], &released)[..], [Break::Removed { .. }]));
}
