//! Values made from schemas, and a codec whose registry and clock the test owns.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use apache_avro::Schema;
use futures::future::BoxFuture;
use omnichannel_whatsapp::{
    runtime::ports::Clock,
    wire::{
        avro::RecordSchema,
        codec::Codec,
        registry::{LocalIds, RegistryFailure, SchemaIds},
        topics::Names,
    },
};
use serde_json::{Map, Value, json};

/// Calls `$check::<T>(&mut …)`-like functions for every record type; fails when a record of the contract is not listed.
macro_rules! for_every_record {
    ($check:ident) => {{
        use omnichannel_whatsapp::wire::{avro::RECORDS, records as r};
        $check::<r::AccountEvent>();
        $check::<r::AdminAlert>();
        $check::<r::HistoryMessage>();
        $check::<r::InboundMessage>();
        $check::<r::MediaPrepared>();
        $check::<r::MediaRequest>();
        $check::<r::MediaStored>();
        $check::<r::MessageStatus>();
        $check::<r::OutboundMessage>();
        $check::<r::SendCommand>();
        $check::<r::SentMessage>();
        $check::<r::StatusEvent>();
        $check::<r::TemplateState>();
        assert_eq!(RECORDS.len(), 13, "a record of the contract is not listed here");
    }};
}
pub(crate) use for_every_record;

/// A value in which every field is set, each text and number a different one.
pub fn full(record: &RecordSchema) -> Value {
    Maker { record, count: 0 }.value(record.schema)
}

/// A value with nothing but the fields that have no default.
pub fn minimal(record: &RecordSchema) -> Value {
    let mut maker = Maker { record, count: 0 };
    let fields = fields_of(record.schema).iter().filter(|field| field.default.is_none());
    Value::Object(fields.map(|field| (field.name.clone(), maker.required(&field.schema))).collect())
}

/// The defaults of a record's own fields.
pub fn defaults(record: &RecordSchema) -> Map<String, Value> {
    let with_default = |field: &apache_avro::schema::RecordField| Some((field.name.clone(), field.default.clone()?));
    fields_of(record.schema).iter().filter_map(with_default).collect()
}

fn fields_of(schema: &Schema) -> &[apache_avro::schema::RecordField] {
    match schema {
        Schema::Record(record) => &record.fields,
        other => panic!("not a record: {other:?}"),
    }
}

struct Maker<'a> {
    record: &'a RecordSchema,
    count: i64,
}

impl Maker<'_> {
    fn value(&mut self, schema: &Schema) -> Value {
        self.count += 1;
        match schema {
            Schema::String => json!(format!("text {}", self.count)),
            Schema::Boolean => json!(self.count % 2 == 0),
            Schema::Int | Schema::Long | Schema::TimestampMillis => json!(self.count),
            Schema::Double => json!(f64::from(i32::try_from(self.count).unwrap()) + 0.5),
            Schema::Array(array) => json!([self.value(&array.items), self.value(&array.items)]),
            Schema::Map(map) => json!({ "a": self.value(&map.types), "b": self.value(&map.types) }),
            Schema::Union(union) => self.value(&union.variants()[1]),
            Schema::Ref { name } => self.value(self.record.named(name).expect("a nested type")),
            Schema::Record(record) => {
                Value::Object(record.fields.iter().map(|f| (f.name.clone(), self.value(&f.schema))).collect())
            }
            other => panic!("the contract has no {other:?}"),
        }
    }

    /// As [`value`](Self::value), but of a nested record everything that may be null is.
    fn required(&mut self, schema: &Schema) -> Value {
        match schema {
            Schema::Record(record) => {
                let field = |f: &apache_avro::schema::RecordField| f.default.clone();
                let filled = record
                    .fields
                    .iter()
                    .map(|f| (f.name.clone(), field(f).unwrap_or_else(|| self.required(&f.schema))));
                Value::Object(filled.collect())
            }
            other => self.value(other),
        }
    }
}

/// Wall and boot clock in one, moved by hand.
#[derive(Default)]
pub struct HandClock(AtomicU64);

impl HandClock {
    pub fn advance(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn unix_ms(&self) -> i64 {
        i64::try_from(self.boot_ms()).unwrap()
    }
    fn boot_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A registry in memory that can be down and counts its calls.
#[derive(Default)]
pub struct TestRegistry {
    pub ids: LocalIds,
    pub down: AtomicBool,
    pub calls: AtomicUsize,
}

impl TestRegistry {
    fn answering(&self) -> Result<(), RegistryFailure> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        match self.down.load(Ordering::Relaxed) {
            true => Err(RegistryFailure::Unavailable("it is switched off".to_owned())),
            false => Ok(()),
        }
    }
}

impl SchemaIds for TestRegistry {
    fn id_of<'a>(&'a self, subject: &'a str, schema: &'a str) -> BoxFuture<'a, Result<u32, RegistryFailure>> {
        Box::pin(async move {
            self.answering()?;
            self.ids.id_of(subject, schema).await
        })
    }
    fn schema_of(&self, id: u32) -> BoxFuture<'_, Result<String, RegistryFailure>> {
        Box::pin(async move {
            self.answering()?;
            self.ids.schema_of(id).await
        })
    }
}

pub fn codec() -> (Codec, Arc<TestRegistry>, Arc<HandClock>) {
    let (registry, clock) = (Arc::new(TestRegistry::default()), Arc::new(HandClock::default()));
    (Codec::new(Names::default(), registry.clone(), clock.clone()), registry, clock)
}

/// Runs a future that must not wait for anything outside.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    futures::FutureExt::now_or_never(future).expect("nothing to wait for")
}

pub fn schemas_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

/// Files below `folder` that end in `.<extension>`, in order.
pub fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == extension))
        .collect();
    paths.sort();
    paths
}
