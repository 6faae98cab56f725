//! Whether two versions of a schema can read each other. Pure; knows neither files nor a registry.

use apache_avro::{
    Schema,
    schema_compatibility::{Compatibility, SchemaCompatibility},
};

/// Which way reading must work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The newer schema reads what the older wrote.
    Backward,
    /// The older schema reads what the newer wrote.
    Forward,
}

/// Why one version cannot read the other; names fields, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Incompatible {
    #[error("the newer version cannot read the older: {0}")]
    Backward(String),
    #[error("the older version cannot read the newer: {0}")]
    Forward(String),
}

/// Checks one direction. Reading that works for some values only does not count.
///
/// # Errors
/// [`Incompatible`] with the field at fault.
pub fn readable(older: &Schema, newer: &Schema, direction: Direction) -> Result<(), Incompatible> {
    let answer = match direction {
        Direction::Backward => SchemaCompatibility::can_read(older, newer),
        Direction::Forward => SchemaCompatibility::can_read(newer, older),
    };
    let why = match answer {
        Ok(Compatibility::Full) => return Ok(()),
        Ok(Compatibility::Partial) => "only some values could be read".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(match direction {
        Direction::Backward => Incompatible::Backward(why),
        Direction::Forward => Incompatible::Forward(why),
    })
}

/// Both directions: what FULL asks of each pair of versions.
///
/// # Errors
/// The first direction that fails.
pub fn full(older: &Schema, newer: &Schema) -> Result<(), Incompatible> {
    readable(older, newer, Direction::Backward)?;
    readable(older, newer, Direction::Forward)
}
