//! Brings lenient JSON into the exact shape of an Avro schema, and names every place where it cannot. Knows schemas, not
//! commands.

use apache_avro::{Schema, schema::RecordSchema as AvroRecordSchema};
use chrono::DateTime;
use serde_json::{Map, Value};

use crate::wire::{avro::RecordSchema, field_problem::FieldProblem};

/// How much of a stranger's field name is repeated to him.
const NAME_MAX: usize = 40;
/// How fields end that are JSON text in Avro.
pub(in crate::wire) const AS_JSON: &str = "_json";
/// Below this similarity (0 to 1) no name is worth suggesting.
const SIMILAR: f64 = 0.75;

/// Changes `value` to what serde reads into the record: times to milliseconds, numbers in quotes to numbers, nulls of
/// fields with a default to absence. Returns every mistake; with none, `value` fits the schema.
pub(super) fn normalise(record: &RecordSchema, value: &mut Value) -> Vec<FieldProblem> {
    let mut walk = Walk { record, problems: Vec::new() };
    walk.value(record.schema, value, "");
    walk.problems
}

struct Walk<'a> {
    record: &'a RecordSchema,
    problems: Vec<FieldProblem>,
}

impl Walk<'_> {
    fn value(&mut self, schema: &Schema, value: &mut Value, path: &str) {
        match schema {
            Schema::Ref { name } => {
                if let Some(schema) = self.record.named(name) {
                    self.value(schema, value, path);
                }
            }
            Schema::Union(union) if value.is_null() && union.is_nullable() => {}
            Schema::Union(union) => {
                if let Some(schema) = union.variants().iter().find(|s| !matches!(s, Schema::Null)) {
                    self.value(schema, value, path);
                }
            }
            Schema::Record(record) => self.fields(record, value, path),
            Schema::Array(array) => match value {
                Value::Array(items) => {
                    for (n, item) in items.iter_mut().enumerate() {
                        self.value(&array.items, item, &format!("{path}[{n}]"));
                    }
                }
                _ => self.wrong(path, "an array"),
            },
            Schema::Map(map) => match value {
                Value::Object(entries) => {
                    for (key, entry) in entries {
                        self.value(&map.types, entry, &join(path, &cut(key)));
                    }
                }
                _ => self.wrong(path, "an object"),
            },
            scalar => {
                if let Err(expected) = scalar_value(scalar, value) {
                    self.wrong(path, expected);
                }
            }
        }
    }

    fn fields(&mut self, record: &AvroRecordSchema, value: &mut Value, path: &str) {
        let Value::Object(fields) = value else {
            return self.wrong(path, "an object");
        };
        self.refuse_unknown(record, fields, path);
        for field in &record.fields {
            let at = join(path, &field.name);
            match fields.get_mut(&field.name) {
                Some(Value::Null) if field.default.is_some() => {
                    fields.remove(&field.name);
                }
                Some(value) => {
                    if field.name.ends_with(AS_JSON) {
                        written_as_text(value);
                    }
                    self.value(&field.schema, value, &at);
                }
                None if field.default.is_some() => {}
                None => self.problems.push(FieldProblem::invalid(at, "is missing", "set it")),
            }
        }
    }

    fn refuse_unknown(&mut self, record: &AvroRecordSchema, fields: &Map<String, Value>, path: &str) {
        for name in fields.keys().filter(|name| !record.fields.iter().any(|field| field.name == **name)) {
            let known = record.fields.iter().map(|field| field.name.as_str());
            let fix = match nearest(name, known) {
                Some(known) => format!("did you mean {known}?"),
                None => "see the JSON schema for the fields there are".to_owned(),
            };
            self.problems.push(FieldProblem::invalid(join(path, &cut(name)), "is not a known field", fix));
        }
    }

    fn wrong(&mut self, path: &str, expected: &str) {
        self.problems.push(FieldProblem::invalid(path, format!("is not {expected}"), format!("write {expected}")));
    }
}

/// Makes `value` what `schema` says, or tells what was expected.
fn scalar_value(schema: &Schema, value: &mut Value) -> Result<(), &'static str> {
    match schema {
        Schema::String => value.as_str().map(|_| ()).ok_or("a text"),
        Schema::Boolean => value.as_bool().map(|_| ()).ok_or("true or false"),
        Schema::TimestampMillis => {
            *value = time_ms(value).ok_or("a time (RFC 3339, or milliseconds since 1970)")?.into();
            Ok(())
        }
        Schema::Int => {
            *value = whole(value).and_then(|n| i32::try_from(n).ok()).ok_or("a whole number")?.into();
            Ok(())
        }
        Schema::Long => {
            *value = whole(value).ok_or("a whole number")?.into();
            Ok(())
        }
        Schema::Double => {
            *value = decimal(value).ok_or("a number")?.into();
            Ok(())
        }
        _ => Err("a type this record has"),
    }
}

/// A JSON object where Avro has its text: nobody likes to write JSON inside JSON.
fn written_as_text(value: &mut Value) {
    if value.is_object() {
        *value = value.to_string().into();
    }
}

fn time_ms(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis()),
        other => other.as_i64(),
    }
}

/// Meta's own documentation writes numbers both ways.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    }
}

fn decimal(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        other => other.as_f64(),
    }
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let alike = |known: &str| strsim::jaro_winkler(&name.to_lowercase(), known);
    known
        .map(|known| (alike(known), known))
        .filter(|(alike, _)| *alike >= SIMILAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn cut(name: &str) -> String {
    name.chars().take(NAME_MAX).collect()
}
