//! One body of Meta's into one raw record per conversation. The common body, all of one conversation, passes byte for byte.
//!
//! A part is an envelope again, with the members that its items share; only the texts are moved, nothing is re-encoded.
//! Must not verify anything: what comes here is signed.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{
    common,
    envelope::{Change, Entry, Envelope},
    json::{Object, is_short, quoted},
    place::{Kind, Place, is_leftover, is_shared, items},
};

/// A raw record's key and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub key: String,
    pub value: Bytes,
}

/// A body that is not understood, or has no items, is one part under its digest: ingress says what becomes of it.
#[must_use]
pub fn split(body: &Bytes) -> Vec<Part> {
    match common::key(body) {
        Some(key) => vec![Part { key, value: body.clone() }],
        None => split_any(body),
    }
}

fn split_any(body: &Bytes) -> Vec<Part> {
    let whole = |key| vec![Part { key, value: body.clone() }];
    let Ok(envelope) = Envelope::read(body) else {
        return repaired(body).map_or_else(|| whole(digest(body)), |body| split_any(&body));
    };
    let groups = by_key(envelope.places());
    match groups.len() {
        2.. if !is_usual(&envelope) => whole(digest(body)),
        0 => whole(digest(body)),
        1 => whole(groups.into_iter().next().and_then(|(key, _)| key).unwrap_or_else(|| digest(body))),
        _ => groups.into_iter().map(|(key, places)| part(&envelope, key, &places)).collect(),
    }
}

/// A body that would be an envelope, were it not for bytes that are no UTF-8: with a question mark for each, for what stands
/// beside them is not to be lost. It does not grow.
fn repaired(body: &Bytes) -> Option<Bytes> {
    std::str::from_utf8(body).err()?;
    let mut text = String::with_capacity(body.len());
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(if chunk.invalid().is_empty() { "" } else { "?" });
    }
    Envelope::read(text.as_bytes()).is_ok().then(|| Bytes::from(text))
}

/// Members that an object of an envelope has at most where it is shared by several parts: Meta's have five.
const MEMBERS: usize = 64;

/// Whether parts cost about as much as the body. Every part repeats what its items share, so a body with a megabyte of that
/// and thousands of conversations would become gigabytes: such a one, which Meta never sent, stays whole.
fn is_usual(envelope: &Envelope<'_>) -> bool {
    let few = |members: &Object<'_>, own: &str| {
        members.iter().count() <= MEMBERS && members.iter().all(|(name, raw)| name == own || is_short(raw))
    };
    let value = |value: &Object<'_>| {
        value.iter().count() <= MEMBERS
            && value.iter().all(|(name, raw)| name == "contacts" || !is_shared(name) || is_short(raw))
    };
    let changes = envelope.entries.iter().flat_map(|entry| entry.changes.iter().flatten());
    few(&envelope.members, "entry")
        && envelope.entries.iter().all(|entry| entry.changes.is_none() || few(&entry.members, "changes"))
        && changes.into_iter().all(|change| few(&change.members, "value") && value(&change.body))
}

type Group<'e, 'a> = (Option<String>, Vec<Place<'e, 'a>>);

/// Groups in the order of their first items; items in their order.
fn by_key<'e, 'a>(places: Vec<Place<'e, 'a>>) -> Vec<Group<'e, 'a>> {
    let mut groups: Vec<Group<'e, 'a>> = Vec::with_capacity(1);
    let mut at: HashMap<Option<String>, usize> = HashMap::new();
    for place in places {
        let key = place.key();
        let index = *at.entry(key.clone()).or_insert(groups.len());
        if index == groups.len() {
            groups.push((key, Vec::with_capacity(1)));
        }
        groups[index].1.push(place);
    }
    groups
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn part(envelope: &Envelope<'_>, key: Option<String>, places: &[Place<'_, '_>]) -> Part {
    let entries: Vec<String> = places.chunk_by(|a, b| a.entry_at == b.entry_at).map(entry).collect();
    let value = with_member(&envelope.members, "entry", &list(&entries));
    Part { key: key.unwrap_or_else(|| digest(value.as_bytes())), value: value.into() }
}

fn entry(places: &[Place<'_, '_>]) -> String {
    let entry: &Entry<'_> = places[0].entry;
    if places[0].kind == Kind::Entry {
        return entry.raw.get().to_owned();
    }
    let changes: Vec<String> = places.chunk_by(|a, b| position(a) == position(b)).filter_map(change).collect();
    with_member(&entry.members, "changes", &list(&changes))
}

fn position(place: &Place<'_, '_>) -> Option<usize> {
    place.change.map(|(at, _)| at)
}

fn change(places: &[Place<'_, '_>]) -> Option<String> {
    let (_, change) = places[0].change?;
    Some(match places[0].kind {
        Kind::Value | Kind::Change | Kind::Entry => change.raw.get().to_owned(),
        Kind::Message | Kind::Status | Kind::Leftover => with_member(&change.members, "value", &value(change, places)),
    })
}

/// The value with these items only; of the contacts, those the items speak of: nobody's name goes into another's record.
/// What it does besides is per item or per member: a body of thousands of conversations must stay linear.
fn value(change: &Change<'_>, places: &[Place<'_, '_>]) -> String {
    let mut members = Vec::new();
    let mut said = Vec::new();
    for (name, raw) in change.body.iter() {
        if name == "contacts" {
            let theirs = contacts_of(places);
            if !theirs.is_empty() {
                members.push(member(name, &list(&theirs)));
            }
        } else if is_leftover(name, raw) {
            if places.iter().any(|p| p.kind == Kind::Leftover) {
                members.push(member(name, raw.get()));
            }
        } else if let Some(kind) = items(name, raw) {
            // a name that stands twice has all its items where it stands first
            if said.contains(&kind) {
                continue;
            }
            let items: Vec<&str> = places.iter().filter(|p| p.kind == kind).map(|p| p.raw.as_ref()).collect();
            if !items.is_empty() {
                members.push(member(name, &list(&items)));
                said.push(kind);
            }
        } else {
            members.push(member(name, raw.get()));
        }
    }
    object(&members)
}

fn contacts_of<'a>(places: &[Place<'_, 'a>]) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    let texts = places.iter().filter_map(|place| Some(place.contact()?.raw.get()));
    texts.filter(|text| seen.insert(*text)).collect()
}

/// The object's members as they stand, one of them replaced.
fn with_member(members: &Object<'_>, name: &str, text: &str) -> String {
    let all: Vec<String> = members.iter().map(|(n, raw)| member(n, if n == name { text } else { raw.get() })).collect();
    object(&all)
}

fn member(name: &str, text: &str) -> String {
    format!("{}:{text}", quoted(name))
}

fn object(members: &[String]) -> String {
    format!("{{{}}}", members.join(","))
}

fn list<T: AsRef<str>>(texts: &[T]) -> String {
    let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    format!("[{}]", texts.join(","))
}

#[cfg(test)]
mod tests {
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
        let ids =
            |id: &str| parts.iter().map(|(_, part)| part.matches(&format!(r#""id":"{id}""#)).count()).sum::<usize>();
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
}
