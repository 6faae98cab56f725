//! Webhooks that are due: posted in parallel, again and again until the receiver answers 200, duplicated and held back as
//! the behaviour says. Makes no payload.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use serde::Serialize;
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time::Instant,
};

use super::{
    behaviour::Behaviour,
    dice::Dice,
    payload,
    state::{State, locked},
};

/// A webhook to post.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Post {
    due: Instant,
    /// Breaks ties in the order of making.
    seq: u64,
    body: Bytes,
    attempt: u32,
    first_due: Instant,
    /// Posts of an earlier epoch were cleared while under way.
    epoch: u64,
}

/// What became of webhooks so far.
#[derive(Debug, Default, Serialize)]
pub struct Tally {
    pub posted: u64,
    pub acknowledged: u64,
    pub failed: u64,
    pub gave_up: u64,
    /// Due while no URL was set.
    pub nowhere: u64,
    pub waiting: u64,
}

/// Webhooks in order of their time, a bounded number of them.
pub struct Outbox {
    heap: Mutex<BinaryHeap<Reverse<Post>>>,
    changed: Notify,
    limit: usize,
    seq: AtomicU64,
    epoch: AtomicU64,
    posted: AtomicU64,
    acknowledged: AtomicU64,
    failed: AtomicU64,
    gave_up: AtomicU64,
    nowhere: AtomicU64,
}

impl Outbox {
    pub fn new(limit: usize) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            heap: Mutex::default(),
            changed: Notify::new(),
            limit,
            seq: zero(),
            epoch: zero(),
            posted: zero(),
            acknowledged: zero(),
            failed: zero(),
            gave_up: zero(),
            nowhere: zero(),
        }
    }

    /// Whether `more` webhooks fit, their duplicates included.
    pub fn has_room(&self, more: usize) -> bool {
        locked(&self.heap).len() + 2 * more <= self.limit
    }

    /// Puts a webhook in, twice or late if chance says so. `label` is what chance goes by.
    pub fn add(&self, body: Vec<u8>, after: Duration, label: &str, behaviour: &Behaviour, dice: Dice) {
        let body = Bytes::from(body);
        let mut after = after;
        if dice.happens(&format!("reorder {label}"), behaviour.reorder_share) {
            after += Duration::from_millis(dice.up_to(&format!("late {label}"), behaviour.reorder_by_ms));
        }
        self.push(body.clone(), after);
        if dice.happens(&format!("duplicate {label}"), behaviour.duplicate_share) {
            let gap = dice.up_to(&format!("again {label}"), 2 * behaviour.jitter_ms);
            self.push(body, after + Duration::from_millis(gap));
        }
    }

    pub fn clear(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        locked(&self.heap).clear();
    }

    pub fn tally(&self) -> Tally {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Tally {
            posted: read(&self.posted),
            acknowledged: read(&self.acknowledged),
            failed: read(&self.failed),
            gave_up: read(&self.gave_up),
            nowhere: read(&self.nowhere),
            waiting: u64::try_from(locked(&self.heap).len()).unwrap_or(u64::MAX),
        }
    }

    fn push(&self, body: Bytes, after: Duration) {
        let due = Instant::now() + after;
        let seq = self.seq.fetch_add(1, Ordering::Relaxed);
        let epoch = self.epoch.load(Ordering::Acquire);
        locked(&self.heap).push(Reverse(Post { due, seq, body, attempt: 0, first_due: due, epoch }));
        self.changed.notify_one();
    }

    fn again(&self, mut post: Post, gap: Duration) {
        if post.epoch == self.epoch.load(Ordering::Acquire) {
            post.attempt += 1;
            post.due = Instant::now() + gap;
            locked(&self.heap).push(Reverse(post));
            self.changed.notify_one();
        }
    }

    fn pop_due(&self) -> Option<Post> {
        let mut heap = locked(&self.heap);
        let due = heap.peek().is_some_and(|Reverse(post)| post.due <= Instant::now());
        if due { heap.pop().map(|Reverse(post)| post) } else { None }
    }

    fn next_due(&self) -> Option<Instant> {
        locked(&self.heap).peek().map(|Reverse(post)| post.due)
    }
}

/// The client that posts webhooks; its timeout is the behaviour's.
pub fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().user_agent("facebookexternalua").no_proxy().build()
}

/// Posts what is due until `stopped` changes.
pub async fn post_due(state: Arc<State>, client: reqwest::Client, mut stopped: watch::Receiver<bool>) {
    let mut posts = JoinSet::new();
    loop {
        let parallel = state.behaviour().parallel_posts;
        while posts.len() < parallel {
            let Some(post) = state.outbox.pop_due() else { break };
            posts.spawn(deliver(state.clone(), client.clone(), post));
        }
        let next = state.outbox.next_due().filter(|_| posts.len() < parallel);
        tokio::select! {
            biased;
            _ = stopped.changed() => return,
            Some(_) = posts.join_next(), if !posts.is_empty() => {}
            () = state.outbox.changed.notified() => {}
            () = tokio::time::sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {}
        }
    }
}

async fn deliver(state: Arc<State>, client: reqwest::Client, post: Post) {
    let behaviour = state.behaviour();
    let outbox = &state.outbox;
    let Some(url) = &behaviour.webhook_url else {
        outbox.nowhere.fetch_add(1, Ordering::Relaxed);
        return;
    };
    outbox.posted.fetch_add(1, Ordering::Relaxed);
    let request = client
        .post(url)
        .timeout(Duration::from_millis(behaviour.webhook_timeout_ms))
        .header("content-type", "application/json")
        .header("x-hub-signature-256", payload::signature(&state.settings.app_secret, &post.body))
        .body(post.body.clone());
    if request.send().await.is_ok_and(|response| response.status() == 200) {
        outbox.acknowledged.fetch_add(1, Ordering::Relaxed);
        return;
    }
    outbox.failed.fetch_add(1, Ordering::Relaxed);
    match retry_gap(post.attempt, post.first_due.elapsed(), &behaviour) {
        Some(gap) => outbox.again(post, gap),
        None => drop(outbox.gave_up.fetch_add(1, Ordering::Relaxed)),
    }
}

/// The wait before the next attempt, growing; none when the webhook is too old.
fn retry_gap(attempt: u32, age: Duration, behaviour: &Behaviour) -> Option<Duration> {
    let gap = behaviour.retry_gap_ms.saturating_mul(1 << attempt.min(20)).min(behaviour.retry_gap_max_ms);
    (age < Duration::from_millis(behaviour.retry_for_ms)).then_some(Duration::from_millis(gap))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_grow_to_their_bound_and_end_with_age() {
        let behaviour =
            Behaviour { retry_gap_ms: 100, retry_gap_max_ms: 500, retry_for_ms: 1_000, ..Behaviour::default() };
        let gap = |attempt, age| retry_gap(attempt, Duration::from_millis(age), &behaviour).map(|gap| gap.as_millis());
        assert_eq!([gap(0, 0), gap(1, 0), gap(2, 0), gap(3, 0)], [Some(100), Some(200), Some(400), Some(500)]);
        assert_eq!(gap(0, 1_000), None);
    }

    #[tokio::test(start_paused = true)]
    async fn webhooks_come_out_in_the_order_of_their_time() {
        let outbox = Outbox::new(10);
        let add = |body: &str, after| {
            let after = Duration::from_millis(after);
            outbox.add(body.as_bytes().to_vec(), after, body, &Behaviour::default(), Dice::new(1));
        };
        add("late", 20);
        add("early", 10);
        add("also early", 10);
        assert_eq!(outbox.pop_due(), None);
        tokio::time::advance(Duration::from_millis(30)).await;
        let order: Vec<Bytes> = std::iter::from_fn(|| outbox.pop_due()).map(|post| post.body).collect();
        assert_eq!(order, ["early", "also early", "late"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_share_of_one_doubles_everything() {
        let behaviour = Behaviour { duplicate_share: 1.0, ..Behaviour::default() };
        let outbox = Outbox::new(10);
        outbox.add(b"x".to_vec(), Duration::ZERO, "x", &behaviour, Dice::new(1));
        assert_eq!(outbox.tally().waiting, 2);
        assert!(outbox.has_room(4) && !outbox.has_room(5));
    }
}
