//! The points as a test arms them: `OMNICHANNEL_CRASH_AT=<point>:<nth>[:<stage>]` is a kill -9 the nth time the process
//! comes there, `OMNICHANNEL_FREEZE_AT` a SIGSTOP. It must not do anything else there, nor be built into a release.

use std::{
    env,
    pin::pin,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use rustix::process::{Signal, getpid, kill_process};

use super::{LONG_ENOUGH, Point};

const VARIABLES: [(&str, Signal); 2] =
    [("OMNICHANNEL_CRASH_AT", Signal::KILL), ("OMNICHANNEL_FREEZE_AT", Signal::STOP)];

/// A signal has reached every thread by then, on a busy machine too.
const TAKES_EFFECT: Duration = Duration::from_millis(200);

struct Armed {
    point: Point,
    /// Absent: any.
    stage: Option<String>,
    /// How often the process still comes there unharmed, and once more.
    left: AtomicU32,
    signal: Signal,
}

/// This stage is there.
pub fn point(point: Point, stage: &'static str) {
    // the environment of a process that ends itself is the one static state that nobody can be handed
    static ARMED: OnceLock<Vec<Armed>> = OnceLock::new();
    for armed in ARMED.get_or_init(from_environment) {
        if armed.is_due(point, stage) {
            tracing::warn!(stage, point = point.name(), "crash point");
            // a process may always signal itself
            let _ = kill_process(getpid(), armed.signal);
            stand_still();
        }
    }
}

/// The signal may reach another thread first; this one goes no further until it has reached all of them.
fn stand_still() {
    let until = Instant::now() + TAKES_EFFECT;
    while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        std::thread::park_timeout(left);
    }
}

/// This stage waits for the answer to a request.
pub async fn during<F: Future>(at: Point, stage: &'static str, call: F) -> F::Output {
    let mut call = pin!(call);
    if let Ok(answer) = tokio::time::timeout(LONG_ENOUGH, &mut call).await {
        return answer;
    }
    point(at, stage);
    call.await
}

impl Armed {
    fn is_due(&self, point: Point, stage: &str) -> bool {
        let here = self.point == point && self.stage.as_ref().is_none_or(|wanted| wanted == stage);
        here && self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) == Ok(1)
    }

    fn parse(text: &str, signal: Signal) -> Option<Self> {
        let mut parts = text.split(':');
        let point = parts.next().and_then(|name| Point::ALL.into_iter().find(|point| point.name() == name))?;
        let nth = parts.next()?.parse().ok().filter(|nth| *nth > 0)?;
        let stage = parts.next().map(str::to_owned);
        parts.next().is_none().then_some(Self { point, stage, left: AtomicU32::new(nth), signal })
    }
}

fn from_environment() -> Vec<Armed> {
    let set = VARIABLES.iter().filter_map(|(variable, signal)| Some((env::var(variable).ok()?, *signal)));
    // a test whose fault never comes would prove nothing
    set.map(|(text, signal)| Armed::parse(&text, signal).unwrap_or_else(|| unreadable(&text))).collect()
}

fn unreadable(text: &str) -> Armed {
    tracing::error!(text, "not <point>:<nth>[:<stage>]: the process ends");
    std::process::abort()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn armed(text: &str) -> Option<Armed> {
        Armed::parse(text, Signal::KILL)
    }

    #[test]
    fn a_point_is_due_once_the_nth_time_and_only_in_its_stage() {
        let third = armed("after-commit:3:sender").unwrap();
        let visits = [(Point::AfterCommit, "media"), (Point::BeforeCommit, "sender")];
        assert!(visits.into_iter().all(|(point, stage)| !third.is_due(point, stage)));
        let due: Vec<bool> = (0..6).map(|_| third.is_due(Point::AfterCommit, "sender")).collect();
        assert_eq!(due, [false, false, true, false, false, false]);
        assert!(armed("during-call:1").unwrap().is_due(Point::DuringCall, "media"));
    }

    #[test]
    fn every_point_has_a_name_of_its_own_and_nothing_else_is_one() {
        for point in Point::ALL {
            assert_eq!(armed(&format!("{}:1", point.name())).map(|armed| armed.point), Some(point));
        }
        for text in ["", "after-commit", "after-commit:0", "after-commit:x", "after-lunch:1", "after-commit:1:a:b"] {
            assert!(armed(text).is_none(), "{text}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_keeps_its_answer_however_long_it_takes() {
        for took in [LONG_ENOUGH / 2, LONG_ENOUGH * 2] {
            let call = async { tokio::time::sleep(took).await };
            let began = tokio::time::Instant::now();
            during(Point::DuringCall, "nobody", call).await;
            assert_eq!(began.elapsed(), took);
        }
    }
}
