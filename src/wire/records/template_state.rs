//! TemplateState: the Rust side of `schemas/TemplateState.avsc`, which documents every field. Must not hold logic.

use serde::{Deserialize, Serialize};

use crate::domain::template::POSITIONAL;

/// A template and its state at Meta. Published on the compacted topic `whatsapp.templates`, key `waba/name/language`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateState {
    pub waba_id: String,
    pub template_id: String,
    pub name: String,
    pub language: String,
    pub category: String,
    pub status: String,
    pub reason: Option<String>,
    pub quality: Option<String>,
    pub parameter_format: String,
    pub body_params: i32,
    pub named_params: Vec<String>,
    pub header_format: Option<String>,
    pub header_params: i32,
    pub buttons: Vec<TemplateStateButton>,
    pub components_json: String,
    pub updated_at: i64,
    pub source: String,
}

impl Default for TemplateState {
    fn default() -> Self {
        Self {
            waba_id: String::new(),
            template_id: String::new(),
            name: String::new(),
            language: String::new(),
            category: String::new(),
            status: String::new(),
            reason: None,
            quality: None,
            parameter_format: POSITIONAL.to_owned(),
            body_params: 0,
            named_params: Vec::new(),
            header_format: None,
            header_params: 0,
            buttons: Vec::new(),
            components_json: "[]".to_owned(),
            updated_at: 0,
            source: String::new(),
        }
    }
}

/// A button of a template.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateStateButton {
    pub index: i32,
    pub r#type: String,
    pub text: Option<String>,
    pub needs_value: bool,
}
