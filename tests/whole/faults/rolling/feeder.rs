//! Load that never stops while something happens, and how long each command took to reach Meta. It must not decide what is
//! too long.

use std::{collections::HashMap, time::Duration};

use omnichannel_whatsapp::{adapters::clock::SystemClock, runtime::ports::Clock as _};
use rdkafka::producer::BaseProducer;

use crate::{
    faults::load::Load,
    support::{kafka, pipeline::Pipeline, wait},
};

const CALL_MS: u64 = 100;
const EVERY: Duration = Duration::from_millis(250);
const WAVE: usize = 4;

pub struct Feeder {
    pub load: Load,
    pipeline: &'static Pipeline,
    producer: BaseProducer,
    /// When each command was written, unix ms.
    written: Vec<i64>,
}

impl Feeder {
    pub fn new(pipeline: &'static Pipeline) -> Self {
        let load = Load::new("roll", pipeline, CALL_MS);
        Self { load, pipeline, producer: kafka::producer(pipeline.ground.stack), written: Vec::new() }
    }

    fn wave(&mut self) {
        self.written.extend([unix_ms(); WAVE]);
        self.load.write(self.pipeline, &self.producer, WAVE);
    }

    /// Waves while this is under way, the first before it begins.
    pub async fn during<T>(&mut self, what: impl Future<Output = T>) -> T {
        tokio::pin!(what);
        loop {
            self.wave();
            if let Ok(done) = tokio::time::timeout(EVERY, &mut what).await {
                return done;
            }
        }
    }

    /// The longest that a command took from its topic to Meta, and which; those before the first worker was ready do not count.
    pub fn worst(&self, pipeline: &Pipeline) -> (Duration, String) {
        let requests = pipeline.simulator.report(None, 0, usize::MAX).requests;
        let began = requests.first().map_or(0, |request| request.at_ms);
        let mut arrived: HashMap<&str, i64> = HashMap::new();
        for request in &requests {
            if let Some(id) = &request.command_id {
                arrived.entry(id).or_insert(request.at_ms);
            }
        }
        let took = |(id, written): (&String, &i64)| {
            let late = arrived.get(id.as_str())? - *written.max(&began);
            Some((Duration::from_millis(u64::try_from(late).unwrap_or(0)), id.clone()))
        };
        self.load.commands.iter().zip(&self.written).filter_map(took).max().expect("there were commands")
    }
}

fn unix_ms() -> i64 {
    SystemClock.unix_ms()
}

/// Waits until the worker has made a call to Meta.
pub async fn first_call(pipeline: &'static Pipeline, health: &str, limit: Duration) {
    let url = format!("http://{health}/metrics");
    wait::until_async("the first record of a worker", limit, || async {
        let text = pipeline.http.get(&url).send().await.ok()?.text().await.ok()?;
        let calls = |line: &str| line.starts_with("omnichannel_graph_requests_total{") && !line.ends_with(" 0");
        text.lines().any(calls).then_some(())
    })
    .await;
}
