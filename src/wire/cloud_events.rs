//! CloudEvents headers of public records, in Kafka's binary mode: a reader can filter without decoding. Never holds
//! anything of a record's content.

use chrono::{DateTime, SecondsFormat};

use crate::runtime::Headers;

const SPEC_VERSION: &str = "1.0";
/// What the value is: Avro in Confluent framing.
const CONTENT_TYPE: &str = "application/avro";
const TRACEPARENT: &str = "traceparent";

/// What the headers of one record say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudEvent<'a> {
    /// The record's event id, or what identifies its change (`<key>/<version>`).
    pub id: &'a str,
    /// What happened, such as `omnichannel.whatsapp.inbound.message`. Open set; part of the contract.
    pub kind: &'a str,
    /// Where, such as `/whatsapp/<phone_number_id>`; a URI reference.
    pub source: &'a str,
    /// When it happened, unix milliseconds.
    pub time_ms: i64,
    /// Alias of the configured account, where there is one.
    pub account: Option<&'a str>,
}

impl CloudEvent<'_> {
    /// The headers, with `traceparent` passed on from the record that caused this one.
    #[must_use]
    pub fn headers(&self, input: &Headers) -> Headers {
        let mut headers = Headers::new();
        headers.push("ce_specversion", SPEC_VERSION);
        headers.push("ce_id", self.id.to_owned());
        headers.push("ce_type", self.kind.to_owned());
        headers.push("ce_source", self.source.to_owned());
        if let Some(time) = rfc3339(self.time_ms) {
            headers.push("ce_time", time);
        }
        headers.push("content-type", CONTENT_TYPE);
        if let Some(trace) = input.get(TRACEPARENT) {
            headers.push(TRACEPARENT, trace.clone());
        }
        if let Some(account) = self.account {
            headers.push("account", account.to_owned());
        }
        headers
    }
}

/// `None` for a time outside what RFC 3339 can say.
fn rfc3339(unix_ms: i64) -> Option<String> {
    let time = DateTime::from_timestamp_millis(unix_ms)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: CloudEvent<'_> = CloudEvent {
        id: "3f0c",
        kind: "omnichannel.whatsapp.inbound.message",
        source: "/whatsapp/1065",
        time_ms: 1_700_000_000_123,
        account: Some("main"),
    };

    fn shown(headers: &Headers) -> Vec<(String, String)> {
        let text = |value: &bytes::Bytes| String::from_utf8(value.to_vec()).expect("headers are text");
        headers.iter().map(|(name, value)| (name.to_owned(), text(value))).collect()
    }

    #[test]
    fn headers_say_who_what_when_and_pass_the_trace_on() {
        let input = Headers::new().with("traceparent", "00-aa-bb-01").with("x-other", "stays");
        insta::assert_debug_snapshot!(shown(&EVENT.headers(&input)));
    }

    #[test]
    fn without_account_and_trace_there_are_no_such_headers() {
        let headers = CloudEvent { account: None, ..EVENT }.headers(&Headers::new());
        assert_eq!(headers.get("account"), None);
        assert_eq!(headers.get("traceparent"), None);
    }
}
