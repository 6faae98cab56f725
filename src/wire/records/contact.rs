//! Contact cards, in and out, as Meta has them. Every field is documented in the schemas.
//! Must not hold logic.

use serde::{Deserialize, Serialize};

/// A person's name, field for field as Meta has it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactName {
    pub formatted_name: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub middle_name: Option<String>,
    pub suffix: Option<String>,
    pub prefix: Option<String>,
}

/// A phone number of a shared contact.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactPhone {
    pub phone: Option<String>,
    pub wa_id: Option<String>,
    pub r#type: Option<String>,
}

/// An e-mail address of a shared contact.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactEmail {
    pub email: Option<String>,
    pub r#type: Option<String>,
}

/// A postal address of a shared contact.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactAddress {
    pub street: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub zip: Option<String>,
    pub country: Option<String>,
    pub country_code: Option<String>,
    pub r#type: Option<String>,
}

/// A web address of a shared contact.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactUrl {
    pub url: Option<String>,
    pub r#type: Option<String>,
}

/// Where a shared contact works.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactOrg {
    pub company: Option<String>,
    pub department: Option<String>,
    pub title: Option<String>,
}

/// One contact card, field for field as Meta has it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Contact {
    pub name: Option<ContactName>,
    pub phones: Vec<ContactPhone>,
    pub emails: Vec<ContactEmail>,
    pub addresses: Vec<ContactAddress>,
    pub urls: Vec<ContactUrl>,
    pub org: Option<ContactOrg>,
    pub birthday: Option<String>,
    pub origin: Option<String>,
    pub vcard: Option<String>,
}
