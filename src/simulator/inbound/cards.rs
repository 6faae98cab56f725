//! What a user shares that is neither words nor files: places, contacts, a cart.

use serde_json::{Value, json};

use super::{Draft, Scene, Unusable};

pub fn pin(_: &Scene<'_>) -> Result<Draft, Unusable> {
    Ok(Draft::message("location", json!({"latitude": 52.5163, "longitude": 13.3777})))
}

pub fn place(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let place = json!({
        "latitude": 52.5163,
        "longitude": 13.3777,
        "name": scene.body_or("Example Square"),
        "address": "1 Example Square, Berlin",
        "url": "https://example.com/square",
    });
    Ok(Draft::message("location", place))
}

fn kim() -> Value {
    json!({
        "name": {"formatted_name": "Kim Test", "first_name": "Kim", "last_name": "Test"},
        "phones": [{"phone": "+1 555-000-0123", "wa_id": "15550000123", "type": "CELL"}],
    })
}

pub fn contacts(_: &Scene<'_>) -> Result<Draft, Unusable> {
    Ok(Draft::message("contacts", json!([kim()])))
}

pub fn full_contact(_: &Scene<'_>) -> Result<Draft, Unusable> {
    let mut contact = kim();
    contact["name"] = json!({
        "formatted_name": "Dr. Kim Q. Test Jr.",
        "first_name": "Kim",
        "middle_name": "Q.",
        "last_name": "Test",
        "prefix": "Dr.",
        "suffix": "Jr.",
    });
    contact["emails"] = json!([{"email": "kim@example.com", "type": "WORK"}]);
    contact["addresses"] = json!([{
        "street": "1 Example Street", "city": "Springfield", "state": "IL", "zip": "62701", "country": "United States",
        "country_code": "US", "type": "HOME",
    }]);
    contact["urls"] = json!([{"url": "https://example.com", "type": "WORK"}]);
    contact["org"] = json!({"company": "Example Ltd", "department": "Tests", "title": "Tester"});
    contact["birthday"] = json!("1990-01-31");
    Ok(Draft::message("contacts", json!([contact])))
}

/// The user's own, where they have a number to share.
pub fn contact_info(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let mut contact = kim();
    contact["origin"] = json!("contact_request");
    if let Some(wa_id) = &scene.person.wa_id {
        contact["phones"] = json!([{"phone": format!("+{wa_id}"), "wa_id": wa_id, "type": "CELL"}]);
    }
    Ok(Draft::message("contacts", json!([contact])))
}

pub fn order(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let order = json!({
        "catalog_id": "300000000000001",
        "text": scene.body_or(""),
        "product_items": [
            {"product_retailer_id": "sku-7", "quantity": 2, "item_price": 9.99, "currency": "EUR"},
            {"product_retailer_id": "sku-8", "quantity": 1, "item_price": 0.5, "currency": "EUR"},
        ],
    });
    Ok(Draft::message("order", order))
}
