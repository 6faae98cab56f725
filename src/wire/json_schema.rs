//! JSON Schema (draft 2020-12) of a record, made from its `.avsc`: what editors and producers of the JSON form check
//! against. Must not add rules the Avro schema does not hold; those are `send_command::validate`'s.

use apache_avro::{
    Schema,
    schema::{RecordField, RecordSchema as AvroRecordSchema},
};
use serde_json::{Map, Value, json};

use super::{avro::RecordSchema, send_command_json::AS_JSON};

/// The schema of `record`, in which the fields named in `optional` may be absent although Avro wants them.
#[must_use]
pub fn json_schema(record: &RecordSchema, optional: &[&str]) -> Value {
    let mut types = Types::default();
    let mut root = match record.schema {
        Schema::Record(record) => types.record(record, optional),
        other => types.of(other),
    };
    root.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    root.insert("$defs".to_owned(), types.0.into());
    root.into()
}

/// Nested records by their short names, which are unique within one schema.
#[derive(Default)]
struct Types(Map<String, Value>);

impl Types {
    fn record(&mut self, record: &AvroRecordSchema, optional: &[&str]) -> Map<String, Value> {
        let properties: Map<_, _> =
            record.fields.iter().map(|field| (field.name.clone(), self.field(field).into())).collect();
        let required = |field: &&RecordField| field.default.is_none() && !optional.contains(&field.name.as_str());
        let required: Vec<_> = record.fields.iter().filter(required).map(|field| field.name.clone()).collect();
        let mut schema = Map::new();
        schema.insert("title".to_owned(), record.name.name().into());
        schema.insert("type".to_owned(), "object".into());
        if let Some(doc) = &record.doc {
            schema.insert("description".to_owned(), doc.clone().into());
        }
        schema.insert("properties".to_owned(), properties.into());
        schema.insert("required".to_owned(), required.into());
        schema.insert("additionalProperties".to_owned(), false.into());
        schema
    }

    fn field(&mut self, field: &RecordField) -> Map<String, Value> {
        let mut schema = self.of(&field.schema);
        if field.name.ends_with(AS_JSON) {
            schema = object(json!({ "anyOf": [schema, { "type": "object" }] }));
        }
        if let Some(doc) = &field.doc {
            schema.insert("description".to_owned(), doc.clone().into());
        }
        if let Some(default) = &field.default {
            schema.insert("default".to_owned(), default.clone());
        }
        schema
    }

    fn of(&mut self, schema: &Schema) -> Map<String, Value> {
        match schema {
            Schema::Union(union) => {
                let variants: Vec<Value> = union.variants().iter().map(|variant| self.of(variant).into()).collect();
                object(json!({ "anyOf": variants }))
            }
            Schema::Record(record) => {
                let definition = self.record(record, &[]);
                self.0.insert(record.name.name().to_owned(), definition.into());
                reference(record.name.name())
            }
            Schema::Ref { name } => reference(name.name()),
            Schema::Array(array) => object(json!({ "type": "array", "items": self.of(&array.items) })),
            Schema::Map(map) => object(json!({ "type": "object", "additionalProperties": self.of(&map.types) })),
            Schema::Null => object(json!({ "type": "null" })),
            Schema::Boolean => object(json!({ "type": "boolean" })),
            Schema::TimestampMillis => object(json!({ "anyOf": [
                { "type": "integer", "description": "Milliseconds since 1970-01-01 UTC." },
                { "type": "string", "format": "date-time" },
            ] })),
            Schema::Int | Schema::Long => object(json!({ "type": ["integer", "string"], "pattern": "^-?[0-9]+$" })),
            Schema::Double => object(json!({ "type": ["number", "string"] })),
            // the contract has strings and nothing else beside; a test compares the whole file
            _ => object(json!({ "type": "string" })),
        }
    }
}

fn reference(name: &str) -> Map<String, Value> {
    object(json!({ "$ref": format!("#/$defs/{name}") }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => Map::from_iter([("const".to_owned(), other)]),
    }
}
