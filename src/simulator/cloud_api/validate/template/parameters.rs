//! What stands for a template's variables in header, body and the parts that come once. Counts nothing: how many there must
//! be is the template's to say.

use super::{ANY, Field, Known, Refusal, files, interactive};

/// 132012: there, and not in the form its type asks for.
fn mismatch(parameter: &Field<'_>, kind: &str) -> Refusal {
    let refusal = parameter.bad(&format!("is not what a parameter of type {kind} must be"));
    Refusal { http: 400, ..Refusal::new(132_012, refusal.details.unwrap_or_default()) }
}

pub fn header(component: &Field<'_>, known: &Known<'_>) -> Result<(), Refusal> {
    for parameter in component.need_items("parameters", 0..=1)? {
        let kind = parameter.need_text("type", ANY)?;
        match kind {
            "text" => text(&parameter)?,
            "image" | "video" | "document" => drop(files::usable(kind, &parameter.need(kind)?, known)?),
            "gif" => drop(files::usable("video", &parameter.need(kind)?, known)?),
            "location" => {
                let location = parameter.need(kind)?;
                location.need_number("latitude", -90.0..=90.0)?;
                location.need_number("longitude", -180.0..=180.0)?;
            }
            "product" => {
                let product = parameter.need(kind)?;
                product.need_text("product_retailer_id", ANY)?;
                product.need_text("catalog_id", ANY)?;
            }
            _ => return Err(mismatch(&parameter, kind)),
        }
    }
    Ok(())
}

pub fn body(component: &Field<'_>) -> Result<(), Refusal> {
    let parameters = component.find_items("parameters")?;
    for parameter in &parameters {
        let kind = parameter.need_text("type", ANY)?;
        match kind {
            "text" => text(parameter)?,
            "currency" => {
                let currency = parameter.find(kind).ok_or_else(|| mismatch(parameter, kind))?;
                currency.need_text("fallback_value", ANY)?;
                currency.need_text("code", 3)?;
                currency.need_number("amount_1000", f64::MIN..=f64::MAX)?;
            }
            "date_time" => {
                let date = parameter.find(kind).ok_or_else(|| mismatch(parameter, kind))?;
                date.need_text("fallback_value", ANY)?;
            }
            _ => return Err(mismatch(parameter, kind)),
        }
    }
    let named = parameters.iter().filter(|parameter| parameter.find("parameter_name").is_some()).count();
    match named == 0 || named == parameters.len() {
        true => Ok(()),
        false => Err(Refusal::new(132_012, "Either all parameters of the body have a parameter_name, or none has")),
    }
}

fn text(parameter: &Field<'_>) -> Result<(), Refusal> {
    parameter.find_text("parameter_name", ANY)?;
    parameter.need_text("text", ANY).map(|_| ())
}

/// The one parameter of a component, and what it is named after.
fn only<'a>(component: &Field<'a>, kind: &str) -> Result<Field<'a>, Refusal> {
    let parameters = component.need_items("parameters", 1..=1)?;
    parameters[0].need_one_of("type", &[kind])?;
    parameters[0].need(kind)
}

pub fn limited_time_offer(component: &Field<'_>) -> Result<(), Refusal> {
    only(component, "limited_time_offer")?.need_number("expiration_time_ms", 1.0..=f64::MAX).map(|_| ())
}

pub fn order_status(component: &Field<'_>) -> Result<(), Refusal> {
    interactive::status(&only(component, "order_status")?)
}

pub fn tap_target(component: &Field<'_>) -> Result<(), Refusal> {
    for target in only(component, "tap_target_configuration")?.list()? {
        target.need_text("url", ANY)?;
        target.need_text("title", ANY)?;
    }
    Ok(())
}
