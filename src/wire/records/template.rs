//! Template messages, as commands name them. Every field is documented in the schemas.
//! Must not hold logic.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::send_command::{Location, Media};

/// The values of a template's header.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateHeader {
    pub text: Option<String>,
    pub media: Option<Media>,
    pub location: Option<Location>,
}

/// The value of one of a template's buttons.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateButton {
    pub index: i32,
    pub sub_type: String,
    pub value: String,
}

/// A localisable amount.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Currency {
    pub fallback_value: String,
    pub code: String,
    pub amount_1000: i64,
}

/// A localisable date.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DateTime {
    pub fallback_value: String,
}

/// A media value inside a template component, as Meta has it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ParameterMedia {
    pub id: Option<String>,
    pub link: Option<String>,
    pub filename: Option<String>,
}

/// A template parameter, field for field as Meta has it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameter {
    pub r#type: String,
    pub text: Option<String>,
    pub parameter_name: Option<String>,
    pub payload: Option<String>,
    pub coupon_code: Option<String>,
    pub currency: Option<Currency>,
    pub date_time: Option<DateTime>,
    pub image: Option<ParameterMedia>,
    pub video: Option<ParameterMedia>,
    pub document: Option<ParameterMedia>,
    pub location: Option<Location>,
    pub parameter_json: Option<String>,
}

/// A component of a carousel card.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CardComponent {
    pub r#type: String,
    pub sub_type: Option<String>,
    pub index: Option<i32>,
    pub parameters: Vec<Parameter>,
}

/// A card of a carousel template.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Card {
    pub card_index: i32,
    pub components: Vec<CardComponent>,
}

/// A template component, field for field as Meta has it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Component {
    pub r#type: String,
    pub sub_type: Option<String>,
    pub index: Option<i32>,
    pub parameters: Vec<Parameter>,
    pub cards: Vec<Card>,
}

/// An approved template with its values. Short form: body, named, header, buttons. Long form: components, exactly
/// as Meta has it; then the short form must be empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Template {
    pub name: String,
    pub language: String,
    pub body: Vec<String>,
    pub named: BTreeMap<String, String>,
    pub header: Option<TemplateHeader>,
    pub buttons: Vec<TemplateButton>,
    pub components: Vec<Component>,
}
