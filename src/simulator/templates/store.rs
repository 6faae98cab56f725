//! The templates of every business account: made, found, decided about, and held against what is sent.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Stored, Told, Verdict, check};
use crate::simulator::settings::{Number, Template};

/// More than Meta lets one account have.
const MOST: usize = 6_000;

/// Why a template cannot be made or sent: Meta's code, subcode and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    pub code: i64,
    pub subcode: Option<i64>,
    pub details: String,
}

impl Unfit {
    #[must_use]
    pub fn new(code: i64, details: impl Into<String>) -> Self {
        Self { code, subcode: None, details: details.into() }
    }
}

/// All of them, by id.
#[derive(Debug, Default)]
pub struct Templates(BTreeMap<String, Stored>);

impl Templates {
    /// What a simulator begins with, approved, once for each business account.
    #[must_use]
    pub fn seeded(templates: &[Template], numbers: &[Number], mut id: impl FnMut() -> String) -> Self {
        let mut all = Self::default();
        let accounts: std::collections::BTreeSet<&str> = numbers.iter().map(|number| number.waba_id.as_str()).collect();
        for waba_id in accounts {
            for template in templates {
                let values: String = (1..=template.body_params).map(|n| format!(" {{{{{n}}}}}")).collect();
                let body = json!({
                    "name": template.name,
                    "language": template.language,
                    "category": template.category,
                    "components": [{"type": "BODY", "text": format!("Simulated text:{values}.")}],
                });
                // a seed that is no template is one less to send
                if let Ok(made) = all.create(waba_id, &body, id()) {
                    made.approve();
                }
            }
        }
        all
    }

    pub fn all(&self) -> impl Iterator<Item = &Stored> {
        self.0.values()
    }

    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Stored> {
        self.0.get(id)
    }

    #[must_use]
    pub fn find(&self, waba_id: &str, name: &str, language: &str) -> Option<&Stored> {
        let wanted = (waba_id, name, language);
        self.0.values().find(|one| (&*one.waba_id, &*one.definition.name, &*one.definition.language) == wanted)
    }

    pub fn get_mut(&mut self, id: &str) -> Option<&mut Stored> {
        self.0.get_mut(id)
    }

    /// A new one, in review for ever until somebody says otherwise.
    ///
    /// # Errors
    /// What Meta refuses it for.
    pub fn create(&mut self, waba_id: &str, body: &Value, id: String) -> Result<&mut Stored, Unfit> {
        let made = check::definition(body)?;
        if self.0.len() >= MOST {
            return Err(Unfit { subcode: Some(2_388_019), ..Unfit::new(100, "Message template limit exceeded") });
        }
        if self.find(waba_id, &made.name, &made.language).is_some() {
            let details = "Content in this language already exists";
            return Err(Unfit { subcode: Some(2_388_024), ..Unfit::new(100, details) });
        }
        let stored = Stored::new(id.clone(), waba_id.to_owned(), made);
        Ok(self.0.entry(id).or_insert(stored))
    }

    /// Deletes a name in every language, or the one with this id; how many there were.
    pub fn delete(&mut self, waba_id: &str, name: &str, id: Option<&str>) -> usize {
        let before = self.0.len();
        self.0.retain(|_, one| {
            one.waba_id != waba_id || one.definition.name != name || id.is_some_and(|id| id != one.id)
        });
        before - self.0.len()
    }

    /// What is told of it, by business account; empty where it is about none.
    pub fn decide(&mut self, verdict: &Verdict) -> Vec<(String, Vec<Told>)> {
        let meant = |one: &&mut Stored| {
            one.definition.name == verdict.name
                && verdict.language.as_ref().is_none_or(|language| *language == one.definition.language)
        };
        self.0.values_mut().filter(meant).map(|one| (one.waba_id.clone(), one.decide(verdict))).collect()
    }

    /// Whether Meta takes this `template` object of a message. An account without any template takes every one.
    ///
    /// # Errors
    /// What it is refused with.
    pub fn takes(&self, waba_id: &str, content: &Value, now_ms: i64) -> Result<Option<String>, Unfit> {
        if self.0.values().all(|one| one.waba_id != waba_id) {
            return Ok(None);
        }
        let name = content["name"].as_str().unwrap_or_default();
        let language = content["language"]["code"].as_str().unwrap_or_default();
        let absent = || Unfit::new(132_001, format!("template name ({name}) does not exist in {language}"));
        let template = self.find(waba_id, name, language).ok_or_else(absent)?;
        match template.status(now_ms) {
            "APPROVED" | "FLAGGED" => {
                check::values(&template.definition, content)?;
                Ok(Some(template.definition.category.clone()))
            }
            "PAUSED" => Err(Unfit::new(132_015, "Template is paused due to low quality")),
            "DISABLED" => Err(Unfit::new(132_016, "Template is disabled")),
            _ => Err(absent()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WABA: &str = "100";

    fn with(status: &str, components: Value) -> Templates {
        let mut all = Templates::default();
        let body = json!({"name": "order", "language": "de", "category": "UTILITY", "components": components});
        all.create(WABA, &body, "7".to_owned()).expect("it can be made");
        let (name, status) = ("order".to_owned(), Some(status.to_owned()));
        assert_eq!(all.decide(&Verdict { name, status, ..Verdict::default() }).len(), 1);
        all
    }

    fn sent(all: &Templates, language: &str, components: Value) -> Option<i64> {
        let content = json!({"name": "order", "language": {"code": language}, "components": components});
        all.takes(WABA, &content, 0).err().map(|unfit| unfit.code)
    }

    #[test]
    fn a_send_is_taken_or_refused_as_meta_does() {
        let body = json!([{"type": "BODY", "text": "Hi {{1}}"}]);
        let value = json!([{"type": "body", "parameters": [{"type": "text", "text": "x"}]}]);
        let approved = with("APPROVED", body.clone());
        assert_eq!(sent(&approved, "de", value.clone()), None);
        assert_eq!(sent(&approved, "de", json!([])), Some(132_000));
        assert_eq!(sent(&approved, "fr", value.clone()), Some(132_001));
        for (status, code) in [("PAUSED", 132_015), ("DISABLED", 132_016), ("PENDING", 132_001)] {
            assert_eq!(sent(&with(status, body.clone()), "de", value.clone()), Some(code), "{status}");
        }
        assert_eq!(sent(&Templates::default(), "fr", json!([])), None, "who has no template is asked for none");
    }

    #[test]
    fn headers_and_buttons_are_looked_at_too() {
        let all = with(
            "APPROVED",
            json!([
                {"type": "HEADER", "format": "IMAGE"},
                {"type": "BODY", "text": "Hi"},
                {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "x", "url": "https://example.invalid/{{1}}"}]},
            ]),
        );
        let header = |kind: &str| json!({"type": "header", "parameters": [{"type": kind}]});
        let button = json!({"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text"}]});
        assert_eq!(sent(&all, "de", json!([header("image"), button])), None);
        assert_eq!(sent(&all, "de", json!([header("video"), button])), Some(132_012));
        assert_eq!(sent(&all, "de", json!([button])), Some(132_012));
        assert_eq!(sent(&all, "de", json!([header("image")])), Some(131_008));
    }

    #[test]
    fn a_review_ends_by_the_clock_unless_somebody_decides_before() {
        let mut all = Templates::default();
        let body = json!({"name": "a", "language": "de", "category": "UTILITY",
            "components": [{"type": "BODY", "text": "x"}]});
        all.create(WABA, &body, "7".to_owned()).expect("made").review(Some(5));
        let status = |all: &Templates, at| all.get("7").expect("there").status(at).to_owned();
        assert_eq!([status(&all, 4), status(&all, 5)], ["PENDING", "APPROVED"]);
        let verdict = Verdict { name: "a".to_owned(), status: Some("REJECTED".to_owned()), ..Verdict::default() };
        all.decide(&verdict);
        assert_eq!(status(&all, 9), "REJECTED");
        assert_eq!(all.create(WABA, &body, "8".to_owned()).expect_err("twice").subcode, Some(2_388_024));
        assert_eq!((all.delete(WABA, "a", Some("8")), all.delete(WABA, "a", None)), (0, 1));
    }
}
