//! Webhooks that are no messages: one table of fields and what may happen in each. The files below write the values; what
//! they do not know can be given as JSON.

mod account;
mod coexistence;
mod people;
mod templates;

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    handle::Unusable,
    payload,
    people::Person,
    settings::Number,
    state::{State, locked, now_ms},
};

/// A webhook to be simulated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Event {
    /// Meta's name of the webhook field.
    pub field: String,
    /// What happens in it; the first in [`HAPPENINGS`] where absent.
    pub what: Option<String>,
    /// The user it is about; 15550000999 where absent.
    pub from: Option<String>,
    /// The first number where absent.
    pub phone_number_id: Option<String>,
    /// Members of the value that are put over the usual ones.
    pub members: Map<String, Value>,
    /// The value as it stands, of any field; or a whole webhook, known by its member `object`.
    pub value: Option<Value>,
}

/// Something that happens in a field.
pub struct Happening {
    pub field: &'static str,
    pub what: &'static str,
    scope: Scope,
    make: fn(&Scene<'_>) -> Value,
}

/// What stands around the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The WABA, and when.
    Account,
    /// That, and which number.
    Number,
    /// The business portfolio in the WABA's place.
    Portfolio,
    /// The number only, as with messages.
    Messages,
}

const fn of(scope: Scope, field: &'static str, what: &'static str, make: fn(&Scene<'_>) -> Value) -> Happening {
    Happening { field, what, scope, make }
}

/// All of them, field by field.
#[rustfmt::skip]
pub const HAPPENINGS: &[Happening] = &[
    of(Scope::Account, "message_template_status_update", "approved", templates::approved),
    of(Scope::Account, "message_template_status_update", "rejected", templates::rejected),
    of(Scope::Account, "message_template_status_update", "paused", templates::paused),
    of(Scope::Account, "message_template_status_update", "disabled", templates::disabled),
    of(Scope::Account, "message_template_quality_update", "yellow", templates::quality),
    of(Scope::Account, "message_template_components_update", "changed", templates::components),
    of(Scope::Account, "template_category_update", "announced", templates::category_announced),
    of(Scope::Account, "template_category_update", "changed", templates::category_changed),
    of(Scope::Account, "phone_number_quality_update", "onboarding", account::quality),
    of(Scope::Account, "phone_number_quality_update", "throughput_upgrade", account::throughput),
    of(Scope::Account, "phone_number_name_update", "approved", account::name),
    of(Scope::Account, "account_update", "violation", account::violation),
    of(Scope::Account, "account_update", "restriction", account::restriction),
    of(Scope::Account, "account_update", "disabled", account::disabled),
    of(Scope::Account, "account_update", "partner_added", account::partner_added),
    of(Scope::Account, "account_update", "partner_removed", account::partner_removed),
    of(Scope::Account, "account_update", "volume_tier", account::volume_tier),
    of(Scope::Account, "account_update", "auth_international", account::auth_international),
    of(Scope::Account, "account_alerts", "official_account_approved", account::alert),
    of(Scope::Account, "account_review_update", "approved", account::review),
    of(Scope::Account, "business_capability_update", "raised", account::capability),
    of(Scope::Account, "security", "pin_changed", account::security),
    of(Scope::Account, "flows", "published", account::flow_status),
    of(Scope::Account, "flows", "endpoint_errors", account::flow_errors),
    of(Scope::Account, "payment_configuration_update", "needs_testing", account::payment),
    of(Scope::Portfolio, "partner_solutions", "created", account::solution),
    of(Scope::Account, "business_username_update", "approved", account::username),
    of(Scope::Number, "user_preferences", "stop", people::stop),
    of(Scope::Number, "user_preferences", "resume", people::resume),
    of(Scope::Number, "user_preferences", "signup", people::signup),
    of(Scope::Account, "user_id_update", "changed", people::user_id),
    of(Scope::Number, "calls", "connect", people::call_from_user),
    of(Scope::Number, "calls", "answered", people::call_answered),
    of(Scope::Number, "calls", "terminate", people::call_ended),
    of(Scope::Number, "calls", "ringing", people::call_rings),
    of(Scope::Number, "group_lifecycle_update", "created", people::group_created),
    of(Scope::Number, "group_participants_update", "added", people::group_joined),
    of(Scope::Number, "group_participants_update", "join_request", people::group_asked),
    of(Scope::Number, "group_settings_update", "subject", people::group_subject),
    of(Scope::Number, "group_status_update", "suspended", people::group_suspended),
    of(Scope::Number, "automatic_events", "lead", people::lead),
    of(Scope::Number, "history", "chunk", coexistence::history),
    of(Scope::Number, "history", "media", coexistence::history_media),
    of(Scope::Number, "history", "declined", coexistence::history_declined),
    of(Scope::Number, "smb_message_echoes", "text", coexistence::echo),
    of(Scope::Number, "smb_message_echoes", "revoke", coexistence::echo_revoke),
    of(Scope::Number, "smb_message_echoes", "edit", coexistence::echo_edit),
    of(Scope::Number, "smb_app_state_sync", "add", coexistence::contact_added),
    of(Scope::Number, "smb_app_state_sync", "remove", coexistence::contact_removed),
    of(Scope::Messages, "messages", "error", account::error),
];

/// Whom and when it is about.
struct Scene<'a> {
    state: &'a State,
    number: &'a Number,
    person: Person,
    at_ms: i64,
}

impl Scene<'_> {
    fn seconds(&self) -> i64 {
        self.at_ms / 1_000
    }

    /// The same as text, as items have it.
    fn timestamp(&self) -> String {
        self.seconds().to_string()
    }

    /// The user's phone number.
    fn user(&self) -> &str {
        self.person.id()
    }

    /// The number that users see.
    fn business(&self) -> &str {
        &self.number.display_phone_number
    }

    fn contacts(&self) -> Value {
        Value::from(vec![payload::contact(&self.person, self.person.wa_id.as_deref(), None)])
    }

    fn message_id(&self) -> String {
        let chance = self.state.dice.bytes(&format!("event {}", self.state.next()));
        payload::wamid(self.user(), &chance, false)
    }
}

/// Something happens, and the webhook of it goes into the outbox.
///
/// # Errors
/// Nothing known of that name, and no value.
pub fn post(state: &Arc<State>, number: &Number, asked: &Event) -> Result<(), Unusable> {
    let from = asked.from.as_deref().unwrap_or("15550000999").trim_start_matches('+');
    let person = locked(&state.people).find(from, state.behaviour().user_ids, state.dice);
    let scene = Scene { state, number, person, at_ms: now_ms() };
    let webhook = match &asked.value {
        Some(whole) if whole.get("object").is_some() => whole.clone(),
        Some(_) if asked.field.is_empty() => return Err(Unusable("field is required".to_owned())),
        Some(value) => payload::change(&number.waba_id, &asked.field, value.clone(), Some(scene.seconds())),
        None => usual(&scene, asked)?,
    };
    take_to_heart(&scene, &webhook);
    let label = format!("event {}", state.next());
    state.outbox.add(payload::ascii(&webhook), Duration::ZERO, &label, &state.behaviour(), state.dice);
    Ok(())
}

fn usual(scene: &Scene<'_>, asked: &Event) -> Result<Value, Unusable> {
    let of_field = || HAPPENINGS.iter().filter(|happening| happening.field == asked.field);
    let wanted = asked.what.as_deref();
    let happening = of_field().find(|happening| wanted.is_none_or(|what| what == happening.what));
    let happening = happening.ok_or_else(|| {
        let known: Vec<&str> = of_field().map(|happening| happening.what).collect();
        match known.as_slice() {
            [] => Unusable(format!("nothing is known of the field {}: give its value", asked.field)),
            known => Unusable(format!("in {} there is {}", asked.field, known.join(", "))),
        }
    })?;
    let value = payload::with((happening.make)(scene), Value::Object(asked.members.clone()));
    let value = if asked.members.contains_key(templates::ID) { value } else { templates::identified(scene, value) };
    let (waba_id, time) = (scene.number.waba_id.as_str(), Some(scene.seconds()));
    Ok(match happening.scope {
        Scope::Account => payload::change(waba_id, happening.field, value, time),
        Scope::Number => payload::change(waba_id, happening.field, payload::shared(scene.number, value), time),
        Scope::Portfolio => payload::change("600000000000001", happening.field, value, time),
        Scope::Messages => payload::change(waba_id, happening.field, payload::shared(scene.number, value), None),
    })
}

/// Who stops marketing gets none from now on, and a template is what is told of it.
fn take_to_heart(scene: &Scene<'_>, webhook: &Value) {
    let change = &webhook["entry"][0]["changes"][0];
    templates::take_to_heart(scene, change);
    let preference = &change["value"]["user_preferences"][0];
    if let (Some("marketing_messages"), Some(word)) = (preference["category"].as_str(), preference["value"].as_str()) {
        locked(&scene.state.people).prefers(&scene.person, word);
    }
}
