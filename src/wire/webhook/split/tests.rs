//! Bodies and their parts: nothing is lost, doubled or told to somebody else.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn parts(json: &str) -> Vec<(String, String)> {
    let body = Bytes::copy_from_slice(json.as_bytes());
    let text = |b: &Bytes| String::from_utf8(b.to_vec()).expect("UTF-8");
    split(&body).into_iter().map(|p| (p.key, text(&p.value))).collect()
}

#[test]
fn a_body_of_one_conversation_passes_byte_for_byte() {
    let json = r#"{ "object":"whatsapp_business_account","entry":[{"id":"100","changes":[{"field":"messages","value":{
            "metadata":{"phone_number_id":"200"},"messages":[{"from":"15550000999"},{"from":"+1 5550000999"}]}}]}]}"#;
    assert_eq!(parts(json), [("200:15550000999".to_owned(), json.to_owned())]);
}

#[test]
fn the_short_way_says_what_the_long_way_says() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/webhooks");
    let mut short = 0;
    for file in std::fs::read_dir(folder).expect("the fixtures") {
        let body = Bytes::from(std::fs::read(file.expect("an entry").path()).expect("a file"));
        let Some(key) = common::key(&body) else { continue };
        assert_eq!(split_any(&body), [Part { key, value: body }]);
        short += 1;
    }
    assert!(short > 50, "the common case is common: {short}");
}

#[test]
fn what_is_unusual_takes_the_long_way() {
    let body = |members: &str| {
        format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"100","changes":[{{"field":"messages","value":{{"metadata":{{"phone_number_id":"200"}},{members}}}}}]}}]}}"#
        )
    };
    let message = r#""messages":[{"from":"15550000999"}]"#;
    assert_eq!(common::key(body(message).as_bytes()).as_deref(), Some("200:15550000999"));
    for members in [
        r#""messages":[{"from":15550000999}]"#,
        r#""messages":[{"from":"15550000999"},{"from":"15550000999"}]"#,
        r#""messages":null"#,
        r#""messages":[]"#,
        r#""messages":[{}]"#,
        r#""statuses":[{"recipient_id":"12345678","recipient_type":"group"}]"#,
        r#""statuses":[{"recipient_id":"15550000999","group_id":"12345678"}]"#,
        &format!(r#"{message},"statuses":null"#),
        &format!(r#"{message},"statuses":[{{"recipient_id":"15550000998"}}]"#),
        &format!(r#"{message},"novelty":1"#),
        &format!("{message},{message}"),
    ] {
        assert_eq!(common::key(body(members).as_bytes()), None, "{members}");
    }
    assert_eq!(common::key(body(message).replace("\"messages\"", "\"history\"").as_bytes()), None);
    assert_eq!(common::key(body(message).replace("whatsapp_b", "b").as_bytes()), None);
}

#[test]
fn what_is_not_understood_is_one_part_under_its_digest() {
    for json in ["{", "[]", r#"{"object":"page"}"#, r#"{"object":"whatsapp_business_account","entry":[]}"#] {
        assert_eq!(parts(json), [(digest(json.as_bytes()), json.to_owned())]);
    }
}

#[test]
fn bytes_that_are_no_utf_8_cost_only_themselves() {
    let mut body = Vec::new();
    body.extend_from_slice(br#"{"object":"whatsapp_business_account","entry":[{"id":"100","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"200"},"messages":[{"from":"15550000999","text":"a"#);
    body.extend_from_slice(b"\xff\xc3 b");
    body.extend_from_slice(br#""},{"from":"15550000998","text":"well formed"}]}}]}]}"#);
    let parts = split(&Bytes::from(body));
    let keys: Vec<_> = parts.iter().map(|part| part.key.as_str()).collect();
    assert_eq!(keys, ["200:15550000999", "200:15550000998"]);
    let says = |at: usize, text: &str| std::str::from_utf8(&parts[at].value).is_ok_and(|part| part.contains(text));
    assert!(says(0, "\"a?? b\"") && says(1, "well formed"));
}

#[test]
fn two_conversations_become_two_bodies_in_order() {
    let json = r#"{"object":"whatsapp_business_account","extra":1,"entry":[{"id":"100","time":5,"changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":"200"},"contacts":[{"wa_id":"15550000998","profile":{"name":"B"}},{"wa_id":"15550000999","profile":{"name":"A"}}],"messages":[{"from":"15550000999","id":"1","n":1.50},{"from":"15550000998","id":"2"},{"from":"15550000999","id":"3"}],"x":[0]}}]}]}"#;
    let head = r#"{"object":"whatsapp_business_account","extra":1,"entry":[{"id":"100","time":5,"changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":"200"},"#;
    let tail = "}}]}]}";
    assert_eq!(
        parts(json),
        [
            (
                "200:15550000999".to_owned(),
                format!(
                    r#"{head}"contacts":[{{"wa_id":"15550000999","profile":{{"name":"A"}}}}],"messages":[{{"from":"15550000999","id":"1","n":1.50}},{{"from":"15550000999","id":"3"}}]{tail}"#
                )
            ),
            (
                "200:15550000998".to_owned(),
                format!(
                    r#"{head}"contacts":[{{"wa_id":"15550000998","profile":{{"name":"B"}}}}],"messages":[{{"from":"15550000998","id":"2"}}]{tail}"#
                )
            ),
            ("100".to_owned(), format!(r#"{head}"x":[0]{tail}"#)),
        ]
    );
}

#[test]
fn five_thousand_people_in_one_body_are_five_thousand_parts() {
    let people = 5_000;
    let each = |text: &dyn Fn(u32) -> String| (0..people).map(text).collect::<Vec<_>>().join(",");
    let contact = |n| format!(r#"{{"wa_id":"1555{n:07}","profile":{{"name":"N{n}"}}}}"#);
    let message = |n| format!(r#"{{"from":"1555{n:07}","id":"m{n}"}}"#);
    let status = |n| format!(r#"{{"recipient_id":"1555{n:07}","id":"s{n}"}}"#);
    let head = r#"{"object":"whatsapp_business_account","entry":[{"id":"100","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"200"},"#;
    let of = |contacts: &str, messages: &str, statuses: &str| {
        format!(r#"{head}"contacts":[{contacts}],"messages":[{messages}],"statuses":[{statuses}]}}}}]}}]}}"#)
    };
    let parts = parts(&of(&each(&contact), &each(&message), &each(&status)));
    assert_eq!(parts.len(), people as usize);
    for (n, part) in (0..).zip(parts) {
        assert_eq!(part, (format!("200:1555{n:07}"), of(&contact(n), &message(n), &status(n))));
    }
}

#[test]
fn a_name_that_stands_twice_doubles_no_item() {
    let json = r#"{"object":"whatsapp_business_account","entry":[{"id":"100","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"200"},"messages":[{"from":"15550000999","id":"1"},{"from":"15550000998","id":"2"}],"messages":[{"from":"15550000999","id":"3"}]}}]}]}"#;
    let parts = parts(json);
    let ids = |id: &str| parts.iter().map(|(_, part)| part.matches(&format!(r#""id":"{id}""#)).count()).sum::<usize>();
    assert_eq!((parts.len(), ids("1"), ids("2"), ids("3")), (2, 1, 1, 1));
}

#[test]
fn entries_and_odd_changes_find_their_parts() {
    let json = r#"{"object":"whatsapp_business_account","entry":[{"id":"100","changes":[{"field":"flows","value":{"a":1}},7]},{"id":"101"}]}"#;
    assert_eq!(
        parts(json),
        [
            (
                "100".to_owned(),
                r#"{"object":"whatsapp_business_account","entry":[{"id":"100","changes":[{"field":"flows","value":{"a":1}},7]}]}"#
                    .to_owned()
            ),
            ("101".to_owned(), r#"{"object":"whatsapp_business_account","entry":[{"id":"101"}]}"#.to_owned()),
        ]
    );
}

#[test]
fn a_body_that_repeats_too_much_stays_whole() {
    let long = "x".repeat(5_000);
    for shared in [format!(r#""extra":"{long}","#), (0..70).map(|n| format!(r#""m{n}":0,"#)).collect()] {
        let json = format!(
            r#"{{"object":"whatsapp_business_account",{shared}"entry":[{{"id":"100","changes":[{{"field":"messages","value":{{
                "metadata":{{"phone_number_id":"200"}},"messages":[{{"from":"15550000999"}},{{"from":"15550000998"}}]}}}}]}}]}}"#
        );
        assert_eq!(parts(&json), [(digest(json.as_bytes()), json.clone())]);
    }
}

proptest! {
    /// Whatever stands in a batch: every item is in exactly one part, and each part holds one key's items in order.
    #[test]
    fn no_item_is_lost_or_doubled(users in proptest::collection::vec((0_u8..4, any::<bool>(), 0_u8..3), 1..40)) {
        let mut entries: Vec<Vec<String>> = vec![Vec::new(), Vec::new(), Vec::new()];
        for (n, (user, status, entry)) in users.iter().enumerate() {
            let item = if *status {
                format!(r#""statuses":[{{"id":"{n}","recipient_id":"1555000000{user}"}}]"#)
            } else {
                format!(r#""messages":[{{"id":"{n}","from":"1555000000{user}"}}]"#)
            };
            entries[usize::from(*entry)]
                .push(format!(r#"{{"field":"messages","value":{{"metadata":{{"phone_number_id":"200"}},{item}}}}}"#));
        }
        let entries: Vec<String> =
            entries.iter().map(|changes| format!(r#"{{"id":"100","changes":{}}}"#, list(changes))).collect();
        let json = format!(r#"{{"object":"whatsapp_business_account","entry":{}}}"#, list(&entries));

        let whole = Envelope::read(json.as_bytes()).expect("an envelope");
        let expected: Vec<(String, String)> =
            whole.places().iter().map(|p| (p.key().expect("a key"), p.raw.to_string())).collect();
        let parts = split(&Bytes::from(json.clone()));
        let keys: BTreeSet<_> = parts.iter().map(|p| p.key.clone()).collect();
        prop_assert_eq!(keys.len(), parts.len());
        let mut seen = 0;
        for part in parts {
            let envelope = Envelope::read(&part.value).expect("an envelope");
            let items: Vec<_> = envelope.places().iter().map(|p| p.raw.to_string()).collect();
            let theirs: Vec<_> = expected.iter().filter(|(k, _)| *k == part.key).map(|(_, r)| r.clone()).collect();
            prop_assert_eq!(&items, &theirs);
            seen += items.len();
        }
        prop_assert_eq!(seen, expected.len());
    }
}
