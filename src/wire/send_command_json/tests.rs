use super::*;

const DEFAULT_ID: &str = "omnichannel.send.commands.json-3-42";

fn refused(json: &str) -> Vec<(String, String, String)> {
    match parse(json.as_bytes(), DEFAULT_ID) {
        Err(Refusal::Invalid { problems, .. }) => problems.into_iter().map(|p| (p.field, p.problem, p.fix)).collect(),
        other => panic!("{other:?}"),
    }
}

fn fields(json: &str) -> Vec<String> {
    refused(json).into_iter().map(|(field, _, _)| field).collect()
}

#[test]
fn the_one_line_hello_world_is_a_command() {
    let command = parse(br#"{"to":"+4915112345678","text":{"body":"hi"}}"#, DEFAULT_ID).expect("a command");
    assert_eq!(command.command_id, DEFAULT_ID);
    assert_eq!((command.priority.as_str(), command.on_unknown.as_str()), ("normal", "resend"));
    assert_eq!(command.text.map(|text| text.body).as_deref(), Some("hi"));
}

#[test]
fn times_are_rfc_3339_or_milliseconds() {
    let with = |time: &str| {
        let json = format!(r#"{{"to":"+491511","text":{{"body":"hi"}},"expires_at":{time}}}"#);
        parse(json.as_bytes(), DEFAULT_ID).map(|command| command.expires_at)
    };
    assert_eq!(with(r#""2023-11-14T22:13:20Z""#), Ok(Some(1_700_000_000_000)));
    assert_eq!(with(r#""2023-11-14T23:13:20.5+01:00""#), Ok(Some(1_700_000_000_500)));
    assert_eq!(with("1700000000000"), Ok(Some(1_700_000_000_000)));
    assert_eq!(with("null"), Ok(None));
    assert!(with(r#""tomorrow""#).is_err());
}

#[test]
fn an_unknown_field_is_named_with_its_path_and_the_nearest_known_one() {
    let found = refused(r#"{"to":"+491511","txt":{"body":"hi"},"template":{"name":"a","langauge":"en"}}"#);
    assert_eq!(
        found,
        [
            ("txt".to_owned(), "is not a known field".to_owned(), "did you mean text?".to_owned()),
            ("template.langauge".to_owned(), "is not a known field".to_owned(), "did you mean language?".to_owned()),
        ]
    );
    let strange = refused(r#"{"to":"+491511","text":{"body":"hi"},"zzz":1}"#);
    assert_eq!(strange[0].2, "see the JSON schema for the fields there are");
}

#[test]
fn a_wrong_type_is_named_with_its_path() {
    let json = r#"{"to":491511,"template":{"name":"a","body":["x",1]},"labels":{"k":2},"unordered":"yes"}"#;
    assert_eq!(fields(json), ["to", "template.body[1]", "unordered", "labels.k"]);
    assert_eq!(fields(r#"{"to":"+491511","text":"hi"}"#), ["text"]);
}

#[test]
fn a_missing_field_is_named() {
    assert_eq!(fields(r#"{"text":{}}"#), ["to", "text.body"]);
}

#[test]
fn metas_documentation_pastes_in() {
    let json = r#"{"to":"+491511","template":{"name":"sale","language":"en_US","components":[
        {"type":"body","parameters":[{"type":"text","text":"Ada"},
          {"type":"currency","currency":{"fallback_value":"$1","code":"USD","amount_1000":"1000"}}]},
        {"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"x"}]}]}}"#;
    let components = parse(json.as_bytes(), DEFAULT_ID).expect("a command").template.expect("its content").components;
    assert_eq!(components[1].index, Some(0));
    assert_eq!(components[0].parameters[1].currency.as_ref().map(|money| money.amount_1000), Some(1000));
}

#[test]
fn json_inside_json_may_be_an_object() {
    let read = |action: &str| {
        let json = format!(r#"{{"to":"+491511","interactive":{{"type":"x","action_json":{action}}}}}"#);
        parse(json.as_bytes(), DEFAULT_ID).map(|command| command.interactive.and_then(|content| content.action_json))
    };
    let text = Ok(Some(r#"{"name":"x"}"#.to_owned()));
    assert_eq!(read(r#"{ "name": "x" }"#), text);
    assert_eq!(read(r#""{\"name\":\"x\"}""#), text);
    assert_eq!(read("null"), Ok(None));
    assert!(read("[1]").is_err());
}

#[test]
fn a_refusal_keeps_a_usable_command_id() {
    let id = |json: &str| match parse(json.as_bytes(), DEFAULT_ID) {
        Err(Refusal::Invalid { command_id, .. }) => command_id,
        other => panic!("{other:?}"),
    };
    assert_eq!(id(r#"{"command_id":"a-1","x":1}"#).as_deref(), Some("a-1"));
    assert_eq!(id(r#"{"x":1}"#).as_deref(), Some(DEFAULT_ID));
    assert_eq!(id(r#"{"command_id":"not good"}"#), None);
}

#[test]
fn what_is_not_a_json_object_says_where() {
    assert_eq!(parse(b"{\"to\":\n!", DEFAULT_ID), Err(Refusal::NotJson { line: 2, column: 1 }));
    assert!(matches!(parse(b"[]", DEFAULT_ID), Err(Refusal::NotJson { .. })));
    assert!(matches!(parse(&[0, 0, 0, 0, 1, 2], DEFAULT_ID), Err(Refusal::NotJson { .. })));
}

#[test]
fn a_refusal_repeats_no_value() {
    let secret = "+4915199999999";
    let json = format!(r#"{{"to":["{secret}"],"text":{{"body":["{secret}"]}},"expires_at":"{secret}"}}"#);
    let refusal = parse(json.as_bytes(), DEFAULT_ID).expect_err("refused");
    assert!(!format!("{refusal:?}").contains(secret));
}
