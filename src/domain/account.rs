//! A business number we send and receive for. Holds no secret: tokens live with the Graph adapter.

/// One configured WhatsApp number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The operator's name for it; appears in records, metrics and logs.
    pub alias: String,
    pub waba_id: String,
    pub phone_number_id: String,
    /// The app whose secret signs its webhooks.
    pub app: String,
    pub tenant: Option<String>,
}
