//! `schemas check | register`: the contract against its released versions, and into a registry. Must not change a
//! released file; those are frozen when a version is released.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use apache_avro::Schema;

use crate::{
    adapters::registry::Registry,
    wire::{
        avro::{AvroRecord, RECORDS},
        compatibility::{Incompatible, full},
        contract::{schema_named, topics_for},
        json_schema::json_schema,
        records::SendCommand,
        registry::{RegistryFailure, value_subject},
        topics::Names,
    },
};

/// What every subject of ours accepts: any version reads any other.
pub const COMPATIBILITY: &str = "FULL_TRANSITIVE";

/// A released version that the present schemas break.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    #[error("{record} of version {version}: {reason}")]
    Incompatible { record: String, version: String, reason: Incompatible },
    #[error("{record} of version {version} no longer exists")]
    Removed { record: String, version: String },
}

/// The released versions could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SchemasError {
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} is not an Avro schema")]
    Parse { path: PathBuf },
    #[error("{path} holds no released version")]
    Empty { path: PathBuf },
}

/// A frozen schema.
#[derive(Debug)]
pub struct Released {
    pub version: String,
    pub record: String,
    pub schema: Schema,
}

/// Checks this program's schemas against every version under `released` (`<version>/<Record>.avsc`).
///
/// # Errors
/// [`SchemasError`] when there is nothing to compare with. Breaks are the answer, not an error.
pub fn check(released: &Path) -> Result<Vec<Break>, SchemasError> {
    let current: Vec<_> = RECORDS.iter().map(|(name, schema)| (*name, schema().schema)).collect();
    Ok(breaks(&current, &read_released(released)?))
}

/// What `current` breaks of `released`: each record must read, and be read by, each of its released versions.
#[must_use]
pub fn breaks(current: &[(&str, &Schema)], released: &[Released]) -> Vec<Break> {
    released.iter().filter_map(|old| break_of(current, old)).collect()
}

fn break_of(current: &[(&str, &Schema)], old: &Released) -> Option<Break> {
    let (record, version) = (old.record.clone(), old.version.clone());
    match current.iter().find(|(name, _)| *name == old.record) {
        None => Some(Break::Removed { record, version }),
        Some((_, new)) => full(&old.schema, new).err().map(|reason| Break::Incompatible { record, version, reason }),
    }
}

/// Reads every `<version>/<Record>.avsc` below `folder`, in order of path.
///
/// # Errors
/// [`SchemasError`]: unreadable, not Avro, or none at all.
pub fn read_released(folder: &Path) -> Result<Vec<Released>, SchemasError> {
    let mut all = Vec::new();
    for version in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        for path in entries(&version)?.into_iter().filter(|path| path.extension().is_some_and(|end| end == "avsc")) {
            all.push(read_one(&version, path)?);
        }
    }
    if all.is_empty() { Err(SchemasError::Empty { path: folder.to_owned() }) } else { Ok(all) }
}

fn read_one(version: &Path, path: PathBuf) -> Result<Released, SchemasError> {
    let text = fs::read_to_string(&path).map_err(|source| SchemasError::Read { path: path.clone(), source })?;
    let Ok(schema) = Schema::parse_str(&text) else {
        return Err(SchemasError::Parse { path });
    };
    Ok(Released { version: name(version.file_name()), record: name(path.file_stem()), schema })
}

fn name(part: Option<&std::ffi::OsStr>) -> String {
    part.unwrap_or_default().to_string_lossy().into_owned()
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, SchemasError> {
    let read = |source| SchemasError::Read { path: folder.to_owned(), source };
    let mut paths = fs::read_dir(folder)
        .map_err(read)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(read)?;
    paths.sort();
    Ok(paths)
}

/// A subject that now has our schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    pub subject: String,
    pub record: &'static str,
    pub id: u32,
}

/// Registers every record under the subject of each of its topics and sets [`COMPATIBILITY`]. Safe to run again: what is
/// there stays.
///
/// # Errors
/// The subject at which the registry failed; those before it are done.
pub async fn register(
    registry: &Registry,
    names: &Names,
    queues: &[String],
    carriers: &[String],
) -> Result<Vec<Registered>, RegisterError> {
    let topics = topics_for(queues.iter().map(String::as_str), carriers.iter().map(String::as_str));
    let mut done = Vec::with_capacity(topics.len());
    for (topic, record) in topics {
        let subject = value_subject(&names.physical(&topic));
        let schema = schema_named(record).expect("a test holds that every record of the table has a schema");
        let id = register_one(registry, &subject, schema.source)
            .await
            .map_err(|source| RegisterError { subject: subject.clone(), source })?;
        done.push(Registered { subject, record, id });
    }
    Ok(done)
}

/// Registers before setting the level: some registries know no level of a subject that does not exist.
async fn register_one(registry: &Registry, subject: &str, schema: &str) -> Result<u32, RegistryFailure> {
    let id = registry.register(subject, schema).await?;
    registry.set_compatibility(subject, COMPATIBILITY).await?;
    Ok(id)
}

/// Where registering stopped.
#[derive(Debug, thiserror::Error)]
#[error("{subject}")]
pub struct RegisterError {
    pub subject: String,
    #[source]
    pub source: RegistryFailure,
}

/// The JSON schema of commands (`schemas/json/SendCommand.schema.json`). A command without an id gets its record's
/// position as one, so `command_id` may be absent.
#[must_use]
pub fn send_command_json_schema() -> serde_json::Value {
    json_schema(SendCommand::schema(), &["command_id"])
}
