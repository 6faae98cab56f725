//! Actions that open something: a link, a Flow, a form, the phone.

use super::{
    super::{ANY, Field, Known, Refusal, missing},
    named, parameters,
};

pub fn cta_url(action: &Field<'_>, _: &Known<'_>) -> Result<(), Refusal> {
    let parameters = parameters(action, "cta_url")?;
    parameters.need_text("display_text", 20)?;
    let url = parameters.need_text("url", ANY)?;
    match url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "https" | "http")) {
        true => Ok(()),
        false => Err(parameters.need("url")?.bad("is not a valid URI")),
    }
}

pub fn location_request(action: &Field<'_>, _: &Known<'_>) -> Result<(), Refusal> {
    named(action, "send_location").map(|_| ())
}

pub fn call_permission(action: &Field<'_>, _: &Known<'_>) -> Result<(), Refusal> {
    named(action, "call_permission_request").map(|_| ())
}

pub fn contact_info(action: &Field<'_>, _: &Known<'_>) -> Result<(), Refusal> {
    named(action, "request_contact_info").map(|_| ())
}

pub fn voice_call(action: &Field<'_>, _: &Known<'_>) -> Result<(), Refusal> {
    let Some(parameters) = named(action, "voice_call")? else { return Ok(()) };
    parameters.find_text("display_text", ANY)?;
    parameters.find_text("payload", ANY)?;
    match parameters.find("ttl_minutes") {
        Some(_) => parameters.need_number("ttl_minutes", 1.0..=f64::MAX).map(|_| ()),
        None => Ok(()),
    }
}

pub fn flow(action: &Field<'_>, _: &Known<'_>) -> Result<(), Refusal> {
    let parameters = parameters(action, "flow")?;
    parameters.need_one_of("flow_message_version", &["3"])?;
    parameters.need_text("flow_cta", ANY)?;
    parameters.find_text("flow_token", ANY)?;
    match (parameters.find_text("flow_id", ANY)?, parameters.find_text("flow_name", ANY)?) {
        (Some(_), None) | (None, Some(_)) => {}
        (None, None) => return Err(missing("flow_id or flow_name")),
        (Some(_), Some(_)) => return Err(parameters.wrong("must have one of flow_id and flow_name")),
    }
    if parameters.find("mode").is_some() {
        parameters.need_one_of("mode", &["published", "draft"])?;
    }
    let navigates = match parameters.find("flow_action") {
        Some(_) => parameters.need_one_of("flow_action", &["navigate", "data_exchange"])? == "navigate",
        None => true,
    };
    match parameters.find("flow_action_payload") {
        Some(payload) if navigates => payload.need_text("screen", ANY).map(|_| ()),
        Some(payload) => Err(payload.bad("goes with flow_action navigate only")),
        None => Ok(()),
    }
}

/// Only in India.
pub fn address(action: &Field<'_>, _: &Known<'_>) -> Result<(), Refusal> {
    let parameters = parameters(action, "address_message")?;
    parameters.need_one_of("country", &["IN"])?;
    if let Some(values) = parameters.find("values") {
        values.find_text("in_pin_code", 6)?;
    }
    for saved in parameters.find_items("saved_addresses")? {
        saved.need_text("id", ANY)?;
        saved.need("value")?;
    }
    Ok(())
}
