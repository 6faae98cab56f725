//! `POST …/messages`: counted, checked, perhaps spoiled by a fault, accepted and handed to the phone. The order of these
//! steps is what this file owns.

use std::sync::Arc;

use axum::{
    Json,
    extract::{ConnectInfo, Path, State as Shared},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    authorise, refusal,
    refusal::Refusal,
    validate::{self, Known, Request},
};
use crate::simulator::{
    fault::{Accept, Answer, Call, Fault},
    handle::Simulator,
    journal,
    line::Line,
    offers::Offer,
    payload,
    phone::{self, Accepted, Message, Recipient},
    settings::Number,
    state::{State, locked, now_ms},
};

/// `MARKETING` is the endpoint for marketing templates.
pub async fn send<const MARKETING: bool>(
    Shared(simulator): Shared<Simulator>,
    Path((_, phone_number_id)): Path<(String, String)>,
    ConnectInfo(line): ConnectInfo<Line>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let state = simulator.state();
    let body: Option<Value> = serde_json::from_slice(&body).ok();
    let arrival = arrival(&phone_number_id, body.as_ref());
    let to = arrival.to.clone();
    let seq = locked(&state.journal).received(arrival);
    let checked = check(state, &headers, &phone_number_id, body.as_ref(), MARKETING);
    let call = Incoming { state, seq, body: body.as_ref(), checked };
    let fault = locked(&state.faults).take(Call::Messages, Some(&phone_number_id), to.as_deref());
    call.obey(&fault.unwrap_or_default(), &line).await
}

/// What can be told of a request before it is checked.
fn arrival(phone_number_id: &str, body: Option<&Value>) -> journal::Request {
    let text = |name: &str| body.and_then(|body| body.get(name)?.as_str()).map(str::to_owned);
    journal::Request {
        seq: 0,
        at_ms: now_ms(),
        phone_number_id: phone_number_id.to_owned(),
        command_id: text("biz_opaque_callback_data").and_then(|data| command_id(&data).map(str::to_owned)),
        to: text("to").or_else(|| text("recipient")),
        kind: text("type"),
        message_id: None,
        outcome: "open".to_owned(),
    }
}

/// `1:<command id>:<lane key>`.
fn command_id(callback_data: &str) -> Option<&str> {
    callback_data.strip_prefix("1:")?.split(':').next().filter(|id| !id.is_empty())
}

fn check<'a>(
    state: &'a State,
    headers: &HeaderMap,
    phone_number_id: &str,
    body: Option<&Value>,
    marketing: bool,
) -> Result<(&'a Number, Request), Refusal> {
    let number = authorise(state, headers, phone_number_id)?;
    let file = |id: &str| {
        let file = locked(&state.shelf).get(id);
        file.filter(|file| file.phone_number_id == number.phone_number_id)
    };
    let template = |content: &Value| {
        let taken = locked(&state.templates).takes(&number.waba_id, content, now_ms());
        taken.map_err(Refusal::from)
    };
    let known = Known { number, template: &template, file: &file, marketing };
    Ok((number, validate::request(body, &known)?))
}

/// A counted and checked request.
struct Incoming<'a> {
    state: &'a Arc<State>,
    seq: u64,
    body: Option<&'a Value>,
    checked: Result<(&'a Number, Request), Refusal>,
}

impl Incoming<'_> {
    async fn obey(&self, fault: &Fault, line: &Line) -> Response {
        let before = (fault.accept() == Accept::Before).then(|| self.accept(fault.failed_status()));
        self.state.pause(fault).await;
        let accepted = match fault.accept() {
            Accept::Before => before,
            Accept::After => Some(self.accept(fault.failed_status())),
            Accept::Never => None,
        };
        let outcome = match (fault.answer(), &accepted) {
            (Answer::Cut, _) => "cut".to_owned(),
            (Answer::Page { http }, _) => format!("page {http}"),
            (Answer::Error { code, .. }, _) => code.to_string(),
            (Answer::Normal, Some(Err(refused))) => refused.code.to_string(),
            (Answer::Normal, _) => "accepted".to_owned(),
        };
        locked(&self.state.journal).answered(self.seq, &outcome);
        match (refusal::answer(fault.answer(), Some(line)), accepted) {
            (Some(spoiled), _) => spoiled,
            (None, Some(Ok(answer))) => Json(answer).into_response(),
            (None, Some(Err(refused))) => refused.into_response(),
            (None, None) => Refusal::new(131_000, "a fault that neither accepts nor answers").into_response(),
        }
    }

    /// From here on the message exists: it has an id and statuses will come.
    fn accept(&self, failure: Option<i64>) -> Result<Value, Refusal> {
        let (number, request) = self.checked.as_ref().map_err(Clone::clone)?;
        let Request::Message(message) = request else {
            return Ok(json!({"success": true}));
        };
        let (behaviour, recipient) = (self.state.behaviour(), &message.recipient);
        let taken = locked(&self.state.rates).take(&number.phone_number_id, recipient.id(), &behaviour, now_ms());
        taken.map_err(|code| Refusal::new(code, "simulated limit"))?;
        if !self.state.outbox.has_room(MOST_STATUSES) {
            return Err(Refusal::new(131_016, "the simulator holds too many webhooks that nobody takes"));
        }
        let chance = self.state.dice.bytes(&format!("outbound {}", self.state.next()));
        let message_id = payload::wamid(recipient.id(), &chance, true);
        locked(&self.state.journal).accepted(self.seq, &message_id);
        if let Some(body) = self.body {
            let is_group = matches!(recipient, Recipient::Group(_));
            locked(&self.state.offers).put(&message_id, Offer::of(body, recipient.id(), is_group));
        }
        let accepted = Accepted { message_id, message: message.as_ref().clone() };
        phone::report(self.state, number, &accepted, failure);
        Ok(answer(&accepted))
    }
}

/// Sent, delivered, read, played.
const MOST_STATUSES: usize = 4;

fn answer(accepted: &Accepted) -> Value {
    let Message { recipient, input, kind, .. } = &accepted.message;
    let mut message = json!({"id": accepted.message_id});
    if kind == "template" {
        message["message_status"] = json!("accepted");
    }
    let contact = match recipient {
        Recipient::Phone(digits) => json!({"input": input, "wa_id": digits}),
        Recipient::User(id) => json!({"input": input, "user_id": id}),
        Recipient::Group(id) => {
            message["group_id"] = json!(id);
            json!({"input": input, "wa_id": id})
        }
    };
    json!({"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]})
}
