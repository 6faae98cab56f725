//! The simulator as a test in the same process, or the control routes, hold it. Every action of `/_sim/` is a method here.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    behaviour::Behaviour,
    fault::Fault,
    journal::{Count, Report},
    outbox::Tally,
    phone,
    settings::Number,
    shelf::File,
    state::{State, locked},
};

/// A running simulator. Cheap to clone.
#[derive(Clone)]
pub struct Simulator {
    state: Arc<State>,
    client: reqwest::Client,
}

/// A message of a user to be simulated.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Inbound {
    /// text (the default), image, or with `content` any type of Meta's.
    pub kind: Option<String>,
    /// Digits; a leading plus sign is taken off.
    pub from: String,
    pub name: Option<String>,
    /// The first number where absent.
    pub phone_number_id: Option<String>,
    /// A text's body, an image's caption.
    pub body: Option<String>,
    /// An image's bytes in base64; a small picture where absent.
    pub data: Option<String>,
    pub mime_type: Option<String>,
    /// The object named like `kind`, as it stands.
    pub content: Option<Value>,
}

/// What a simulated message got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Written {
    pub message_id: String,
    pub media_id: Option<String>,
}

/// The request cannot be simulated.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub String);

impl Simulator {
    pub(super) fn new(state: Arc<State>, client: reqwest::Client) -> Self {
        Self { state, client }
    }

    pub(super) fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// Switches a fault on.
    pub fn fail(&self, fault: Fault) {
        locked(&self.state.faults).add(fault);
    }

    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        locked(&self.state.faults).list()
    }

    pub fn clear_faults(&self) {
        locked(&self.state.faults).clear();
    }

    /// Lets every held call go on; returns how many there were.
    pub fn release(&self) -> usize {
        let held = self.held();
        self.state.holds.release();
        held
    }

    /// Calls that are held open now.
    #[must_use]
    pub fn held(&self) -> usize {
        self.state.holds.count()
    }

    #[must_use]
    pub fn behaviour(&self) -> Behaviour {
        self.state.behaviour()
    }

    pub fn behave(&self, behaviour: Behaviour) {
        *locked(&self.state.behaviour) = behaviour;
    }

    /// Forgets requests, faults, files and waiting webhooks, and goes back to the behaviour it was started with.
    pub fn reset(&self) {
        self.state.reset();
    }

    #[must_use]
    pub fn report(&self, command_id: Option<&str>, after: u64, limit: usize) -> Report {
        locked(&self.state.journal).report(command_id, after, limit)
    }

    /// How often this command arrived and was accepted.
    #[must_use]
    pub fn count(&self, command_id: &str) -> Count {
        locked(&self.state.journal).count(command_id)
    }

    #[must_use]
    pub fn webhooks(&self) -> Tally {
        self.state.outbox.tally()
    }

    /// Puts a file on Meta's side and returns its media id.
    #[must_use]
    pub fn keep(&self, file: File) -> String {
        // sixteen digits, as Meta's
        let id = format!("1{:015}", self.state.next());
        locked(&self.state.shelf).put(id.clone(), file);
        id
    }

    /// A user writes.
    ///
    /// # Errors
    /// No sender, an unknown number, a kind without content.
    pub fn inbound(&self, inbound: &Inbound) -> Result<Written, Unusable> {
        let from = inbound.from.trim_start_matches('+');
        if from.is_empty() {
            return Err(Unusable("from is required".to_owned()));
        }
        let number = self.number(inbound.phone_number_id.as_deref())?;
        if !self.state.outbox.has_room(1) {
            return Err(Unusable("too many webhooks wait already".to_owned()));
        }
        let (kind, content, media_id) = self.content(inbound, number)?;
        let name = inbound.name.as_deref().unwrap_or("Simulated User");
        let message_id = phone::write(&self.state, number, from, name, &kind, &content);
        Ok(Written { message_id, media_id })
    }

    /// Does what Meta does when a callback URL is saved; true if the receiver returned the challenge.
    ///
    /// # Errors
    /// No URL is set, or nobody answers.
    pub async fn verify(&self) -> Result<bool, Unusable> {
        let url = self.state.behaviour().webhook_url.ok_or_else(|| Unusable("no webhook_url is set".to_owned()))?;
        let challenge = self.state.dice.up_to("challenge", 9_999_999_999).to_string();
        let token = self.state.settings.verify_token.expose();
        let query = [("hub.mode", "subscribe"), ("hub.verify_token", token), ("hub.challenge", challenge.as_str())];
        let url = url::Url::parse_with_params(&url, query).map_err(|_| Unusable("webhook_url is no URL".to_owned()))?;
        let unreachable = |_| Unusable("the receiver cannot be reached".to_owned());
        let response = self.client.get(url).send().await.map_err(unreachable)?;
        Ok(response.status() == 200 && response.text().await.is_ok_and(|body| body == challenge))
    }

    fn number(&self, phone_number_id: Option<&str>) -> Result<&Number, Unusable> {
        let number = match phone_number_id {
            Some(id) => self.state.number(id),
            None => self.state.settings.numbers.first(),
        };
        number.ok_or_else(|| Unusable("no such number".to_owned()))
    }

    fn content(&self, inbound: &Inbound, number: &Number) -> Result<(String, Value, Option<String>), Unusable> {
        let kind = inbound.kind.clone().unwrap_or_else(|| "text".to_owned());
        if let Some(content) = &inbound.content {
            return Ok((kind, content.clone(), None));
        }
        match kind.as_str() {
            "text" => {
                let body = inbound.body.as_deref().unwrap_or("hello");
                Ok((kind, json!({"body": body}), None))
            }
            "image" => {
                let (content, id) = self.image(inbound, number)?;
                Ok((kind, content, Some(id)))
            }
            _ => Err(Unusable("this kind needs content".to_owned())),
        }
    }

    fn image(&self, inbound: &Inbound, number: &Number) -> Result<(Value, String), Unusable> {
        let bytes = match &inbound.data {
            Some(data) => STANDARD.decode(data).map_err(|_| Unusable("data is not base64".to_owned()))?,
            None => PICTURE.to_vec(),
        };
        let mime_type = inbound.mime_type.clone().unwrap_or_else(|| "image/png".to_owned());
        let phone_number_id = number.phone_number_id.clone();
        let file = File { phone_number_id, mime_type: mime_type.clone(), bytes: Bytes::from(bytes) };
        let sha256 = STANDARD.encode(file.sha256());
        let id = self.keep(file);
        let mut image = json!({"id": id, "mime_type": mime_type, "sha256": sha256});
        if let Some(caption) = &inbound.body {
            image["caption"] = json!(caption);
        }
        Ok((image, id))
    }
}

/// One grey pixel as PNG.
const PICTURE: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49,
    0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81, 0xda, 0x45, 0x08, 0x3b, 0x00, 0x00,
    0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];
