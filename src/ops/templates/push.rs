//! From files to what must be done at Meta. Decides; does nothing.

use std::{collections::BTreeMap, fmt};

use serde_json::{Value, json};

use super::{Definition, Remote, rules::broken};

/// A file and what is to be done for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub definition: Definition,
    pub wanted: Wanted,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    Nothing,
    Create {
        body: String,
    },
    Edit {
        template_id: String,
        body: String,
    },
    /// Meta would refuse it.
    Refuse {
        why: Vec<String>,
    },
}

/// One for each file, in the order of names and languages.
#[must_use]
pub fn steps(files: BTreeMap<(String, String), Definition>, there: &[Remote]) -> Vec<Step> {
    let find = |definition: &Definition| {
        there.iter().find(|one| (&one.state.name, &one.state.language) == (&definition.name, &definition.language))
    };
    let step = |definition: Definition| Step { wanted: wanted(&definition, find(&definition)), definition };
    files.into_values().map(step).collect()
}

fn wanted(definition: &Definition, there: Option<&Remote>) -> Wanted {
    let remote = there.and_then(|one| Some((one, Definition::of(&one.object)?)));
    let mut why = broken(definition);
    let Some((one, known)) = remote else {
        return match why.is_empty() {
            true => Wanted::Create { body: json!(definition).to_string() },
            false => Wanted::Refuse { why },
        };
    };
    if known.comparable() == definition.comparable() {
        return Wanted::Nothing;
    }
    let status = one.state.status.as_str();
    if !["APPROVED", "REJECTED", "PAUSED"].contains(&status) {
        why.push(format!("status: Meta takes changes of APPROVED, REJECTED and PAUSED templates, and it is {status}"));
    }
    if status == "APPROVED" && known.category != definition.category {
        why.push(format!("category: stays {} while it is approved; make another template", known.category));
    }
    if known.parameter_format != definition.parameter_format {
        why.push(format!("parameter_format: stays {}; make another template", known.parameter_format));
    }
    match why.is_empty() {
        true => Wanted::Edit { template_id: one.state.template_id.clone(), body: edit(definition, &known).to_string() },
        false => Wanted::Refuse { why },
    }
}

/// Components are replaced as a whole; what stays is left out.
fn edit(definition: &Definition, known: &Definition) -> Value {
    let mut body = json!({"components": definition.components});
    if definition.category != known.category {
        body["category"] = json!(definition.category);
    }
    if let Some(ttl) = definition
        .message_send_ttl_seconds
        .filter(|_| definition.message_send_ttl_seconds != known.message_send_ttl_seconds)
    {
        body["message_send_ttl_seconds"] = json!(ttl);
    }
    body
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Definition { name, language, .. } = &self.definition;
        match &self.wanted {
            Wanted::Nothing => write!(f, "same    {name} {language}"),
            Wanted::Create { .. } => write!(f, "create  {name} {language}"),
            Wanted::Edit { .. } => write!(f, "edit    {name} {language}"),
            Wanted::Refuse { why } => write!(f, "refuse  {name} {language}: {}", why.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::template::state;

    fn definition(text: &str) -> Definition {
        Definition {
            name: "order".to_owned(),
            language: "de".to_owned(),
            category: "UTILITY".to_owned(),
            parameter_format: "POSITIONAL".to_owned(),
            message_send_ttl_seconds: None,
            components: json!([{"type": "BODY", "text": text}]),
        }
    }

    fn remote(status: &str) -> Remote {
        let mut object = json!(definition("Hallo"));
        (object["id"], object["status"]) = (json!("7"), json!(status));
        let state = state("100", object.to_string().as_bytes(), 0, "api").expect("a template");
        Remote { state, object }
    }

    fn step(file: Definition, there: &[Remote]) -> String {
        let steps = steps([(file.key(), file)].into(), there);
        steps.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_file_is_created_edited_or_left() {
        assert_eq!(step(definition("Hallo"), &[]), "create  order de");
        assert_eq!(step(definition("Hallo"), &[remote("PENDING")]), "same    order de");
        assert_eq!(step(definition("Servus"), &[remote("APPROVED")]), "edit    order de");
        let edited = wanted(&definition("Servus"), Some(&remote("PAUSED")));
        let body = r#"{"components":[{"text":"Servus","type":"BODY"}]}"#.to_owned();
        assert_eq!(edited, Wanted::Edit { template_id: "7".to_owned(), body });
    }

    #[test]
    fn what_meta_does_not_allow_is_refused_before_the_call() {
        let pending = step(definition("Servus"), &[remote("PENDING")]);
        assert!(pending.starts_with("refuse  order de: status:") && pending.ends_with("it is PENDING"), "{pending}");
        let moved = Definition { category: "MARKETING".to_owned(), ..definition("Hallo") };
        assert!(step(moved.clone(), &[remote("APPROVED")]).contains("category: stays UTILITY"));
        assert_eq!(step(moved, &[remote("REJECTED")]), "edit    order de");
        let named = Definition { parameter_format: "NAMED".to_owned(), ..definition("Hallo") };
        assert!(step(named, &[remote("PAUSED")]).contains("parameter_format: stays POSITIONAL"));
        assert!(step(definition(&"x".repeat(1_025)), &[]).contains("BODY text: 1025 characters"));
    }
}
