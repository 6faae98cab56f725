//! Who held which partition and when, as the workers' own logs tell it. It must not ask Kafka, which would say the same of an
//! owner that goes on working after it was told to stop.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};

use crate::support::pipeline::Worker;

type Moment = DateTime<Utc>;

#[derive(Debug, Clone)]
struct Held {
    by: String,
    from: Moment,
    until: Moment,
    /// The group took it away without a word, so another may have had it before this one knew.
    lost: bool,
}

/// By stage and partition.
#[derive(Debug, Default)]
pub struct Owners(BTreeMap<(String, i32), Vec<Held>>);

/// A line about partitions: when, of which stage, what happened to which.
struct Line {
    at: Moment,
    stage: String,
    what: What,
    partitions: Vec<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Assigned,
    Lost,
    LetGo,
}

fn lines(worker: &Worker) -> Vec<Line> {
    worker.process.words().lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Line> {
    let what = match () {
        () if line.contains("partitions let go") => What::LetGo,
        () if line.contains(r#"kind="assigned""#) => What::Assigned,
        () if line.contains(r#"kind="lost""#) => What::Lost,
        () => return None,
    };
    let between = |from: &str, to: &str| Some(line.split_once(from)?.1.split_once(to)?.0.to_owned());
    let numbers = between("partitions=[", "]")?;
    Some(Line {
        at: line.split_whitespace().next()?.parse().ok()?,
        stage: between(r#"stage=""#, "\"")?,
        what,
        partitions: numbers.split(", ").filter_map(|number| number.parse().ok()).collect(),
    })
}

impl Owners {
    /// What this worker, which has ended or goes on, held.
    pub fn read(&mut self, name: &str, worker: &Worker) {
        let mut open: BTreeMap<(String, i32), Moment> = BTreeMap::new();
        let mut lost: Vec<(String, i32)> = Vec::new();
        for Line { at, stage, what, partitions } in lines(worker) {
            for p in partitions {
                let place = (stage.clone(), p);
                match what {
                    What::Assigned => drop(open.insert(place, at)),
                    What::Lost => lost.push(place),
                    What::LetGo => {
                        // one that never came so far was let go too
                        let Some(from) = open.remove(&place) else { continue };
                        let held = Held { by: name.to_owned(), from, until: at, lost: lost.contains(&place) };
                        self.0.entry(place).or_default().push(held);
                    }
                }
            }
        }
        for (place, from) in open {
            let held = Held { by: name.to_owned(), from, until: Moment::MAX_UTC, lost: false };
            self.0.entry(place).or_default().push(held);
        }
    }

    pub fn count(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    pub fn assert_one_at_a_time(&self) {
        assert!(self.count() > 50, "too few assignments were seen for this to prove anything: {}", self.count());
        for (place, held) in &self.0 {
            let mut held = held.clone();
            held.sort_by_key(|held| held.from);
            for pair in held.windows(2) {
                let [before, after] = pair else { continue };
                let Held { by, until, .. } = before;
                let both = format!("{by} until {until}, {} from {}", after.by, after.from);
                assert!(before.lost || *until <= after.from, "{place:?} had two owners: {both}");
            }
        }
    }
}

/// How the worker's sender came to its first partitions.
#[derive(Debug)]
pub struct Taken {
    /// From the launch until the group gave them.
    #[expect(dead_code, reason = "for the report")]
    pub to_assigned: Duration,
    /// From there until the last of them was restored.
    pub to_restored: Duration,
}

pub fn first_assignment(worker: &Worker) -> Taken {
    let words = worker.process.words();
    let time = |line: &str| line.split_whitespace().next()?.parse::<Moment>().ok();
    let launched = words.lines().find_map(time).expect("the first line of the log has a time");
    let given = lines(worker)
        .into_iter()
        .find(|line| line.stage == "sender" && line.what == What::Assigned && !line.partitions.is_empty())
        .expect("a worker that calls Meta has partitions");
    let restored = |line: &&str| line.contains("partition restored") && line.contains(r#"stage="sender""#);
    let first = words.lines().filter(restored).take(given.partitions.len()).filter_map(time).last();
    let since = |from: Moment, to: Moment| (to - from).to_std().unwrap_or_default();
    Taken {
        to_assigned: since(launched, given.at),
        to_restored: since(given.at, first.expect("it was restored before the first call")),
    }
}
