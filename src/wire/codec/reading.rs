//! How the bytes of one writer's schema become a record of ours. Knows no registry and no frame.

use apache_avro::{Schema, from_value, reader::datum::GenericDatumReader};

use crate::wire::avro::{AvroRecord, RecordSchema, fingerprint};

/// A writer's schema, made ready for one record type.
pub(super) enum Reading {
    /// The same schema as ours: straight into the struct.
    Ours(&'static RecordSchema),
    /// Another version: read as the writer wrote it, resolved against ours.
    Resolved(Box<Resolution>),
    /// Never readable, and why.
    Never(String),
}

pub(super) struct Resolution {
    /// Tells bad bytes from a bad resolution once reading has failed.
    plain: GenericDatumReader<'static>,
    resolving: GenericDatumReader<'static>,
}

/// Why a body could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// The bytes are not what their schema says.
    Bytes,
    /// Their schema, or a value under it, has no meaning in ours.
    Schema(String),
}

impl Reading {
    pub(super) fn of<T: AvroRecord>(writer: &str) -> Self {
        let ours = T::schema();
        let schema = match Schema::parse_str(writer) {
            Ok(schema) => schema,
            Err(_) => return Self::Never("it is not an Avro schema that stands alone".to_owned()),
        };
        if fingerprint(&schema) == ours.fingerprint {
            return Self::Ours(ours);
        }
        // resolution ignores record names, so two records whose fields all have defaults would pass for each other
        match schema.name() {
            Some(name) if name.name() == T::NAME => Self::resolved(schema, ours),
            Some(name) => Self::Never(format!("it is a {}", name.name())),
            None => Self::Never("it is not a record".to_owned()),
        }
    }

    fn resolved(schema: Schema, ours: &'static RecordSchema) -> Self {
        // kept for the life of the process, like every id the codec knows: one per id, and the readers borrow it
        let writer: &'static Schema = Box::leak(Box::new(schema));
        let plain = GenericDatumReader::builder(writer).human_readable(false).build();
        let resolving = GenericDatumReader::builder(writer).reader_schema(ours.schema).human_readable(false).build();
        match (plain, resolving) {
            (Ok(plain), Ok(resolving)) => Self::Resolved(Box::new(Resolution { plain, resolving })),
            (Err(_), _) | (_, Err(_)) => Self::Never("it does not stand alone".to_owned()),
        }
    }

    /// The library's errors may quote the payload; they end here.
    pub(super) fn read<T: AvroRecord>(&self, mut body: &[u8]) -> Result<T, Misfit> {
        let value = match self {
            Self::Ours(ours) => ours.reader.read_deser(&mut body).map_err(|_| Misfit::Bytes)?,
            Self::Resolved(resolution) => {
                let whole = body;
                let value = resolution.resolving.read_value(&mut body).map_err(|_| resolution.why(whole))?;
                from_value(&value).map_err(|_| Misfit::Schema("a field has no meaning here".to_owned()))?
            }
            Self::Never(why) => return Err(Misfit::Schema(why.clone())),
        };
        if body.is_empty() { Ok(value) } else { Err(Misfit::Bytes) }
    }
}

impl Resolution {
    /// Whether it was the bytes or the resolution that failed: readable without our schema means the latter.
    fn why(&self, mut body: &[u8]) -> Misfit {
        match self.plain.read_value(&mut body) {
            Ok(_) => Misfit::Schema("a field cannot be resolved against ours".to_owned()),
            Err(_) => Misfit::Bytes,
        }
    }
}
