//! Meta's word that it did not do it, in every shape it has: the Graph API's, the login dialogue's, the older API's. Judges
//! nothing; what names a message is a success whatever stands beside it.

use serde_json::{Map, Value};

use super::response::{number, sent};
use crate::domain::errors::MetaError;

/// Characters of a text of Meta's that are kept: it is passed on in records, which have their limits.
const LONGEST_TEXT: usize = 1_024;

/// The code of "not authorised" without a code of its own.
const AUTH_EXCEPTION: i64 = 0;

type Members = Map<String, Value>;

/// What an answer with this HTTP status refuses; `None` when it says nothing of the kind, or nothing that can be read.
#[must_use]
pub fn error(status: u16, body: &[u8]) -> Option<MetaError> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let error = find(&json)?;
    let refusal = MetaError {
        code: code(error).or_else(|| (status == 401).then_some(AUTH_EXCEPTION))?,
        subcode: error.get("error_subcode").and_then(number),
        title: text(error, &["message", "title", "error_msg", "error_description", "error"]).unwrap_or_default(),
        details: error.get("error_data").and_then(details).or_else(|| text(error, &["details", "error_user_msg"])),
        fbtrace_id: text(error, &["fbtrace_id"]),
        is_transient: error.get("is_transient").and_then(flag),
        http_status: Some(status),
        ..MetaError::default()
    };
    sent(body).is_none().then_some(refusal)
}

/// The members that speak of the error: of `error`, of the first of `errors`, or of the answer itself where `error` is but
/// a word.
fn find(json: &Value) -> Option<&Members> {
    match json {
        Value::Array(all) => find(all.first()?),
        Value::Object(members) => match (members.get("error"), members.get("errors")) {
            (Some(inner @ Value::Object(error)), _) => find(inner).or(Some(error)),
            (Some(Value::String(_)), _) => Some(members),
            (_, Some(Value::Array(all))) => all.first()?.as_object(),
            _ => members.contains_key("error_code").then_some(members),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn code(error: &Members) -> Option<i64> {
    ["code", "error_code"].into_iter().find_map(|name| error.get(name).and_then(number))
}

/// `error_data` is an object with `details`, or plain text.
fn details(data: &Value) -> Option<String> {
    match data.get("details").unwrap_or(data) {
        Value::String(text) => Some(short(text)),
        Value::Object(_) if data.get("details").is_none() => None,
        Value::Null => None,
        other @ (Value::Object(_) | Value::Array(_) | Value::Bool(_) | Value::Number(_)) => {
            Some(short(&other.to_string()))
        }
    }
}

/// The first of these members that is a text.
fn text(error: &Members, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| error.get(*name).and_then(Value::as_str)).map(short)
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}

fn flag(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Option<(i64, Option<i64>, String, Option<String>)> {
        let error = error(status, body.as_bytes())?;
        assert_eq!(error.http_status, Some(status));
        Some((error.code, error.subcode, error.title, error.details))
    }

    fn said(code: i64, title: &str, details: Option<&str>) -> Option<(i64, Option<i64>, String, Option<String>)> {
        Some((code, None, title.to_owned(), details.map(str::to_owned)))
    }

    #[test]
    fn the_graph_api_s_shape_is_read_with_all_it_says() {
        let body = br#"{"error":{"message":"(#131056) pair","type":"OAuthException","code":131056,"error_subcode":7,
            "error_data":{"messaging_product":"whatsapp","details":"too many"},"fbtrace_id":"A1","is_transient":false}}"#;
        let whole = MetaError {
            code: 131_056,
            subcode: Some(7),
            title: "(#131056) pair".into(),
            details: Some("too many".into()),
            fbtrace_id: Some("A1".into()),
            is_transient: Some(false),
            http_status: Some(400),
            ..MetaError::default()
        };
        assert_eq!(error(400, body), Some(whole));
    }

    #[test]
    fn numbers_and_flags_may_be_texts() {
        let body = r#"{"error":{"message":"m","code":"190","error_subcode":"463","is_transient":"true"}}"#;
        assert_eq!(read(401, body), Some((190, Some(463), "m".into(), None)));
        assert_eq!(error(401, body.as_bytes()).and_then(|error| error.is_transient), Some(true));
    }

    #[test]
    fn error_data_may_be_an_object_a_text_or_something_else() {
        let with = |data: &str| {
            read(400, &format!(r#"{{"error":{{"message":"m","code":100,"error_data":{data}}}}}"#)).expect("read").3
        };
        assert_eq!(with(r#""no such""#).as_deref(), Some("no such"));
        assert_eq!(with(r#"{"details":"no such"}"#).as_deref(), Some("no such"));
        assert_eq!(with(r#"{"details":{"field":"to"}}"#).as_deref(), Some(r#"{"field":"to"}"#));
        assert_eq!(with(r#"["to"]"#).as_deref(), Some(r#"["to"]"#));
        assert_eq!((with("{}"), with("null"), with(r#"{"details":null}"#)), (None, None, None));
    }

    #[test]
    fn what_meta_says_to_people_stands_in_for_details() {
        let body = r#"{"error":{"message":"m","code":100,"error_user_title":"t","error_user_msg":"shorten it"}}"#;
        assert_eq!(read(400, body), said(100, "m", Some("shorten it")));
    }

    #[test]
    fn other_shapes_of_meta_s_are_read() {
        for (body, expected) in [
            (r#"[{"error":{"message":"m","code":4}}]"#, said(4, "m", None)),
            (r#"{"error":{"error":{"message":"m","code":4}}}"#, said(4, "m", None)),
            (r#"{"errors":[{"code":131000,"title":"t","details":"d"}]}"#, said(131_000, "t", Some("d"))),
            (r#"{"error_code":190,"error_msg":"m"}"#, said(190, "m", None)),
            (r#"{"error":"invalid_token","error_code":190,"error_description":"m"}"#, said(190, "m", None)),
        ] {
            assert_eq!(read(400, body), expected, "{body}");
        }
    }

    #[test]
    fn without_a_code_only_not_authorised_is_a_refusal() {
        for body in [r#"{"error":"invalid_token","error_description":"m"}"#, r#"{"error":{"message":"m"}}"#] {
            assert_eq!(read(401, body), said(0, "m", None), "{body}");
            assert_eq!((read(400, body), read(502, body), read(200, body)), (None, None, None), "{body}");
        }
    }

    #[test]
    fn what_is_no_error_says_nothing() {
        let bodies = [
            "",
            "<html>502</html>",
            "null",
            "[]",
            "7",
            "{}",
            r#"{"error":null}"#,
            r#"{"success":true}"#,
            r#"{"errors":[]}"#,
        ];
        for body in bodies {
            assert_eq!(read(502, body), None, "{body}");
        }
    }

    #[test]
    fn an_answer_that_names_a_message_is_no_refusal() {
        let body = r#"{"messages":[{"id":"wamid.A"}],"errors":[{"code":131000}],"error":{"code":131000}}"#;
        assert_eq!(read(200, body), None);
    }

    #[test]
    fn long_texts_are_cut() {
        let long = "ä".repeat(5_000);
        let body = format!(r#"{{"error":{{"message":"{long}","code":1,"error_data":"{long}"}}}}"#);
        let (_, _, title, details) = read(400, &body).expect("read");
        assert_eq!((title.chars().count(), details.expect("details").chars().count()), (1_024, 1_024));
    }
}
