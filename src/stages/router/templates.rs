//! The template a command names, as the catalogue knows it: its language, its category, and whether it can be sent so. One
//! that is not in the catalogue passes as it is, unless that is forbidden: Meta decides. Pure.

use std::{borrow::Cow, collections::BTreeMap};

use super::{plan::Plan, refusal::Refusal};
use crate::{
    domain::{
        account::Account,
        errors::own::{TEMPLATE_LANGUAGE, TEMPLATE_NOT_APPROVED, TEMPLATE_PAUSED, TEMPLATE_UNKNOWN},
        template::{Standing, choose, standing},
    },
    stages::templates::{Known, Templates},
    wire::{
        records::{SendCommand, TemplateState, template::Template},
        template::problems,
    },
};

/// What an installation decides about templates.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Refuse those that the catalogue does not know.
    pub require: bool,
    /// Languages to fall back to, by account alias.
    pub languages: BTreeMap<String, String>,
}

/// What is known of templates here.
#[derive(Debug, Clone, Default)]
pub(super) struct Catalogue {
    pub templates: Templates,
    pub rules: Rules,
}

/// A command whose templates can be sent.
pub(super) struct Settled<'c> {
    /// With the languages that will be sent.
    pub command: Cow<'c, SendCommand>,
    /// Meta's word, of the template itself; the fallback's is told when it is used.
    pub category: Option<String>,
}

/// # Errors
/// Where the command goes instead.
pub(super) fn settle<'c>(
    command: &'c SendCommand,
    account: &Account,
    catalogue: &Catalogue,
) -> Result<Settled<'c>, Plan> {
    let mut settled = Settled { command: Cow::Borrowed(command), category: None };
    if let Some(template) = &command.template {
        let sent = judge(template, "template", account, catalogue)?;
        settled.category = sent.category;
        if sent.language != template.language {
            settled.command.to_mut().template = Some(Template { language: sent.language, ..template.clone() });
        }
    }
    if let Some(template) = &command.fallback_template {
        let language = judge(template, "fallback_template", account, catalogue)?.language;
        if language != template.language {
            settled.command.to_mut().fallback_template = Some(Template { language, ..template.clone() });
        }
    }
    Ok(settled)
}

/// What will be sent of a template.
struct Sent {
    language: String,
    category: Option<String>,
}

fn judge(template: &Template, field: &str, account: &Account, catalogue: &Catalogue) -> Result<Sent, Plan> {
    let own = catalogue.rules.languages.get(&account.alias).map(String::as_str);
    let all = catalogue.templates.of(&account.waba_id, &template.name);
    let there: Vec<&Known> =
        all.iter().map(AsRef::as_ref).filter(|known| standing(&known.state.status) != Standing::Deleted).collect();
    let language = |known: &&Known| known.state.language.as_str().to_owned();
    let Some(first) = there.first() else {
        return match all.first() {
            Some(deleted) => Err(Plan::Decline(cannot(field, &deleted.state))),
            None => unknown(template, field, own, catalogue.rules.require),
        };
    };
    let languages: Vec<&str> = there.iter().map(|known| known.state.language.as_str()).collect();
    let Some(chosen) = choose(&languages, &template.language, own) else {
        let list = there.iter().map(language).collect::<Vec<_>>().join(", ");
        let why = format!("is not one of this template's: it exists in {list}");
        return Err(Plan::Refuse(vec![Refusal::new(&TEMPLATE_LANGUAGE, &format!("{field}.language"), why)]));
    };
    let known = there.iter().find(|known| known.state.language == chosen).unwrap_or(first);
    fits(template, known, field)?;
    let category = Some(known.state.category.clone()).filter(|category| !category.is_empty());
    Ok(Sent { language: chosen.to_owned(), category })
}

fn unknown(template: &Template, field: &str, own: Option<&str>, require: bool) -> Result<Sent, Plan> {
    if require {
        let why = "is not in the catalogue, and `templates.require` is set";
        return Err(Plan::Refuse(vec![Refusal::new(&TEMPLATE_UNKNOWN, &format!("{field}.name"), why)]));
    }
    let asked = Some(template.language.as_str()).filter(|language| !language.is_empty());
    Ok(Sent { language: asked.or(own).unwrap_or_default().to_owned(), category: None })
}

fn fits(template: &Template, known: &Known, field: &str) -> Result<(), Plan> {
    match standing(&known.state.status) {
        Standing::Sendable => {}
        Standing::Paused | Standing::Barred | Standing::Deleted => {
            return Err(Plan::Decline(cannot(field, &known.state)));
        }
    }
    let found = known.shape.as_ref().map(|shape| problems(template, shape, field)).unwrap_or_default();
    match found.is_empty() {
        true => Ok(()),
        false => Err(Plan::Refuse(found.iter().map(Refusal::from).collect())),
    }
}

fn cannot(field: &str, state: &TemplateState) -> Box<Refusal> {
    let own = match standing(&state.status) {
        Standing::Paused => &TEMPLATE_PAUSED,
        Standing::Sendable | Standing::Barred | Standing::Deleted => &TEMPLATE_NOT_APPROVED,
    };
    let reason = state.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    Box::new(Refusal::new(own, field, format!("is {} in {}{reason}", state.status, state.language)))
}
