//! The receiver's answers and records, through its router. Must not reach below HTTP.

use std::sync::Mutex;

use axum::body::{Body, to_bytes};
use futures::{FutureExt, future::BoxFuture, stream};
use tower::ServiceExt;

use super::*;
use crate::{
    domain::secret::Secret,
    http::{ports::SinkUnavailable, signature::sign},
    runtime::ports::Clock,
};

const PATH: &str = "/webhooks/whatsapp";
const TEXT: &str = include_str!("../../../tests/fixtures/webhooks/001_text.json");
const BATCH: &str = include_str!("../../../tests/fixtures/webhooks/050_batch_of_two_senders.json");
const RANDOM: u128 = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef;

struct FixedClock;

impl Clock for FixedClock {
    fn unix_ms(&self) -> i64 {
        1_780_000_000_123
    }
    fn boot_ms(&self) -> u64 {
        0
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Log {
    Acknowledges,
    Refuses,
    Hangs,
}

struct MemorySink {
    log: Log,
    taken: Mutex<Vec<Outgoing>>,
}

impl RawSink for MemorySink {
    fn publish(&self, records: Vec<Outgoing>) -> BoxFuture<'_, Result<(), SinkUnavailable>> {
        match self.log {
            Log::Acknowledges => {
                self.taken.lock().expect("no test panics with it").extend(records);
                async { Ok(()) }.boxed()
            }
            Log::Refuses => async { Err(SinkUnavailable("broker down".to_owned())) }.boxed(),
            Log::Hangs => futures::future::pending().boxed(),
        }
    }
}

struct Bench {
    router: Router,
    sink: Arc<MemorySink>,
}

fn bench(log: Log) -> Bench {
    bench_at(PATH, log)
}

fn bench_at(path: &str, log: Log) -> Bench {
    let app = |name: &str, secret: &str, token: &str| App {
        name: name.to_owned(),
        secrets: vec![Secret::new(secret)],
        verify_token: Some(Secret::new(token)),
    };
    let sink = Arc::new(MemorySink { log, taken: Mutex::default() });
    let settings = Settings { path: path.to_owned(), max_body_bytes: 20_000, ..Settings::default() };
    let apps = vec![app("shop", "secret-1", "token-1"), app("bank", "secret-2", "token-2")];
    let mut receiver = Receiver::new(settings, apps, sink.clone(), Arc::new(FixedClock), Signals::default());
    receiver.random = || RANDOM;
    Bench { router: router(receiver), sink }
}

impl Bench {
    async fn ask(&self, request: Request) -> (u16, String) {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
    }

    async fn post(&self, signature: Option<&str>, body: impl Into<Body>) -> (u16, String) {
        let mut request = Request::post(PATH);
        if let Some(signature) = signature {
            request = request.header("X-Hub-Signature-256", signature);
        }
        self.ask(request.body(body.into()).expect("a request")).await
    }

    async fn post_signed(&self, body: &str) -> (u16, String) {
        self.post(Some(&sign(&Secret::new("secret-1"), body.as_bytes())), body.to_owned()).await
    }

    fn taken(&self) -> Vec<Outgoing> {
        self.sink.taken.lock().expect("no test panics with it").clone()
    }
}

fn answer(status: u16, body: &str) -> (u16, String) {
    (status, body.to_owned())
}

#[tokio::test]
async fn the_challenge_is_returned_to_who_knows_a_token() {
    let bench = bench(Log::Acknowledges);
    for token in ["token-1", "token-2"] {
        let uri = format!("{PATH}?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158201444");
        let request = Request::get(uri).body(Body::empty()).expect("a request");
        let response = bench.router.clone().oneshot(request).await.expect("infallible");
        assert_eq!(response.status(), 200);
        assert!(response.headers()["content-type"].to_str().expect("text").starts_with("text/plain"));
        assert_eq!(to_bytes(response.into_body(), 100).await.expect("a body"), "1158201444");
    }
}

#[tokio::test]
async fn a_verification_that_is_not_right_in_every_part_fails() {
    let bench = bench(Log::Acknowledges);
    for query in [
        "",
        "?hub.mode=subscribe",
        "?hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1",
        "?hub.mode=unsubscribe&hub.verify_token=token-1&hub.challenge=1",
        "?hub.mode=subscribe&hub.verify_token=token-1",
        "?hub.mode=subscribe&hub.verify_token=&hub.challenge=1",
    ] {
        let request = Request::get(format!("{PATH}{query}")).body(Body::empty()).expect("a request");
        assert_eq!(bench.ask(request).await, answer(403, r#"{"error":"Verification failed"}"#), "{query}");
    }
}

#[tokio::test]
async fn a_signed_body_becomes_one_record_byte_for_byte() {
    let bench = bench(Log::Acknowledges);
    assert_eq!(bench.post_signed(TEXT).await, answer(200, r#"{"status":"processed"}"#));
    let [record] = &bench.taken()[..] else { panic!("one record") };
    assert_eq!(&*record.topic, "whatsapp.webhook.raw");
    assert_eq!(record.key.as_deref(), Some(&b"200000000000001:15550000999"[..]));
    assert_eq!(record.value.as_deref(), Some(TEXT.as_bytes()));
    let headers: Vec<_> = record.headers.iter().map(|(n, v)| (n, String::from_utf8_lossy(v).into_owned())).collect();
    assert_eq!(
        headers,
        [
            ("received-at", "1780000000123".to_owned()),
            ("app", "shop".to_owned()),
            ("traceparent", "00-8123456789abcdef0123456789abcdef-0123456789abcdef-00".to_owned()),
        ]
    );
}

#[tokio::test]
async fn the_app_whose_secret_matched_is_named() {
    let bench = bench(Log::Acknowledges);
    bench.post(Some(&sign(&Secret::new("secret-2"), TEXT.as_bytes())), TEXT).await;
    assert_eq!(bench.taken()[0].headers.get_str("app"), Some("bank"));
}

#[tokio::test]
async fn a_batch_becomes_a_record_per_conversation() {
    let bench = bench(Log::Acknowledges);
    assert_eq!(bench.post_signed(BATCH).await.0, 200);
    let keys: Vec<_> = bench.taken().iter().map(|r| r.key.clone().expect("a key")).collect();
    assert_eq!(keys, ["200000000000001:15550000999", "200000000000001:15550000998", "200000000000002:15550000999"]);
}

#[tokio::test]
async fn what_is_signed_is_accepted_whatever_it_is() {
    let bench = bench(Log::Acknowledges);
    for body in ["", "not json", "[]", r#"{"object":"page"}"#, r#"{"object":"whatsapp_business_account","entry":[]}"#] {
        assert_eq!(bench.post_signed(body).await.0, 200, "{body}");
        let last = bench.taken().pop().expect("a record");
        assert_eq!(last.value.as_deref(), Some(body.as_bytes()));
        assert_eq!(last.key.map(|k| k.len()), Some(64), "a digest");
    }
}

#[tokio::test]
async fn a_signature_that_is_missing_short_wrong_or_no_hex_is_refused() {
    let bench = bench(Log::Acknowledges);
    let good = sign(&Secret::new("secret-1"), TEXT.as_bytes());
    let wrong = sign(&Secret::new("secret-3"), TEXT.as_bytes());
    let no_hex = format!("sha256={}", "x".repeat(64));
    for signature in [None, Some(""), Some(&good[..50]), Some(&good[7..]), Some(wrong.as_str()), Some(no_hex.as_str())]
    {
        assert_eq!(bench.post(signature, TEXT).await, answer(401, r#"{"error":"Invalid signature"}"#), "{signature:?}");
    }
    let changed = TEXT.replace("hello", "hellO");
    assert_eq!(bench.post(Some(&good), changed).await.0, 401, "one byte changed");
    let sha1 = Request::post(PATH).header("X-Hub-Signature", "sha1=00").body(Body::from(TEXT)).expect("a request");
    assert_eq!(bench.ask(sha1).await.0, 401, "SHA-1 only");
    assert!(bench.taken().is_empty());
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let bench = bench(Log::Acknowledges);
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let request = Request::builder().method(method).uri(PATH).body(Body::empty()).expect("a request");
        assert_eq!(bench.ask(request).await, answer(405, r#"{"error":"Method not allowed"}"#), "{method}");
    }
    let head = Request::head(PATH).body(Body::empty()).expect("a request");
    assert_eq!(bench.ask(head).await, answer(405, ""), "an answer to HEAD has no body");
}

/// Those that `config::values::path` lets pass.
#[tokio::test]
async fn every_plain_path_can_be_served() {
    for path in ["/", "/webhooks/whatsapp", "/a/b:c*", "/a%20b/"] {
        let request = Request::put(path).body(Body::empty()).expect("a request");
        assert_eq!(bench_at(path, Log::Acknowledges).ask(request).await.0, 405, "{path}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_declared_or_not() {
    let bench = bench(Log::Acknowledges);
    let large = " ".repeat(20_001);
    assert_eq!(bench.post_signed(&large).await, answer(413, r#"{"error":"Payload too large"}"#));
    assert_eq!(bench.post_signed(&large[1..]).await.0, 200, "just at the limit");

    // an endless body without a length: refused after the limit, or this would never end
    let chunks = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 1000])));
    let signature = sign(&Secret::new("secret-1"), b"");
    assert_eq!(bench.post(Some(&signature), Body::from_stream(chunks)).await.0, 413);
}

#[tokio::test(start_paused = true)]
async fn without_an_acknowledgement_the_answer_is_503() {
    for log in [Log::Refuses, Log::Hangs] {
        assert_eq!(bench(log).post_signed(TEXT).await, answer(503, r#"{"error":"Service unavailable"}"#));
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_times_out() {
    let body = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    let signature = sign(&Secret::new("secret-1"), b"");
    assert_eq!(bench(Log::Acknowledges).post(Some(&signature), body).await.0, 408);
}

#[tokio::test]
async fn a_bridge_s_trace_goes_on() {
    let bench = bench(Log::Acknowledges);
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = Request::post(PATH)
        .header("x-hub-signature-256", sign(&Secret::new("secret-1"), TEXT.as_bytes()))
        .header("traceparent", trace)
        .body(Body::from(TEXT))
        .expect("a request");
    assert_eq!(bench.ask(request).await.0, 200);
    assert_eq!(bench.taken()[0].headers.get_str("traceparent"), Some(trace));
}
