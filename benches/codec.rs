//! What reading and writing an `InboundMessage` costs: straight, and resolved from another version of its schema. And what
//! splitting a body costs, by how many people's messages are in it: the time per element must not grow with their number.

use std::{hint::black_box, sync::Arc, time::Instant};

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures::FutureExt;
use omnichannel_whatsapp::{
    runtime::ports::Clock,
    wire::{
        avro::AvroRecord,
        codec::Codec,
        framing,
        records::{
            InboundMessage,
            content::{Sender, Text},
        },
        registry::LocalIds,
        topics::{INBOUND_MESSAGES, Names},
        webhook::{Envelope, message, split::split},
    },
};

struct SinceStart(Instant);

impl Clock for SinceStart {
    fn unix_ms(&self) -> i64 {
        0
    }
    fn boot_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// About 300 bytes on the wire, as the load scripts send.
fn message() -> InboundMessage {
    InboundMessage {
        event_id: "0b0ab1c2-58d4-5d5c-9f4e-3a1d1f6e2b10".to_owned(),
        message_id: "wamid.HBgNNDkxNTExMjM0NTY3OBUCABIYFDNBRTI5RjYxQzA3RDQ4QjVBN0YxAA==".to_owned(),
        conversation_key: "106540352242922:4915112345678".to_owned(),
        phone_number_id: "106540352242922".to_owned(),
        r#type: "text".to_owned(),
        occurred_at: 1_763_900_000_000,
        account: Some("main".to_owned()),
        from: Sender { wa_id: Some("4915112345678".to_owned()), ..Sender::default() },
        text: Some(Text { body: "Where is my order 1042?".to_owned() }),
        ..InboundMessage::default()
    }
}

/// The same bytes under the schema of a release that had no `raw` yet.
fn older_schema() -> String {
    let mut schema: serde_json::Value = serde_json::from_str(InboundMessage::schema().source).expect("JSON");
    schema["fields"].as_array_mut().expect("fields").retain(|field| field["name"] != "raw");
    schema.to_string()
}

fn codec(c: &mut Criterion) {
    let ids = Arc::new(LocalIds::default());
    let codec = Codec::new(Names::default(), ids.clone(), Arc::new(SinceStart(Instant::now())));
    let message = message();
    let encode = || codec.encode(INBOUND_MESSAGES, &message).now_or_never().expect("no waiting").expect("it fits");
    let decode =
        |bytes: &[u8]| codec.decode::<InboundMessage>(bytes).now_or_never().expect("no waiting").expect("Avro");

    let ours = encode();
    // `raw` is the last field and empty here, so an older writer's bytes are ours without the last one
    let mut older = framing::header(ids.register(&older_schema())).to_vec();
    older.extend_from_slice(&ours[framing::HEADER..ours.len() - 1]);
    assert_eq!(decode(&ours), message);
    assert_eq!(decode(&older), message);

    let mut group = c.benchmark_group("inbound_message");
    group.bench_function("encode", |b| b.iter(|| black_box(encode())));
    group.bench_function("decode_same_schema", |b| b.iter(|| black_box(decode(black_box(&ours)))));
    group.bench_function("decode_other_version", |b| b.iter(|| black_box(decode(black_box(&older)))));
    group.finish();
}

/// A message each, with their contacts; 5,000 fill the 3 MiB that the receiver takes.
fn body_of(people: u64) -> Bytes {
    let each = |text: &dyn Fn(u64) -> String| (0..people).map(text).collect::<Vec<_>>().join(",");
    let contacts = each(&|n| format!(r#"{{"profile":{{"name":"Person {n}"}},"wa_id":"1555{n:07}"}}"#));
    let text = "Where is my order? ".repeat(20);
    let messages = each(&|n| {
        format!(
            r#"{{"from":"1555{n:07}","id":"wamid.HBgLMTU1NT{n:07}FQIAEhg==","timestamp":"1763900000","type":"text","text":{{"body":"{text}"}}}}"#
        )
    });
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"100","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550000001","phone_number_id":"200"}},"contacts":[{contacts}],"messages":[{messages}]}}}}]}}]}}"#
    )
    .into()
}

fn webhooks(c: &mut Criterion) {
    let mut group = c.benchmark_group("split");
    for people in [1, 100, 1_000, 5_000] {
        let body = body_of(people);
        assert_eq!(split(&body).len() as u64, people);
        group.throughput(Throughput::Elements(people));
        group.bench_with_input(BenchmarkId::from_parameter(people), &body, |b, body| {
            b.iter(|| black_box(split(black_box(body))));
        });
    }
    group.finish();
}

/// A text as Meta sends it, from its bytes to ours: what ingress does for nearly every webhook. Target: at most 15 µs on one
/// core; measured: 8.25 µs on 2026-11-26, on the machine of docs/performance.md, by
/// `cargo bench --bench codec -- webhook/text`. That nothing is allocated for what we do not use is a test
/// (`tests/contract_ingress/allocations.rs`).
fn text(c: &mut Criterion) {
    let codec = Codec::new(Names::default(), Arc::new(LocalIds::default()), Arc::new(SinceStart(Instant::now())));
    let bytes = body_of(1);
    let published = |body: &[u8]| {
        let envelope = Envelope::read(body).expect("an envelope");
        let [place] = &envelope.places()[..] else { panic!("one item") };
        let message = message::read(place, 0).expect("readable").expect("of a conversation");
        codec.encode(INBOUND_MESSAGES, &message).now_or_never().expect("no waiting").expect("it fits")
    };
    c.bench_function("webhook/text", |b| b.iter(|| black_box(published(black_box(&bytes)))));
}

criterion_group!(benches, codec, webhooks, text);
criterion_main!(benches);
