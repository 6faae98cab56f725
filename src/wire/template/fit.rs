//! Whether a command gives a template what it takes: counts, names, kinds. Quotes no value.

use std::borrow::Cow;

use serde_json::Value;

use super::Shape;
use crate::{
    domain::errors::own::TEMPLATE_PARAMS,
    wire::{
        field_problem::FieldProblem,
        records::{
            template::{Parameter, Template},
            template_state::TemplateStateButton,
        },
    },
};

const FIX: &str = "give what `templates show` says that it takes";

/// What a command gives, whichever way it says so.
#[derive(Default)]
struct Given<'a> {
    /// Kinds of the header's parameters: `text`, `image` …
    header: Vec<&'a str>,
    /// The name of the first, where it has one.
    header_name: Option<Cow<'a, str>>,
    /// Names of the body's parameters, where they have one.
    body: Vec<Option<Cow<'a, str>>>,
    /// Index and `sub_type`.
    buttons: Vec<(i32, &'a str)>,
}

impl<'a> Given<'a> {
    fn of(template: &'a Template) -> Self {
        if template.components.is_empty() { Self::short(template) } else { Self::long(template) }
    }

    fn short(template: &'a Template) -> Self {
        let kind = template.header.as_ref().and_then(|header| match (&header.text, &header.media, &header.location) {
            (Some(_), ..) => Some("text"),
            (None, Some(media), _) => Some(media.kind.as_str()),
            (None, None, Some(_)) => Some("location"),
            (None, None, None) => None,
        });
        let positional = template.body.iter().map(|_| None);
        Self {
            header: kind.into_iter().collect(),
            header_name: None,
            body: positional.chain(template.named.keys().map(|name| Some(name.into()))).collect(),
            buttons: template.buttons.iter().map(|button| (button.index, button.sub_type.as_str())).collect(),
        }
    }

    fn long(template: &'a Template) -> Self {
        let mut given = Self::default();
        for component in &template.components {
            match component.r#type.to_lowercase().as_str() {
                "header" => {
                    given.header.extend(component.parameters.iter().map(|p| p.r#type.as_str()));
                    given.header_name = component.parameters.first().and_then(name_of);
                }
                "body" => given.body.extend(component.parameters.iter().map(name_of)),
                "button" => given
                    .buttons
                    .push((component.index.unwrap_or(0), component.sub_type.as_deref().unwrap_or_default())),
                _ => {}
            }
        }
        given
    }
}

/// Where a parameter is given whole, nothing beside that is sent.
fn name_of(parameter: &Parameter) -> Option<Cow<'_, str>> {
    match &parameter.parameter_json {
        Some(whole) => {
            let whole: Value = serde_json::from_str(whole).ok()?;
            whole["parameter_name"].as_str().map(|name| Cow::Owned(name.to_owned()))
        }
        None => parameter.parameter_name.as_deref().map(Cow::Borrowed),
    }
}

/// Everything that Meta would refuse `template` for, since it has this shape. `field`: where it stands in the command.
#[must_use]
pub fn problems(template: &Template, shape: &Shape, field: &str) -> Vec<FieldProblem> {
    let given = Given::of(template);
    let at = |part: &str| match template.components.is_empty() {
        true => format!("{field}.{part}"),
        false => format!("{field}.components"),
    };
    let mut found: Vec<FieldProblem> = header(&given, shape, &at("header")).into_iter().collect();
    found.extend(match &shape.names {
        Some(names) => named(&given, names, &at("named")),
        None => positional(&given, shape.body_params, &at("body")),
    });
    found.extend(buttons(&given, &shape.buttons, &at("buttons")));
    found
}

fn problem(field: &str, problem: String) -> FieldProblem {
    FieldProblem { code: &TEMPLATE_PARAMS, ..FieldProblem::invalid(field, problem, FIX) }
}

fn count_problem(field: &str, what: &str, given: usize, takes: usize) -> FieldProblem {
    problem(field, format!("gives {given} {what}, and the template takes {takes}")).beyond(takes, given)
}

fn header(given: &Given<'_>, shape: &Shape, field: &str) -> Option<FieldProblem> {
    let takes: &[&str] = match shape.header_format.as_deref() {
        None => &[],
        Some("TEXT") if shape.header_params == 0 => &[],
        Some("TEXT") => &["text"],
        Some("IMAGE") => &["image"],
        Some("VIDEO") => &["video"],
        Some("GIF") => &["video", "gif"],
        Some("DOCUMENT") => &["document"],
        Some("LOCATION") => &["location"],
        // a kind of a later day
        Some(_) => return None,
    };
    match (takes.first(), &given.header[..]) {
        (None, []) => None,
        (None, _) => Some(problem(field, "gives a value, and the template's header takes none".to_owned())),
        (Some(kind), []) => Some(problem(field, format!("is required: the template's header takes {kind}"))),
        (Some(_), [one]) if takes.contains(one) => header_name(given, shape, field),
        (Some(kind), [_]) => Some(problem(field, format!("is of another kind: the template's header takes {kind}"))),
        (Some(_), more) => Some(count_problem(field, "values", more.len(), 1)),
    }
}

/// The short form has no place for a name, and Meta takes none of another.
fn header_name(given: &Given<'_>, shape: &Shape, field: &str) -> Option<FieldProblem> {
    let name = shape.header_name.as_deref().filter(|name| given.header_name.as_deref() != Some(name))?;
    let fix = format!("give it in template.components with parameter_name {name}");
    let found = problem(field, format!("lacks {name}: the template's values have names"));
    Some(FieldProblem { fix, ..found })
}

fn positional(given: &Given<'_>, takes: usize, field: &str) -> Option<FieldProblem> {
    if given.body.iter().any(Option::is_some) {
        return Some(problem(field, format!("gives names, and the template takes {takes} values by position")));
    }
    (given.body.len() != takes).then(|| count_problem(field, "values", given.body.len(), takes))
}

fn named(given: &Given<'_>, names: &[String], field: &str) -> Option<FieldProblem> {
    let missing: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| !given.body.iter().any(|own| own.as_deref() == Some(*name)))
        .collect();
    if !missing.is_empty() {
        return Some(problem(field, format!("lacks {}: the template's values have names", missing.join(", "))));
    }
    let known =
        |name: &Option<Cow<'_, str>>| name.as_deref().is_some_and(|name| names.iter().any(|known| known == name));
    let strange = given.body.iter().filter(|name| !known(name)).count();
    (strange > 0).then(|| {
        let list = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        problem(field, format!("gives {strange} values that the template has no name for; it takes {list}"))
    })
}

fn buttons(given: &Given<'_>, has: &[TemplateStateButton], field: &str) -> Vec<FieldProblem> {
    let mut found = Vec::new();
    for button in has.iter().filter(|button| button.needs_value) {
        if !given.buttons.iter().any(|(index, _)| *index == button.index) {
            let (index, kind) = (button.index, sub_type(&button.r#type));
            found.push(problem(field, format!("lacks a value for button {index}, which takes {kind}")));
        }
    }
    for (index, given) in &given.buttons {
        let Some(button) = has.iter().find(|button| button.index == *index) else {
            found.push(problem(field, format!("gives a value for button {index}, and the template has {}", has.len())));
            continue;
        };
        let kind = sub_type(&button.r#type);
        if !kind.eq_ignore_ascii_case(given) {
            found.push(problem(field, format!("gives button {index} a value of another kind: it takes {kind}")));
        } else if kind == "url" && !button.needs_value {
            found.push(problem(field, format!("gives a value for button {index}, whose address takes none")));
        }
    }
    found
}

/// A button's type as sends name it.
fn sub_type(kind: &str) -> String {
    match kind {
        "OTP" => "url".to_owned(),
        other => other.to_lowercase(),
    }
}

#[cfg(test)]
mod tests;
