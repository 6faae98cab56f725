//! What the business's messages offer to tap on, by message id, so that a simulated answer fits its question. Bounded;
//! writes no answer.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

/// Messages remembered; the oldest go first.
const MOST: usize = 10_000;

/// One button or row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub id: String,
    pub title: String,
    pub description: Option<String>,
}

/// A message of the business.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// Who got it.
    pub to: String,
    pub group: bool,
    /// The kind of inbound message its choices lead to: `button_reply`, `list_reply` or `button`.
    pub answer: Option<&'static str>,
    pub choices: Vec<Choice>,
    /// Of a Flow.
    pub flow_token: Option<String>,
}

impl Offer {
    /// Out of a request's body that was accepted.
    #[must_use]
    pub fn of(body: &Value, to: &str, group: bool) -> Self {
        let to = to.to_owned();
        let action = &body["interactive"]["action"];
        let (answer, choices) = match (body["type"].as_str(), body["interactive"]["type"].as_str()) {
            (Some("template"), _) => (Some("button"), quick_replies(&body["template"])),
            (_, Some("button")) => (Some("button_reply"), each(&action["buttons"], |button| choice(&button["reply"]))),
            (_, Some("list")) => (Some("list_reply"), rows(&action["sections"])),
            (_, Some("carousel")) => (Some("button_reply"), cards(&action["cards"])),
            _ => (None, Vec::new()),
        };
        let flow_token = action["parameters"]["flow_token"].as_str().map(str::to_owned);
        Self { to, group, answer: answer.filter(|_| !choices.is_empty()), choices, flow_token }
    }

    /// The choice with this id or title, or of this number counted from 1; the first where none is named.
    #[must_use]
    pub fn pick(&self, option: Option<&str>) -> Option<&Choice> {
        let Some(option) = option else { return self.choices.first() };
        let named = self.choices.iter().find(|choice| choice.id == option || choice.title == option);
        named.or_else(|| self.choices.get(option.parse::<usize>().ok()?.checked_sub(1)?))
    }
}

fn each(list: &Value, one: impl Fn(&Value) -> Option<Choice>) -> Vec<Choice> {
    list.as_array().into_iter().flatten().filter_map(one).collect()
}

fn choice(item: &Value) -> Option<Choice> {
    let text = |name: &str| item[name].as_str().map(str::to_owned);
    Some(Choice { id: text("id")?, title: text("title")?, description: text("description") })
}

fn rows(sections: &Value) -> Vec<Choice> {
    sections.as_array().into_iter().flatten().flat_map(|section| each(&section["rows"], choice)).collect()
}

fn cards(cards: &Value) -> Vec<Choice> {
    let of_card = |card: &Value| each(&card["action"]["buttons"], |button| choice(&button["quick_reply"]));
    cards.as_array().into_iter().flatten().flat_map(of_card).collect()
}

/// Of a template only the payloads are in the request; the label is the stored template's, so the payload stands for it.
fn quick_replies(template: &Value) -> Vec<Choice> {
    each(&template["components"], |component| {
        let is_reply = component["sub_type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("quick_reply"));
        let payload = component["parameters"][0]["payload"].as_str().filter(|_| is_reply)?;
        Some(Choice { id: payload.to_owned(), title: payload.to_owned(), description: None })
    })
}

/// By message id, oldest first.
#[derive(Debug, Default)]
pub struct Offers {
    by_id: HashMap<String, Offer>,
    order: VecDeque<String>,
}

impl Offers {
    pub fn put(&mut self, message_id: &str, offer: Offer) {
        if self.order.len() == MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_id.remove(&oldest);
        }
        self.order.push_back(message_id.to_owned());
        self.by_id.insert(message_id.to_owned(), offer);
    }

    #[must_use]
    pub fn get(&self, message_id: &str) -> Option<Offer> {
        self.by_id.get(message_id).cloned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn titles(offer: &Offer) -> Vec<&str> {
        offer.choices.iter().map(|choice| choice.title.as_str()).collect()
    }

    #[test]
    fn buttons_rows_and_quick_replies_are_choices() {
        let reply = |id: &str, title: &str| json!({"type": "reply", "reply": {"id": id, "title": title}});
        let buttons = json!({"type": "interactive", "interactive": {"type": "button",
            "action": {"buttons": [reply("y", "Yes"), reply("n", "No")]}}});
        let list = json!({"type": "interactive", "interactive": {"type": "list", "action": {"sections": [
            {"rows": [{"id": "1", "title": "One"}]}, {"rows": [{"id": "2", "title": "Two", "description": "d"}]}]}}});
        let template = json!({"type": "template", "template": {"components": [{"type": "body"}, {"type": "button",
            "sub_type": "QUICK_REPLY", "index": "0", "parameters": [{"type": "payload", "payload": "OK-7"}]}]}});
        let of = |body: &Value| Offer::of(body, "15550000999", false);
        assert_eq!((of(&buttons).answer, titles(&of(&buttons))), (Some("button_reply"), vec!["Yes", "No"]));
        assert_eq!((of(&list).answer, titles(&of(&list))), (Some("list_reply"), vec!["One", "Two"]));
        assert_eq!((of(&template).answer, titles(&of(&template))), (Some("button"), vec!["OK-7"]));
        let text = json!({"type": "text", "text": {"body": "hi"}});
        assert_eq!((of(&text).answer, of(&text).choices.len()), (None, 0));
    }

    #[test]
    fn a_choice_is_named_by_id_title_or_number() {
        let choice = |id: &str, title: &str| Choice { id: id.into(), title: title.into(), description: None };
        let offer = Offer { choices: vec![choice("y", "Yes"), choice("n", "No")], ..Offer::default() };
        for (option, id) in [(None, "y"), (Some("n"), "n"), (Some("No"), "n"), (Some("2"), "n")] {
            assert_eq!(offer.pick(option).map(|choice| choice.id.as_str()), Some(id), "{option:?}");
        }
        for option in ["3", "0", "Perhaps"] {
            assert_eq!(offer.pick(Some(option)), None, "{option}");
        }
    }

    #[test]
    fn the_oldest_message_is_forgotten_first() {
        let mut offers = Offers::default();
        for n in 0..=MOST {
            offers.put(&n.to_string(), Offer::default());
        }
        assert!(offers.get("0").is_none() && offers.get("1").is_some());
    }
}
