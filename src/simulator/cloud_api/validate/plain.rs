//! Types without files, buttons and variables: text, location, contacts, reaction, pin.

use super::{ANY, Field, Refusal, message_id};

pub fn text(content: &Field<'_>) -> Result<(), Refusal> {
    content.only(&["body", "preview_url"])?;
    content.need_text("body", 4_096)?;
    content.find_bool("preview_url").map(|_| ())
}

pub fn location(content: &Field<'_>) -> Result<(), Refusal> {
    content.only(&["latitude", "longitude", "name", "address"])?;
    content.need_number("latitude", -90.0..=90.0)?;
    content.need_number("longitude", -180.0..=180.0)?;
    content.find_text("name", ANY)?;
    content.find_text("address", ANY).map(|_| ())
}

/// The target's age and kind are looked at only afterwards, so they cannot be refused here.
pub fn reaction(content: &Field<'_>) -> Result<(), Refusal> {
    content.only(&["message_id", "emoji"])?;
    message_id(content, "message_id")?;
    // empty takes the reaction back
    content.need("emoji")?.within(ANY).map(|_| ())
}

pub fn pin(content: &Field<'_>) -> Result<(), Refusal> {
    content.only(&["type", "message_id", "expiration_days"])?;
    content.need_one_of("type", &["pin", "unpin"])?;
    message_id(content, "message_id")?;
    match content.find("expiration_days") {
        Some(_) => content.need_number("expiration_days", 1.0..=30.0).map(|_| ()),
        None => Ok(()),
    }
}

/// Meta's page allows 257, its OpenAPI file 5: the larger one, since nobody is known to be refused above 5.
const MOST_CONTACTS: usize = 257;

pub fn contacts(content: &Field<'_>) -> Result<(), Refusal> {
    let contacts = content.list()?;
    if !(1..=MOST_CONTACTS).contains(&contacts.len()) {
        return Err(content.bad(&format!("must have between 1 and {MOST_CONTACTS} items")));
    }
    contacts.iter().try_for_each(contact)
}

fn contact(contact: &Field<'_>) -> Result<(), Refusal> {
    contact.only(&["name", "phones", "emails", "addresses", "urls", "org", "birthday"])?;
    let name = contact.need("name")?;
    name.need_text("formatted_name", ANY)?;
    let parts = ["first_name", "last_name", "middle_name", "suffix", "prefix"];
    if !parts.iter().any(|part| name.find(part).is_some()) {
        return Err(name.bad("must have another part beside formatted_name"));
    }
    for (list, member) in [("phones", "phone"), ("emails", "email"), ("urls", "url")] {
        for item in contact.find_items(list)? {
            item.need_text(member, ANY)?;
        }
    }
    contact.find_items("addresses")?;
    match contact.find_text("birthday", ANY)? {
        Some(date) if !is_date(date) => Err(contact.need("birthday")?.bad("must be written YYYY-MM-DD")),
        _ => Ok(()),
    }
}

fn is_date(text: &str) -> bool {
    chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok() && text.len() == 10
}
