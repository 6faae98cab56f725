//! A template as one writes it: what is given when it is created, and nothing of what Meta makes of it. One JSON file each, in
//! an order that does not change, so that a version control shows what somebody changed.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::template::POSITIONAL;

/// The members of a file, in this order; inside the components they are sorted by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    pub name: String,
    pub language: String,
    pub category: String,
    #[serde(default = "positional")]
    pub parameter_format: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_send_ttl_seconds: Option<i64>,
    pub components: Value,
}

fn positional() -> String {
    POSITIONAL.to_owned()
}

/// A folder of templates that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{}: is no template file: {error}", path.display())]
    Json { path: PathBuf, error: serde_json::Error },
    #[error("{}: is another template than its name says: call it {wanted}", path.display())]
    Name { path: PathBuf, wanted: String },
}

impl Definition {
    /// Of an object of Meta's; `None` for something else.
    #[must_use]
    pub fn of(object: &Value) -> Option<Self> {
        let text = |name: &str| object[name].as_str().map(str::to_owned);
        let mut components = object["components"].clone();
        forget_addresses(&mut components);
        Some(Self {
            name: text("name")?,
            language: text("language")?,
            category: text("category")?,
            parameter_format: text("parameter_format").unwrap_or_else(positional),
            message_send_ttl_seconds: object["message_send_ttl_seconds"].as_i64(),
            components,
        })
    }

    #[must_use]
    pub fn key(&self) -> (String, String) {
        (self.name.clone(), self.language.clone())
    }

    /// The text of its file.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings and JSON values are JSON") + "\n"
    }

    /// What is compared: handles of example files are given once and never shown again, so they are no difference.
    #[must_use]
    pub fn comparable(&self) -> Self {
        let mut components = self.components.clone();
        each_object(&mut components, &mut |object| {
            object.remove("header_handle");
            if object.get("example").and_then(Value::as_object).is_some_and(serde_json::Map::is_empty) {
                object.remove("example");
            }
        });
        Self { components, ..self.clone() }
    }
}

/// Where Meta shows an address for an example file, which is another each time and cannot be given back.
fn forget_addresses(components: &mut Value) {
    each_object(components, &mut |object| {
        let shown = |value: &Value| {
            let addresses = value.as_array().into_iter().flatten().filter_map(Value::as_str);
            addresses.into_iter().any(|handle| handle.starts_with("http"))
        };
        object.retain(|name, value| name != "header_handle" || !shown(value));
        object.retain(|name, value| name != "example" || value.as_object().is_none_or(|example| !example.is_empty()));
    });
}

/// Inner objects before the one that holds them.
fn each_object(value: &mut Value, visit: &mut impl FnMut(&mut serde_json::Map<String, Value>)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| each_object(item, visit)),
        Value::Object(object) => {
            object.values_mut().for_each(|inner| each_object(inner, visit));
            visit(object);
        }
        _ => {}
    }
}

/// `order_ready.de_AT.json`: a template's name has no dot.
#[must_use]
pub fn file_name(definition: &Definition) -> String {
    format!("{}.{}.json", definition.name, definition.language)
}

/// Writes it, unless the file says the same already, in whichever way; whether it did.
///
/// # Errors
/// The file cannot be written.
pub fn write_file(folder: &Path, definition: &Definition) -> Result<bool, FileError> {
    let path = folder.join(file_name(definition));
    let there = fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str::<Definition>(&text).ok());
    if there.is_some_and(|there| there.comparable() == definition.comparable()) {
        return Ok(false);
    }
    fs::write(&path, definition.text()).map(|()| true).map_err(|error| FileError::Io { path, error })
}

/// Every `.json` of a folder, by name and language.
///
/// # Errors
/// The first file that is no template, or not the one that it is called.
pub fn read_folder(folder: &Path) -> Result<BTreeMap<(String, String), Definition>, FileError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        paths.push(entry.map_err(|error| unreadable(folder, error))?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths.iter().map(|path| read_file(path).map(|definition| (definition.key(), definition))).collect()
}

fn read_file(path: &Path) -> Result<Definition, FileError> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, error))?;
    let read = serde_json::from_str(&text);
    let definition = read.map_err(|error| FileError::Json { path: path.to_owned(), error })?;
    let wanted = file_name(&definition);
    match path.file_name().is_some_and(|name| name == wanted.as_str()) {
        true => Ok(definition),
        false => Err(FileError::Name { path: path.to_owned(), wanted }),
    }
}

fn unreadable(path: &Path, error: io::Error) -> FileError {
    FileError::Io { path: path.to_owned(), error }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object() -> Value {
        json!({
            "id": "7", "status": "APPROVED", "name": "order", "language": "de_AT", "category": "UTILITY",
            "quality_score": {"score": "GREEN"},
            "components": [
                {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["https://signed"]}},
                {"type": "BODY", "text": "Hi {{1}}", "example": {"body_text": [["Ada"]]}},
            ],
        })
    }

    #[test]
    fn a_file_holds_what_one_writes_in_an_order_that_does_not_change() {
        let definition = Definition::of(&object()).expect("a template");
        insta::assert_snapshot!(definition.text());
        assert_eq!(file_name(&definition), "order.de_AT.json");
        assert_eq!(serde_json::from_str::<Definition>(&definition.text()).expect("its own text"), definition);
    }

    #[test]
    fn a_handle_that_somebody_wrote_is_kept_and_is_no_difference() {
        let mut written = Definition::of(&object()).expect("a template");
        let pulled = written.comparable();
        written.components[0]["example"] = json!({"header_handle": ["4::aW"]});
        assert!(written.text().contains("4::aW"));
        assert_eq!(written.comparable(), pulled);
        let folder = tempfile::tempdir().expect("a folder");
        assert!(write_file(folder.path(), &written).expect("written"));
        assert!(!write_file(folder.path(), &pulled).expect("it says the same"), "a pull does not take it away");
    }

    #[test]
    fn a_folder_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let definition = Definition::of(&object()).expect("a template");
        assert!(write_file(folder.path(), &definition).expect("written"));
        assert!(!write_file(folder.path(), &definition).expect("it is there"), "nothing is written twice");
        fs::write(folder.path().join("README.md"), "no template").expect("written");
        assert_eq!(
            read_folder(folder.path()).expect("readable").into_values().collect::<Vec<_>>(),
            std::slice::from_ref(&definition)
        );
        fs::write(folder.path().join("copy.json"), definition.text()).expect("written");
        let copied = read_folder(folder.path()).expect_err("two of one").to_string();
        assert!(copied.contains("copy.json") && copied.ends_with("call it order.de_AT.json"), "{copied}");
        fs::write(folder.path().join("copy.json"), r#"{"name":"a","languge":"de"}"#).expect("written");
        let strange = read_folder(folder.path()).expect_err("a misspelt member").to_string();
        assert!(strange.contains("copy.json") && strange.contains("languge"), "{strange}");
    }
}
