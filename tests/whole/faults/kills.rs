//! kill -9 of a worker with all stages under load, at moments chosen by what the outside can see. The report names the row
//! of the ledger's crash table that each kill hit.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::{Duration, Instant},
};

use omnichannel_whatsapp::simulator::Fault;

use super::load::{Load, slow, slowly};
use crate::support::{
    clients, kafka,
    pipeline::{Pipeline, Worker},
    wait,
};

const WAVE: usize = 34;
const SOON: Duration = Duration::from_secs(20);

/// When the worker is killed, after a wave of commands was written.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// At once: most of it is still on its way through the router.
    Written,
    /// An intent was seen in the state topic, committed or not.
    IntentSeen,
    /// Meta got so many of the wave's requests.
    Requests(u64),
    /// Meta holds a request open that it has accepted, or has not.
    Held { accepted: bool },
}

const MOMENTS: [Moment; 6] = [
    Moment::Requests(12),
    Moment::Held { accepted: true },
    Moment::IntentSeen,
    Moment::Held { accepted: false },
    Moment::Written,
    Moment::Requests(WAVE as u64),
];

/// What a kill leaves of a command, as the ledger and Meta's side tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Row {
    NoIntent,
    OpenNotSent,
    OpenSent,
    /// The call was answered with a refusal for now, or could not be made.
    Clear,
    Settled,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoIntent => "before the intent's commit",
            Self::OpenNotSent => "intent committed, nothing sent or nothing accepted",
            Self::OpenSent => "request left, answer lost or not recorded",
            Self::Clear => "known not to have happened",
            Self::Settled => "outcome committed",
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn six_kills_under_load_lose_nothing_and_send_nothing_twice() {
    let began = Instant::now();
    let pipeline = Pipeline::prepare("kills").await;
    let mut worker = started(&pipeline).await;
    let mut load = Load::new("kill", &pipeline);
    let mut report = Vec::new();
    let mut rows = BTreeSet::new();
    for moment in MOMENTS {
        let before = load.commands.len();
        reach(moment, &mut load, &pipeline).await;
        worker.process.kill_nine();
        let found = fates(&pipeline, &load, &mut rows);
        report.push(format!("{moment:?}, {} commands written: {found:?}", load.commands.len() - before));
        // calls of the dead worker end with it
        wait::until_async("no call is held", SOON, || async { (pipeline.simulator.held() == 0).then_some(()) }).await;
        slow(&pipeline);
        worker = started(&pipeline).await;
    }
    load.assert_whole(&pipeline).await;

    let hit: BTreeSet<Row> = rows.into_iter().map(|(_, row)| row).collect();
    eprintln!("{} commands, {} kills, {:?}", load.commands.len(), MOMENTS.len(), began.elapsed());
    report.iter().for_each(|line| eprintln!("  {line}"));
    for row in [Row::NoIntent, Row::OpenNotSent, Row::OpenSent, Row::Settled] {
        assert!(hit.contains(&row), "no kill hit: {row}");
    }
}

/// The same instance every time: it comes back under its transactional ids.
async fn started(pipeline: &Pipeline) -> Worker {
    let worker = pipeline.worker("worker", &[]).await;
    pipeline.send_webhooks_to(&worker.webhooks);
    worker
}

async fn reach(moment: Moment, load: &mut Load, pipeline: &Pipeline) {
    let simulator = &pipeline.simulator;
    let received = simulator.report(None, 0, 0).received;
    match moment {
        Moment::Written => load.add(pipeline, WAVE),
        Moment::IntentSeen => {
            let state = pipeline.ground.scenario.topic("whatsapp.sender.state");
            let reader = kafka::reader(pipeline.ground.stack, &state, "read_uncommitted");
            tokio::task::block_in_place(|| while kafka::next_value(&reader, Duration::from_secs(1)).is_some() {});
            load.add(pipeline, WAVE);
            tokio::task::block_in_place(|| {
                while !kafka::next_value(&reader, SOON).expect("an intent").contains(r#""phase":"open""#) {}
            });
        }
        Moment::Requests(count) => {
            load.add(pipeline, WAVE);
            wait::until_async("requests at Meta", SOON, || async {
                (simulator.report(None, 0, 0).received >= received + count).then_some(())
            })
            .await;
        }
        Moment::Held { accepted } => {
            simulator.clear_faults();
            let to = Some(Load::recipient(load.commands.len()));
            simulator.fail(Fault { to, hold: true, after_accept: Some(accepted), ..Fault::default() });
            simulator.fail(slowly());
            load.add(pipeline, WAVE);
            wait::until_async("a held call", SOON, || async { (simulator.held() > 0).then_some(()) }).await;
        }
    }
}

/// How many commands are in which row, of those that were not settled before; `rows` keeps every row that each was in.
fn fates(pipeline: &Pipeline, load: &Load, rows: &mut BTreeSet<(usize, Row)>) -> BTreeMap<String, usize> {
    let state = pipeline.ground.scenario.topic("whatsapp.sender.state");
    let entries =
        tokio::task::block_in_place(|| clients::all(pipeline.ground.stack, &[state], Duration::from_secs(20)));
    let mut phases = BTreeMap::new();
    for entry in &entries {
        if let Some(id) = entry["key"].as_str().and_then(|key| key.strip_prefix("ledger/")) {
            phases.insert(id, entry["value"]["phase"].as_str().unwrap_or_default());
        }
    }
    let mut found = BTreeMap::new();
    for (n, id) in load.commands.iter().enumerate() {
        if rows.contains(&(n, Row::Settled)) {
            continue;
        }
        let count = pipeline.simulator.count(id);
        let row = match phases.get(id.as_str()) {
            None => {
                assert_eq!(count.received, 0, "{id} was sent without a committed intent");
                Row::NoIntent
            }
            Some(&"settled") => {
                assert_eq!(count.accepted, 1, "{id} is settled");
                Row::Settled
            }
            Some(&"clear") => Row::Clear,
            Some(_) if count.accepted > 0 => Row::OpenSent,
            Some(_) => Row::OpenNotSent,
        };
        rows.insert((n, row));
        *found.entry(row.to_string()).or_default() += 1;
    }
    found
}
