//! One letter with all that it holds, for somebody who asked for it. Must not be used for lists.

use std::fmt;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    letter::Letter,
    marks::Mark,
    view::{age, clean, json, origin},
};
use crate::{
    runtime::{Headers, Record, ports::rfc3339},
    wire::as_written,
};

/// One letter with all that it holds.
pub struct Shown<'a> {
    pub letter: &'a Letter,
    pub mark: &'a Mark,
    pub record: &'a Record,
    pub value: &'a as_written::Shown,
    pub now_ms: i64,
}

impl Shown<'_> {
    /// For scripts; the key and the value are whole.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut said = json(self.letter, self.mark);
        said["key"] = json!(self.letter.key.as_ref().map(text));
        let mut headers = Map::new();
        for (name, value) in self.record.headers.iter() {
            let value = json!(header(name, value));
            match headers.get_mut(name) {
                None => _ = headers.insert(name.to_owned(), value),
                // a name may stand more than once
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = json!([first, value]),
            }
        }
        said["headers"] = headers.into();
        said["value"] = match self.value {
            as_written::Shown::Nothing => Value::Null,
            as_written::Shown::Json(value) => json!({"format": "json", "json": value}),
            as_written::Shown::Avro { schema_id, name, value } => {
                json!({"format": "avro", "schema_id": schema_id, "record": name, "json": value})
            }
            as_written::Shown::Bytes(preview) => json!({
                "format": if preview.is_hex { "hex" } else { "text" },
                "preview": preview.text,
                "bytes": preview.bytes,
                "why": preview.why,
            }),
        };
        said
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { letter, mark, record, value, now_ms } = self;
        writeln!(f, "place     {}", letter.place)?;
        writeln!(f, "died      {} ({} ago)", rfc3339(letter.died_ms), age(now_ms - letter.died_ms))?;
        writeln!(f, "cause     {} {}: {}", clean(&letter.class), clean(&letter.code), clean(&letter.message))?;
        writeln!(f, "tried     {} counted attempts, replayed {} times", letter.attempts, letter.replays)?;
        writeln!(f, "origin    {}", origin(letter))?;
        match mark {
            Mark::Open | Mark::Forgotten => writeln!(f, "state     {}", mark.name())?,
            Mark::Replayed { at, by } => writeln!(f, "state     replayed {at} by {}", clean(by))?,
            Mark::Discarded { at, by, reason } => {
                let reason = reason.as_deref().unwrap_or("no reason");
                writeln!(f, "state     discarded {at} by {}: {}", clean(by), clean(reason))?;
            }
        }
        writeln!(f, "account   {}", clean(letter.account.as_deref().unwrap_or("-")))?;
        writeln!(f, "key       {}", letter.key.as_ref().map_or_else(|| "-".to_owned(), text))?;
        headers(f, &record.headers)?;
        content(f, value)
    }
}

fn headers(f: &mut fmt::Formatter<'_>, headers: &Headers) -> fmt::Result {
    writeln!(f, "headers")?;
    headers.iter().try_for_each(|(name, value)| writeln!(f, "  {}: {}", clean(name), header(name, value)))
}

fn content(f: &mut fmt::Formatter<'_>, value: &as_written::Shown) -> fmt::Result {
    match value {
        as_written::Shown::Nothing => writeln!(f, "value     none"),
        as_written::Shown::Json(value) => writeln!(f, "value     JSON\n{value:#}"),
        as_written::Shown::Avro { schema_id, name, value } => {
            writeln!(f, "value     {}, Avro as written with schema id {schema_id}\n{value:#}", clean(name))
        }
        as_written::Shown::Bytes(preview) => {
            let kind = if preview.is_hex { "hex" } else { "text" };
            writeln!(f, "value     {} bytes, the beginning as {kind}", preview.bytes)?;
            if let Some(why) = &preview.why {
                writeln!(f, "          not decoded: {why}")?;
            }
            writeln!(f, "{}", preview.text)
        }
    }
}

/// Some headers of Java tools are numbers as bytes.
fn header(name: &str, value: &Bytes) -> String {
    let number = match name {
        "kafka_dlt-original-partition" => value[..].try_into().ok().map(|b| i32::from_be_bytes(b).into()),
        "kafka_dlt-original-offset" | "kafka_dlt-original-timestamp" => {
            value[..].try_into().ok().map(i64::from_be_bytes)
        }
        _ => None,
    };
    number.map_or_else(|| text(value), |number| number.to_string())
}

fn text(value: &Bytes) -> String {
    std::str::from_utf8(value).map_or_else(|_| format!("0x{}", hex::encode(value)), clean)
}

#[cfg(test)]
mod tests {
    use super::{
        super::letter::tests::{account, written},
        *,
    };

    const HOUR: i64 = 3_600_000;

    #[test]
    fn one_letter_is_shown_with_all_that_it_holds() {
        let (at, by, reason) = ("2026-05-28T20:26:40.123Z".into(), "kim@host".into(), Some("junk".into()));
        let discarded = Mark::Discarded { at, by, reason };
        let mut record = written("200000000000001:4915112345678", Headers::new().with("traceparent", "00-1"), 7);
        record.headers.push("twice", "1");
        record.headers.push("twice", &b"\xff"[..]);
        let letter = Letter::of(&record, &[account()]);
        let value = as_written::Shown::Avro { schema_id: 9, name: "Thing".into(), value: json!({"id": "a"}) };
        let shown = Shown { letter: &letter, mark: &discarded, record: &record, value: &value, now_ms: 3 * HOUR };
        insta::assert_snapshot!(shown);
        insta::assert_json_snapshot!(shown.json());
    }
}
