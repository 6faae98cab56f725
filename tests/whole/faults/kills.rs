//! kill -9 of a worker with all stages under load, at moments chosen by what the outside can see. The report names the row
//! of the ledger's crash table that each kill hit.

mod rows;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use omnichannel_whatsapp::simulator::Fault;

use self::rows::{Row, Rows, phases};
use super::load::{Load, REST};
use crate::support::{
    gate::Gate,
    kafka,
    pipeline::{Pipeline, Worker},
    say, wait,
};

const WAVE: usize = 34;
const CALL_MS: u64 = 80;
const SOON: Duration = Duration::from_secs(20);

/// When the worker is killed, after a wave of commands was written.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// At once: most of it is still on its way through the router.
    Written,
    /// An intent was seen in the state topic, committed or not.
    IntentSeen,
    /// An intent is committed and its request cannot get through to Meta.
    IntentCommitted,
    /// Meta got so many of the wave's requests.
    Requests(u64),
    /// Meta holds a request open that it has accepted, or has not.
    Held { accepted: bool },
}

const MOMENTS: [Moment; 7] = [
    // first: behind a command that is in doubt already there would be no intent
    Moment::IntentCommitted,
    Moment::Requests(12),
    Moment::Held { accepted: true },
    Moment::IntentSeen,
    Moment::Held { accepted: false },
    Moment::Written,
    Moment::Requests(WAVE as u64),
];

/// What is killed again and again, and what it works on.
struct Scene {
    pipeline: Pipeline,
    gate: Gate,
    load: Load,
}

#[tokio::test(flavor = "multi_thread")]
async fn seven_kills_under_load_lose_nothing_and_send_nothing_twice() {
    let began = Instant::now();
    let mut pipeline = Pipeline::prepare("kills").await;
    let gate = Gate::before(&pipeline.ground.graph).await;
    pipeline.ground.graph.clone_from(&gate.url);
    let load = Load::new("kill", &pipeline, CALL_MS);
    let mut scene = Scene { pipeline, gate, load };
    let mut worker = started(&scene.pipeline).await;
    let mut rows = Rows::default();
    let mut report = Vec::new();
    for moment in MOMENTS {
        let before = scene.load.commands.len();
        let surely = scene.reach(moment).await;
        worker.process.kill_nine();
        let found = rows.note(&scene.pipeline, &scene.load.commands, before);
        report.push(format!("{moment:?}, {} commands written: {found:?}", scene.load.commands.len() - before));
        if let Some((id, row)) = surely {
            assert_eq!(rows.now(&id), Some(row), "{id} at {moment:?}; {report:#?}");
        }
        // calls of the dead worker end with it
        let simulator = &scene.pipeline.simulator;
        wait::until_async("no call is held", SOON, || async { (simulator.held() == 0).then_some(()) }).await;
        scene.load.slow(&scene.pipeline);
        scene.gate.open();
        worker = started(&scene.pipeline).await;
    }
    report.insert(0, format!("{} commands, {} kills, {:?}", scene.load.commands.len(), MOMENTS.len(), began.elapsed()));
    let report = report.join("\n  ");
    say(&report);
    scene.pipeline.ground.scenario.file("kills.txt", &report);
    scene.all_settled().await;
    scene.load.assert_whole(&scene.pipeline).await;
    for row in [Row::NoIntent, Row::OpenNotSent, Row::OpenSent, Row::Settled] {
        assert!(rows.hit().contains(&row), "no kill hit: {row}");
    }
}

/// The same instance every time: it comes back under its transactional ids.
async fn started(pipeline: &Pipeline) -> Worker {
    let worker = pipeline.worker("worker", &[]).await;
    pipeline.send_webhooks_to(&worker.webhooks);
    worker
}

impl Scene {
    /// Writes a wave and waits for the moment; a command that is certain to be in a certain row then is named.
    async fn reach(&mut self, moment: Moment) -> Option<(String, Row)> {
        let received = self.pipeline.simulator.report(None, 0, 0).received;
        match moment {
            Moment::Written => self.load.add(&self.pipeline, WAVE),
            Moment::IntentSeen => self.intent_seen(),
            Moment::IntentCommitted => return Some((self.intent_committed().await, Row::OpenNotSent)),
            Moment::Requests(count) => {
                self.load.add(&self.pipeline, WAVE);
                let simulator = &self.pipeline.simulator;
                wait::until_async("requests at Meta", SOON, || async {
                    (simulator.report(None, 0, 0).received >= received + count).then_some(())
                })
                .await;
            }
            Moment::Held { accepted } => return Some((self.held(accepted).await, Row::OpenSent)),
        }
        None
    }

    fn intent_seen(&mut self) {
        let state = self.pipeline.ground.scenario.topic("whatsapp.sender.state");
        let reader = kafka::reader(self.pipeline.ground.stack, &state, "read_uncommitted");
        tokio::task::block_in_place(|| while kafka::next_value(&reader, Duration::from_secs(1)).is_some() {});
        self.load.add(&self.pipeline, WAVE);
        tokio::task::block_in_place(|| {
            while !kafka::next_value(&reader, SOON).expect("an intent").contains(r#""phase":"open""#) {}
        });
    }

    /// The command whose intent it is.
    async fn intent_committed(&mut self) -> String {
        self.gate.close();
        let before = self.load.commands.len();
        self.load.add(&self.pipeline, WAVE);
        wait::until_async("a committed intent of the wave", SOON, || async {
            let phases = phases(&self.pipeline);
            self.load.commands[before..].iter().find(|id| phases.get(*id).is_some_and(|phase| phase == "open")).cloned()
        })
        .await
    }

    /// The command whose call it is.
    async fn held(&mut self, accepted: bool) -> String {
        let simulator = &self.pipeline.simulator;
        simulator.clear_faults();
        let next = self.load.commands.len();
        let to = Load::recipient(next);
        // an older one would be held, and out of time, before the wave is written
        wait::until_async("no older command for the one that is held", REST, || async {
            (self.load.outstanding_for(next, &self.pipeline) == 0).then_some(())
        })
        .await;
        simulator.fail(Fault { to: Some(to.clone()), hold: true, after_accept: Some(accepted), ..Fault::default() });
        simulator.fail(self.load.slowly());
        self.load.add(&self.pipeline, WAVE);
        wait::until_async("a held call", SOON, || async { (simulator.held() > 0).then_some(()) }).await;
        let requests = simulator.report(None, 0, usize::MAX).requests;
        let last = requests.iter().rfind(|request| request.to.as_deref().is_some_and(|user| user.ends_with(&to)));
        last.and_then(|request| request.command_id.clone()).expect("the held call is a command's")
    }

    /// Late doubts are over: what the ledger knows as settled is never sent again.
    async fn all_settled(&self) {
        let Self { pipeline, load, .. } = self;
        wait::until_async("every ledger entry settled", REST, || async {
            let phases = phases(pipeline);
            load.commands.iter().all(|id| phases.get(id).is_some_and(|phase| phase == "settled")).then_some(())
        })
        .await;
        let known: BTreeSet<String> = phases(pipeline).into_keys().collect();
        assert_eq!(known, load.commands.iter().cloned().collect(), "the ledger knows our commands and no others");
    }
}
