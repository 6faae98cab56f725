//! Files and Meta's side, held against each other. Pure.

use std::collections::BTreeMap;

use similar::TextDiff;

use super::Definition;

/// What differs, for one name in one language.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A file without a template.
    OnlyHere(Definition),
    /// A template without a file.
    OnlyThere(Definition),
    Differs {
        here: Definition,
        there: Definition,
    },
}

/// By name and language.
pub type All = BTreeMap<(String, String), Definition>;

/// All of them, in the order of names and languages.
#[must_use]
pub fn changes(here: &All, there: &All) -> Vec<Change> {
    let mut found = BTreeMap::new();
    for (key, definition) in here {
        match there.get(key) {
            None => drop(found.insert(key, Change::OnlyHere(definition.clone()))),
            Some(other) if other.comparable() == definition.comparable() => {}
            Some(other) => {
                found.insert(key, Change::Differs { here: definition.clone(), there: other.clone() });
            }
        }
    }
    for (key, definition) in there.iter().filter(|(key, _)| !here.contains_key(*key)) {
        found.insert(key, Change::OnlyThere(definition.clone()));
    }
    found.into_values().collect()
}

impl Change {
    /// As a unified diff from Meta's side to the file's: what `push` would change.
    #[must_use]
    pub fn unified(&self) -> String {
        let (there, here, definition) = match self {
            Self::OnlyHere(here) => (String::new(), here.comparable().text(), here),
            Self::OnlyThere(there) => (there.comparable().text(), String::new(), there),
            Self::Differs { here, there } => (there.comparable().text(), here.comparable().text(), here),
        };
        let name = super::file_name(definition);
        let side =
            |text: &str, side: &str| if text.is_empty() { "/dev/null".to_owned() } else { format!("{side}/{name}") };
        let headers = (side(&there, "meta"), side(&here, "file"));
        TextDiff::from_lines(&there, &here).unified_diff().context_radius(3).header(&headers.0, &headers.1).to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn definition(language: &str, text: &str) -> Definition {
        Definition {
            name: "order".to_owned(),
            language: language.to_owned(),
            category: "UTILITY".to_owned(),
            parameter_format: "POSITIONAL".to_owned(),
            message_send_ttl_seconds: None,
            components: json!([{"type": "BODY", "text": text}]),
        }
    }

    fn all(definitions: &[Definition]) -> All {
        definitions.iter().map(|definition| (definition.key(), definition.clone())).collect()
    }

    #[test]
    fn what_is_missing_on_a_side_and_what_differs_is_shown_as_a_diff() {
        let here = all(&[definition("de", "Hallo"), definition("en", "Hello"), definition("fr", "Salut")]);
        let there = all(&[definition("de", "Guten Tag"), definition("en", "Hello"), definition("it", "Ciao")]);
        let found = changes(&here, &there);
        assert_eq!(found.len(), 3);
        insta::assert_snapshot!(found.iter().map(Change::unified).collect::<String>());
        assert_eq!(changes(&here, &here), []);
    }
}
