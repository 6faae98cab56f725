//! The Avro records of 0.1.0's topics, status projection included: bytes under the released schema, and their meaning.

use std::{fs, sync::Arc};

use apache_avro::{Schema, reader::datum::GenericDatumReader};
use futures::future::BoxFuture;
use omnichannel_whatsapp::wire::{
    avro::{AvroRecord, RECORDS},
    codec::Codec,
    registry::{LocalIds, RegistryFailure, SchemaIds},
    topics::Names,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::sample::{Sample, samples};
use crate::{
    examples::says,
    support::{HandClock, for_every_record, now, schemas_folder},
};

/// The first id of a released schema: that of `RECORDS[n]` is so much and `n`.
const FIRST: u32 = 1_000;

/// Knows the released schemas by the ids in the samples, and today's by ids of its own.
#[derive(Default)]
struct Registry(LocalIds);

impl SchemaIds for Registry {
    fn id_of<'a>(&'a self, subject: &'a str, schema: &'a str) -> BoxFuture<'a, Result<u32, RegistryFailure>> {
        self.0.id_of(subject, schema)
    }
    fn schema_of(&self, id: u32) -> BoxFuture<'_, Result<String, RegistryFailure>> {
        let released = id.checked_sub(FIRST).and_then(|n| names().get(usize::try_from(n).ok()?).cloned());
        match released {
            None => self.0.schema_of(id),
            Some(name) => Box::pin(async move {
                let path = schemas_folder().join("released/0.1.0").join(format!("{name}.avsc"));
                fs::read_to_string(path).map_err(|error| RegistryFailure::Unavailable(error.to_string()))
            }),
        }
    }
}

/// Records that 0.1.0 did not have.
const YOUNGER: [&str; 1] = ["HistoryMessage"];

/// In the order of the samples' ids; frozen with them.
fn names() -> Vec<String> {
    let words = |sample: &Sample| sample.means["record"].as_str().unwrap().to_owned();
    samples("records.json").iter().map(words).collect()
}

/// A codec that reads what 0.1.0 wrote.
pub fn frozen_codec() -> Codec {
    Codec::new(Names::default(), Arc::new(Registry::default()), Arc::new(HandClock::default()))
}

/// `None` for a record that is younger.
fn sample_of(record: &str) -> Option<Sample> {
    let found = samples("records.json").into_iter().find(|sample| sample.means["record"] == record);
    assert!(found.is_some() != YOUNGER.contains(&record), "no sample of {record}, or one of a younger record");
    found
}

#[test]
fn today_reads_every_record_of_the_release() {
    fn check<T: AvroRecord + Serialize + DeserializeOwned>() {
        let Some(sample) = sample_of(T::NAME) else { return };
        let read: T =
            now(frozen_codec().decode(&sample.value())).unwrap_or_else(|fault| panic!("{}: {fault}", T::NAME));
        let read = serde_json::to_value(read).unwrap();
        for (name, value) in sample.means["value"].as_object().unwrap() {
            // what has been added since is beside it
            assert!(says(&read[name], value), "{}: {name} is {}", T::NAME, read[name]);
        }
    }
    for_every_record!(check);
}

/// Under the released schema, so with a reader's eyes of 0.1.0.
#[test]
fn the_release_reads_every_record_that_is_written_today() {
    fn check<T: AvroRecord + Serialize + DeserializeOwned>() {
        let Some(sample) = sample_of(T::NAME) else { return };
        let value: T = serde_json::from_value(sample.means["value"].clone()).unwrap();
        let codec = frozen_codec();
        let written = now(codec.encode(&sample.topic, &value)).unwrap();
        let path = schemas_folder().join("released/0.1.0").join(format!("{}.avsc", T::NAME));
        let reader = Schema::parse_str(&fs::read_to_string(path).unwrap()).unwrap();
        let writer = Schema::parse_str(T::schema().source).unwrap();
        let released = GenericDatumReader::builder(&writer).reader_schema(&reader).build().unwrap();
        let read = released.read_value(&mut &written[5..]).unwrap();
        let read: Value = read.try_into().unwrap();
        assert_eq!(read, sample.means["value"], "{}", T::NAME);
    }
    for_every_record!(check);
    assert_eq!(names().len() + YOUNGER.len(), RECORDS.len(), "a record without a sample");
}
