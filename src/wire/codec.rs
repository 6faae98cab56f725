//! Records to Confluent-framed Avro and back. Asks the registry for each id once; must not publish, log or retry, and no
//! error of it tells anything of a payload.
//!
//! Writing uses the id of our own schema. Reading compares the writer's schema with ours by fingerprint, not by id (Java
//! clients register a second id for the same schema): equal means the bytes go straight into the struct, otherwise they
//! are resolved against our schema.

mod reading;
mod unknown_ids;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use bytes::Bytes;

use self::{
    reading::{Misfit, Reading},
    unknown_ids::{UnknownIds, Verdict},
};
use super::{
    avro::AvroRecord,
    framing,
    registry::{RegistryFailure, SchemaIds, value_subject},
    topics::Names,
};
use crate::runtime::{Fault, Scope, ports::SharedClock};

/// The registry, as faults name it.
pub const REGISTRY: Scope = Scope::Dependency("registry");

/// A value's lengths are untrusted: no single string or array of a record may claim more than this. Above the largest
/// record any topic takes (4 MiB).
const MAX_ALLOCATION: usize = 16 * 1024 * 1024;

/// Process-wide in the Avro library, where the first caller wins; everybody who reads asks for the same.
pub(super) fn limit_allocations() {
    apache_avro::util::max_allocation_bytes(MAX_ALLOCATION);
}

/// Encodes and decodes the records of the contract. Cheap to clone; clones share what was learned.
#[derive(Clone)]
pub struct Codec(Arc<Inner>);

struct Inner {
    names: Names,
    ids: Arc<dyn SchemaIds>,
    clock: SharedClock,
    /// Logical topic → ids of our own schemas on it, by record name (one, but for state topics).
    own: RwLock<HashMap<String, Vec<(&'static str, u32)>>>,
    /// How records of an id are read into a record type. For ever: ids are final.
    readings: RwLock<HashMap<(u32, &'static str), Arc<Reading>>>,
    unknown: Mutex<UnknownIds>,
}

impl Codec {
    #[must_use]
    pub fn new(names: Names, ids: Arc<dyn SchemaIds>, clock: SharedClock) -> Self {
        limit_allocations();
        Self(Arc::new(Inner {
            names,
            ids,
            clock,
            own: RwLock::default(),
            readings: RwLock::default(),
            unknown: Mutex::default(),
        }))
    }

    /// How topics are named on the cluster.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.0.names
    }

    /// Frames `value` for `topic` (logical name). Awaits nothing once the topic's id is known.
    ///
    /// # Errors
    /// Unavailable (`registry_unavailable`, `schema_not_registered`, `registry_refused`) until the registry names the id
    /// of our schema; poison `not_encodable` when the value does not fit its schema, which the contract tests exclude.
    pub async fn encode<T: AvroRecord>(&self, topic: &str, value: &T) -> Result<Bytes, Fault> {
        if let Some(encoded) = self.encode_cached(topic, value) {
            return encoded;
        }
        let id = self.learn_own_id::<T>(topic).await?;
        write(id, value)
    }

    /// [`encode`](Self::encode) without the registry: `None` while the topic's id is not known.
    pub fn encode_cached<T: AvroRecord>(&self, topic: &str, value: &T) -> Option<Result<Bytes, Fault>> {
        Some(write(self.own_id(topic, T::NAME)?, value))
    }

    /// Reads a framed value. Awaits nothing once its schema id is known.
    ///
    /// # Errors
    /// Poison `not_avro` (no frame, or bytes that do not fit their schema), `incompatible_schema`, `unknown_schema_id`
    /// (only after an hour in which other ids were served); Unavailable while the registry cannot tell.
    pub async fn decode<T: AvroRecord>(&self, value: &[u8]) -> Result<T, Fault> {
        if let Some(decoded) = self.decode_cached(value) {
            return decoded;
        }
        let (id, body) = framing::unframe(value).map_err(not_framed)?;
        let reading = self.learn_reading::<T>(id).await?;
        read(id, &reading, body)
    }

    /// [`decode`](Self::decode) without the registry: `None` while the value's schema id is not known.
    pub fn decode_cached<T: AvroRecord>(&self, value: &[u8]) -> Option<Result<T, Fault>> {
        match framing::unframe(value) {
            Ok((id, body)) => Some(read(id, &*self.reading(id, T::NAME)?, body)),
            Err(error) => Some(Err(not_framed(error))),
        }
    }

    /// Asks for the id of our own schema on `topic` ahead of the first record: readiness depends on it.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub async fn warm<T: AvroRecord>(&self, topic: &str) -> Result<(), Fault> {
        match self.own_id(topic, T::NAME) {
            Some(_) => Ok(()),
            None => self.learn_own_id::<T>(topic).await.map(|_| ()),
        }
    }

    fn own_id(&self, topic: &str, record: &str) -> Option<u32> {
        let own = self.0.own.read().unwrap_or_else(PoisonError::into_inner);
        own.get(topic)?.iter().find(|(name, _)| *name == record).map(|(_, id)| *id)
    }

    async fn learn_own_id<T: AvroRecord>(&self, topic: &str) -> Result<u32, Fault> {
        let subject = value_subject(&self.0.names.physical(topic));
        let id = self.0.ids.id_of(&subject, T::schema().source).await.map_err(own_id_fault)?;
        let mut own = self.0.own.write().unwrap_or_else(PoisonError::into_inner);
        let ids = own.entry(topic.to_owned()).or_default();
        if !ids.iter().any(|(name, _)| *name == T::NAME) {
            ids.push((T::NAME, id));
        }
        Ok(id)
    }

    fn reading(&self, id: u32, record: &'static str) -> Option<Arc<Reading>> {
        self.0.readings.read().unwrap_or_else(PoisonError::into_inner).get(&(id, record)).cloned()
    }

    async fn learn_reading<T: AvroRecord>(&self, id: u32) -> Result<Arc<Reading>, Fault> {
        let writer = match self.0.ids.schema_of(id).await {
            Ok(writer) => writer,
            Err(RegistryFailure::NotFound(_)) => return Err(self.unknown_id(id).await),
            Err(failure) => return Err(registry_fault(failure)),
        };
        self.0.unknown.lock().unwrap_or_else(PoisonError::into_inner).forget(id);
        let reading = Arc::new(Reading::of::<T>(&writer));
        let mut readings = self.0.readings.write().unwrap_or_else(PoisonError::into_inner);
        Ok(readings.entry((id, T::NAME)).or_insert(reading).clone())
    }

    /// A 404 for one id says little: a registry restored from an old backup answers it for all. So another id is asked
    /// for at the same moment.
    async fn unknown_id(&self, id: u32) -> Fault {
        let others_served = match self.any_known_id() {
            Some(other) => self.0.ids.schema_of(other).await.is_ok(),
            None => false,
        };
        let now = self.0.clock.boot_ms();
        let mut unknown = self.0.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        match unknown.asked(id, now, others_served) {
            Verdict::Wait => Fault::unavailable(REGISTRY, "unknown_schema_id"),
            Verdict::Poison => Fault::poison("unknown_schema_id"),
        }
        .because(format!("the schema registry does not know schema id {id}"))
    }

    fn any_known_id(&self) -> Option<u32> {
        let own = self.0.own.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, id)) = own.values().flatten().next() {
            return Some(*id);
        }
        self.0.readings.read().unwrap_or_else(PoisonError::into_inner).keys().next().map(|(id, _)| *id)
    }
}

fn write<T: AvroRecord>(id: u32, value: &T) -> Result<Bytes, Fault> {
    // most records are smaller; a larger one grows the buffer
    let mut buffer = Vec::with_capacity(2_048);
    buffer.extend_from_slice(&framing::header(id));
    // the library's error may quote the value, so it goes no further
    match T::schema().writer.write_ser(&mut buffer, value) {
        // it may wait for its transaction with thousands of others: no byte more than it has
        Ok(_) => Ok(buffer.into_boxed_slice().into()),
        Err(_) => {
            Err(Fault::poison("not_encodable").because(format!("a value does not fit the schema of {}", T::NAME)))
        }
    }
}

fn read<T: AvroRecord>(id: u32, reading: &Reading, body: &[u8]) -> Result<T, Fault> {
    reading.read(body).map_err(|misfit| match misfit {
        Misfit::Bytes => Fault::poison("not_avro").because(format!("the value's bytes do not fit its schema id {id}")),
        Misfit::Schema(why) => {
            Fault::poison("incompatible_schema").because(format!("schema id {id} cannot be read as {}: {why}", T::NAME))
        }
    })
}

fn not_framed(error: framing::NotFramed) -> Fault {
    Fault::poison("not_avro").because(error)
}

/// Our own schema is not registered: the deployment's mistake, mended by `schemas register`, so records wait.
fn own_id_fault(failure: RegistryFailure) -> Fault {
    match failure {
        RegistryFailure::NotFound(_) => Fault::unavailable(REGISTRY, "schema_not_registered").because(failure),
        RegistryFailure::Unavailable(_) | RegistryFailure::Refused(_) => registry_fault(failure),
    }
}

fn registry_fault(failure: RegistryFailure) -> Fault {
    let code = match failure {
        RegistryFailure::Unavailable(_) | RegistryFailure::NotFound(_) => "registry_unavailable",
        RegistryFailure::Refused(_) => "registry_refused",
    };
    Fault::unavailable(REGISTRY, code).because(failure)
}
