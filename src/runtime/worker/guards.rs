//! What must hold before a partition is touched: the stage's topics are there, with the partition counts its keys rely on.
//! Mends nothing.

use super::{Ended, Worker};
use crate::runtime::{
    log::{Log, LogError},
    stage::Stage,
};

impl<S: Stage, L: Log> Worker<S, L> {
    /// Every topic this stage's partitions rely on exists with the same partition count, the one it was planned with.
    pub(super) fn check_topics(&mut self) -> Result<(), Ended> {
        let input = self.topics.input.clone();
        let expected = self.count_of(&input)?;
        if let Some(planned) = self.around.directory.partitions(S::INPUT).filter(|planned| *planned != expected) {
            return Err(grown(&input, expected, planned));
        }
        self.count_of(&self.topics.dead_letters.clone())?;
        if let Some(missed) = self.missed.take() {
            self.count_of(&missed)?;
        }
        let mut with_it = self.topics.restored();
        with_it.extend(self.topics.sides.iter().chain(&self.topics.aligned).cloned());
        for topic in with_it {
            let count = self.count_of(&topic)?;
            if count != expected {
                return Err(LogError::Stop(format!(
                    "topic {topic} has {count} partitions and {input} has {expected}: they must be equal, and partition \
                     counts are for life; create the topics anew under another prefix"
                ))
                .into());
            }
        }
        self.partitions = expected;
        Ok(())
    }

    fn count_of(&mut self, topic: &str) -> Result<i32, Ended> {
        loop {
            match self.log.partitions(topic) {
                Ok(Some(count)) => return Ok(count),
                Ok(None) => {
                    return Err(LogError::Stop(format!("topic {topic} is missing: run `topics apply`")).into());
                }
                Err(LogError::Retriable(_)) if !self.around.shutdown.is_cancelled() => {}
                Err(LogError::Retriable(_)) => return Err(Ended::Shutdown),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

pub(super) fn grown(topic: &str, found: i32, planned: i32) -> Ended {
    LogError::Stop(format!(
        "topic {topic} has {found} partitions and was planned with {planned}: counts are for life, since keys would move away \
         from their state; create the topics anew under another prefix, or set kafka.partitions to what was there before"
    ))
    .into()
}
