//! What is paused, tripped and cancelled, for people and for programs.

use serde_json::{Value, json};

use crate::runtime::controls::{Table, Word};

/// Lines for a terminal.
#[must_use]
pub fn table(table: &Table) -> String {
    let paused = table.paused.iter().map(|(subject, word)| (subject.clone(), "paused", word));
    let tripped = table.tripped.iter().map(|(stage, word)| (format!("stage/{stage}"), "tripped", word));
    let rows: Vec<_> = paused.chain(tripped).collect();
    let mut lines = Vec::new();
    if rows.is_empty() {
        lines.push("nothing is paused".to_owned());
    } else {
        let subjects = rows.iter().map(|(subject, ..)| subject.chars().count()).max().unwrap_or(0).max(7);
        let names = rows.iter().map(|(_, _, word)| word.by.chars().count()).max().unwrap_or(0).max(2);
        let mut line = |subject: &str, state: &str, since: &str, by: &str, why: &str| {
            let text = format!("{subject:subjects$}  {state:7}  {since:24}  {by:names$}  {why}");
            lines.push(text.trim_end().to_owned());
        };
        line("SUBJECT", "STATE", "SINCE", "BY", "WHY");
        for (subject, state, Word { by, at, reason }) in &rows {
            line(subject, state, at, by, reason.as_deref().unwrap_or_default());
        }
    }
    match table.cancelled.len() {
        0 => {}
        1 => lines.push("1 command is cancelled; --json names it".to_owned()),
        count => lines.push(format!("{count} commands are cancelled; --json names them")),
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// The same with everything that was said.
#[must_use]
pub fn json(table: &Table) -> Value {
    let list = |name: &str, entries: &std::collections::BTreeMap<String, Word>| -> Value {
        let entry = |(what, word): (&String, &Word)| json!({name: what, "since": word.at, "by": word.by, "reason": word.reason});
        entries.iter().map(entry).collect()
    };
    json!({
        "paused": list("subject", &table.paused),
        "tripped": list("stage", &table.tripped),
        "cancelled": list("command_id", &table.cancelled),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> Table {
        let mut said = Table::default();
        let word = br#"{"by":"kim@host","at":"2026-05-28T20:26:40.123Z","reason":"complaints"}"#;
        said.apply("pause/account/main", Some(word));
        said.apply("trip/sender", Some(br#"{"by":"trip wire","at":"2026-05-28T21:00:00.000Z"}"#));
        said.apply("cancel/c-1", Some(word));
        said
    }

    #[test]
    fn people_see_what_rests_since_when_by_whom_and_why() {
        let text = "\
SUBJECT       STATE    SINCE                     BY         WHY
account/main  paused   2026-05-28T20:26:40.123Z  kim@host   complaints
stage/sender  tripped  2026-05-28T21:00:00.000Z  trip wire
1 command is cancelled; --json names it
";
        assert_eq!(table(&said()), text);
        assert_eq!(table(&Table::default()), "nothing is paused\n");
    }

    #[test]
    fn programs_see_all_of_it() {
        let json = json(&said());
        let paused = json!([{"subject": "account/main", "since": "2026-05-28T20:26:40.123Z", "by": "kim@host", "reason": "complaints"}]);
        assert_eq!(json["paused"], paused);
        assert_eq!(
            (&json["tripped"][0]["stage"], &json["cancelled"][0]["command_id"]),
            (&json!("sender"), &json!("c-1"))
        );
        assert_eq!(json["tripped"][0]["reason"], Value::Null);
    }
}
