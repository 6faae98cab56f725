//! Text, location, contacts, reaction.

use super::*;

#[test]
fn text() {
    let hi = json!({"body": "hi", "preview_url": true});
    table(
        "text",
        &[hi.clone(), json!({"body": "é".repeat(4_096)})],
        &[
            (json!({}), 131_008),
            (json!({"body": ""}), 131_008),
            (json!({"body": long(4_097)}), 100),
            (json!({"body": 7}), 100),
            (json!("hi"), 100),
            (with(hi, "/preview_url", json!("yes")), 100),
            (json!({"body": "hi", "boddy": "hi"}), 100),
        ],
    );
}

#[test]
fn location() {
    let place = json!({"latitude": 52.5, "longitude": "13.4", "name": "Town hall", "address": "1 Square"});
    table(
        "location",
        &[place.clone(), json!({"latitude": 0, "longitude": 0})],
        &[
            (json!({"latitude": 1.0}), 131_008),
            (with(place.clone(), "/latitude", json!(90.1)), 131_009),
            (with(place.clone(), "/longitude", json!("west")), 100),
            (with(place, "/name", json!(7)), 100),
        ],
    );
}

#[test]
fn contacts() {
    let kim = json!({"name": {"formatted_name": "Kim Test", "first_name": "Kim"}, "birthday": "2012-08-18",
        "phones": [{"phone": "+1 555-000-0123", "type": "CELL"}], "emails": [{"email": "kim@example.com"}]});
    let one = |contact: Value| json!([contact]);
    table(
        "contacts",
        &[one(kim.clone()), Value::from(vec![kim.clone(); 257])],
        &[
            (json!([]), 131_009),
            (Value::from(vec![kim.clone(); 258]), 131_009),
            (json!({"name": "Kim"}), 100),
            (one(without(kim.clone(), "", "name")), 131_008),
            (one(without(kim.clone(), "/name", "formatted_name")), 131_008),
            (one(without(kim.clone(), "/name", "first_name")), 131_009),
            (one(without(kim.clone(), "/phones/0", "phone")), 131_008),
            (one(with(kim.clone(), "/birthday", json!("18.8.2012"))), 131_009),
            (one(with(kim, "/emails", json!("kim@example.com"))), 100),
        ],
    );
}

#[test]
fn reaction() {
    let thumb = json!({"message_id": "wamid.A", "emoji": "👍"});
    table(
        "reaction",
        &[thumb.clone(), with(thumb.clone(), "/emoji", json!(""))],
        &[
            (without(thumb.clone(), "", "emoji"), 131_008),
            (without(thumb.clone(), "", "message_id"), 131_008),
            (with(thumb.clone(), "/message_id", json!("nothing")), 131_009),
        ],
    );
    let mut with_context = message("reaction", thumb);
    with_context["context"] = json!({"message_id": "wamid.A"});
    assert_eq!(checked(&with_context).err(), Some(131_009));
}
