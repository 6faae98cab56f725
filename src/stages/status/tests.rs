//! The stage around the merge.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;

use super::*;
use crate::{
    runtime::{Headers, Origin, ports::Clock},
    wire::{registry::LocalIds, topics::Names},
};

struct At;

impl Clock for At {
    fn unix_ms(&self) -> i64 {
        1
    }

    fn boot_ms(&self) -> u64 {
        0
    }
}

fn codec() -> Codec {
    Codec::new(Names::default(), Arc::new(LocalIds::default()), Arc::new(At))
}

async fn record(codec: &Codec, key: Option<&'static str>, event: &StatusEvent) -> Record {
    Record {
        origin: Origin { topic: STATUS_EVENTS.into(), partition: 0, offset: 0 },
        key: key.map(|key| Bytes::from_static(key.as_bytes())),
        value: Some(codec.encode(STATUS_EVENTS, event).await.expect("encodable")),
        headers: Headers::new(),
        timestamp_ms: 0,
    }
}

fn sent() -> StatusEvent {
    StatusEvent {
        event_id: "e1".into(),
        status: "sent".into(),
        occurred_at: 5,
        message_id: Some("wamid.x".into()),
        ..StatusEvent::default()
    }
}

/// What the stage makes of one event, given what its table holds.
async fn after(codec: &Codec, table: Option<Bytes>, record: &Record) -> Emit {
    let stage = Status::new(codec.clone());
    let told = stage.decode(record).await.expect("readable");
    let tables: HashMap<_, _> = table.map(|bytes| ((TABLE.to_owned(), told.key.clone()), bytes)).into_iter().collect();
    stage.handle(told, &Context::for_test(record, Arc::new(At), tables)).await.expect("handled")
}

#[tokio::test]
async fn an_event_becomes_a_projection_and_the_same_event_changes_nothing() {
    let codec = codec();
    let record = record(&codec, Some("c1"), &sent()).await;
    let first = after(&codec, None, &record).await;
    let [put] = &first.state[..] else { panic!("{} puts", first.state.len()) };
    let projection: MessageStatus = codec.decode(put.value.as_ref().unwrap()).await.unwrap();
    assert_eq!((put.key.as_str(), projection.key.as_str(), projection.sent_at), ("c1", "c1", Some(5)));
    assert_eq!(Status::new(codec.clone()).entry_time_ms(TABLE, put.value.as_ref().unwrap()), Some(5));
    let again = after(&codec, put.value.clone(), &record).await;
    assert_eq!(again, Emit::nothing("already_known"));
}

#[tokio::test]
async fn a_message_nobody_commanded_is_known_by_its_wamid() {
    let codec = codec();
    let emit = after(&codec, None, &record(&codec, None, &sent()).await).await;
    assert_eq!(emit.state[0].key, "wamid.x");
}

#[tokio::test]
async fn an_event_about_nothing_is_poison() {
    let codec = codec();
    let nameless = record(&codec, None, &StatusEvent { message_id: None, ..sent() }).await;
    assert_eq!(Status::new(codec).decode(&nameless).await.unwrap_err().code, "no_message_key");
}
