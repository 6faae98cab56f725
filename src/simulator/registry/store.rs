//! What the registry knows: schemas by id, versions by subject, compatibility levels. Speaks no HTTP.

use std::collections::BTreeMap;

use apache_avro::Schema;
use serde_json::Value;

use crate::wire::compatibility::{Direction, Incompatible, readable};

/// A refusal, with the codes of Confluent's API.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("Subject not found.")]
    NoSubject,
    #[error("Version not found.")]
    NoVersion,
    #[error("Schema not found.")]
    NoSchema,
    #[error("Subject does not have subject-level compatibility configured.")]
    NoLevel,
    #[error("Schema being registered is incompatible with an earlier schema: {0}")]
    Incompatible(#[from] Incompatible),
    #[error("Invalid schema.")]
    InvalidSchema,
    #[error("Invalid version.")]
    InvalidVersion,
    #[error("Invalid compatibility level.")]
    InvalidLevel,
}

impl Problem {
    pub(super) fn code(&self) -> u32 {
        match self {
            Self::NoSubject => 40401,
            Self::NoVersion => 40402,
            Self::NoSchema => 40403,
            Self::NoLevel => 40408,
            Self::Incompatible(_) => 409,
            Self::InvalidSchema => 42201,
            Self::InvalidVersion => 42202,
            Self::InvalidLevel => 42203,
        }
    }

    pub(super) fn status(&self) -> u16 {
        match self {
            Self::NoSubject | Self::NoVersion | Self::NoSchema | Self::NoLevel => 404,
            Self::Incompatible(_) => 409,
            Self::InvalidSchema | Self::InvalidVersion | Self::InvalidLevel => 422,
        }
    }
}

/// What a subject accepts as its next version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    name: &'static str,
    directions: &'static [Direction],
    transitive: bool,
}

impl Level {
    const BACK: &'static [Direction] = &[Direction::Backward];
    const FORTH: &'static [Direction] = &[Direction::Forward];
    const BOTH: &'static [Direction] = &[Direction::Backward, Direction::Forward];
    const ALL: [Self; 7] = [
        Self { name: "NONE", directions: &[], transitive: false },
        Self { name: "BACKWARD", directions: Self::BACK, transitive: false },
        Self { name: "BACKWARD_TRANSITIVE", directions: Self::BACK, transitive: true },
        Self { name: "FORWARD", directions: Self::FORTH, transitive: false },
        Self { name: "FORWARD_TRANSITIVE", directions: Self::FORTH, transitive: true },
        Self { name: "FULL", directions: Self::BOTH, transitive: false },
        Self { name: "FULL_TRANSITIVE", directions: Self::BOTH, transitive: true },
    ];

    fn named(name: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|level| level.name == name).ok_or(Problem::InvalidLevel)
    }

    pub(super) fn name(self) -> &'static str {
        self.name
    }

    fn accepts(self, older: &Schema, newer: &Schema) -> Result<(), Incompatible> {
        self.directions.iter().try_for_each(|direction| readable(older, newer, *direction))
    }
}

impl Default for Level {
    fn default() -> Self {
        let [_, backward, ..] = Self::ALL;
        backward
    }
}

/// A schema as it stands under a subject.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) subject: String,
    pub(super) version: usize,
    pub(super) id: u32,
    pub(super) schema: String,
}

struct Known {
    text: String,
    /// The text as JSON: layout does not make another schema.
    json: Value,
    parsed: Schema,
}

#[derive(Default)]
pub(super) struct Store {
    /// Id 1 is the first.
    schemas: Vec<Known>,
    /// Ids of a subject's versions; version 1 is the first.
    subjects: BTreeMap<String, Vec<u32>>,
    default_level: Level,
    levels: BTreeMap<String, Level>,
}

impl Store {
    pub(super) fn subjects(&self) -> Vec<String> {
        self.subjects.keys().cloned().collect()
    }

    pub(super) fn versions(&self, subject: &str) -> Result<Vec<usize>, Problem> {
        Ok((1..=self.ids(subject)?.len()).collect())
    }

    /// `version` is a number or `latest`.
    pub(super) fn version(&self, subject: &str, version: &str) -> Result<Version, Problem> {
        let ids = self.ids(subject)?;
        let version = match version {
            "latest" => ids.len(),
            number => number.parse().map_err(|_| Problem::InvalidVersion)?,
        };
        let id = version.checked_sub(1).and_then(|index| ids.get(index)).ok_or(Problem::NoVersion)?;
        Ok(Version { subject: subject.to_owned(), version, id: *id, schema: self.schema(*id)? })
    }

    pub(super) fn schema(&self, id: u32) -> Result<String, Problem> {
        self.known(id).map(|known| known.text.clone()).ok_or(Problem::NoSchema)
    }

    pub(super) fn register(&mut self, subject: &str, text: &str) -> Result<u32, Problem> {
        let known = parse(text)?;
        let versions = self.subjects.get(subject).map_or(&[][..], Vec::as_slice);
        if let Some(id) = versions.iter().copied().find(|id| self.is(*id, &known.json)) {
            return Ok(id);
        }
        let level = self.levels.get(subject).copied().unwrap_or(self.default_level);
        self.accepted(level, versions, &known.parsed)?;
        let id = self.id_for(known);
        self.subjects.entry(subject.to_owned()).or_default().push(id);
        Ok(id)
    }

    pub(super) fn look_up(&self, subject: &str, text: &str) -> Result<Version, Problem> {
        let json = parse(text)?.json;
        let ids = self.ids(subject)?;
        let index = ids.iter().position(|id| self.is(*id, &json)).ok_or(Problem::NoSchema)?;
        self.version(subject, &(index + 1).to_string())
    }

    /// Against one version, or against what the subject's level asks for.
    pub(super) fn compatible(&self, subject: &str, version: Option<&str>, text: &str) -> Result<bool, Problem> {
        let newer = parse(text)?.parsed;
        let level = self.levels.get(subject).copied().unwrap_or(self.default_level);
        let accepted = match version {
            Some(version) => self.accepted(level, &[self.version(subject, version)?.id], &newer),
            None => self.accepted(level, self.ids(subject)?, &newer),
        };
        Ok(accepted.is_ok())
    }

    pub(super) fn default_level(&self) -> Level {
        self.default_level
    }

    pub(super) fn level(&self, subject: &str) -> Result<Level, Problem> {
        self.levels.get(subject).copied().ok_or(Problem::NoLevel)
    }

    pub(super) fn set_level(&mut self, subject: Option<&str>, name: &str) -> Result<(), Problem> {
        let level = Level::named(name)?;
        match subject {
            Some(subject) => {
                self.levels.insert(subject.to_owned(), level);
            }
            None => self.default_level = level,
        }
        Ok(())
    }

    fn accepted(&self, level: Level, versions: &[u32], newer: &Schema) -> Result<(), Incompatible> {
        let considered = if level.transitive { versions } else { &versions[versions.len().saturating_sub(1)..] };
        let older = considered.iter().filter_map(|id| self.known(*id));
        older.map(|known| level.accepts(&known.parsed, newer)).collect()
    }

    fn ids(&self, subject: &str) -> Result<&[u32], Problem> {
        self.subjects.get(subject).map(Vec::as_slice).ok_or(Problem::NoSubject)
    }

    fn known(&self, id: u32) -> Option<&Known> {
        self.schemas.get(usize::try_from(id).ok()?.checked_sub(1)?)
    }

    fn is(&self, id: u32, json: &Value) -> bool {
        self.known(id).is_some_and(|known| known.json == *json)
    }

    /// One id per schema, whatever the subject.
    fn id_for(&mut self, known: Known) -> u32 {
        let index = self.schemas.iter().position(|other| other.json == known.json).unwrap_or_else(|| {
            self.schemas.push(known);
            self.schemas.len() - 1
        });
        u32::try_from(index + 1).unwrap_or(u32::MAX)
    }
}

fn parse(text: &str) -> Result<Known, Problem> {
    let json = serde_json::from_str(text).map_err(|_| Problem::InvalidSchema)?;
    let parsed = Schema::parse_str(text).map_err(|_| Problem::InvalidSchema)?;
    Ok(Known { text: text.to_owned(), json, parsed })
}
