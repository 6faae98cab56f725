//! Templates: the shape of what is put into them, and what they are billed as.

mod buttons;
mod parameters;

use super::{ANY, Field, Known, Recipient, Refusal, files, interactive};

pub fn check(content: &Field<'_>, known: &Known<'_>) -> Result<(), Refusal> {
    content.need_text("name", 512)?;
    let language = content.need("language")?;
    language.need_text("code", ANY)?;
    if language.find("policy").is_some() {
        language.need_one_of("policy", &["deterministic"])?;
    }
    for component in content.find_items("components")? {
        self::component(&component, known)?;
    }
    Ok(())
}

fn component(component: &Field<'_>, known: &Known<'_>) -> Result<(), Refusal> {
    let kind = component.need_text("type", ANY)?.to_ascii_lowercase();
    match kind.as_str() {
        "header" => parameters::header(component, known),
        "body" => parameters::body(component),
        "button" => buttons::check(component),
        "carousel" => cards(component, known),
        "limited_time_offer" => parameters::limited_time_offer(component),
        "order_status" => parameters::order_status(component),
        "tap_target_configuration" => parameters::tap_target(component),
        _ => Err(component.bad("has a type that is not supported")),
    }
}

fn cards(carousel: &Field<'_>, known: &Known<'_>) -> Result<(), Refusal> {
    for card in carousel.need_items("cards", 2..=10)? {
        card.need_number("card_index", 0.0..=9.0)?;
        for inner in card.need_items("components", 1..=13)? {
            match inner.need_text("type", ANY)?.to_ascii_lowercase().as_str() {
                "header" | "body" | "button" => component(&inner, known)?,
                _ => return Err(inner.bad("has a type that is not supported in a card")),
            }
        }
    }
    Ok(())
}

/// What Meta bills it as, if there is such a template, it takes these values, and a message of its category may go there.
pub fn category(content: &Field<'_>, known: &Known<'_>, recipient: &Recipient) -> Result<Option<String>, Refusal> {
    let Some(category) = (known.template)(content.value())? else { return Ok(None) };
    match (category.as_str(), recipient) {
        ("AUTHENTICATION", Recipient::User(_)) => {
            Err(Refusal::new(131_062, "Authentication templates cannot be sent to a business-scoped user id"))
        }
        ("MARKETING", _) if known.marketing => Ok(Some("marketing_lite".to_owned())),
        (_, _) if known.marketing => Err(Refusal::new(134_100, "Only marketing templates are supported here")),
        (category, _) => Ok(Some(category.to_ascii_lowercase())),
    }
}
