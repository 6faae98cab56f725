//! What a webhook costs before Kafka: its signature and its split. One kilobyte is a common text, 64 KiB a batch.

use std::{hint::black_box, time::Duration};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use omnichannel_whatsapp::{
    domain::secret::Secret,
    http::{
        signature::{App, Keys, Signature, sign},
        verified::Unverified,
    },
    wire::webhook::split::split,
};

fn body(messages: usize) -> Bytes {
    let item = |n: usize| {
        format!(
            r#"{{"from":"1555000{n:04}","id":"wamid.TEST{n}==","timestamp":"1780000000","type":"text","text":{{"body":"hello"}}}}"#
        )
    };
    let items: Vec<String> = (0..messages).map(item).collect();
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"100000000000001","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550000001","phone_number_id":"200000000000001"}},"messages":[{}]}}}}]}}]}}"#,
        items.join(",")
    )
    .into()
}

fn webhook(c: &mut Criterion) {
    let secret = Secret::new("an app secret of thirty-two chars");
    let keys = Keys::new(&[App { name: "app".to_owned(), secrets: vec![secret.clone()], verify_token: None }]);
    for messages in [1, 500] {
        let body = body(messages);
        let header = sign(&secret, &body);
        let mut group = c.benchmark_group(format!("webhook of {messages}"));
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.measurement_time(Duration::from_secs(3));
        group.bench_function("verify", |b| {
            b.iter(|| {
                let signature = Signature::parse(Some(black_box(header.as_bytes()))).expect("well-formed");
                Unverified::new(body.clone(), signature).verify(&keys).expect("signed")
            });
        });
        group.bench_function("split", |b| b.iter(|| split(black_box(&body))));
        group.finish();
    }
}

criterion_group!(benches, webhook);
criterion_main!(benches);
