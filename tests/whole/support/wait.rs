//! Waiting for what must become true. It never waits a fixed time: it asks again until it is true or the limit has passed.

use std::{
    thread,
    time::{Duration, Instant},
};

const ASK_EVERY: Duration = Duration::from_millis(20);

/// The value that `ask` comes up with; panics with `what` when none came within `limit`.
pub fn until<T>(what: &str, limit: Duration, ask: impl FnMut() -> Option<T>) -> T {
    within(limit, ask).unwrap_or_else(|| panic!("not within {} s: {what}", limit.as_secs()))
}

/// The value that `ask` comes up with, if it does within `limit`.
#[expect(clippy::disallowed_methods, reason = "sleeps between two questions, in the test's own thread")]
pub fn within<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        let found = ask();
        if found.is_some() || Instant::now() >= deadline {
            return found;
        }
        thread::sleep(ASK_EVERY);
    }
}

/// The same without holding a thread, for scenarios that serve something meanwhile.
pub async fn until_async<T, F: Future<Output = Option<T>>>(
    what: &str,
    limit: Duration,
    mut ask: impl FnMut() -> F,
) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {} s: {what}", limit.as_secs());
        tokio::time::sleep(ASK_EVERY).await;
    }
}
