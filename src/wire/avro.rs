//! Binds each record type to its schema. The only place that knows where the `.avsc` files are; must not know topics,
//! registries or ids.

use std::sync::LazyLock;

use apache_avro::{
    Schema,
    reader::datum::GenericDatumReader,
    schema::{Name, ResolvedSchema},
    writer::datum::GenericDatumWriter,
};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::records::{
    AccountEvent, AdminAlert, HistoryMessage, InboundMessage, MediaPrepared, MediaRequest, MediaStored, MessageStatus,
    OutboundMessage, SendCommand, SentMessage, StatusEvent, TemplateState,
};

/// SHA-256 of a schema's parsing canonical form: equal for two schemas whose bytes mean the same to a decoder.
pub type Fingerprint = [u8; 32];

/// A record of the contract.
pub trait AvroRecord: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The record's Avro name, and the name of its file in `schemas/`.
    const NAME: &'static str;

    /// Our own version of its schema.
    fn schema() -> &'static RecordSchema;
}

/// A schema of this release with what encoding and decoding need, made once: resolving a schema costs more than using it.
pub struct RecordSchema {
    /// The `.avsc` file as it stands: what is registered.
    pub source: &'static str,
    pub schema: &'static Schema,
    pub fingerprint: Fingerprint,
    pub(in crate::wire) writer: GenericDatumWriter<'static>,
    pub(in crate::wire) reader: GenericDatumReader<'static>,
    names: ResolvedSchema<'static>,
}

impl RecordSchema {
    fn new(source: &'static str, schema: &'static Schema) -> Self {
        const RESOLVES: &str = "each schema of the contract stands alone";
        Self {
            source,
            schema,
            fingerprint: fingerprint(schema),
            writer: GenericDatumWriter::builder(schema).human_readable(false).build().expect(RESOLVES),
            reader: GenericDatumReader::builder(schema).human_readable(false).build().expect(RESOLVES),
            names: ResolvedSchema::new(schema).expect(RESOLVES),
        }
    }

    /// A nested type by its full name.
    #[must_use]
    pub fn named(&self, name: &Name) -> Option<&'static Schema> {
        self.names.get_names().get(name).copied()
    }
}

/// See [`Fingerprint`]. Aliases, docs, defaults, logical types and extra attributes do not count.
#[must_use]
pub fn fingerprint(schema: &Schema) -> Fingerprint {
    Sha256::digest(schema.canonical_form()).into()
}

macro_rules! records {
    ($($record:ident),+ $(,)?) => {
        $(impl AvroRecord for $record {
            const NAME: &'static str = stringify!($record);

            fn schema() -> &'static RecordSchema {
                const SOURCE: &str = include_str!(concat!("../../schemas/", stringify!($record), ".avsc"));
                static SCHEMA: LazyLock<Schema> =
                    LazyLock::new(|| Schema::parse_str(SOURCE).expect("a test parses every schema of the contract"));
                static BOUND: LazyLock<RecordSchema> = LazyLock::new(|| RecordSchema::new(SOURCE, &SCHEMA));
                &BOUND
            }
        })+

        /// Every record of the contract: its name and its schema.
        pub const RECORDS: &[(&str, fn() -> &'static RecordSchema)] =
            &[$((<$record as AvroRecord>::NAME, <$record as AvroRecord>::schema)),+];
    };
}

records![
    AccountEvent,
    AdminAlert,
    HistoryMessage,
    InboundMessage,
    MediaPrepared,
    MediaRequest,
    MediaStored,
    MessageStatus,
    OutboundMessage,
    SendCommand,
    SentMessage,
    StatusEvent,
    TemplateState,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_parses_and_bears_its_file_s_name() {
        for (name, schema) in RECORDS {
            assert_eq!(schema().schema.name().map(|n| n.name()), Some(*name));
        }
    }
}
