//! What a webhook says of a template: which one, and what happened. The state itself is Meta's to tell when asked.

use serde::Deserialize;
use serde_json::Value;

use crate::wire::records::AccountEvent;

/// Webhook fields that speak of a template.
pub const FIELDS: [&str; 4] = [
    "message_template_status_update",
    "message_template_quality_update",
    "message_template_components_update",
    "template_category_update",
];

/// A template that something happened to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    pub template_id: String,
    pub name: String,
    pub language: String,
    /// Meta's word, of a status.
    pub event: Option<String>,
    /// Why, of a status: Meta's reason, else the title of what it says besides, such as `FIRST_PAUSE`.
    pub reason: Option<String>,
    pub category: Option<String>,
}

#[derive(Deserialize)]
struct Told {
    message_template_id: Value,
    message_template_name: String,
    message_template_language: String,
    event: Option<String>,
    reason: Option<String>,
    other_info: Option<OtherInfo>,
    message_template_category: Option<String>,
    new_category: Option<String>,
}

#[derive(Deserialize)]
struct OtherInfo {
    title: Option<String>,
}

impl News {
    /// `None` where the value names no template.
    #[must_use]
    pub fn of(event: &AccountEvent) -> Option<Self> {
        let told: Told = serde_json::from_str(&event.raw).ok()?;
        let id = &told.message_template_id;
        let reason = told.reason.filter(|reason| reason != "NONE");
        Some(Self {
            template_id: id.as_str().map_or_else(|| id.to_string(), str::to_owned),
            name: told.message_template_name,
            language: told.message_template_language,
            event: told.event,
            reason: reason.or_else(|| told.other_info?.title),
            category: told.new_category.or(told.message_template_category),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Option<News> {
        News::of(&AccountEvent { raw: raw.to_owned(), ..AccountEvent::default() })
    }

    #[test]
    fn a_pause_names_its_template_and_says_why() {
        let news = read(
            r#"{"event":"PAUSED","message_template_id":500000000000001,"message_template_name":"order",
            "message_template_language":"de","reason":null,"other_info":{"title":"FIRST_PAUSE"}}"#,
        )
        .expect("news");
        assert_eq!((news.template_id.as_str(), news.name.as_str()), ("500000000000001", "order"));
        assert_eq!((news.event.as_deref(), news.reason.as_deref()), (Some("PAUSED"), Some("FIRST_PAUSE")));
    }

    #[test]
    fn what_names_no_template_is_no_news() {
        for raw in ["", "{}", r#"{"message_template_id":1,"message_template_name":"a"}"#] {
            assert_eq!(read(raw), None, "{raw}");
        }
    }
}
