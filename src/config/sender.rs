//! The section `sender`, whose waits only make sense together. Sends nothing.

use std::time::Duration;

use super::{
    reader::Reader,
    sections::Sender,
    values::{count, duration, seconds},
};

/// A send is only tried again when every sign of the first try has had its time.
pub(super) fn read(read: &mut Reader) -> Sender {
    let sender = Sender {
        request_timeout: read.value("sender.request_timeout", duration),
        in_doubt_wait: read.value("sender.in_doubt.wait", duration),
        intent_valid: intent_valid(read),
        status_delay: read.value("sender.status_delay", duration),
        messages_per_second: read.value("sender.messages_per_second", count),
    };
    let least = sender.intent_valid.saturating_add(sender.request_timeout).saturating_add(sender.status_delay);
    if sender.in_doubt_wait <= least {
        let problem = format!(
            "{} is not more than sender.intent.valid + sender.request_timeout + sender.status_delay = {}: a message could be sent twice",
            seconds(sender.in_doubt_wait),
            seconds(least)
        );
        read.mistake("sender.in_doubt.wait", problem, format!("set more than {}, or lower the others", seconds(least)));
    }
    sender
}

/// The least that a commit on a busy cluster keeps: an intent that is stale before it is committed is written anew, and so
/// for ever.
const LEAST_VALID: Duration = Duration::from_secs(1);

fn intent_valid(read: &mut Reader) -> Duration {
    let key = "sender.intent.valid";
    let valid = read.optional(key, duration);
    if let Some(short) = valid.filter(|valid| *valid < LEAST_VALID) {
        let problem =
            format!("{} is shorter than the commit of an intent may take: nothing would be sent", seconds(short));
        read.mistake(key, problem, format!("set {} or more", seconds(LEAST_VALID)));
    }
    valid.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::config::tests::load_file;

    #[test]
    fn an_intent_that_no_commit_can_keep_is_refused() {
        let refused = load_file("sender.intent.valid: 999ms").expect_err("a mistake").to_string();
        assert!(refused.contains("sender.intent.valid: 0.999s is shorter than the commit"), "{refused}");
        assert!(refused.contains("fix: set 1s or more"), "{refused}");
        assert!(load_file("sender.intent.valid: 1s").is_ok());
    }
}
