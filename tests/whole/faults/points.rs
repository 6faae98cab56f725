//! kill -9 of a worker with all stages under load, at each point that has a name (`runtime::crash`). The report names the
//! rows of the ledger's crash table that each kill hit.

mod rows;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use omnichannel_whatsapp::{runtime::crash::Point, simulator::Fault};

use self::rows::{Row, Rows};
use super::{
    ledger::phases,
    load::{Load, REST},
};
use crate::support::{
    pipeline::{Pipeline, Worker},
    process::ended_by,
    say, wait,
};

const WAVE: usize = 34;
/// Longer than a request needs until it is out.
const CALL_MS: u64 = 80;
/// Doubts of the kills before are waited for.
const SOON: Duration = Duration::from_secs(40);
/// A worker that comes back has its partitions at once; another would wait for its session to end. What Meta tells of a message
/// is late by as long as nobody was there to be told, and by what has gathered meanwhile: the wait of a doubtful send is longer.
const SETTINGS: [(&str, &str); 3] =
    [("kafka.membership", "static"), ("sender.status_delay", "8s"), ("sender.in_doubt.wait", "12s")];

struct Kill {
    at: Point,
    nth: u32,
    stage: &'static str,
    /// Where the kill must leave at least one command of its wave.
    leaves: Option<Row>,
}

const fn kill(at: Point, nth: u32, stage: &'static str, leaves: Option<Row>) -> Kill {
    Kill { at, nth, stage, leaves }
}

/// A request that Meta gets and never takes is in the second half of its call.
const UNTAKEN: usize = 4;

const KILLS: [Kill; 13] = [
    kill(Point::BeforeIntent, 3, "sender", Some(Row::NoIntent)),
    kill(Point::AfterIntent, 3, "sender", Some(Row::OpenNotSent)),
    kill(Point::BeforeCall, 3, "sender", Some(Row::OpenNotSent)),
    kill(Point::DuringCall, 3, "sender", Some(Row::OpenSent)),
    kill(Point::DuringCall, 3, "sender", Some(Row::OpenSent)),
    kill(Point::AfterAnswer, 3, "sender", Some(Row::OpenSent)),
    kill(Point::BeforeProduce, 3, "sender", None),
    kill(Point::AfterProduce, 4, "sender", None),
    kill(Point::BeforeOffsets, 3, "ingress", None),
    kill(Point::BeforeCommit, 4, "sender", None),
    kill(Point::AfterCommit, 5, "sender", None),
    // a wave may pass it in one transaction
    kill(Point::AfterCommit, 1, "router-json", None),
    kill(Point::BeforeCommit, 2, "status", None),
];

/// What is killed again and again, and what it works on.
struct Scene {
    pipeline: Pipeline,
    load: Load,
    rows: Rows,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_every_named_point_under_load_loses_nothing_and_sends_nothing_twice() {
    let began = Instant::now();
    let pipeline = Pipeline::prepare("points").await;
    let load = Load::new("point", &pipeline, CALL_MS).among(60);
    let mut scene = Scene { pipeline, load, rows: Rows::default() };
    let mut report = Vec::new();
    for (number, kill) in KILLS.iter().enumerate() {
        let from = Instant::now();
        let found = scene.obey(kill, number == UNTAKEN).await;
        report.push(format!("{} in {}, {:.1?}: {found}", kill.at.name(), kill.stage, from.elapsed()));
    }
    let mut last = scene.pipeline.launch("worker", &SETTINGS);
    scene.pipeline.send_webhooks_to(&last.webhooks);
    last.ready().await;
    report.insert(0, format!("{} commands, {} kills, {:?}", scene.load.commands.len(), KILLS.len(), began.elapsed()));
    let report = report.join("\n  ");
    say(&report);
    scene.pipeline.ground.scenario.file("kills.txt", &report);
    scene.all_settled().await;
    scene.load.assert_whole(&scene.pipeline).await;
    for row in [Row::NoIntent, Row::OpenNotSent, Row::OpenSent, Row::Settled] {
        assert!(scene.rows.hit().contains(&row), "no kill hit: {row}");
    }
    let named: BTreeSet<&str> = KILLS.iter().map(|kill| kill.at.name()).collect();
    assert_eq!(named, Point::ALL.iter().map(|point| point.name()).collect(), "every point is somebody's");
}

impl Scene {
    /// The same instance every time: it comes back under its transactional ids, and dies there.
    async fn obey(&mut self, kill: &Kill, untaken: bool) -> String {
        let before = self.load.commands.len();
        if untaken {
            self.pipeline.simulator.clear_faults();
            let fault = Fault { count: Some(0), delay_ms: CALL_MS, after_accept: Some(false), ..Fault::default() };
            self.pipeline.simulator.fail(fault);
        }
        let at = format!("{}:{}:{}", kill.at.name(), kill.nth, kill.stage);
        let mut worker = self.pipeline.launch_with("worker", &SETTINGS, &[("OMNICHANNEL_CRASH_AT", &at)]);
        self.pipeline.send_webhooks_to(&worker.webhooks);
        self.load.add(&self.pipeline, WAVE);
        self.killed(&mut worker, &at).await;
        self.load.slow(&self.pipeline);
        let found = self.rows.note(&self.pipeline, &self.load.commands, before);
        if let Some(row) = kill.leaves {
            assert!(found.contains_key(&row), "no command is left {row} at {at}: {found:?}");
        }
        let words: Vec<String> = found.iter().map(|(row, count)| format!("{count} {row}")).collect();
        words.join(", ")
    }

    async fn killed(&self, worker: &mut Worker, at: &str) {
        let status = wait::until_async(&format!("the kill at {at}"), SOON, || {
            let ended = worker.process.ended();
            async move { ended }
        })
        .await;
        assert!(ended_by(status, 9), "{at}: the worker ended with {status}: {}", worker.process.words());
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
