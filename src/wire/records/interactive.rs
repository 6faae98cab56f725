//! Messages a user can tap, as commands name them. Every field is documented in the schemas.
//! Must not hold logic.

use serde::{Deserialize, Serialize};

use super::send_command::Media;

/// The header of an interactive message: text or media.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InteractiveHeader {
    pub text: Option<String>,
    pub media: Option<Media>,
}

/// A reply button.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Button {
    pub id: String,
    pub title: String,
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Row {
    pub id: String,
    pub title: String,
    pub description: Option<String>,
}

/// A section of a list.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Section {
    pub title: Option<String>,
    pub rows: Vec<Row>,
}

/// The menu of an interactive list message.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct List {
    pub button: String,
    pub sections: Vec<Section>,
}

/// A titled group of products.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProductSection {
    pub title: Option<String>,
    pub product_retailer_ids: Vec<String>,
}

/// What an interactive product message shows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Product {
    pub catalog_id: Option<String>,
    pub product_retailer_id: Option<String>,
    pub sections: Vec<ProductSection>,
}

/// A button that opens a web page.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CtaUrl {
    pub display_text: String,
    pub url: String,
}

/// A Flow to open: exactly one of `flow_id` and `flow_name`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Flow {
    pub flow_id: Option<String>,
    pub flow_name: Option<String>,
    pub flow_cta: String,
    pub flow_token: Option<String>,
    pub mode: Option<String>,
    pub flow_action: Option<String>,
    pub screen: Option<String>,
    pub data_json: Option<String>,
}

/// A card of an interactive carousel: media with `cta_url` or buttons, or a product alone.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InteractiveCard {
    pub media: Option<Media>,
    pub body: Option<String>,
    pub cta_url: Option<CtaUrl>,
    pub buttons: Vec<Button>,
    pub product: Option<Product>,
}

/// A message the user can tap.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Interactive {
    pub r#type: String,
    pub header: Option<InteractiveHeader>,
    pub body: Option<String>,
    pub footer: Option<String>,
    pub buttons: Vec<Button>,
    pub list: Option<List>,
    pub product: Option<Product>,
    pub cta_url: Option<CtaUrl>,
    pub flow: Option<Flow>,
    pub cards: Vec<InteractiveCard>,
    pub action_json: Option<String>,
}
