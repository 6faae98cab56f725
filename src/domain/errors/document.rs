//! The table as `docs/errors.md`: one heading, so one anchor, per code. Writes no file.

use std::fmt::Write as _;

use super::{
    labels::{LABELS, Label},
    lookup,
    own::{self, Own},
    policy::Class,
    table::{Known, TABLE},
};

/// Where the document is read; the links in records start with it.
const PAGE: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/errors.md");

const INTRODUCTION: &str = "\
# Error codes

Generated from `src/domain/errors/`; `UPDATE_DOCS=1 cargo test --lib errors` writes it anew.

Every `Error` record carries a `code`, an `action` for whoever sent the command, and a link to its heading here. A heading
`190-463` is a code with a subcode.

| class | fault kind | what the sender does |
|---|---|---|
| transient | Transient | tries again, later and later, and not before a stated `Retry-After`; an attempt counts only while others of the account are served |
| throttled | Throttled | waits, which costs no attempt; the scope (number, pair, app, waba) says what else slows down |
| account | Unavailable | holds everything of this account until a probe succeeds; nothing fails |
| rejected | Rejected | ends the command: `failed` if Meta said so, `rejected` if it never left |

The producer is told by the status of its command, which carries the error: `pending` or `held` while it waits, then its end. The
operator is told by counters: an account's trouble is logged and counted as `omnichannel_dependency_unavailable_total`, and every end
under its code in `omnichannel_records_total`; alert on the codes that say operator.

An answer **may hide an accept** only where Meta's own server failed at the request (that is the class transient, and lost answers):
what judges the request, the account or a limit is said before a message is accepted. Such a command is tried again, as
Meta advises; with `on_unknown: report` it is in doubt instead, as after a lost answer, so that it never leaves twice.

| action | for whom |
|---|---|
| send_template | the sender of the command: only a template reaches this user |
| fix_command | the sender of the command: change it, then send it under a new id |
| fix_account | the operator: token, registration, payment, permissions |
| wait | nobody: it works again by itself, or later |
| other_channel | the sender of the command: this user is not reached here |
| none | nobody can do anything about this message |
";

const UNLISTED: &str = "
## Codes that are not listed

Meta adds codes without notice. HTTP 429 waits a minute, HTTP 5xx or `is_transient` is tried again and may hide an accept, all
else ends the command. An answer without an error object is 429 if that is its status, and an error without a code is 0 if
the status is 401; everything else that is no success proves nothing, and the send is in doubt (`no_answer`).
";

const OLDER: &str = "
## Labels of older integrations

Names that integrations gave to codes, some of them to the wrong one. Branch on the code that is meant: it is the `code` of
our records, wherever the label stood.

| label | code it was given | code that is meant | |
|---|---|---|---|
";

/// The text of `docs/errors.md`.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from(INTRODUCTION);
    text.push_str("\n## Our own codes\n");
    own::ALL.iter().for_each(|own| own_section(&mut text, own));
    text.push_str("\n## Meta's codes\n");
    TABLE.iter().for_each(|known| meta_section(&mut text, known));
    text.push_str(UNLISTED);
    text.push_str(OLDER);
    LABELS.iter().for_each(|label| label_row(&mut text, label));
    text
}

/// Where one of our own codes is explained.
#[must_use]
pub fn own_link(own: &Own) -> String {
    format!("{PAGE}#{}", own.code)
}

/// Where a code of Meta's is explained.
#[must_use]
pub fn meta_link(code: i64, subcode: Option<i64>) -> String {
    match lookup(code, subcode) {
        Some(known) => format!("{PAGE}#{}", heading(code, known.subcode)),
        None => format!("{PAGE}#codes-that-are-not-listed"),
    }
}

fn own_section(text: &mut String, own: &Own) {
    let (code, title, advice, action) = (own.code, own.title, own.advice, own.action.name());
    // writing to a String cannot fail
    let _ = write!(text, "\n### {code}\n\n{title}. {advice}\n\naction `{action}`\n");
}

fn meta_section(text: &mut String, known: &Known) {
    let policy = known.policy;
    let heading = match known.first == known.last {
        true => heading(known.first, known.subcode),
        false => format!("{}–{}", known.first, known.last),
    };
    let _ = write!(
        text,
        "\n### {heading}\n\n{anchors}{title}. {advice}\n\n{class}, action `{action}`{retry}; told: {told}{hides}\n",
        anchors = anchors(known),
        title = known.title,
        advice = known.advice,
        class = class(policy.class),
        action = policy.action.name(),
        retry = if policy.retryable() { ", retryable" } else { "" },
        told = policy.told().name(),
        hides = if policy.may_hide_accept() { "; may hide an accept" } else { "" },
    );
}

/// A code's heading, and so its anchor.
fn heading(code: i64, subcode: Option<i64>) -> String {
    subcode.map_or_else(|| code.to_string(), |subcode| format!("{code}-{subcode}"))
}

fn label_row(text: &mut String, label: &Label) {
    let Label { name, given, code, subcode, note } = *label;
    let meant = heading(code, subcode);
    let _ = writeln!(text, "| {name} | {given} | [{meant}](#{meant}) | {note} |");
}

/// A family's heading is no anchor for its members, so each gets its own.
fn anchors(known: &Known) -> String {
    if known.first == known.last {
        return String::new();
    }
    let mut anchors: String = (known.first..=known.last).map(|code| format!("<a id=\"{code}\"></a>")).collect();
    anchors.push('\n');
    anchors
}

fn class(class: Class) -> String {
    match class {
        Class::Throttled { limit, wait_ms } => {
            format!("throttled per {}, {} s unless Meta states a longer wait", limit.name(), wait_ms / 1_000)
        }
        Class::Transient | Class::AccountGate | Class::Rejected => class.name().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// As the forges make them: lower case, hyphens for spaces; and the explicit ones.
    fn anchors_of(page: &str) -> BTreeSet<String> {
        let headings = page.lines().filter_map(|line| Some(line.trim_start_matches('#').trim()).filter(|t| *t != line));
        let explicit = page.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next());
        headings.map(|text| text.to_lowercase().replace(' ', "-")).chain(explicit.map(str::to_owned)).collect()
    }

    #[test]
    fn every_link_leads_to_an_anchor_of_the_page() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md")).unwrap();
        let anchors = anchors_of(&page);
        let own = own::ALL.iter().map(own_link);
        let listed = TABLE.iter().flat_map(|known| known.first..=known.last).map(|code| meta_link(code, None));
        let subcodes = TABLE.iter().filter(|known| known.subcode.is_some());
        let others = subcodes.map(|known| meta_link(known.first, known.subcode)).chain([meta_link(999_999, None)]);
        for link in own.chain(listed).chain(others) {
            let (url, anchor) = link.split_once('#').expect("an anchor");
            assert!(url.starts_with("https://") && url.ends_with("/docs/errors.md"), "{url}");
            assert!(anchors.contains(anchor), "{anchor} is no anchor of docs/errors.md");
        }
    }

    #[test]
    fn a_code_is_explained_where_its_meaning_is() {
        let anchor = |code, subcode| meta_link(code, subcode).split_once('#').map(|(_, anchor)| anchor.to_owned());
        assert_eq!(anchor(131_047, None).as_deref(), Some("131047"));
        assert_eq!(anchor(100, Some(33)).as_deref(), Some("100-33"));
        assert_eq!(anchor(190, Some(1)).as_deref(), Some("190"));
        assert_eq!(anchor(131_203, None).as_deref(), Some("131203"));
        assert_eq!(anchor(999_999, None).as_deref(), Some("codes-that-are-not-listed"));
    }
}
