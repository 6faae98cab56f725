//! `dev --bootstrap`: the demo on a real cluster, where transactions and topics are real.

use std::time::Duration;

use crate::support::{process::Launch, scenario::Scenario, stack::Stack};

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_plays_on_a_real_cluster() {
    let stack = Stack::shared();
    let scenario = Scenario::new("demo");
    let (whatsapp, omnichannel) = scenario.prefixes();
    let mut process = Launch::new(&scenario.dir, "demo")
        .args(["dev", "--demo", "--bootstrap", &stack.bootstrap])
        .env("SCHEMA_REGISTRY_URL", &stack.registry)
        .env("OMNICHANNEL_KAFKA_PREFIX_WHATSAPP", whatsapp)
        .env("OMNICHANNEL_KAFKA_PREFIX_OMNICHANNEL", omnichannel)
        .start();
    let code = process.exit(Duration::from_secs(180)).code();
    let words = process.words();
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains(&format!("{}  ", scenario.topic("whatsapp.media.stored"))), "{words}");
    assert!(words.contains("Every stage was seen at work"), "{words}");
}
