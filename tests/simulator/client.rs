//! Every way a send can end, and what the client says about it.

use std::{collections::BTreeMap, time::Duration};

use omnichannel_whatsapp::{
    adapters::graph::{GraphClient, Settings},
    domain::secret::Secret,
    simulator::{Fault, journal::Count},
    stages::ports::{Graph, GraphFailure},
};
use tokio::net::TcpListener;

use super::harness::{NUMBER, World, client, text, until};

fn count(received: u64, accepted: u64) -> Count {
    Count { received, accepted }
}

async fn refused_code(world: &World, body: String) -> (i64, Option<u16>) {
    match world.client().send(NUMBER, body).await {
        Err(GraphFailure::Refused(error)) => (error.code, error.http_status),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[tokio::test]
async fn an_accepted_message_has_an_id_and_is_counted_by_its_command() {
    let world = World::quick().await;
    let accepted = world.client().send(NUMBER, text("c1")).await.unwrap();
    assert!(accepted.message_id.starts_with("wamid."));
    assert_eq!(accepted.wa_id.as_deref(), Some("15550000999"));
    assert_eq!(world.simulator.count("c1"), count(1, 1));
    let report = world.simulator.report(Some("c1"), 0, 10);
    assert_eq!(report.requests[0].message_id.as_ref(), Some(&accepted.message_id));
    assert_eq!(report.requests[0].outcome, "accepted");
    world.stop().await;
}

#[tokio::test]
async fn an_error_object_is_a_refusal_whatever_its_status() {
    let world = World::quick().await;
    for (http, code) in [(400, 131_047), (500, 131_000), (429, 130_429), (200, 131_026)] {
        world.simulator.fail(Fault { code: Some(code), http: Some(http), ..Fault::default() });
        assert_eq!(refused_code(&world, text("c1")).await, (code, Some(http)));
    }
    assert_eq!(world.simulator.count("c1"), count(4, 0));
    world.simulator.fail(Fault { code: Some(131_000), after_accept: Some(true), ..Fault::default() });
    assert_eq!(refused_code(&world, text("c2")).await, (131_000, Some(500)));
    assert_eq!(world.simulator.count("c2"), count(1, 1));
}

#[tokio::test]
async fn what_meta_refuses_is_refused_with_metas_body() {
    let world = World::quick().await;
    let without_product = text("c1").replace("messaging_product", "product");
    assert_eq!(refused_code(&world, without_product).await, (100, Some(400)));
    let unknown_template = r#"{"messaging_product":"whatsapp","to":"+15550000999","type":"template",
        "template":{"name":"no_such","language":{"code":"en"}}}"#;
    assert_eq!(refused_code(&world, unknown_template.to_owned()).await, (132_001, Some(404)));
    let to_itself = text("c1").replace("+15550000999", "+15550000001");
    assert_eq!(refused_code(&world, to_itself).await, (131_021, Some(400)));
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_a_missing_one_never_leaves() {
    let world = World::quick().await;
    let tokens = BTreeMap::from([(NUMBER.to_owned(), Secret::new("stolen"))]);
    let settings = Settings { base_url: world.base_url.clone(), tokens, ..Settings::default() };
    let client = GraphClient::new(settings).unwrap();
    let Err(GraphFailure::Refused(error)) = client.send(NUMBER, text("c1")).await else { panic!("not refused") };
    assert_eq!((error.code, error.http_status), (190, Some(401)));
    assert!(matches!(client.send("999", text("c2")).await, Err(GraphFailure::NoToken)));
    assert_eq!(world.simulator.count("c2"), count(0, 0));
}

#[tokio::test]
async fn a_refused_connection_and_an_unknown_host_are_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for base_url in [nobody.as_str(), "http://host.invalid"] {
        let failure = client(base_url, Duration::from_secs(5)).send(NUMBER, text("c1")).await.unwrap_err();
        assert!(matches!(failure, GraphFailure::NotSent(_)), "{failure:?}");
        assert!(!failure.to_string().contains(NUMBER), "{failure}");
    }
}

#[tokio::test]
async fn tls_that_cannot_be_agreed_on_is_not_sent() {
    let world = World::quick().await;
    let base_url = world.base_url.replace("http://", "https://");
    let failure = client(&base_url, Duration::from_secs(5)).send(NUMBER, text("c1")).await.unwrap_err();
    assert!(matches!(failure, GraphFailure::NotSent(_)), "{failure:?}");
    assert_eq!(world.simulator.count("c1"), count(0, 0));
}

#[tokio::test]
async fn a_cut_connection_is_uncertain_whether_or_not_meta_took_the_message() {
    let world = World::quick().await;
    for (command, after_accept, accepted) in [("c1", None, 1), ("c2", Some(false), 0)] {
        world.simulator.fail(Fault { drop_answer: true, after_accept, ..Fault::default() });
        let failure = world.client().send(NUMBER, text(command)).await.unwrap_err();
        assert!(matches!(failure, GraphFailure::Uncertain(_)), "{failure:?}");
        assert_eq!(world.simulator.count(command), count(1, accepted));
    }
}

#[tokio::test]
async fn a_cut_reused_connection_is_not_sent_twice_by_the_client() {
    let world = World::quick().await;
    let client = world.client();
    client.send(NUMBER, text("warm")).await.unwrap();
    world.simulator.fail(Fault { drop_answer: true, ..Fault::default() });
    let failure = client.send(NUMBER, text("c1")).await.unwrap_err();
    assert!(matches!(failure, GraphFailure::Uncertain(_)), "{failure:?}");
    assert_eq!(world.simulator.count("c1"), count(1, 1));
}

#[tokio::test]
async fn pages_and_answers_without_an_id_are_uncertain() {
    let world = World::quick().await;
    for http in [502, 404, 200] {
        world.simulator.fail(Fault { http: Some(http), ..Fault::default() });
        let failure = world.client().send(NUMBER, text("c1")).await.unwrap_err();
        assert!(matches!(failure, GraphFailure::Uncertain(_)), "{http}: {failure:?}");
    }
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_uncertain() {
    let world = World::quick().await;
    world.simulator.fail(Fault { hold: true, ..Fault::default() });
    let failure = client(&world.base_url, Duration::from_secs(1)).send(NUMBER, text("c1")).await.unwrap_err();
    assert!(matches!(failure, GraphFailure::Uncertain(_)), "{failure:?}");
    assert_eq!(world.simulator.count("c1"), count(1, 1));
    world.stop().await;
}

#[tokio::test]
async fn a_held_call_is_answered_once_released() {
    let world = World::quick().await;
    world.simulator.fail(Fault { hold: true, ..Fault::default() });
    let client = world.client();
    let call = tokio::spawn(async move { client.send(NUMBER, text("c1")).await });
    until("the call is held", || world.simulator.held() > 0).await;
    // it was accepted before it was held
    assert_eq!(world.simulator.count("c1"), count(1, 1));
    assert_eq!(world.simulator.release(), 1);
    call.await.unwrap().unwrap();
}

#[tokio::test]
async fn marking_as_read_is_accepted_without_a_message_id() {
    let world = World::quick().await;
    let read = r#"{"messaging_product":"whatsapp","status":"read","message_id":"wamid.A"}"#;
    assert_eq!(world.client().send(NUMBER, read.to_owned()).await.unwrap().message_id, "");
}
