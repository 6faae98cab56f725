//! Every message request that arrived, in order, and how often each command did: what tests of "exactly once" read.
//! Remembers a bounded number and says how many it forgot.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::Serialize;

/// One `POST …/messages`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    /// Order of arrival, from 1.
    pub seq: u64,
    pub at_ms: i64,
    pub phone_number_id: String,
    /// Out of `biz_opaque_callback_data`.
    pub command_id: Option<String>,
    pub to: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Set once accepted.
    pub message_id: Option<String>,
    /// `open`, `accepted`, `cut`, `page`, or the code that was answered.
    pub outcome: String,
}

/// How often a command arrived and was accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    pub received: u64,
    pub accepted: u64,
}

/// What `/_sim/requests` shows.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub received: u64,
    pub accepted: u64,
    /// Requests no longer remembered; `commands` and `requests` lack them, the totals do not.
    pub evicted: u64,
    pub commands: BTreeMap<String, Count>,
    pub requests: Vec<Request>,
}

/// Bounded memory of requests.
#[derive(Debug)]
pub struct Journal {
    limit: usize,
    requests: VecDeque<Request>,
    commands: HashMap<String, Count>,
    total: Count,
    evicted: u64,
}

impl Journal {
    #[must_use]
    pub fn new(limit: usize) -> Self {
        let (requests, commands) = (VecDeque::new(), HashMap::new());
        Self { limit: limit.max(1), requests, commands, total: Count::default(), evicted: 0 }
    }

    /// Notes an arrival, `outcome` open, and returns its number.
    pub fn received(&mut self, mut request: Request) -> u64 {
        if self.requests.len() == self.limit {
            self.evict();
        }
        self.total.received += 1;
        request.seq = self.total.received;
        if let Some(id) = &request.command_id {
            self.commands.entry(id.clone()).or_default().received += 1;
        }
        self.requests.push_back(request);
        self.total.received
    }

    pub fn accepted(&mut self, seq: u64, message_id: &str) {
        self.total.accepted += 1;
        let Some(request) = self.find(seq) else { return };
        request.message_id = Some(message_id.to_owned());
        if let Some(id) = request.command_id.clone() {
            self.commands.entry(id).or_default().accepted += 1;
        }
    }

    pub fn answered(&mut self, seq: u64, outcome: &str) {
        if let Some(request) = self.find(seq) {
            outcome.clone_into(&mut request.outcome);
        }
    }

    /// Forgets everything, totals included.
    pub fn clear(&mut self) {
        *self = Self::new(self.limit);
    }

    #[must_use]
    pub fn count(&self, command_id: &str) -> Count {
        self.commands.get(command_id).copied().unwrap_or_default()
    }

    /// The newest `limit` requests after number `after`, oldest of them first; of one command if one is named.
    #[must_use]
    pub fn report(&self, command_id: Option<&str>, after: u64, limit: usize) -> Report {
        let wanted = |id: Option<&str>| command_id.is_none() || id == command_id;
        let newest = self.requests.iter().rev().take_while(|request| request.seq > after);
        let mut requests: Vec<Request> =
            newest.filter(|request| wanted(request.command_id.as_deref())).take(limit).cloned().collect();
        requests.reverse();
        let commands = self.commands.iter().filter(|(id, _)| wanted(Some(id.as_str())));
        Report {
            received: self.total.received,
            accepted: self.total.accepted,
            evicted: self.evicted,
            commands: commands.map(|(id, count)| (id.clone(), *count)).collect(),
            requests,
        }
    }

    fn find(&mut self, seq: u64) -> Option<&mut Request> {
        let first = self.requests.front()?.seq;
        self.requests.get_mut(usize::try_from(seq.checked_sub(first)?).ok()?)
    }

    fn evict(&mut self) {
        let Some(old) = self.requests.pop_front() else { return };
        self.evicted += 1;
        let Some(id) = old.command_id else { return };
        if let Some(count) = self.commands.get_mut(&id) {
            count.received -= 1;
            count.accepted = count.accepted.saturating_sub(u64::from(old.message_id.is_some()));
            if count.received == 0 {
                self.commands.remove(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(command_id: &str) -> Request {
        Request {
            seq: 0,
            at_ms: 0,
            phone_number_id: "7".into(),
            command_id: Some(command_id.into()),
            to: None,
            kind: None,
            message_id: None,
            outcome: "open".into(),
        }
    }

    #[test]
    fn arrivals_and_acceptances_are_counted_apart() {
        let mut journal = Journal::new(10);
        let first = journal.received(request("a"));
        journal.answered(first, "131000");
        let second = journal.received(request("a"));
        journal.accepted(second, "wamid.A");
        assert_eq!(journal.count("a"), Count { received: 2, accepted: 1 });
        let report = journal.report(None, 0, 10);
        assert_eq!((report.received, report.accepted, report.evicted), (2, 1, 0));
        assert_eq!(report.requests[0].outcome, "131000");
        assert_eq!(report.requests[1].message_id.as_deref(), Some("wamid.A"));
    }

    #[test]
    fn the_oldest_leave_memory_and_are_counted_as_evicted() {
        let mut journal = Journal::new(2);
        for id in ["a", "b", "b"] {
            let seq = journal.received(request(id));
            journal.accepted(seq, "wamid");
        }
        let report = journal.report(None, 0, 10);
        assert_eq!((report.received, report.evicted, report.requests.len()), (3, 1, 2));
        assert_eq!(journal.count("a"), Count::default());
        assert_eq!(journal.count("b"), Count { received: 2, accepted: 2 });
        // an answer to a request that is forgotten already
        journal.answered(1, "late");
        assert!(journal.report(None, 0, 10).requests.iter().all(|request| request.outcome == "open"));
    }

    #[test]
    fn a_report_is_of_one_command_or_of_the_newest() {
        let mut journal = Journal::new(10);
        for id in ["a", "b", "c"] {
            journal.received(request(id));
        }
        let of_b = journal.report(Some("b"), 0, 10);
        assert_eq!((of_b.commands.len(), of_b.requests.len()), (1, 1));
        let newest = journal.report(None, 1, 1);
        assert_eq!(newest.requests[0].seq, 3);
    }
}
