//! Carousels: two to ten cards, all of one kind and with the same buttons.

use super::{
    super::{ANY, Field, Known, Refusal, files},
    commerce, forms,
};

pub fn cards(action: &Field<'_>, known: &Known<'_>) -> Result<(), Refusal> {
    let cards = action.need_items("cards", 2..=10)?;
    let mut shapes = Vec::new();
    let mut catalogs = Vec::new();
    for card in &cards {
        card.need_number("card_index", 0.0..=9.0)?;
        let inner = card.need("action")?;
        match card.need_one_of("type", &["cta_url", "product"])? {
            "product" => {
                commerce::product(&inner, known)?;
                catalogs.push(inner.need_text("catalog_id", ANY)?);
                shapes.push("product".to_owned());
            }
            _ => shapes.push(media_card(card, &inner, known)?),
        }
    }
    if shapes.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err(action.bad("has cards with different kinds or numbers of buttons"));
    }
    match catalogs.windows(2).any(|pair| pair[0] != pair[1]) {
        true => Err(action.bad("has products of more than one catalog")),
        false => Ok(()),
    }
}

/// Its buttons, as one word that must be the same on every card.
fn media_card(card: &Field<'_>, action: &Field<'_>, known: &Known<'_>) -> Result<String, Refusal> {
    let header = card.need("header")?;
    let kind = header.need_one_of("type", &["image", "video"])?;
    files::usable(kind, &header.need(kind)?, known)?;
    if let Some(body) = card.find("body") {
        let text = body.need_text("text", 160)?;
        if text.matches('\n').count() > 2 {
            return Err(body.bad("may have 2 line breaks at the most"));
        }
    }
    if action.find("buttons").is_none() {
        forms::cta_url(action, known)?;
        return Ok("cta_url".to_owned());
    }
    let buttons = action.need_items("buttons", 1..=3)?;
    for button in &buttons {
        button.need_one_of("type", &["quick_reply"])?;
        let reply = button.need("quick_reply")?;
        reply.need_text("id", 20)?;
        reply.need_text("title", 20)?;
    }
    Ok(format!("{} quick replies", buttons.len()))
}
