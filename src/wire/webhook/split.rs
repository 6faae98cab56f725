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
mod tests;
