//! Templates for people and for programs. Asks nobody.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Remote;

const HEADS: [&str; 6] = ["NAME", "LANGUAGE", "CATEGORY", "STATUS", "QUALITY", "REASON"];

/// Lines for a terminal; empty without templates.
#[must_use]
pub fn table(templates: &[Remote]) -> String {
    let row = |one: &Remote| {
        let state = &one.state;
        let quality = state.quality.clone().unwrap_or_default();
        let reason = state.reason.clone().unwrap_or_default();
        [state.name.clone(), state.language.clone(), state.category.clone(), state.status.clone(), quality, reason]
    };
    let rows: Vec<[String; 6]> = templates.iter().map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    let heads = HEADS.map(str::to_owned);
    let width = |at: usize| rows.iter().chain([&heads]).map(|row| row[at].chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for row in [&heads].into_iter().chain(&rows) {
        let cells: Vec<String> =
            row.iter().enumerate().map(|(at, cell)| format!("{cell:width$}", width = width(at))).collect();
        // a String takes everything
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text
}

/// One template with its business account.
#[must_use]
pub fn json(one: &Remote) -> Value {
    let mut object = one.object.clone();
    object["waba_id"] = json!(one.state.waba_id);
    object
}

/// One template as a person reads it: how it stands, and what its user sees.
#[must_use]
pub fn shown(one: &Remote) -> String {
    let state = &one.state;
    let mut text = format!("{} {}  {}  {}", state.name, state.language, state.category, state.status);
    for more in [&state.reason, &state.quality].into_iter().flatten() {
        text += &format!("  {more}");
    }
    let _ = writeln!(text, "\nid {} of {}, variables {}", state.template_id, state.waba_id, state.parameter_format);
    for component in one.object["components"].as_array().into_iter().flatten() {
        let word = |name: &str| component[name].as_str().unwrap_or_default();
        let title = format!("{} {}", word("type"), word("format"));
        let _ = writeln!(text, "\n{}", title.trim_end());
        for line in word("text").lines() {
            let _ = writeln!(text, "  {line}");
        }
        for button in component["buttons"].as_array().into_iter().flatten() {
            let word = |name: &str| button[name].as_str().unwrap_or_default();
            let line = format!("  [{}] {} {}", word("type"), word("text"), word("url"));
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::template::state;

    fn remote() -> Remote {
        let object = json!({
            "id": "7", "name": "order", "language": "de", "category": "UTILITY", "status": "REJECTED",
            "rejected_reason": "INVALID_FORMAT", "quality_score": {"score": "GREEN"},
            "components": [
                {"type": "BODY", "text": "Hallo {{1}},\nes ist so weit."},
                {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Hin", "url": "https://example.invalid/"}]},
            ],
        });
        let state = state("100", object.to_string().as_bytes(), 0, "api").expect("a template");
        Remote { state, object }
    }

    #[test]
    fn a_list_has_a_line_for_each() {
        let text = "\
NAME   LANGUAGE  CATEGORY  STATUS    QUALITY  REASON
order  de        UTILITY   REJECTED  GREEN    INVALID_FORMAT
";
        assert_eq!(table(&[remote()]), text);
        assert_eq!((table(&[]), json(&remote())["waba_id"].as_str()), (String::new(), Some("100")));
    }

    #[test]
    fn one_is_shown_with_what_its_user_sees() {
        insta::assert_snapshot!(shown(&remote()));
    }
}
