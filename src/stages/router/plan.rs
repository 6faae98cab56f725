//! What a command becomes. Pure: the record's whole way is decided here, before anything is encoded.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::{
    domain::{
        account::Account,
        callback::{Callback, MAX_CHARS, TooLong},
        carrier::{Carriers, Choice},
        errors::own::{NEEDS_PHONE_NUMBER, NOT_SUPPORTED, UNKNOWN_ACCOUNT, UNKNOWN_CARRIER},
        identity::{ConversationKey, PhoneNumberId, User},
        ledger::expired,
        template::AUTHENTICATION,
    },
    stages::{
        ports::Accounts,
        router::{
            refusal::Refusal,
            templates::{Catalogue, Settled, settle},
        },
    },
    wire::{
        field_problem::FieldProblem,
        graph::request::{self, GraphRequest},
        records::{OutboundMessage, SendCommand},
        send_command::{Valid, validate},
        template,
    },
};

/// Where a command goes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Plan {
    /// To Meta, by the sender.
    Send(Box<OutboundMessage>),
    /// To another carrier's worker, unchanged.
    HandOver { carrier: String },
    /// Nowhere, and its producer can mend it.
    Refuse(Vec<Refusal>),
    /// Nowhere now, and its producer has made no mistake.
    Decline(Box<Refusal>),
    /// Nowhere: too late.
    Expired,
}

impl From<Vec<Refusal>> for Plan {
    fn from(refusals: Vec<Refusal>) -> Self {
        Self::Refuse(refusals)
    }
}

/// Decides by the command, the configuration, what is known of templates, and the time.
#[must_use]
pub(super) fn plan(
    command: &SendCommand,
    accounts: &Accounts,
    carriers: &Carriers,
    catalogue: &Catalogue,
    now_ms: i64,
) -> Plan {
    let choice = carriers.choose(&command.carriers, command.carrier.as_deref());
    let valid = match validate(command) {
        Ok(valid) => valid,
        Err(mut problems) => {
            if choice == Choice::WhatsApp {
                problems.extend(request::content_problems(command));
            }
            return Plan::Refuse(refusals(&problems));
        }
    };
    match choice {
        Choice::Unknown(name) => Plan::Refuse(vec![unknown_carrier(command, &name)]),
        Choice::Other(_) | Choice::WhatsApp if expired(command.expires_at, now_ms) => Plan::Expired,
        Choice::Other(carrier) => Plan::HandOver { carrier },
        Choice::WhatsApp => match outbound(&valid, accounts, catalogue) {
            Ok(message) => Plan::Send(Box::new(message)),
            Err(instead) => instead,
        },
    }
}

/// The message ready to be posted.
fn outbound(valid: &Valid<'_>, accounts: &Accounts, catalogue: &Catalogue) -> Result<OutboundMessage, Plan> {
    supported(valid.command())?;
    let account = account(valid.command(), accounts)?;
    let Settled { command, category } = settle(valid.command(), account, catalogue)?;
    reachable(valid.to(), category.as_deref())?;
    // as it is sent: its template may have found another language
    let valid = &match &command {
        Cow::Borrowed(_) => valid.clone(),
        Cow::Owned(other) => validate(other).map_err(|problems| refusals(&problems))?,
    };
    let command = valid.command();
    let lane = lane(valid, account)?;
    let callback = callback(valid, &lane)?;
    let built = request::build(valid).map_err(|problems| refusals(&problems))?;
    let fallback = request::build_fallback(valid).map_err(|problems| refusals(&problems))?;
    let needs_window = built.needs_window;
    let request_json = built.with_callback(&callback).to_json();
    let ready = |request: GraphRequest| request.with_callback(&callback).to_json();
    Ok(OutboundMessage {
        command_id: command.command_id.clone(),
        lane: lane.into_string(),
        account: account.alias.clone(),
        phone_number_id: account.phone_number_id.clone(),
        content_hash: hex::encode(Sha256::digest(&request_json)),
        request_json,
        fallback_request_json: fallback.map(ready),
        needs_window,
        template_key: command.template.as_ref().map(|t| template::key(&account.waba_id, &t.name, &t.language)),
        category,
        expires_at: command.expires_at,
        priority: command.priority.clone(),
        unordered: command.unordered,
        on_unknown: command.on_unknown.clone(),
        carriers: command.carriers.iter().skip(1).cloned().collect(),
        correlation_id: command.correlation_id.clone(),
        source: command.source.clone(),
        labels: command.labels.clone(),
        tenant: command.tenant.clone().or_else(|| account.tenant.clone()),
        ..OutboundMessage::default()
    })
}

/// What the sender does not read yet is refused, for a producer would rely on it.
fn supported(command: &SendCommand) -> Result<(), Vec<Refusal>> {
    let fallback = command.fallback_template.as_ref().map(|_| {
        let why =
            "is not sent by this release: leave it out, and send the template as a command of its own on error 131047";
        Refusal::new(&NOT_SUPPORTED, "fallback_template", why)
    });
    let second = command.carriers.get(1).map(|_| {
        let why = "is not tried by this release: name one carrier, and send again through the next where it fails";
        Refusal::new(&NOT_SUPPORTED, "carriers[1]", why)
    });
    let refusals: Vec<Refusal> = fallback.into_iter().chain(second).collect();
    if refusals.is_empty() { Ok(()) } else { Err(refusals) }
}

fn account<'a>(command: &SendCommand, accounts: &'a Accounts) -> Result<&'a Account, Vec<Refusal>> {
    let (found, why) = match &command.from {
        Some(name) => (accounts.find(name), "names no configured account"),
        None => (accounts.default_account(), "is required: there is no single account to send from"),
    };
    found.ok_or_else(|| vec![Refusal::new(&UNKNOWN_ACCOUNT, "from", why)])
}

fn lane(valid: &Valid<'_>, account: &Account) -> Result<ConversationKey, Vec<Refusal>> {
    let number = PhoneNumberId::parse(&account.phone_number_id)
        .ok_or_else(|| vec![Refusal::new(&UNKNOWN_ACCOUNT, "from", "names an account without a phone number id")])?;
    Ok(ConversationKey::new(&number, valid.to()))
}

/// Whether Meta sends a template of this category to such a user: one-time codes go to phone numbers only (131062).
fn reachable(to: &User, category: Option<&str>) -> Result<(), Vec<Refusal>> {
    match (to, category) {
        (User::Bsuid(_), Some(AUTHENTICATION)) => {
            let why =
                "is a business-scoped user id, and authentication templates go to phone numbers only: give the number";
            Err(vec![Refusal::new(&NEEDS_PHONE_NUMBER, "to", why)])
        }
        (User::Bsuid(_) | User::Phone(_) | User::Group(_), _) => Ok(()),
    }
}

fn callback(valid: &Valid<'_>, lane: &ConversationKey) -> Result<String, Vec<Refusal>> {
    Callback::new(valid.id().clone(), lane.as_str()).build().map_err(|TooLong { chars }| {
        let fix = "use a shorter command_id, or another address of the recipient";
        let too_long = FieldProblem::invalid("to", "makes callback data that Meta does not take", fix);
        refusals(&[too_long.beyond(MAX_CHARS, chars)])
    })
}

fn refusals(problems: &[FieldProblem]) -> Vec<Refusal> {
    problems.iter().map(Refusal::from).collect()
}

fn unknown_carrier(command: &SendCommand, name: &str) -> Refusal {
    let field = if command.carriers.is_empty() { "carrier" } else { "carriers[0]" };
    Refusal::new(&UNKNOWN_CARRIER, field, format!("is {name}, which nobody serves"))
}
