//! A worker is stopped where it is for longer than its session, another one takes over, and the first wakes up without knowing:
//! nothing that it still does may count.

use std::time::{Duration, Instant};

use super::load::Load;
use crate::support::{
    pipeline::Pipeline,
    proxy::{MEMBERSHIP, Mode, Proxy},
    say,
    stack::Stack,
    wait,
};

const SOON: Duration = Duration::from_secs(30);
/// Twice the session of the workers here, and longer than their transactions may be open.
const FROZEN: Duration = Duration::from_secs(13);
const CALL_MS: u64 = 80;
const WAVE: usize = 16;

/// How its log says so: the client knows by itself that its time was up, or the broker says so to whoever still tries.
const LET_GO: &str = r#"partitions changed stage="sender" kind="lost""#;
const REFUSED: &str = r#"worker rebuilt stage="sender""#;

#[tokio::test(flavor = "multi_thread")]
async fn an_intent_that_a_frozen_worker_has_committed_is_not_acted_on_when_it_wakes() {
    wakes_up_too_late("zombie-intent", "after-intent:9:sender", LET_GO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_a_frozen_worker_has_not_committed_yet_is_refused() {
    wakes_up_too_late("zombie-transaction", "before-commit:8:sender", REFUSED).await;
}

async fn wakes_up_too_late(name: &'static str, freeze_at: &str, finds_out: &str) {
    let mut pipeline = Pipeline::prepare_on(Stack::proxied(), name).await;
    let direct = pipeline.ground.ways.kafka.clone();
    let kafka = Proxy::before_broker(pipeline.ground.stack.via(), 0);
    pipeline.ground.ways.kafka = kafka.address.to_string();
    // one recipient, so one call at a time: a request that is on its way to the socket when the process stops is the one thing
    // that nobody can hold back
    let mut load = Load::new(name, &pipeline, CALL_MS).among(1);
    let mut zombie = pipeline.launch_with("zombie", &[], &[("OMNICHANNEL_FREEZE_AT", freeze_at)]);
    pipeline.send_webhooks_to(&zombie.webhooks);
    load.add(&pipeline, WAVE);
    wait::until_async(&format!("a stop at {freeze_at}"), SOON, || {
        assert!(zombie.process.ended().is_none(), "it ended");
        let frozen = zombie.process.frozen();
        async move { frozen.then_some(()) }
    })
    .await;
    let began = Instant::now();
    assert!(load.outstanding(&pipeline) > 0, "it stopped when there was nothing left to do");

    pipeline.ground.ways.kafka = direct;
    let successor = pipeline.worker("successor", &[]).await;
    pipeline.send_webhooks_to(&successor.webhooks);
    let took_over = began.elapsed();
    load.add(&pipeline, WAVE);
    wait::until_async("twice the session", SOON, || async { (began.elapsed() >= FROZEN).then_some(()) }).await;
    // it must not be told by the coordinator of its group
    kafka.set(Mode::Without(MEMBERSHIP));
    let (frozen, waiting) = (began.elapsed(), load.outstanding(&pipeline));
    let asleep = zombie.process.words().len();
    zombie.process.thaw();
    let line = wait::until(&format!("{finds_out} after its sleep"), SOON, || {
        zombie.process.words()[asleep..].lines().find(|line| line.contains(finds_out)).map(str::to_owned)
    });
    say(line.trim());
    say(format_args!("{name}: taken over after {took_over:.1?}, awake after {frozen:.1?}, {waiting} commands waited"));
    load.add(&pipeline, WAVE);
    load.assert_whole(&pipeline).await;
    load.assert_one_request_each(&pipeline);

    kafka.set(Mode::Pass);
    zombie.ready().await;
    load.add(&pipeline, WAVE);
    load.assert_whole(&pipeline).await;
}
