//! What an answer's headers say about waiting: for this request, and for the calls of the app and the account. Messages are
//! not among those calls; they have limits of their own, which Meta's codes tell.

use chrono::DateTime;
use serde_json::Value;

use super::response::number;

/// More than that is no wait but a mistake.
const LONGEST_MS: u64 = 24 * 60 * 60 * 1_000;

/// The headers, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stated {
    /// `Retry-After`.
    pub retry_after_ms: Option<u64>,
    app: Option<Usage>,
    business: Option<Usage>,
}

/// `X-App-Usage` or `X-Business-Use-Case-Usage`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Usage {
    /// Of the limit, the fullest of all counters.
    percent: u64,
    /// Until calls are taken again.
    regain_ms: Option<u64>,
}

impl Stated {
    /// `header` finds one by its lower-case name.
    #[must_use]
    pub fn read<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Self {
        Self {
            retry_after_ms: header("retry-after").and_then(|value| retry_after_ms(value, header("date"))),
            app: header("x-app-usage").and_then(usage),
            business: header("x-business-use-case-usage").and_then(usage),
        }
    }

    /// Which limit is used how far, in percent.
    pub fn usage(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let named = [("app", self.app), ("business", self.business)];
        named.into_iter().filter_map(|(of, usage)| Some((of, usage?.percent)))
    }

    /// Until calls of the app and the account are taken again.
    #[must_use]
    pub fn usage_wait_ms(&self) -> Option<u64> {
        [self.app, self.business].into_iter().flatten().filter_map(|usage| usage.regain_ms).max()
    }
}

/// Seconds, or a date, which counts from the answer's own: no clock of ours has to agree with it.
fn retry_after_ms(value: &str, date: Option<&str>) -> Option<u64> {
    let at = |text: &str| DateTime::parse_from_rfc2822(text).ok();
    let ms = match value.trim().parse::<u64>() {
        Ok(seconds) => seconds.saturating_mul(1_000),
        Err(_) => u64::try_from((at(value)? - at(date?)?).num_milliseconds()).unwrap_or(0),
    };
    Some(ms.min(LONGEST_MS))
}

/// One object of counters, or lists of them by the id of whom they count for.
fn usage(header: &str) -> Option<Usage> {
    let json: Value = serde_json::from_str(header).ok()?;
    let lists = json.as_object()?.values().filter_map(Value::as_array).flatten();
    let counters: Vec<&Value> = std::iter::once(&json).chain(lists).collect();
    let most = |name: &str| {
        let found = counters.iter().filter_map(|counter| number(counter.get(name)?));
        found.filter_map(|value| u64::try_from(value).ok()).max()
    };
    let percent = ["call_count", "total_time", "total_cputime"].into_iter().filter_map(most).max();
    let minutes = most("estimated_time_to_regain_access").filter(|minutes| *minutes > 0);
    let regain_ms = minutes.map(|minutes| minutes.saturating_mul(60_000).min(LONGEST_MS));
    (percent.is_some() || regain_ms.is_some()).then(|| Usage { percent: percent.unwrap_or(0), regain_ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(headers: &[(&str, &'static str)]) -> Stated {
        Stated::read(|name| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value))
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let wait = |value| retry_after_ms(value, Some("Wed, 21 Oct 2026 07:28:00 GMT"));
        assert_eq!(wait("90"), Some(90_000));
        assert_eq!(wait("Wed, 21 Oct 2026 07:29:30 GMT"), Some(90_000));
        assert_eq!(wait("Wed, 21 Oct 2026 07:27:00 GMT"), Some(0), "it is over");
        assert_eq!((wait("soon"), wait("-1"), wait("")), (None, None, None));
        assert_eq!(retry_after_ms("Wed, 21 Oct 2026 07:29:30 GMT", None), None, "from when, nobody says");
    }

    #[test]
    fn no_wait_is_longer_than_a_day() {
        let day = Some(86_400_000);
        assert_eq!(retry_after_ms("99999999999999", None), day);
        let header = r#"{"1":[{"estimated_time_to_regain_access":999999999999999999}]}"#;
        assert_eq!(stated(&[("x-business-use-case-usage", header)]).usage_wait_ms(), day);
    }

    #[test]
    fn usage_is_the_fullest_counter_and_the_longest_wait() {
        let business = r#"{"1":[{"type":"whatsapp_business_management","call_count":28,"total_time":"91",
            "estimated_time_to_regain_access":3}],"2":[{"call_count":5,"estimated_time_to_regain_access":7}]}"#;
        let stated = stated(&[
            ("x-app-usage", r#"{"call_count":100,"total_time":25,"total_cputime":25}"#),
            ("x-business-use-case-usage", business),
        ]);
        assert_eq!(stated.usage().collect::<Vec<_>>(), [("app", 100), ("business", 91)]);
        assert_eq!(stated.usage_wait_ms(), Some(420_000));
    }

    #[test]
    fn usage_below_the_limit_states_no_wait() {
        let header = r#"{"1":[{"call_count":99,"estimated_time_to_regain_access":0}]}"#;
        assert_eq!(stated(&[("x-business-use-case-usage", header)]).usage_wait_ms(), None);
    }

    #[test]
    fn headers_that_cannot_be_read_say_nothing() {
        for value in ["nonsense", "[]", "7", "{}", r#"{"1":[7]}"#, r#"{"call_count":"many"}"#] {
            assert_eq!(
                stated(&[("x-app-usage", value), ("x-business-use-case-usage", value)]),
                Stated::default(),
                "{value}"
            );
        }
    }
}
