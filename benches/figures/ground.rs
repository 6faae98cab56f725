//! What the measurements share: names, client settings, the webhook that is posted, medians. Measures nothing.

use std::{sync::Arc, time::Duration};

use omnichannel_whatsapp::{
    adapters::kafka::Settings,
    domain::secret::Secret,
    http::signature::{App, sign},
    runtime::{Outgoing, Record, topics::Directory},
};
use rdkafka::{
    message::ToBytes,
    producer::{BaseProducer, BaseRecord},
};

use crate::stack::Stack;

pub const SECRET: &str = "an app secret of thirty-two chars";
pub const PATH: &str = "/webhooks/whatsapp";
pub const PHONE_NUMBER_ID: &str = "200000000000001";
pub const SENDER: &str = "15550001234";

/// Logical names under a prefix; every topic takes 4 MiB.
pub struct Prefixed(pub String);

impl Directory for Prefixed {
    fn physical(&self, logical: &str) -> Arc<str> {
        format!("{}.{logical}", self.0).into()
    }
    fn max_bytes(&self, _: &str) -> usize {
        4 << 20
    }
    fn group(&self, stage: &str) -> Arc<str> {
        format!("{}.{stage}", self.0).into()
    }
}

/// The product's client settings, for both sides of every comparison.
pub fn clients(stack: &Stack) -> Settings {
    Settings { bootstrap: stack.bootstrap.clone(), ..Settings::default() }
}

pub fn app() -> App {
    App { name: "figures".to_owned(), secrets: vec![Secret::new(SECRET)], verify_token: None }
}

/// One text message as Meta posts it, one kilobyte.
pub fn webhook(message_id: &str) -> String {
    let text = "Where is my order 1042? It was promised for Tuesday. ".repeat(9);
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"100000000000001","changes":[{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550000001","phone_number_id":"{PHONE_NUMBER_ID}"}},"contacts":[{{"profile":{{"name":"A Customer"}},"wa_id":"{SENDER}"}}],"messages":[{{"from":"{SENDER}","id":"{message_id}","timestamp":"1780000000","text":{{"body":"{text}"}},"type":"text"}}]}},"field":"messages"}}]}}]}}"#
    )
}

/// A signed POST of `body`, ready for the wire.
pub fn request(path: &str, body: &str) -> Vec<u8> {
    let signature = sign(&Secret::new(SECRET), body.as_bytes());
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nx-hub-signature-256: {signature}\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The same record for another topic (logical name).
pub fn copy_of(record: &Record, topic: &Arc<str>) -> Outgoing {
    let (key, value) = (record.key.clone(), record.value.clone());
    Outgoing { topic: topic.clone(), key, value, headers: record.headers.clone(), partition: None }
}

/// On its way; nobody waits for the broker's answer.
pub fn write(producer: &BaseProducer, topic: &str, key: &str, value: &[u8]) {
    hand_over(producer, BaseRecord::to(topic).key(key).payload(value));
}

/// The same for a record that says more of itself.
pub fn hand_over<K: ToBytes + ?Sized, P: ToBytes + ?Sized>(producer: &BaseProducer, mut record: BaseRecord<'_, K, P>) {
    while let Err((_, again)) = producer.send(record) {
        record = again;
        producer.poll(Duration::from_millis(10));
    }
    producer.poll(Duration::ZERO);
}

pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    percentile(values, 0.5)
}

pub fn percentile(values: impl IntoIterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let index = (values.len().saturating_sub(1) as f64 * share).round() as usize;
    values.get(index).copied().unwrap_or(f64::NAN)
}
