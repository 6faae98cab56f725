//! A value as whoever wrote it meant it: with the schema it was written with, not ours, for a person who asked to see it.
//! Must not be used where a record is handled: that is `codec`.

use apache_avro::{Schema, reader::datum::GenericDatumReader};
use serde_json::Value;

use super::{
    codec::limit_allocations,
    framing,
    registry::{RegistryFailure, SchemaIds},
};

/// Bytes of a value that is neither Avro nor JSON which are shown.
const PREVIEW: usize = 512;

/// What can be said of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// There is none.
    Nothing,
    Json(Value),
    Avro {
        schema_id: u32,
        /// Of the record, as its writer called it.
        name: String,
        value: Value,
    },
    Bytes(Preview),
}

/// The beginning of a value that cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Text where it is text, else hex.
    pub text: String,
    pub is_hex: bool,
    /// Of the whole value.
    pub bytes: usize,
    /// Why it is not decoded, where it looks as if it could be.
    pub why: Option<String>,
}

/// `ids`: the registry, where there is one.
pub async fn shown(value: Option<&[u8]>, ids: Option<&dyn SchemaIds>) -> Shown {
    let Some(value) = value else { return Shown::Nothing };
    if let Ok((id, body)) = framing::unframe(value) {
        return match avro(id, body, ids).await {
            Ok((name, decoded)) => Shown::Avro { schema_id: id, name, value: decoded },
            Err(why) => Shown::Bytes(preview(value, Some(why))),
        };
    }
    serde_json::from_slice(value).map_or_else(|_| Shown::Bytes(preview(value, None)), Shown::Json)
}

async fn avro(id: u32, mut body: &[u8], ids: Option<&dyn SchemaIds>) -> Result<(String, Value), String> {
    let ids = ids.ok_or_else(|| format!("framed with schema id {id}, and no registry is configured to ask"))?;
    let writer = ids.schema_of(id).await.map_err(|failure| unknown(id, &failure))?;
    limit_allocations();
    let schema = Schema::parse_str(&writer).map_err(|_| format!("schema id {id} is not an Avro schema"))?;
    let reader = GenericDatumReader::builder(&schema).human_readable(false).build();
    let misfit = || format!("the bytes do not fit their schema, id {id}");
    let value = reader.map_err(|_| misfit())?.read_value(&mut body).map_err(|_| misfit())?;
    // to the library a text that is cut off is none at all
    if !body.is_empty() || !value.validate(&schema) {
        return Err(misfit());
    }
    let name = schema.name().map_or_else(|| "no record".to_owned(), |name| name.name().to_owned());
    Ok((name, Value::try_from(value).map_err(|_| misfit())?))
}

fn unknown(id: u32, failure: &RegistryFailure) -> String {
    match failure {
        RegistryFailure::NotFound(_) => format!(
            "the registry does not know schema id {id}: the writer uses another registry, or the schema was deleted there"
        ),
        RegistryFailure::Unavailable(_) | RegistryFailure::Refused(_) => format!("schema id {id}: {failure}"),
    }
}

fn preview(value: &[u8], why: Option<String>) -> Preview {
    let start = &value[..value.len().min(PREVIEW)];
    // a character that the cut went through is no reason to show hex
    let text = match std::str::from_utf8(start) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&start[..error.valid_up_to()]).ok(),
        Err(_) => None,
    };
    let printable = text.filter(|text| !text.chars().any(|c| c.is_control() && !c.is_whitespace()));
    Preview {
        text: printable.map_or_else(|| hex::encode(start), str::to_owned),
        is_hex: printable.is_none(),
        bytes: value.len(),
        why,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::registry::LocalIds;

    const NEWER: &str = r#"{"type":"record","name":"Thing","fields":[{"name":"id","type":"string"},{"name":"later","type":["null","long"],"default":null}]}"#;

    /// `{"id": "a", "later": 7}` under [`NEWER`].
    fn framed(id: u32) -> Vec<u8> {
        [&framing::header(id)[..], &[2, b'a', 2, 14]].concat()
    }

    fn why(shown: Shown) -> String {
        let Shown::Bytes(preview) = shown else { panic!("{shown:?}") };
        preview.why.expect("a reason")
    }

    #[tokio::test]
    async fn avro_is_read_with_the_schema_it_was_written_with() {
        let ids = LocalIds::default();
        let id = ids.register(NEWER);
        let value = json!({"id": "a", "later": 7});
        let expected = Shown::Avro { schema_id: id, name: "Thing".into(), value };
        assert_eq!(shown(Some(&framed(id)), Some(&ids)).await, expected);
    }

    #[tokio::test]
    async fn what_keeps_avro_from_being_read_is_said() {
        let ids = LocalIds::default();
        assert!(why(shown(Some(&framed(9)), Some(&ids)).await).starts_with("the registry does not know schema id 9"));
        assert!(why(shown(Some(&framed(9)), None).await).contains("no registry is configured"));
        let id = ids.register(NEWER);
        let longer = [&framed(id)[..], b"x"].concat();
        for broken in [&framed(id)[..6], &longer] {
            assert!(why(shown(Some(broken), Some(&ids)).await).starts_with("the bytes do not fit"));
        }
    }

    #[tokio::test]
    async fn json_text_and_bytes_are_shown_as_what_they_are() {
        assert_eq!(shown(None, None).await, Shown::Nothing);
        assert_eq!(shown(Some(br#"{"to":1}"#), None).await, Shown::Json(json!({"to": 1})));
        let bytes =
            |text: &str, is_hex, bytes| Shown::Bytes(Preview { text: text.to_owned(), is_hex, bytes, why: None });
        assert_eq!(shown(Some(b"{\"to\": "), None).await, bytes("{\"to\": ", false, 7));
        assert_eq!(shown(Some(b"\xff\x01"), None).await, bytes("ff01", true, 2));
        let long = format!("x{}", "é".repeat(600));
        assert_eq!(shown(Some(long.as_bytes()), None).await, bytes(&format!("x{}", "é".repeat(255)), false, 1201));
    }
}
