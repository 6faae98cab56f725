//! Tolerant access to JSON that must also survive as text: objects as ordered members over [`RawValue`], numbers that come
//! as strings, strings with half an emoji. Knows no field of Meta's.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// Bytes of the longest name or id that is taken for one; Meta's are below 300.
const SHORT: usize = 4096;

/// An object's members in their order, each value as its exact text.
#[derive(Debug, Default)]
pub struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// `None` when `raw` is not an object.
    #[must_use]
    pub fn read(raw: &'a RawValue) -> Option<Self> {
        serde_json::from_str(raw.get()).ok()
    }

    /// The last member of that name, as JSON parsers commonly decide.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(n, _)| n == name).map(|(_, v)| *v)
    }

    /// A non-empty text, or a number as its text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        text(self.get(name)?)
    }

    /// [`text`](Self::text) of what is copied into every item beside it: absent where it is longer than any id or name of
    /// Meta's, or one long name would be as many times as long as there are items.
    #[must_use]
    pub fn short(&self, name: &str) -> Option<String> {
        text(self.get(name).filter(|raw| is_short(raw))?)
    }

    /// A whole number, also one inside a string.
    #[must_use]
    pub fn int(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    #[must_use]
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name)?.get() {
            "true" | "\"true\"" => Some(true),
            "false" | "\"false\"" => Some(false),
            _ => None,
        }
    }

    /// `None` when there is no object of that name.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<Self> {
        Self::read(self.get(name)?)
    }

    /// The elements of the array of that name; empty when there is none.
    #[must_use]
    pub fn elements(&self, name: &str) -> Vec<&'a RawValue> {
        self.get(name).and_then(elements).unwrap_or_default()
    }

    /// The objects of the array of that name; what else stands there is left to `raw`.
    #[must_use]
    pub fn objects(&self, name: &str) -> Vec<Self> {
        self.elements(name).into_iter().filter_map(Self::read).collect()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), *value))
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(8);
                while let Some((Name(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A member's name, borrowed where it has no escapes (`Cow` alone would always copy).
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Whether every item may have a copy.
#[must_use]
pub fn is_short(raw: &RawValue) -> bool {
    raw.get().len() <= SHORT
}

/// A text as a JSON string.
#[must_use]
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The elements of an array, each as its exact text; `None` when `raw` is not an array.
#[must_use]
pub fn elements(raw: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).ok()
}

/// Whether `raw` has [`elements`], without reading them: its text is known to be JSON.
#[must_use]
pub fn is_array(raw: &RawValue) -> bool {
    raw.get().starts_with('[')
}

/// A non-empty text, or a number as its text: Meta changes between the two.
#[must_use]
pub fn text(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first()? {
        b'"' => lossy::<String>(raw.get()).ok().filter(|t| !t.is_empty()),
        b'-' | b'0'..=b'9' => Some(raw.get().to_owned()),
        _ => None,
    }
}

/// Reads `json`; where a string holds half a surrogate pair (legal JSON, not Unicode) the half becomes U+FFFD, so that the
/// rest of the record is not lost. The exact text is kept elsewhere, as `raw`.
///
/// # Errors
/// Of the first reading, when there was no such half to replace.
pub fn lossy<T: DeserializeOwned>(json: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(json)
        .or_else(|error| without_lone_surrogates(json).map_or(Err(error), |repaired| serde_json::from_str(&repaired)))
}

/// `None` when there is nothing to replace.
fn without_lone_surrogates(json: &str) -> Option<String> {
    let mut repaired = json.as_bytes().to_vec();
    let (mut at, mut changed) = (0, false);
    while at + 1 < repaired.len() {
        if repaired[at] != b'\\' {
            at += 1;
            continue;
        }
        match unit(&repaired, at) {
            Some(0xd800..=0xdbff) if matches!(unit(&repaired, at + 6), Some(0xdc00..=0xdfff)) => at += 12,
            Some(0xd800..=0xdfff) => {
                repaired[at + 2..at + 6].copy_from_slice(b"fffd");
                changed = true;
                at += 6;
            }
            Some(_) => at += 6,
            None => at += 2,
        }
    }
    changed.then(|| String::from_utf8(repaired).expect("only ASCII hex digits were replaced"))
}

/// The UTF-16 unit of an escape `\uXXXX` at `at`.
fn unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> &RawValue {
        serde_json::from_str(json).expect("JSON")
    }

    #[test]
    fn members_keep_order_and_exact_text() {
        let object = Object::read(raw(r#"{"b": 1.50, "a":[ "\u00e9" ]}"#)).expect("an object");
        let members: Vec<_> = object.iter().map(|(n, v)| (n, v.get())).collect();
        assert_eq!(members, [("b", "1.50"), ("a", r#"[ "\u00e9" ]"#)]);
    }

    #[test]
    fn an_array_is_known_by_its_first_byte() {
        let odd = "[".repeat(200_000) + &"]".repeat(200_000);
        for json in ["[]", " [ 1 ]", "[[", "{}", "\"[\"", "null", "7", &odd] {
            let Ok(raw) = serde_json::from_str::<&RawValue>(json) else { continue };
            assert_eq!(is_array(raw), elements(raw).is_some(), "{}", &json[..json.len().min(9)]);
        }
    }

    #[test]
    fn numbers_and_texts_stand_for_each_other() {
        let object = Object::read(raw(r#"{"t":"178","n":178,"e":"","x":null,"o":{}}"#)).expect("an object");
        assert_eq!((object.int("t"), object.int("n")), (Some(178), Some(178)));
        assert_eq!((object.text("t"), object.text("n")), (Some("178".into()), Some("178".into())));
        for name in ["e", "x", "o", "missing"] {
            assert_eq!(object.text(name), None, "{name}");
        }
    }

    #[test]
    fn half_an_emoji_is_replaced_and_the_rest_read() {
        let read = |json| lossy::<String>(json).expect("read");
        assert_eq!(read(r#""hi \ud83d there""#), "hi \u{fffd} there");
        assert_eq!(read(r#""\udc00""#), "\u{fffd}");
        assert_eq!(read(r#""\ud83d\ud83d\ude00""#), "\u{fffd}\u{1f600}");
        assert_eq!(read(r#""\\ud83d""#), r"\ud83d", "an escaped backslash is no escape");
    }

    #[test]
    fn what_is_no_json_stays_an_error() {
        assert!(lossy::<String>(r#""\ud83d"#).is_err());
        assert!(lossy::<String>(r#""\u12""#).is_err());
    }

    #[test]
    fn an_object_with_half_an_emoji_keeps_its_other_members() {
        let object = Object::read(raw(r#"{"a":"\ud83d","b":"x"}"#)).expect("an object");
        assert_eq!(object.get("a").map(RawValue::get), Some(r#""\ud83d""#));
        assert_eq!(object.text("a").as_deref(), Some("\u{fffd}"));
        assert_eq!(object.text("b").as_deref(), Some("x"));
    }
}
