//! Calls into librdkafka that may never return, made on a thread of their own: who asks waits for a bounded time. Makes one
//! call at a time and repeats none.

use std::{
    io,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::{Duration, Instant},
};

/// Where a call stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Call<A> {
    Done(A),
    /// Ask again.
    UnderWay,
    /// It has had its time. The thread is left to itself, with what it holds.
    Hung,
}

pub(super) struct Watched<J, A> {
    jobs: SyncSender<J>,
    answers: Receiver<A>,
    limit: Duration,
    since: Option<Instant>,
}

impl<J: Send + 'static, A: Send + 'static> Watched<J, A> {
    /// The thread ends with this, or when the call that it is in returns; nobody joins it, for that may be never.
    ///
    /// # Errors
    /// When the machine gives no thread.
    pub fn new(name: &str, limit: Duration, mut call: impl FnMut(J) -> A + Send + 'static) -> io::Result<Self> {
        let (jobs, todo) = sync_channel::<J>(1);
        let (done, answers) = sync_channel(1);
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            for job in todo {
                if done.send(call(job)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { jobs, answers, limit, since: None })
    }

    /// Begins the call, or goes on waiting for the one that is under way: asked again, the job must be the same.
    pub fn call(&mut self, job: J, slice: Duration) -> Call<A> {
        let since = match self.since {
            Some(since) => since,
            None if self.jobs.send(job).is_ok() => *self.since.insert(Instant::now()),
            None => return Call::Hung,
        };
        match self.answers.recv_timeout(slice) {
            Ok(answer) => {
                self.since = None;
                Call::Done(answer)
            }
            Err(RecvTimeoutError::Timeout) if since.elapsed() < self.limit => Call::UnderWay,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Call::Hung,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: Duration = Duration::from_millis(1);
    const SOON: Duration = Duration::from_secs(10);

    #[test]
    fn a_call_that_returns_is_answered_and_the_next_one_may_begin() {
        let mut doubled = Watched::new("doubled", SOON, |n: u8| n * 2).expect("a thread");
        assert_eq!(doubled.call(2, SOON), Call::Done(4));
        assert_eq!(doubled.call(3, SOON), Call::Done(6));
    }

    #[test]
    fn a_slow_call_is_made_once_and_its_answer_waits_for_who_asks_again() {
        let (go, wait) = sync_channel::<()>(0);
        let mut calls = 0;
        let call = move |()| {
            calls += 1;
            wait.recv().map(|()| calls)
        };
        let mut slow = Watched::new("slow", SOON, call).expect("a thread");
        assert_eq!(slow.call((), AT_ONCE), Call::UnderWay);
        assert_eq!(slow.call((), AT_ONCE), Call::UnderWay);
        go.send(()).expect("it waits");
        assert_eq!(slow.call((), SOON), Call::Done(Ok(1)));
    }

    #[test]
    fn a_call_that_does_not_return_is_not_waited_for() {
        let (_never, wait) = sync_channel::<()>(0);
        let mut hung = Watched::new("hung", Duration::ZERO, move |()| wait.recv().is_ok()).expect("a thread");
        assert_eq!(hung.call((), AT_ONCE), Call::Hung);
    }
}
