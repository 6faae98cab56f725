//! Contact cards, member by member: one of an odd type leaves its field empty and the card whole. Checks nothing.

use crate::wire::{
    records::contact::{Contact, ContactAddress, ContactEmail, ContactName, ContactOrg, ContactPhone, ContactUrl},
    webhook::json::Object,
};

pub(super) fn read(card: &Object<'_>) -> Contact {
    Contact {
        name: card.object("name").map(|name| self::name(&name)),
        phones: each(card, "phones", |phone| ContactPhone {
            phone: phone.text("phone"),
            wa_id: phone.text("wa_id"),
            r#type: phone.text("type"),
        }),
        emails: each(card, "emails", |email| ContactEmail { email: email.text("email"), r#type: email.text("type") }),
        addresses: each(card, "addresses", address),
        urls: each(card, "urls", |url| ContactUrl { url: url.text("url"), r#type: url.text("type") }),
        org: card.object("org").map(|org| ContactOrg {
            company: org.text("company"),
            department: org.text("department"),
            title: org.text("title"),
        }),
        birthday: card.text("birthday"),
        origin: card.text("origin"),
        vcard: card.text("vcard"),
    }
}

fn each<T>(card: &Object<'_>, list: &str, read: impl Fn(&Object<'_>) -> T) -> Vec<T> {
    card.objects(list).iter().map(read).collect()
}

fn name(name: &Object<'_>) -> ContactName {
    ContactName {
        formatted_name: name.text("formatted_name").unwrap_or_default(),
        first_name: name.text("first_name"),
        last_name: name.text("last_name"),
        middle_name: name.text("middle_name"),
        suffix: name.text("suffix"),
        prefix: name.text("prefix"),
    }
}

fn address(address: &Object<'_>) -> ContactAddress {
    ContactAddress {
        street: address.text("street"),
        city: address.text("city"),
        state: address.text("state"),
        zip: address.text("zip"),
        country: address.text("country"),
        country_code: address.text("country_code"),
        r#type: address.text("type"),
    }
}
