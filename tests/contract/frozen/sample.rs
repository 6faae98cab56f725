//! A sample: a record as it lies on its topic, and what it means. It must not know a reader.

use std::{fs, path::PathBuf};

use bytes::Bytes;
use omnichannel_whatsapp::runtime::{Headers, Origin, Outgoing, Record};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Text, or bytes that are none as `{"hex": …}`.
#[derive(Debug, Clone)]
pub struct Data(pub Bytes);

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            Hex { hex: String },
        }
        Ok(Self(match Form::deserialize(from)? {
            Form::Text(text) => text.into(),
            Form::Hex { hex } => hex::decode(hex).map_err(serde::de::Error::custom)?.into(),
        }))
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// For whoever reads of a failure.
    pub what: String,
    /// Logical name.
    pub topic: String,
    pub key: Option<Data>,
    pub value: Option<Data>,
    #[serde(default)]
    pub headers: Vec<(String, Data)>,
    #[serde(default)]
    pub means: Value,
}

pub const PARTITION: i32 = 3;
pub const OFFSET: i64 = 9;
/// Kafka's own timestamp of every sample.
pub const TIMESTAMP_MS: i64 = 1_780_000_000_999;

impl Sample {
    pub fn record(&self) -> Record {
        let mut headers = Headers::new();
        for (name, value) in &self.headers {
            headers.push(name.to_owned(), value.0.clone());
        }
        Record {
            origin: Origin { topic: self.topic.as_str().into(), partition: PARTITION, offset: OFFSET },
            key: self.key.clone().map(|data| data.0),
            value: self.value.clone().map(|data| data.0),
            headers,
            timestamp_ms: TIMESTAMP_MS,
        }
    }

    pub fn value(&self) -> Bytes {
        self.value.clone().expect("a value").0
    }
}

/// What is written today, as it would lie on its topic.
pub fn as_read(out: &Outgoing) -> Record {
    Record {
        origin: Origin { topic: out.topic.clone(), partition: PARTITION, offset: OFFSET },
        key: out.key.clone(),
        value: out.value.clone(),
        headers: out.headers.clone(),
        timestamp_ms: TIMESTAMP_MS,
    }
}

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/internal/0.1.0")
}

pub fn samples(file: &str) -> Vec<Sample> {
    let text = fs::read_to_string(folder().join(file)).unwrap();
    let samples: Vec<Sample> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    assert!(!samples.is_empty(), "{file}");
    samples
}

/// As text where it is one.
pub fn shown(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => serde_json::json!({ "hex": hex::encode(bytes) }),
    }
}
