//! A template's buttons: which parameter each kind takes.

use super::{ANY, Field, Refusal, interactive};

/// `sub_type` is written in small letters on Meta's pages and in capitals in one of its examples.
pub fn check(button: &Field<'_>) -> Result<(), Refusal> {
    button.need_number("index", 0.0..=9.0)?;
    let kind = button.need_text("sub_type", ANY)?.to_ascii_lowercase();
    match kind.as_str() {
        "quick_reply" => parameters(button, &["payload", "text"]),
        "url" => parameters(button, &["text"]),
        "copy_code" => parameters(button, &["coupon_code"]),
        "catalog" | "mpm" | "flow" | "order_details" => parameters(button, &["action"]),
        "voice_call" => parameters(button, &["ttl_minutes", "payload"]),
        "spm" => Ok(()),
        _ => Err(button.bad("has a sub_type that is not supported")),
    }?;
    for action in button.find_items("parameters")?.iter().filter_map(|parameter| parameter.find("action")) {
        self::action(&kind, &action)?;
    }
    Ok(())
}

fn parameters(button: &Field<'_>, kinds: &[&str]) -> Result<(), Refusal> {
    for parameter in button.need_items("parameters", 1..=2)? {
        let kind = parameter.need_one_of("type", kinds)?;
        let member = parameter.need(kind)?;
        match kind {
            "coupon_code" => drop(parameter.need_text(kind, 20)?),
            // one of Meta's own examples has a boolean as text
            "payload" | "text" if member.value().is_string() => drop(parameter.need_text(kind, ANY)?),
            _ => {}
        }
    }
    Ok(())
}

fn action(kind: &str, action: &Field<'_>) -> Result<(), Refusal> {
    match kind {
        "mpm" => {
            action.need_text("thumbnail_product_retailer_id", ANY)?;
            interactive::sections(action)
        }
        "order_details" => interactive::order(&action.need("order_details")?),
        "flow" => action.find_text("flow_token", ANY).map(|_| ()),
        _ => action.find_text("thumbnail_product_retailer_id", ANY).map(|_| ()),
    }
}
