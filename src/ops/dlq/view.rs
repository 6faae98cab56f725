//! How letters look in lists: without their content and without whole phone numbers. Reads nothing.

use serde_json::{Value, json};

use super::{letter::Letter, marks::Mark, mask::masked};
use crate::runtime::ports::rfc3339;

/// Above the lines of a list.
pub const HEAD: &str = "PLACE      AGE  STATE      CLASS      CODE                      TRIED  REPLAYED  ACCOUNT       KEY                        ORIGIN";

/// A letter as one line.
#[must_use]
pub fn line(letter: &Letter, mark: &Mark, now_ms: i64) -> String {
    format!(
        "{:<9} {:>4}  {:<9}  {:<9}  {:<24}  {:>5}  {:>8}  {:<12}  {:<25}  {}",
        place(letter),
        age(now_ms - letter.died_ms),
        mark.name(),
        clean(&letter.class),
        clean(&letter.code),
        letter.attempts,
        letter.replays,
        clean(letter.account.as_deref().unwrap_or("-")),
        letter.key.as_ref().map_or_else(|| "-".to_owned(), masked),
        origin(letter),
    )
}

/// The same for scripts.
#[must_use]
pub fn json(letter: &Letter, mark: &Mark) -> Value {
    let mut said = json!({
        "place": place(letter),
        "topic": &*letter.place.topic,
        "state": mark.name(),
        "died_at": rfc3339(letter.died_ms),
        "class": letter.class,
        "code": letter.code,
        "message": letter.message,
        "attempts": letter.attempts,
        "replays": letter.replays,
        "origin": letter.first_at.as_ref().map(ToString::to_string),
        "account": letter.account,
        "key": letter.key.as_ref().map(masked),
        "bytes": letter.bytes,
    });
    match mark {
        Mark::Open | Mark::Forgotten => {}
        Mark::Replayed { at, by } => said["handled"] = json!({"at": at, "by": by}),
        Mark::Discarded { at, by, reason } => said["handled"] = json!({"at": at, "by": by, "reason": reason}),
    }
    said
}

fn place(letter: &Letter) -> String {
    format!("{}/{}", letter.place.partition, letter.place.offset)
}

pub(super) fn origin(letter: &Letter) -> String {
    letter.first_at.as_ref().map_or_else(|| "-".to_owned(), |origin| clean(&origin.to_string()))
}

pub(super) fn age(ms: i64) -> String {
    match ms.max(0) / 1_000 {
        s @ 0..=119 => format!("{s}s"),
        s @ 120..=7_199 => format!("{}m", s / 60),
        s @ 7_200..=172_799 => format!("{}h", s / 3_600),
        s => format!("{}d", s / 86_400),
    }
}

/// What a stranger wrote must not steer a terminal.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::letter::tests::letter, *};

    const HOUR: i64 = 3_600_000;

    fn discarded() -> Mark {
        Mark::Discarded { at: "2026-05-28T20:26:40.123Z".into(), by: "kim@host".into(), reason: Some("junk".into()) }
    }

    #[test]
    fn a_line_tells_everything_but_who_and_what() {
        let line = line(&letter("200000000000001:4915112345678"), &Mark::Open, 3 * HOUR);
        assert_eq!(
            line,
            "1/7         2h  open       poison     not_avro                      2         0  main          \
             200000000000001:…78        whatsapp.outbound.messages/3/42"
        );
        assert_eq!(HEAD.find("ORIGIN"), line.replace('…', ".").find("whatsapp."));
    }

    #[test]
    fn lists_for_scripts_hold_no_body_and_no_number() {
        let json = json(&letter("200000000000001:4915112345678"), &discarded());
        assert_eq!(
            (&json["place"], &json["key"], &json["state"]),
            (&"1/7".into(), &"200000000000001:…78".into(), &"discarded".into())
        );
        assert_eq!(json["handled"]["reason"], "junk");
        let text = json.to_string();
        assert!(!text.contains("4915112345678") && !text.contains("body"), "{text}");
    }

    #[test]
    fn ages_are_short() {
        let of = |ms: i64| age(ms);
        assert_eq!(
            (of(-5), of(90_000), of(10 * 60_000), of(3 * HOUR), of(72 * HOUR)),
            ("0s".into(), "90s".into(), "10m".into(), "3h".into(), "3d".into())
        );
    }
}
