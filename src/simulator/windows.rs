//! What a user's message opens: 24 hours for messages of any type, and after an ad 72 hours in which nothing is billed.
//! Bounded; knows no message.

use std::collections::HashMap;

const DAY_MS: i64 = 24 * 3_600_000;
/// Users whose last message is remembered.
const MOST: usize = 100_000;

/// When each user wrote last, and who came by an ad.
#[derive(Debug, Default)]
pub struct Windows {
    last: HashMap<(String, String), i64>,
    entries: HashMap<(String, String), Entry>,
}

/// A conversation that began with an ad or a post.
#[derive(Debug, Clone, Copy)]
struct Entry {
    referred_ms: i64,
    answered_ms: Option<i64>,
}

impl Windows {
    pub fn opened(&mut self, number: &str, user: &str, at_ms: i64) {
        if self.last.len() >= MOST {
            self.last.retain(|_, last| at_ms - *last < DAY_MS);
        }
        self.last.insert(key(number, user), at_ms);
    }

    #[must_use]
    pub fn is_open(&self, number: &str, user: &str, at_ms: i64) -> bool {
        self.last.get(&key(number, user)).is_some_and(|last| at_ms - last < DAY_MS)
    }

    pub fn entered(&mut self, number: &str, user: &str, at_ms: i64) {
        if self.entries.len() >= MOST {
            self.entries.retain(|_, entry| at_ms - entry.referred_ms < 4 * DAY_MS);
        }
        self.entries.insert(key(number, user), Entry { referred_ms: at_ms, answered_ms: None });
    }

    /// Until when messages to this user are free because of an ad. The first answer within a day begins it.
    pub fn free_until(&mut self, number: &str, user: &str, at_ms: i64) -> Option<i64> {
        let entry = self.entries.get_mut(&key(number, user))?;
        if entry.answered_ms.is_none() && at_ms - entry.referred_ms < DAY_MS {
            entry.answered_ms = Some(at_ms);
        }
        entry.answered_ms.map(|answered| answered + 3 * DAY_MS).filter(|until| at_ms < *until)
    }
}

fn key(number: &str, user: &str) -> (String, String) {
    (number.to_owned(), user.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_closes_after_a_day() {
        let mut windows = Windows::default();
        windows.opened("7", "1", 0);
        assert!(windows.is_open("7", "1", DAY_MS - 1));
        assert!(!windows.is_open("7", "1", DAY_MS) && !windows.is_open("8", "1", 0));
    }

    #[test]
    fn an_answer_within_a_day_of_an_ad_is_free_for_three() {
        let mut windows = Windows::default();
        windows.entered("7", "1", 0);
        assert_eq!(windows.free_until("7", "1", 1_000), Some(3 * DAY_MS + 1_000));
        assert_eq!(windows.free_until("7", "1", 3 * DAY_MS), Some(3 * DAY_MS + 1_000));
        assert_eq!(windows.free_until("7", "1", 3 * DAY_MS + 1_000), None);
        windows.entered("7", "2", 0);
        assert_eq!(windows.free_until("7", "2", DAY_MS), None);
    }
}
