//! Webhooks accepted per second: our receiver against an axum server that verifies, produces and does nothing else, both in
//! this process, one loaded at a time. The baseline must not be given less than the product: same clients, topic and key.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
    routing::post,
};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use omnichannel_whatsapp::{
    adapters::{clock::SystemClock, kafka::sink::Sink},
    http::receiver::{self, Receiver},
    runtime::topics::Directory,
    telemetry::Signals,
    wire::topics::{Names, Profile, TopicMap, WEBHOOK_RAW, catalogue},
};
use rdkafka::{
    ClientContext,
    error::KafkaError,
    message::DeliveryResult,
    producer::{BaseRecord, NoCustomPartitioner, ProducerContext, ThreadedProducer},
};
use sha2::Sha256;
use tokio::{net::TcpListener, sync::oneshot};

use crate::{
    ground, kafka, load,
    report::{Figure, Target},
    stack::Stack,
};

const ROUNDS: usize = 5;
const SECONDS: u64 = 3;
const DELIVERY: Duration = Duration::from_secs(5);

pub async fn measure(stack: &Stack, signals: &Signals) -> Figure {
    let names = Names::new("webhooks.whatsapp.", "webhooks.omnichannel.");
    let directory = Arc::new(TopicMap::new(names, &catalogue().layout(Profile::Default)));
    let topic = directory.physical(WEBHOOK_RAW);
    kafka::create_topic(stack, &topic, 4).await;
    let settings = ground::clients(stack);

    let sink = Sink::new(&settings, directory, DELIVERY).expect("a producer");
    let (apps, clock) = (vec![ground::app()], Arc::new(SystemClock));
    let ours = Receiver::new(receiver::Settings::default(), apps, Arc::new(sink), clock, signals.clone());
    let ours = serve(receiver::router(ours)).await;

    let mut config = settings.plain(DELIVERY);
    config.set("linger.ms", "0");
    let plain = Plain {
        key: Hmac::new_from_slice(ground::SECRET.as_bytes()).expect("a key of any length"),
        producer: config.create_with_context(Answering).expect("a producer"),
        topic,
    };
    let plain = serve(Router::new().route(ground::PATH, post(take)).with_state(Arc::new(plain))).await;

    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let mut pair = [None, None];
        for which in [round % 2, 1 - round % 2] {
            pair[which] = Some(load::against([&ours, &plain][which], ground::PATH, SECONDS).await);
        }
        let [Some(ours), Some(plain)] = pair else { unreachable!("both were loaded") };
        rounds.push((ours, plain));
    }
    figure(&rounds)
}

fn figure(rounds: &[(load::Load, load::Load)]) -> Figure {
    let row = |(ours, plain): &(load::Load, load::Load)| {
        let of = |l: &load::Load| vec![format!("{:.0}", l.per_second), format!("{:.1} / {:.1}", l.p50_ms, l.p99_ms)];
        let mut row = of(ours);
        row.extend(of(plain));
        row.push(format!("{:.2}", ours.per_second / plain.per_second));
        row
    };
    let ours = ground::median(rounds.iter().map(|r| r.0.per_second));
    let plain = ground::median(rounds.iter().map(|r| r.1.per_second));
    Figure {
        title: "Webhooks accepted",
        what: format!(
            "A signed text webhook of {} bytes over {} connections, {SECONDS} s a round after {} s of warm-up. The baseline is an axum \
             server that verifies the signature, produces the body (acks=all, same key, same client settings) and answers.",
            ground::webhook("wamid.FIGURES").len(),
            load::CONNECTIONS,
            load::WARM_UP.as_secs(),
        ),
        columns: &["ours, requests/s", "p50 / p99 ms", "baseline, requests/s", "p50 / p99 ms", "ratio"],
        rows: rounds.iter().map(row).collect(),
        result: format!("medians {ours:.0} and {plain:.0} requests/s, ratio {:.2}", ours / plain),
        target: Target::AtLeast { value: ours / plain, bound: 0.7, unit: "" },
    }
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move { axum::serve(listener, router).await }); // as long as this process
    address.to_string()
}

struct Plain {
    key: Hmac<Sha256>,
    producer: ThreadedProducer<Answering>,
    topic: Arc<str>,
}

async fn take(State(plain): State<Arc<Plain>>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let given = headers.get("x-hub-signature-256").and_then(|v| v.to_str().ok()?.strip_prefix("sha256="));
    let mut mac = plain.key.clone();
    mac.update(&body);
    if given.and_then(|g| hex::decode(g).ok()).is_none_or(|g| mac.verify_slice(&g).is_err()) {
        return (StatusCode::UNAUTHORIZED, [(header::CONTENT_TYPE, "application/json")], "{}");
    }
    let (answer, acknowledged) = oneshot::channel();
    let record = BaseRecord::with_opaque_to(&plain.topic, Box::new(answer)).key(ground::SENDER).payload(&body[..]);
    let sent = plain.producer.send(record).is_ok();
    let status = match sent && matches!(acknowledged.await, Ok(Ok(()))) {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, [(header::CONTENT_TYPE, "application/json")], r#"{"status":"processed"}"#)
}

struct Answering;

impl ClientContext for Answering {}

impl ProducerContext<NoCustomPartitioner> for Answering {
    type DeliveryOpaque = Box<oneshot::Sender<Result<(), KafkaError>>>;

    fn delivery(&self, result: &DeliveryResult<'_>, answer: Self::DeliveryOpaque) {
        let _ = answer.send(result.as_ref().map(|_| ()).map_err(|(error, _)| error.clone()));
    }
}
