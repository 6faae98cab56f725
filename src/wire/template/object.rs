//! Meta's template objects and pages of them, as [`TemplateState`]. Components stay the text that they were.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::Shape;
use crate::{
    domain::template::{DELETED, POSITIONAL},
    wire::records::TemplateState,
};

#[derive(Deserialize)]
struct Object {
    id: Value,
    name: String,
    language: String,
    status: String,
    #[serde(default)]
    category: String,
    parameter_format: Option<String>,
    components: Option<Box<RawValue>>,
    quality_score: Option<Quality>,
    rejected_reason: Option<String>,
}

#[derive(Deserialize)]
struct Quality {
    score: Option<String>,
}

/// A template as Meta tells it; `None` for an answer of another shape. `source`: how it was learned.
#[must_use]
pub fn state(waba_id: &str, object: &[u8], at_ms: i64, source: &str) -> Option<TemplateState> {
    let object: Object = serde_json::from_slice(object).ok()?;
    let components_json = object.components.map_or_else(|| "[]".to_owned(), |components| components.get().to_owned());
    let components = serde_json::from_str(&components_json).unwrap_or_default();
    let parameter_format = object.parameter_format.unwrap_or_else(|| POSITIONAL.to_owned());
    let shape = Shape::of(&components, &parameter_format, &object.category).unwrap_or_default();
    let count = |params: usize| i32::try_from(params).unwrap_or(i32::MAX);
    Some(TemplateState {
        waba_id: waba_id.to_owned(),
        template_id: object.id.as_str().map_or_else(|| object.id.to_string(), str::to_owned),
        name: object.name,
        language: object.language,
        category: object.category,
        status: object.status,
        reason: object.rejected_reason.filter(|reason| reason != "NONE"),
        quality: object.quality_score.and_then(|quality| quality.score),
        body_params: count(shape.body_params),
        named_params: shape.names.unwrap_or_default(),
        header_format: shape.header_format,
        header_params: count(shape.header_params),
        buttons: shape.buttons,
        parameter_format,
        components_json,
        updated_at: at_ms,
        source: source.to_owned(),
    })
}

/// What is left to say of one that Meta has no more.
#[must_use]
pub fn gone(known: TemplateState, at_ms: i64, source: &str) -> TemplateState {
    TemplateState { status: DELETED.to_owned(), updated_at: at_ms, source: source.to_owned(), ..known }
}

/// One page of a list.
#[derive(Debug)]
pub struct Page {
    /// Objects as they came.
    pub templates: Vec<Box<RawValue>>,
    /// Where the next page begins.
    pub after: Option<String>,
}

#[derive(Deserialize)]
struct PageJson {
    data: Vec<Box<RawValue>>,
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    cursors: Option<Cursors>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Cursors {
    after: Option<String>,
}

/// The answer to `GET /<waba id>/message_templates`; `None` for another shape.
#[must_use]
pub fn page(body: &[u8]) -> Option<Page> {
    let json: PageJson = serde_json::from_slice(body).ok()?;
    // the last page has a cursor too, and no next
    let paging = json.paging.filter(|paging| paging.next.is_some());
    let after = paging.and_then(|paging| paging.cursors?.after);
    Some(Page { templates: json.data, after })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_becomes_a_record_with_its_components_as_they_were() {
        let object = br#"{"id": "77", "name": "order", "language": "de", "status": "REJECTED", "category": "UTILITY",
            "components": [ {"type":"BODY","text":"{{1}}"} ], "quality_score": {"score": "GREEN", "date": 1},
            "rejected_reason": "INVALID_FORMAT", "something_new": {}}"#;
        let read = state("100", object, 5, "api").expect("a template");
        assert_eq!((read.waba_id.as_str(), read.template_id.as_str(), read.body_params), ("100", "77", 1));
        assert_eq!((read.reason.as_deref(), read.quality.as_deref()), (Some("INVALID_FORMAT"), Some("GREEN")));
        assert_eq!(read.components_json, r#"[ {"type":"BODY","text":"{{1}}"} ]"#);
        assert_eq!((read.parameter_format.as_str(), read.updated_at, read.source.as_str()), ("POSITIONAL", 5, "api"));
    }

    #[test]
    fn an_id_may_be_a_number_and_no_reason_is_none() {
        let object = br#"{"id": 77, "name": "a", "language": "de", "status": "APPROVED", "rejected_reason": "NONE"}"#;
        let read = state("100", object, 5, "webhook").expect("a template");
        assert_eq!((read.template_id.as_str(), read.reason, read.components_json.as_str()), ("77", None, "[]"));
        assert_eq!(state("100", br#"{"success":true}"#, 5, "api"), None);
    }

    #[test]
    fn only_a_page_that_names_a_next_one_has_one() {
        let after = |json: &str| page(json.as_bytes()).expect("a page").after;
        assert_eq!(after(r#"{"data":[{}],"paging":{"cursors":{"after":"X"},"next":"https://…"}}"#), Some("X".into()));
        assert_eq!(after(r#"{"data":[{}],"paging":{"cursors":{"after":"X"}}}"#), None);
        assert_eq!(after(r#"{"data":[]}"#), None);
        assert!(page(b"{}").is_none());
    }
}
