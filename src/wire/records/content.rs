//! What messages contain, said by users or by us: shared by `InboundMessage` and `SentMessage`. Every
//! field is documented in the schemas. Must not hold logic.

use serde::{Deserialize, Serialize};

/// A person: who wrote, or whom it is about. At least one id is set.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sender {
    pub wa_id: Option<String>,
    pub bsuid: Option<String>,
    pub parent_bsuid: Option<String>,
    pub username: Option<String>,
    pub display_name: Option<String>,
    pub identity_key_hash: Option<String>,
}

/// A text message.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Text {
    pub body: String,
}

/// A media message; MediaStored says when the object is there.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Media {
    pub kind: String,
    pub media_id: String,
    pub mime_type: String,
    pub sha256: String,
    pub caption: Option<String>,
    pub filename: Option<String>,
    pub voice: bool,
    pub animated: bool,
    pub size: Option<i64>,
    pub object_url: Option<String>,
}

/// A place on the map.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Location {
    pub latitude: f64,
    pub longitude: f64,
    pub name: Option<String>,
    pub address: Option<String>,
    pub url: Option<String>,
}

/// A reaction to a message, or its removal.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Reaction {
    pub message_id: String,
    pub emoji: Option<String>,
    pub removed: bool,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderItem {
    pub product_retailer_id: String,
    pub quantity: String,
    pub item_price: String,
    pub currency: String,
}

impl Default for OrderItem {
    fn default() -> Self {
        Self {
            product_retailer_id: String::new(),
            quantity: "0".to_owned(),
            item_price: "0".to_owned(),
            currency: String::new(),
        }
    }
}

/// A cart sent from a catalogue.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Order {
    pub catalog_id: String,
    pub text: Option<String>,
    pub items: Vec<OrderItem>,
}

/// What the user tapped or filled in, wherever it was offered.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Reply {
    pub kind: String,
    pub id: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub response_json: Option<String>,
}

/// A change Meta reports inside a conversation.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct System {
    pub kind: String,
    pub body: Option<String>,
    pub new_wa_id: Option<String>,
    pub new_bsuid: Option<String>,
    pub new_parent_bsuid: Option<String>,
}

/// The user edited an earlier message.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Edit {
    pub original_message_id: String,
    pub text: Option<String>,
    pub caption: Option<String>,
    pub kind: Option<String>,
    pub media: Option<Media>,
}

/// The user deleted an earlier message.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Revoke {
    pub original_message_id: String,
}

/// A message that Meta does not pass on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Unsupported {
    pub kind: Option<String>,
    pub code: Option<String>,
}

/// The advertisement or post the user came from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Referral {
    pub source_url: Option<String>,
    pub source_id: Option<String>,
    pub source_type: Option<String>,
    pub headline: Option<String>,
    pub body: Option<String>,
    pub media_type: Option<String>,
    pub image_url: Option<String>,
    pub video_url: Option<String>,
    pub thumbnail_url: Option<String>,
    pub ctwa_clid: Option<String>,
    pub welcome_text: Option<String>,
}

/// The catalogue item a question is about.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContextProduct {
    pub catalog_id: Option<String>,
    pub product_retailer_id: Option<String>,
}

/// What the message refers to.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Context {
    pub message_id: Option<String>,
    pub from: Option<String>,
    pub command_id: Option<String>,
    pub correlation_id: Option<String>,
    pub forwarded: bool,
    pub frequently_forwarded: bool,
    pub product: Option<ContextProduct>,
}

/// Which queue the message was routed to, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Route {
    pub queue: String,
    pub rule: String,
}

impl Default for Route {
    fn default() -> Self {
        Self { queue: String::new(), rule: "default".to_owned() }
    }
}
