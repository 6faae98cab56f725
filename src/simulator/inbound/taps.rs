//! Answers by tapping. Where the message that is tapped on is remembered, only what it offers can be chosen.

use serde_json::{Value, json};

use super::{Draft, Scene, Unusable};
use crate::simulator::offers::Choice;

pub fn reaction(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let emoji = scene.option().unwrap_or("👍");
    Ok(Draft::message("reaction", json!({"message_id": scene.target(), "emoji": emoji})))
}

pub fn reaction_removed(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    Ok(Draft::message("reaction", json!({"message_id": scene.target()})))
}

pub fn template_button(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let choice = chosen(scene, "button", "CONFIRM", "Confirm")?;
    let text = scene.body_or(&choice.title);
    Ok(Draft::message("button", json!({"payload": choice.id, "text": text})).quoting(scene))
}

pub fn no_code(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let button = json!({"payload": "DID_NOT_REQUEST_CODE", "text": "I didn't request a code"});
    Ok(Draft::message("button", button).quoting(scene))
}

pub fn button_reply(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let choice = chosen(scene, "button_reply", "yes", "Yes")?;
    Ok(interactive(scene, "button_reply", json!({"id": choice.id, "title": choice.title})))
}

pub fn list_reply(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let choice = chosen(scene, "list_reply", "row-1", "First row")?;
    let mut reply = json!({"id": choice.id, "title": choice.title});
    if let Some(description) = &choice.description {
        reply["description"] = json!(description);
    }
    Ok(interactive(scene, "list_reply", reply))
}

/// Out of what the quoted message offers; one that is made up where it is not remembered.
fn chosen(scene: &Scene<'_>, answer: &str, id: &str, title: &str) -> Result<Choice, Unusable> {
    let Some(offer) = &scene.quoted else {
        let title = scene.body_or(scene.option().unwrap_or(title));
        let description = Some("The first of them".to_owned());
        return Ok(Choice { id: scene.option().unwrap_or(id).to_owned(), title, description });
    };
    if offer.answer != Some(answer) {
        let instead = offer.answer.map_or("nothing to tap on".to_owned(), |other| format!("what leads to a {other}"));
        return Err(Unusable(format!("that message has nothing that leads to a {answer}: it has {instead}")));
    }
    offer.pick(scene.option()).cloned().ok_or_else(|| {
        let all: Vec<String> = offer.choices.iter().map(|choice| format!("{} ({})", choice.id, choice.title)).collect();
        Unusable(format!("that message does not offer this option; it offers {}", all.join(", ")))
    })
}

/// `content` is the answers; the token is that of the Flow that was sent.
pub fn flow(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let mut answers = scene.asked.content.clone().unwrap_or_else(|| json!({"name": "Kim Test", "size": "M"}));
    let token = scene.quoted.as_ref().and_then(|offer| offer.flow_token.as_deref()).unwrap_or("unused");
    if answers.get("flow_token").is_none() {
        answers["flow_token"] = json!(token);
    }
    let answer = json!({"name": "flow", "body": "Sent", "response_json": answers.to_string()});
    Ok(interactive(scene, "nfm_reply", answer))
}

pub fn address(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let usual = || json!({"name": "Kim Test", "in_pin_code": "400063", "city": "Mumbai"});
    let values = scene.asked.content.clone().unwrap_or_else(usual);
    let answer = json!({"name": "address_message", "response_json": json!({"values": values}).to_string()});
    Ok(interactive(scene, "nfm_reply", answer))
}

pub fn call_permission(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let week = 7 * 86_400;
    let reply = match scene.option().unwrap_or("accept") {
        "accept" => json!({
            "response": "accept",
            "is_permanent": false,
            "expiration_timestamp": scene.seconds() + week,
            "response_source": "user_action",
        }),
        "reject" => json!({"response": "reject", "response_source": "user_action"}),
        _ => return Err(Unusable("option must be accept or reject".to_owned())),
    };
    Ok(interactive(scene, "call_permission_reply", reply))
}

fn interactive(scene: &Scene<'_>, kind: &str, reply: Value) -> Draft {
    let mut interactive = json!({ "type": kind });
    interactive[kind] = reply;
    Draft::message("interactive", interactive).quoting(scene)
}
