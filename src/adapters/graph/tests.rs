//! The client against a server of this process that answers once, whatever it is told to.

use std::collections::BTreeMap;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;
use crate::{
    domain::errors::{Class, Limit, MetaError, classify},
    telemetry::Exposition,
};

#[test]
fn the_base_address_may_have_a_path_and_ids_are_escaped() {
    let settings = Settings { base_url: "http://127.0.0.1:9/meta/".to_owned(), ..Settings::default() };
    let client = GraphClient::new(settings).unwrap();
    assert_eq!(client.url(&["7/8", "messages"]).as_str(), "http://127.0.0.1:9/meta/v25.0/7%2F8/messages");
}

#[test]
fn an_address_that_is_not_http_is_refused() {
    for base_url in ["graph.facebook.com", "file:///tmp", ""] {
        let settings = Settings { base_url: base_url.to_owned(), ..Settings::default() };
        assert!(matches!(GraphClient::new(settings), Err(SettingsError::BaseUrl)), "{base_url}");
    }
}

#[test]
fn a_code_that_the_table_does_not_know_is_no_label() {
    let refused =
        |code| outcome::<()>(&Err(GraphFailure::Refused(Box::new(MetaError { code, ..MetaError::default() }))));
    assert_eq!((refused(131_056), refused(429)), ("131056".into(), "429".into()));
    for code in [-1, 987_654, i64::MAX] {
        assert_eq!(refused(code), "unknown_code", "{code}");
    }
}

/// What a client says of a send that is answered with `answer`.
async fn told(answer: &str) -> Result<Accepted, GraphFailure> {
    told_and_measured(answer, Signals::default()).await
}

async fn told_and_measured(answer: &str, signals: Signals) -> Result<Accepted, GraphFailure> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = Settings {
        base_url: format!("http://{}", listener.local_addr().unwrap()),
        tokens: BTreeMap::from([("7".to_owned(), Secret::new("t"))]),
        ..Settings::default()
    };
    let client = GraphClient::new(settings).unwrap().with_signals(signals);
    let answered = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"{}") {
            stream.read_buf(&mut request).await.unwrap();
        }
        // a client that has read enough closes the connection
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    };
    tokio::join!(client.send("7", "{}".to_owned()), answered).0
}

async fn failed(answer: &str) -> GraphFailure {
    told(answer).await.unwrap_err()
}

fn answer(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} Said\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

async fn refused(status: u16, headers: &str, body: &str) -> MetaError {
    match failed(&answer(status, headers, body)).await {
        GraphFailure::Refused(error) => *error,
        other => panic!("{status} {body}: {other:?}"),
    }
}

#[tokio::test]
async fn an_error_is_a_refusal_in_every_shape_and_under_every_status() {
    for (status, body, code, subcode) in [
        (400, r#"{"error":{"message":"m","code":131056,"error_data":{"details":"d"}}}"#, 131_056, None),
        (400, r#"{"error":{"message":"m","code":100,"error_subcode":33,"error_data":"d"}}"#, 100, Some(33)),
        (401, r#"{"error":{"code":"190","error_subcode":"463"}}"#, 190, Some(463)),
        (500, r#"{"error":{"code":131000,"is_transient":true}}"#, 131_000, None),
        (200, r#"{"error":{"code":131009}}"#, 131_009, None),
        (400, r#"[{"error":{"code":4}}]"#, 4, None),
        (400, r#"{"errors":[{"code":131000,"title":"t"}]}"#, 131_000, None),
        (401, r#"{"error":"invalid_token","error_description":"d"}"#, 0, None),
    ] {
        let error = refused(status, "", body).await;
        assert_eq!((error.code, error.subcode, error.http_status), (code, subcode, Some(status)), "{body}");
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_readable_proves_nothing() {
    let huge = format!(r#"{{"error":{{"code":131000,"message":"{}"}}}}"#, "x".repeat(1 << 20));
    for (status, body) in [
        (502, "<html>bad gateway</html>"),
        (500, ""),
        (503, "[]"),
        (400, r#"{"error":"invalid_request"}"#),
        (400, r#"{"error":{"message":"no code"}}"#),
        (200, "{}"),
        (200, ""),
        (302, ""),
        (500, &huge),
    ] {
        let failure = failed(&answer(status, "", body)).await;
        assert!(matches!(failure, GraphFailure::Uncertain(_)), "{status}: {failure:?}");
        assert!(!failure.to_string().contains("html"), "no body in an error");
    }
}

#[tokio::test]
async fn an_accept_stays_one_whatever_stands_beside_it() {
    let body = r#"{"messages":[{"id":"wamid.A"}],"errors":[{"code":131000}]}"#;
    assert_eq!(told(&answer(200, "retry-after: 9\r\n", body)).await.unwrap().message_id, "wamid.A");
}

#[tokio::test]
async fn too_many_requests_is_a_refusal_with_its_wait_whatever_the_body() {
    const DATES: &str = "date: Wed, 21 Oct 2026 07:28:00 GMT\r\nretry-after: Wed, 21 Oct 2026 07:29:30 GMT\r\n";
    for (rest, wait_ms) in [
        ("retry-after: 90\r\ncontent-length: 0\r\n\r\n", 90_000),
        (&format!("{DATES}content-length: 0\r\n\r\n"), 90_000),
        ("content-length: 6\r\n\r\n<html>", 60_000),
        ("retry-after: 90\r\ncontent-length: 6\r\n\r\ncut", 90_000),
    ] {
        let failure = failed(&format!("HTTP/1.1 429 Too Many Requests\r\n{rest}")).await;
        let GraphFailure::Refused(error) = failure else { panic!("{failure:?}") };
        assert_eq!((error.code, error.http_status), (429, Some(429)));
        assert_eq!(classify(&error).class, Class::Throttled { limit: Limit::Number, wait_ms });
    }
    let told = r#"{"error":{"code":130429,"message":"slow"}}"#;
    assert_eq!(refused(429, "", told).await.code, 130_429);
}

#[tokio::test]
async fn a_refused_call_of_the_account_waits_as_long_as_its_usage_says() {
    let usage = "x-business-use-case-usage: {\"1\":[{\"call_count\":100,\"estimated_time_to_regain_access\":19}]}\r\n";
    let wait_ms = |error: &MetaError| classify(error).retry_after_ms();
    let account = refused(400, usage, r#"{"error":{"code":80007}}"#).await;
    assert_eq!(wait_ms(&account), Some(19 * 60_000));
    let message = refused(400, usage, r#"{"error":{"code":130429}}"#).await;
    assert_eq!(wait_ms(&message), Some(1_000), "messages have a limit of their own");
}

#[tokio::test]
async fn how_much_of_meta_s_limits_is_used_is_measured_whatever_it_answers() {
    let registry = prometheus::Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build().unwrap();
    let meters = SdkMeterProvider::builder().with_reader(exporter).build();
    let signals = Signals::new(&meters.meter("test"));
    let usage = |percent: u64| format!("x-app-usage: {{\"call_count\":{percent},\"total_time\":3}}\r\n");
    let level = |percent: u64| format!(" {percent}\n");
    for (status, body, percent) in [(200, r#"{"messages":[{"id":"wamid.A"}]}"#, 81), (502, "", 92)] {
        let _ = told_and_measured(&answer(status, &usage(percent), body), signals.clone()).await;
        let text = Exposition::new(registry.clone()).metrics_text().unwrap();
        let line = text.split_inclusive('\n').find(|line| line.starts_with("omnichannel_graph_usage{")).unwrap();
        assert!(line.contains("of=\"app\"") && line.ends_with(&level(percent)), "{line}");
    }
}

#[tokio::test]
async fn a_wait_of_a_server_in_trouble_proves_nothing() {
    let failure = failed(&answer(503, "retry-after: 9\r\n", "")).await;
    assert!(matches!(failure, GraphFailure::Uncertain(_)), "{failure:?}");
}
