//! The codec against schemas of other writers and a registry that fails.

use std::sync::atomic::Ordering;

use apache_avro::{Schema, types::Value as Avro, writer::datum::GenericDatumWriter};
use bytes::Bytes;
use omnichannel_whatsapp::{
    runtime::{Fault, FaultKind, Scope},
    wire::{
        avro::{AvroRecord, fingerprint},
        records::{InboundMessage, MediaPrepared, MediaStored, MessageStatus, content::Text},
        topics::{INBOUND_MESSAGES, MESSAGE_STATUS},
    },
};
use serde_json::{Value, json};

use crate::support::{codec, full, now};

const HOUR_MS: u64 = 60 * 60 * 1000;

fn status() -> MessageStatus {
    serde_json::from_value(full(MessageStatus::schema())).unwrap()
}

fn kind_and_code<T: std::fmt::Debug>(result: Result<T, Fault>) -> (FaultKind, String) {
    let fault = result.expect_err("a fault");
    (fault.kind, fault.code.into_owned())
}

fn poison(code: &str) -> (FaultKind, String) {
    (FaultKind::Poison, code.to_owned())
}

fn unavailable(code: &str) -> (FaultKind, String) {
    (FaultKind::Unavailable, code.to_owned())
}

fn framed(id: u32, body: &[u8]) -> Bytes {
    [&[0], &id.to_be_bytes()[..], body].concat().into()
}

/// A changed copy of MessageStatus's schema.
fn variant(change: impl FnOnce(&mut Value)) -> (String, Schema) {
    let mut schema: Value = serde_json::from_str(MessageStatus::schema().source).unwrap();
    change(&mut schema);
    (schema.to_string(), Schema::parse(&schema).unwrap())
}

fn fields(schema: &mut Value) -> &mut Vec<Value> {
    schema["fields"].as_array_mut().unwrap()
}

/// `value` written by a program that has `schema`.
fn written(schema: &Schema, value: Value) -> Vec<u8> {
    let value = Avro::try_from(value).unwrap().resolve(schema).unwrap();
    GenericDatumWriter::builder(schema).build().unwrap().write_value_to_vec(value).unwrap()
}

#[test]
fn the_registry_is_asked_once_for_writing_and_once_for_reading() {
    let (codec, registry, _) = codec();
    assert!(codec.encode_cached(MESSAGE_STATUS, &status()).is_none());
    let bytes = now(codec.encode(MESSAGE_STATUS, &status())).unwrap();
    assert!(codec.decode_cached::<MessageStatus>(&bytes).is_none());
    assert_eq!(now(codec.decode::<MessageStatus>(&bytes)).unwrap(), status());
    assert_eq!(registry.calls.load(Ordering::Relaxed), 2);

    registry.down.store(true, Ordering::Relaxed);
    let clone = codec.clone();
    assert_eq!(clone.encode_cached(MESSAGE_STATUS, &status()).unwrap().unwrap(), bytes);
    assert_eq!(clone.decode_cached::<MessageStatus>(&bytes).unwrap().unwrap(), status());
    assert_eq!(now(codec.decode::<MessageStatus>(&bytes)).unwrap(), status());
    assert_eq!(registry.calls.load(Ordering::Relaxed), 2, "warm means no call");
}

#[test]
fn warming_up_learns_the_id_to_write_with() {
    let (codec, _, _) = codec();
    now(codec.warm::<InboundMessage>(INBOUND_MESSAGES)).unwrap();
    assert!(codec.encode_cached(INBOUND_MESSAGES, &InboundMessage::default()).is_some());
}

#[test]
fn a_second_id_of_the_same_schema_takes_the_fast_path() {
    let (java, schema) = variant(|schema| {
        for field in fields(schema).iter_mut().filter(|field| field["type"] == "string") {
            field["type"] = json!({ "type": "string", "avro.java.string": "String" });
        }
        schema["doc"] = json!("as a Java client registers it");
    });
    assert_ne!(java, MessageStatus::schema().source);
    assert_eq!(fingerprint(&schema), MessageStatus::schema().fingerprint);

    let (codec, registry, _) = codec();
    let ours = now(codec.encode(MESSAGE_STATUS, &status())).unwrap();
    let theirs = registry.ids.register(&java);
    let value = now(codec.decode::<MessageStatus>(&framed(theirs, &ours[5..]))).unwrap();
    assert_eq!(value, status());
}

#[test]
fn an_older_writer_leaves_fields_at_their_defaults() {
    let (text, schema) = variant(|schema| fields(schema).retain(|f| f["name"] != "labels" && f["name"] != "attempts"));
    let mut json = full(MessageStatus::schema());
    json.as_object_mut().unwrap().retain(|name, _| name != "labels" && name != "attempts");
    let (codec, registry, _) = codec();
    let id = registry.ids.register(&text);
    let value: MessageStatus = now(codec.decode(&framed(id, &written(&schema, json)))).unwrap();
    assert_eq!(value, MessageStatus { labels: [].into(), attempts: 0, ..status() });
}

#[test]
fn a_newer_writer_s_field_is_passed_over() {
    let (text, schema) = variant(|schema| {
        let added = json!({ "name": "carrier", "type": ["null", { "type": "enum", "name": "C", "symbols": ["SMS"] }], "default": null });
        fields(schema).insert(0, added);
    });
    let mut json = full(MessageStatus::schema());
    json["carrier"] = json!("SMS");
    let (codec, registry, _) = codec();
    let id = registry.ids.register(&text);
    let value: MessageStatus = now(codec.decode(&framed(id, &written(&schema, json)))).unwrap();
    assert_eq!(value, status());
}

#[test]
fn a_narrower_writer_is_widened() {
    let (text, schema) = variant(|schema| {
        fields(schema).iter_mut().find(|field| field["name"] == "version").unwrap()["type"] = json!("int");
    });
    let (codec, registry, _) = codec();
    let id = registry.ids.register(&text);
    let body = written(&schema, full(MessageStatus::schema()));
    assert_eq!(now(codec.decode::<MessageStatus>(&framed(id, &body))).unwrap(), status());
}

#[test]
fn a_schema_that_cannot_be_resolved_is_incompatible() {
    let (text, schema) = variant(|schema| {
        fields(schema).iter_mut().find(|field| field["name"] == "version").unwrap()["type"] = json!("string");
    });
    let mut json = full(MessageStatus::schema());
    json["version"] = json!("five");
    let (codec, registry, _) = codec();
    let id = registry.ids.register(&text);
    let result = now(codec.decode::<MessageStatus>(&framed(id, &written(&schema, json))));
    assert_eq!(kind_and_code(result), poison("incompatible_schema"));
}

#[test]
fn another_record_is_incompatible_even_where_its_fields_would_do() {
    let (codec, registry, _) = codec();
    let id = registry.ids.register(MediaPrepared::schema().source);
    let result = now(codec.decode::<MediaStored>(&framed(id, b"")));
    let fault = result.expect_err("a fault");
    assert_eq!(fault.code, "incompatible_schema");
    assert!(fault.detail().contains("MediaPrepared"), "{fault}");
}

#[test]
fn a_schema_that_is_not_avro_is_incompatible() {
    let (codec, registry, _) = codec();
    let id = registry.ids.register("syntax = \"proto3\";");
    assert_eq!(kind_and_code(now(codec.decode::<MediaStored>(&framed(id, b"")))), poison("incompatible_schema"));
}

#[test]
fn bytes_without_a_frame_are_poison_and_ask_nobody() {
    let (codec, registry, _) = codec();
    for bytes in [&b""[..], b"{\"to\":1}", &[0, 0, 0, 1]] {
        assert_eq!(kind_and_code(now(codec.decode::<MessageStatus>(bytes))), poison("not_avro"));
    }
    assert_eq!(registry.calls.load(Ordering::Relaxed), 0);
}

#[test]
fn bytes_that_do_not_fit_their_schema_are_poison_on_either_path() {
    let (codec, registry, _) = codec();
    let good = now(codec.encode(MESSAGE_STATUS, &status())).unwrap();
    let (older, _) = variant(|schema| fields(schema).retain(|field| field["name"] != "labels"));
    let older = registry.ids.register(&older);
    let id = u32::from_be_bytes(good[1..5].try_into().unwrap());
    for id in [id, older] {
        let truncated = framed(id, &good[5..good.len() / 2]);
        let huge_length = framed(id, &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
        for bytes in [truncated, huge_length, framed(id, b"")] {
            assert_eq!(kind_and_code(now(codec.decode::<MessageStatus>(&bytes))), poison("not_avro"), "{id}");
        }
    }
    let mut long = good.to_vec();
    long.push(0);
    assert_eq!(kind_and_code(now(codec.decode::<MessageStatus>(&long))), poison("not_avro"), "left-over bytes");
}

#[test]
fn no_fault_repeats_a_payload() {
    let (codec, _, _) = codec();
    let secret = "+4915199999999";
    let message = InboundMessage { text: Some(Text { body: secret.to_owned() }), ..InboundMessage::default() };
    let good = now(codec.encode(INBOUND_MESSAGES, &message)).unwrap();
    for end in 5..good.len() {
        if let Err(fault) = now(codec.decode::<InboundMessage>(&good[..end])) {
            assert!(!format!("{fault:?} {fault}").contains("49151"), "{fault}");
        }
    }
}

#[test]
fn a_registry_that_is_down_is_unavailable_and_forgotten_when_it_is_back() {
    let (codec, registry, _) = codec();
    let bytes = now(codec.encode(MESSAGE_STATUS, &status())).unwrap();
    registry.down.store(true, Ordering::Relaxed);
    let fault = now(codec.decode::<MessageStatus>(&bytes)).expect_err("down");
    assert_eq!(fault.scope, Some(Scope::Dependency("registry")));
    assert_eq!((fault.kind, fault.code.as_ref()), (FaultKind::Unavailable, "registry_unavailable"));
    let other = now(codec.encode(INBOUND_MESSAGES, &InboundMessage::default()));
    assert_eq!(kind_and_code(other), unavailable("registry_unavailable"));

    registry.down.store(false, Ordering::Relaxed);
    assert_eq!(now(codec.decode::<MessageStatus>(&bytes)).unwrap(), status());
}

#[test]
fn an_unknown_id_waits_an_hour_in_which_others_are_served() {
    let (codec, _, clock) = codec();
    let good = now(codec.encode(MESSAGE_STATUS, &status())).unwrap();
    let unknown = framed(999, &good[5..]);
    let ask = || kind_and_code(now(codec.decode::<MessageStatus>(&unknown)));
    assert_eq!(ask(), unavailable("unknown_schema_id"));
    clock.advance(HOUR_MS - 1);
    assert_eq!(ask(), unavailable("unknown_schema_id"));
    clock.advance(1);
    assert_eq!(ask(), poison("unknown_schema_id"));
}

#[test]
fn an_unknown_id_is_never_poison_while_nothing_else_is_known() {
    let (codec, registry, clock) = codec();
    let unknown = framed(999, b"");
    for _ in 0..3 {
        let result = now(codec.decode::<MessageStatus>(&unknown));
        assert_eq!(kind_and_code(result), unavailable("unknown_schema_id"));
        clock.advance(HOUR_MS);
    }
    assert_eq!(registry.calls.load(Ordering::Relaxed), 3);
}
