//! What Meta says about prices. Every field is documented in the schemas.
//! Must not hold logic.

use serde::{Deserialize, Serialize};

/// What Meta says about the price of a message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Pricing {
    pub billable: Option<bool>,
    pub pricing_model: Option<String>,
    pub r#type: Option<String>,
    pub category: Option<String>,
}
