//! The committed JSON schema is the one made from the Avro schema.

use std::{env, fs};

use omnichannel_whatsapp::ops::schemas::send_command_json_schema;
use serde_json::Value;

use crate::support::schemas_folder;

/// `UPDATE_JSON_SCHEMA=1` writes the file instead of comparing it.
#[test]
fn the_json_schema_of_commands_is_up_to_date() {
    let path = schemas_folder().join("json/SendCommand.schema.json");
    let made = send_command_json_schema();
    if env::var_os("UPDATE_JSON_SCHEMA").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("{made:#}\n")).unwrap();
    }
    let committed: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(committed, made, "run the test with UPDATE_JSON_SCHEMA=1 and commit the file");
}

#[test]
fn only_the_recipient_is_required_and_nothing_unknown_is_allowed() {
    let made = send_command_json_schema();
    assert_eq!(made["required"], serde_json::json!(["to"]));
    assert_eq!(made["additionalProperties"], false);
    assert_eq!(made["$defs"]["Text"]["required"], serde_json::json!(["body"]));
    let references = made.to_string().matches("#/$defs/").count();
    assert!(references > 20, "nested types are referred to, not repeated");
    for (name, nested) in made["$defs"].as_object().unwrap() {
        assert_eq!(nested["additionalProperties"], false, "{name}");
    }
}
