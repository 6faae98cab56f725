//! What a message says, by its `type`. Anything else than the types named here stays in `raw`; must not fail.

mod card;
mod media;
mod reply;

use super::json::Object;
use crate::wire::records::{
    InboundMessage,
    content::{
        Context, ContextProduct, Edit, Location, Order, OrderItem, Reaction, Referral, Revoke, System, Text,
        Unsupported,
    },
};

/// Fills the typed content, and what stands beside any type: context, referral.
pub fn fill(message: &mut InboundMessage, members: &Object<'_>) {
    let inner = || members.object(&message.r#type);
    match message.r#type.as_str() {
        "text" => message.text = inner().and_then(|m| m.text("body")).map(|body| Text { body }),
        kind if media::KINDS.contains(&kind) => message.media = inner().and_then(|m| media::read(kind, &m)),
        "button" => message.reply = inner().map(|m| reply::button(&m)),
        "interactive" => message.reply = inner().and_then(|m| reply::interactive(&m)),
        "location" => message.location = inner().and_then(|m| location(&m)),
        "contacts" => message.contacts = members.objects("contacts").iter().map(card::read).collect(),
        "reaction" => message.reaction = inner().and_then(|m| reaction(&m)),
        "order" => message.order = inner().map(|m| order(&m)),
        "system" => message.system = inner().map(|m| system(&m)),
        "edit" => message.edit = inner().and_then(|m| edit(&m)),
        "revoke" => message.revoke = inner().and_then(|m| m.text("original_message_id")).map(revoke),
        "unsupported" | "unknown" => message.unsupported = Some(unsupported(message, inner().as_ref())),
        _ => {}
    }
    // an edited message keeps what it quoted
    let edited = || members.object("edit")?.object("message")?.object("context");
    message.context = members.object("context").or_else(edited).map(|m| context(&m));
    message.referral = members.object("referral").map(|m| referral(&m));
}

fn location(members: &Object<'_>) -> Option<Location> {
    let degrees = |name| members.text(name)?.parse::<f64>().ok().filter(|degrees| degrees.is_finite());
    Some(Location {
        latitude: degrees("latitude")?,
        longitude: degrees("longitude")?,
        name: members.text("name"),
        address: members.text("address"),
        url: members.text("url"),
    })
}

/// An absent and an empty emoji both take the reaction back; one of a shape not known here does not.
fn reaction(members: &Object<'_>) -> Option<Reaction> {
    let removed = members.get("emoji").is_none_or(|emoji| matches!(emoji.get(), "null" | "\"\""));
    Some(Reaction { message_id: members.text("message_id")?, removed, emoji: members.text("emoji") })
}

fn order(members: &Object<'_>) -> Order {
    let item = |item: &Object<'_>| OrderItem {
        product_retailer_id: item.text("product_retailer_id").unwrap_or_default(),
        quantity: item.text("quantity").unwrap_or_else(|| "0".to_owned()),
        item_price: item.text("item_price").unwrap_or_else(|| "0".to_owned()),
        currency: item.text("currency").unwrap_or_default(),
    };
    Order {
        catalog_id: members.text("catalog_id").unwrap_or_default(),
        text: members.text("text"),
        items: members.objects("product_items").iter().map(item).collect(),
    }
}

/// `wa_id` and `user_id` are the new ones; `new_wa_id` is how old Graph versions spell it.
fn system(members: &Object<'_>) -> System {
    System {
        kind: members.text("type").unwrap_or_else(|| "unknown".to_owned()),
        body: members.text("body"),
        new_wa_id: members.text("wa_id").or_else(|| members.text("new_wa_id")),
        new_bsuid: members.text("user_id"),
        new_parent_bsuid: members.text("parent_user_id"),
    }
}

fn edit(members: &Object<'_>) -> Option<Edit> {
    let message = members.object("message").unwrap_or_default();
    let kind = message.text("type");
    let content = kind.as_deref().and_then(|kind| message.object(kind)).unwrap_or_default();
    Some(Edit {
        original_message_id: members.text("original_message_id")?,
        text: content.text("body"),
        caption: content.text("caption"),
        media: kind.as_deref().filter(|kind| media::KINDS.contains(kind)).and_then(|kind| media::read(kind, &content)),
        kind,
    })
}

fn revoke(original_message_id: String) -> Revoke {
    Revoke { original_message_id }
}

fn unsupported(message: &InboundMessage, members: Option<&Object<'_>>) -> Unsupported {
    Unsupported {
        kind: members.and_then(|m| m.text("type")),
        code: message.errors.first().map(|error| error.code.clone()),
    }
}

fn context(members: &Object<'_>) -> Context {
    let product = |m: Object<'_>| ContextProduct {
        catalog_id: m.text("catalog_id"),
        product_retailer_id: m.text("product_retailer_id"),
    };
    Context {
        message_id: members.text("id"),
        from: members.text("from"),
        forwarded: members.flag("forwarded").unwrap_or_default(),
        frequently_forwarded: members.flag("frequently_forwarded").unwrap_or_default(),
        product: members.object("referred_product").map(product),
        ..Context::default()
    }
}

fn referral(members: &Object<'_>) -> Referral {
    Referral {
        source_url: members.text("source_url"),
        source_id: members.text("source_id"),
        source_type: members.text("source_type"),
        headline: members.text("headline"),
        body: members.text("body"),
        media_type: members.text("media_type"),
        image_url: members.text("image_url"),
        video_url: members.text("video_url"),
        thumbnail_url: members.text("thumbnail_url"),
        ctwa_clid: members.text("ctwa_clid"),
        welcome_text: members.object("welcome_message").and_then(|m| m.text("text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reaction_is_taken_back_by_no_emoji_and_not_by_an_odd_one() {
        let removed = |emoji: &str| {
            let json = format!(r#"{{"message_id":"wamid.A"{emoji}}}"#);
            let members: Object<'_> = serde_json::from_str(&json).expect("an object");
            reaction(&members).map(|reaction| reaction.removed)
        };
        for none in ["", r#","emoji":"""#, r#","emoji":null"#] {
            assert_eq!(removed(none), Some(true), "{none}");
        }
        for some in [r#","emoji":"👍""#, r#","emoji":{"code":"1f44d"}"#, r#","emoji":["👍"]"#] {
            assert_eq!(removed(some), Some(false), "{some}");
        }
    }
}
