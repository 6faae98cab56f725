//! One generic fault: what goes wrong with the next calls that match it. Only plans; the handlers obey.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Switched on through `/_sim/faults`. Without `code`, `http` and `drop_answer` it only delays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// Which calls: messages (the default), media (resolving an id), download, upload.
    pub on: Call,
    /// Only calls for this number.
    pub phone_number_id: Option<String>,
    /// Only messages to this recipient; digits are compared.
    pub to: Option<String>,
    /// Meta's error code.
    pub code: Option<i64>,
    pub subcode: Option<i64>,
    /// HTTP status; without `code` the answer is an HTML page, as a proxy gives it.
    pub http: Option<u16>,
    /// How many calls; absent is one, 0 is until reset.
    pub count: Option<u32>,
    /// Milliseconds before the answer; `delay` means the same.
    #[serde(alias = "delay")]
    pub delay_ms: u64,
    /// Keeps the call open until `/_sim/release`.
    pub hold: bool,
    /// Whether the message is accepted (and its statuses follow) before the delay and the answer. Absent: yes, unless an
    /// error is answered.
    pub after_accept: Option<bool>,
    /// Cuts the connection without an answer.
    pub drop_answer: bool,
    /// Answers 200, and `code` comes later as a `failed` status.
    pub as_status: bool,
}

/// What a fault speaks about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    #[default]
    Messages,
    Media,
    Download,
    Upload,
}

/// When a message counts as accepted, relative to the fault's delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accept {
    Before,
    After,
    Never,
}

/// What the caller gets in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Normal,
    Error {
        code: i64,
        subcode: Option<i64>,
        http: Option<u16>,
    },
    /// No JSON at all.
    Page {
        http: u16,
    },
    Cut,
}

impl Fault {
    #[must_use]
    pub fn accept(&self) -> Accept {
        let spoils = self.drop_answer || !matches!(self.answer(), Answer::Normal);
        match self.after_accept {
            Some(true) => Accept::Before,
            Some(false) if spoils => Accept::Never,
            Some(false) => Accept::After,
            None if matches!(self.answer(), Answer::Error { .. } | Answer::Page { .. }) => Accept::Never,
            None => Accept::Before,
        }
    }

    #[must_use]
    pub fn answer(&self) -> Answer {
        match (self.drop_answer, self.code, self.http) {
            (true, _, _) => Answer::Cut,
            (false, Some(_), _) if self.as_status => Answer::Normal,
            (false, Some(code), http) => Answer::Error { code, subcode: self.subcode, http },
            (false, None, Some(http)) => Answer::Page { http },
            (false, None, None) => Answer::Normal,
        }
    }

    /// The code of the `failed` status that follows an accepted message.
    #[must_use]
    pub fn failed_status(&self) -> Option<i64> {
        self.code.filter(|_| self.as_status)
    }

    fn matches(&self, call: Call, phone_number_id: Option<&str>, to: Option<&str>) -> bool {
        let same_number = self.phone_number_id.as_deref().is_none_or(|id| Some(id) == phone_number_id);
        let same_user = self.to.as_deref().is_none_or(|user| to.is_some_and(|to| digits(to) == digits(user)));
        self.on == call && same_number && same_user
    }
}

fn digits(text: &str) -> &str {
    text.trim_start_matches('+')
}

/// Faults that are switched on, oldest first.
#[derive(Debug, Default)]
pub struct Faults(VecDeque<Fault>);

/// More than anyone sets by hand; the oldest go.
const MOST: usize = 1_000;

impl Faults {
    pub fn add(&mut self, fault: Fault) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(fault);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    #[must_use]
    pub fn list(&self) -> Vec<Fault> {
        self.0.iter().cloned().collect()
    }

    /// The first fault that matches, used up by one.
    pub fn take(&mut self, call: Call, phone_number_id: Option<&str>, to: Option<&str>) -> Option<Fault> {
        let index = self.0.iter().position(|fault| fault.matches(call, phone_number_id, to))?;
        let fault = self.0[index].clone();
        match fault.count.unwrap_or(1) {
            0 => {}
            1 => drop(self.0.remove(index)),
            left => self.0[index].count = Some(left - 1),
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_not_accepted_and_a_lost_answer_is_unless_said_otherwise() {
        let error = Fault { code: Some(131_000), ..Fault::default() };
        assert_eq!(error.accept(), Accept::Never);
        assert_eq!(Fault { after_accept: Some(true), ..error }.accept(), Accept::Before);
        let lost = Fault { drop_answer: true, ..Fault::default() };
        assert_eq!((lost.accept(), lost.answer()), (Accept::Before, Answer::Cut));
        assert_eq!(Fault { after_accept: Some(false), ..lost }.accept(), Accept::Never);
        let slow = Fault { delay_ms: 9, after_accept: Some(false), ..Fault::default() };
        assert_eq!((slow.accept(), slow.answer()), (Accept::After, Answer::Normal));
    }

    #[test]
    fn a_count_is_used_up_and_zero_lasts() {
        let mut faults = Faults::default();
        faults.add(Fault { code: Some(1), count: Some(2), ..Fault::default() });
        faults.add(Fault { code: Some(2), count: Some(0), ..Fault::default() });
        let mut next = || faults.take(Call::Messages, None, None).and_then(|fault| fault.code);
        assert_eq!([next(), next(), next(), next()], [Some(1), Some(1), Some(2), Some(2)]);
    }

    #[test]
    fn a_fault_keeps_to_its_call_number_and_user() {
        let mut faults = Faults::default();
        let to = Some("+15550000999".to_owned());
        faults.add(Fault { to, phone_number_id: Some("7".to_owned()), ..Fault::default() });
        assert_eq!(faults.take(Call::Media, Some("7"), Some("15550000999")), None);
        assert_eq!(faults.take(Call::Messages, Some("8"), Some("15550000999")), None);
        assert_eq!(faults.take(Call::Messages, Some("7"), Some("15550000998")), None);
        assert!(faults.take(Call::Messages, Some("7"), Some("15550000999")).is_some());
    }

    #[test]
    fn a_delay_may_be_written_without_its_unit() {
        let told: Fault = serde_json::from_str(r#"{"code":131000,"http":500,"count":1,"delay":9}"#).expect("a fault");
        assert_eq!(told.delay_ms, 9);
        assert!(serde_json::from_str::<Fault>(r#"{"delay":9,"delay_ms":9}"#).is_err(), "which one is meant?");
    }

    #[test]
    fn a_status_fault_answers_normally_first() {
        let fault = Fault { code: Some(131_026), as_status: true, ..Fault::default() };
        assert_eq!((fault.answer(), fault.accept()), (Answer::Normal, Accept::Before));
        assert_eq!(fault.failed_status(), Some(131_026));
    }
}
