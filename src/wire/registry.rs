//! What encoding and decoding need of a schema registry. Must not know HTTP; `adapters::registry` does.

use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;

/// Ids for schemas and schemas for ids. Answers are final: an id never changes its schema.
pub trait SchemaIds: Send + Sync {
    /// The id under which exactly this schema is registered for `subject`: never "latest", or a release would stop
    /// working once the next one has registered.
    fn id_of<'a>(&'a self, subject: &'a str, schema: &'a str) -> BoxFuture<'a, Result<u32, RegistryFailure>>;

    /// The schema a writer registered under `id`.
    fn schema_of(&self, id: u32) -> BoxFuture<'_, Result<String, RegistryFailure>>;
}

/// How a registry fails. Holds no credentials and no payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryFailure {
    /// Down, slow, or answering 5xx: works again later.
    #[error("the schema registry is not available: {0}")]
    Unavailable(String),
    /// It answered that it has no such id, subject or schema.
    #[error("the schema registry does not know it: {0}")]
    NotFound(String),
    /// It refuses: credentials, permissions, an incompatible or invalid schema. A person must act.
    #[error("the schema registry refuses: {0}")]
    Refused(String),
}

/// The subject of a topic's values, by topic name.
#[must_use]
pub fn value_subject(physical_topic: &str) -> String {
    format!("{physical_topic}-value")
}

/// A registry in memory that registers whatever it is asked for: for tests of stages and for benches.
#[derive(Debug, Default)]
pub struct LocalIds(Mutex<Vec<String>>);

impl LocalIds {
    /// Registers `schema`, or finds it; ids count from 1.
    pub fn register(&self, schema: &str) -> u32 {
        let mut schemas = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = schemas.iter().position(|known| known == schema).unwrap_or_else(|| {
            schemas.push(schema.to_owned());
            schemas.len() - 1
        });
        u32::try_from(index + 1).unwrap_or(u32::MAX)
    }
}

impl SchemaIds for LocalIds {
    fn id_of<'a>(&'a self, _subject: &'a str, schema: &'a str) -> BoxFuture<'a, Result<u32, RegistryFailure>> {
        Box::pin(async move { Ok(self.register(schema)) })
    }

    fn schema_of(&self, id: u32) -> BoxFuture<'_, Result<String, RegistryFailure>> {
        Box::pin(async move {
            let schemas = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let known = usize::try_from(id).ok().and_then(|n| n.checked_sub(1)).and_then(|index| schemas.get(index));
            known.cloned().ok_or_else(|| RegistryFailure::NotFound(format!("schema id {id}")))
        })
    }
}
