//! The simulator as a test in the same process, or the control routes, hold it. Every action of `/_sim/` is a method here.

use std::sync::Arc;

use super::{
    behaviour::Behaviour,
    events::{self, Event},
    fault::Fault,
    inbound::{self, Inbound, Written},
    journal::{Count, Report},
    outbox::Tally,
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
        self.state.keep(file)
    }

    /// A user does something.
    ///
    /// # Errors
    /// No sender, an unknown number or kind, an option that was not offered.
    pub fn inbound(&self, inbound: &Inbound) -> Result<Written, Unusable> {
        inbound::write(&self.state, self.ready(inbound.phone_number_id.as_deref())?, inbound)
    }

    /// Something happens to the account, its templates or users.
    ///
    /// # Errors
    /// An unknown number; nothing known of that name, and no value.
    pub fn event(&self, event: &Event) -> Result<(), Unusable> {
        events::post(&self.state, self.ready(event.phone_number_id.as_deref())?, event)
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

    /// The number, while there is room for its webhooks.
    fn ready(&self, phone_number_id: Option<&str>) -> Result<&Number, Unusable> {
        let number = match phone_number_id {
            Some(id) => self.state.number(id),
            None => self.state.settings.numbers.first(),
        };
        let number = number.ok_or_else(|| Unusable("no such number".to_owned()))?;
        match self.state.outbox.has_room(1) {
            true => Ok(number),
            false => Err(Unusable("too many webhooks wait already".to_owned())),
        }
    }
}
