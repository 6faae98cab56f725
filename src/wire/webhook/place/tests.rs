//! Which items an envelope has, and whose each is.

use super::*;

fn kinds_and_keys(json: &str) -> Vec<(Kind, Option<String>)> {
    let envelope = Envelope::read(json.as_bytes()).expect("an envelope");
    envelope.places().iter().map(|p| (p.kind, p.key())).collect()
}

fn in_value(field: &str, members: &str) -> String {
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"100","changes":[{{"field":"{field}","value":{{
               "metadata":{{"phone_number_id":"200"}},{members}}}}}]}}]}}"#
    )
}

fn key(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn messages_statuses_and_the_rest_have_their_keys() {
    let json = in_value(
        "messages",
        r#""messages":[{"from":"15550000999"},{"from_user_id":"US.1"},{"group_id":"Y2F"},{}],
               "statuses":[{"recipient_id":"15550000999"},{"recipient_id":"12345678","recipient_type":"group"}],
               "errors":[{"code":1}],"novelty":{"x":1}"#,
    );
    assert_eq!(
        kinds_and_keys(&json),
        [
            (Kind::Message, key("200:15550000999")),
            (Kind::Message, key("200:US.1")),
            (Kind::Message, key("200:Y2F")),
            (Kind::Message, key("100")),
            (Kind::Status, key("200:15550000999")),
            (Kind::Status, key("200:12345678")),
            (Kind::Leftover, key("100")),
        ]
    );
}

#[test]
fn both_spellings_of_a_number_are_one_conversation() {
    for [one, other] in
        [["5511987654321", "551187654321"], ["525512345678", "5215512345678"], ["541123456789", "5491123456789"]]
    {
        let items = format!(r#""messages":[{{"from":"{one}"}}],"statuses":[{{"recipient_id":"{other}"}}]"#);
        let keys = kinds_and_keys(&in_value("messages", &items));
        assert_eq!((keys.len(), &keys[0].1), (2, &keys[1].1), "{one} and {other}");
    }
}

#[test]
fn a_group_s_status_belongs_to_the_group_in_both_spellings() {
    let json = in_value(
        "messages",
        r#""statuses":[{"recipient_id":"Y2F","recipient_type":"group","recipient_participant_id":"15550000999"},
                {"recipient_id":"15550000999","group_id":"Y2F"}]"#,
    );
    assert_eq!(kinds_and_keys(&json), [(Kind::Status, key("200:Y2F")), (Kind::Status, key("200:Y2F"))]);
}

#[test]
fn another_field_is_one_item_whatever_it_holds() {
    let json = in_value("history", r#""messages":[{"from":"15550000999"}]"#);
    assert_eq!(kinds_and_keys(&json), [(Kind::Value, key("100"))]);
}

#[test]
fn a_value_without_items_is_an_item_itself() {
    for members in [r#""contacts":[]"#, r#""messages":[]"#, r#""messages":{"a":1}"#, r#""errors":[{}]"#] {
        assert_eq!(kinds_and_keys(&in_value("messages", members)), [(Kind::Value, key("100"))], "{members}");
    }
}

#[test]
fn leftovers_keep_their_texts() {
    let json = in_value("messages", r#""b\"c":1.50,"messages":[{}],"messages_v2":[ 1 ]"#);
    let envelope = Envelope::read(json.as_bytes()).expect("an envelope");
    assert_eq!(envelope.places()[1].raw, r#"{"b\"c":1.50,"messages_v2":[ 1 ]}"#);
}

#[test]
fn odd_changes_and_entries_are_items() {
    let json =
        r#"{"object":"whatsapp_business_account","entry":[{"id":"100","changes":[{"field":"x"},5]},{"id":"101"},"?"]}"#;
    assert_eq!(
        kinds_and_keys(json),
        [(Kind::Change, key("100")), (Kind::Change, key("100")), (Kind::Entry, key("101")), (Kind::Entry, None)]
    );
}
