//! Actions about goods: products, catalogs, orders.

use super::{
    super::{ANY, Field, Known, Refusal},
    named, parameters,
};

pub fn product(action: &Field<'_>, _: &Known<'_>) -> Result<(), Refusal> {
    action.need_text("catalog_id", ANY)?;
    action.need_text("product_retailer_id", ANY).map(|_| ())
}

pub fn product_list(action: &Field<'_>, _: &Known<'_>) -> Result<(), Refusal> {
    action.need_text("catalog_id", ANY)?;
    sections(action)
}

/// Sections of products, which templates have too.
pub fn sections(at: &Field<'_>) -> Result<(), Refusal> {
    let sections = at.need_items("sections", 1..=10)?;
    let mut count = 0;
    for section in &sections {
        match sections.len() {
            1 => drop(section.find_text("title", 24)?),
            _ => drop(section.need_text("title", 24)?),
        }
        for item in section.need_items("product_items", 1..=30)? {
            item.need_text("product_retailer_id", ANY)?;
            count += 1;
        }
    }
    if count <= 30 { Ok(()) } else { Err(at.bad("must have at most 30 products in all sections together")) }
}

pub fn catalog(action: &Field<'_>, _: &Known<'_>) -> Result<(), Refusal> {
    let Some(parameters) = named(action, "catalog_message")? else { return Ok(()) };
    parameters.find_text("thumbnail_product_retailer_id", ANY).map(|_| ())
}

pub fn order_details(action: &Field<'_>, _: &Known<'_>) -> Result<(), Refusal> {
    order(&parameters(action, "review_and_pay")?)
}

/// What is to be paid, in a message and in a template.
pub fn order(parameters: &Field<'_>) -> Result<(), Refusal> {
    parameters.need_text("reference_id", ANY)?;
    parameters.need_one_of("type", &["digital-goods", "physical-goods"])?;
    parameters.need_text("currency", 3)?;
    amount(&parameters.need("total_amount")?)?;
    let order = parameters.need("order")?;
    order.need_one_of("status", &["pending"])?;
    amount(&order.need("subtotal")?)?;
    for item in order.need_items("items", 1..=999)? {
        item.need_text("name", ANY)?;
        amount(&item.need("amount")?)?;
        item.need_number("quantity", 1.0..=f64::MAX)?;
    }
    ["tax", "shipping", "discount"].iter().filter_map(|part| order.find(part)).try_for_each(|part| amount(&part))
}

fn amount(amount: &Field<'_>) -> Result<(), Refusal> {
    amount.need_number("value", 0.0..=f64::MAX)?;
    amount.need_number("offset", 100.0..=100.0).map(|_| ())
}

pub fn order_status(action: &Field<'_>, _: &Known<'_>) -> Result<(), Refusal> {
    status(&parameters(action, "review_order")?)
}

/// How an order stands, in a message and in a template.
pub fn status(parameters: &Field<'_>) -> Result<(), Refusal> {
    parameters.need_text("reference_id", ANY)?;
    let order = parameters.need("order")?;
    let words = ["pending", "processing", "partially_shipped", "shipped", "completed", "canceled"];
    order.need_one_of("status", &words)?;
    order.find_text("description", ANY).map(|_| ())
}
