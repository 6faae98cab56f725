//! Logical topic names, and the catalogue of what each topic is like. Prefixes are applied by [`Names`], nowhere else.

mod catalogue;
mod map;
mod source;

pub use catalogue::{Catalogue, CatalogueError, Cleanup, Layout, Profile, TopicSpec, catalogue};
pub use map::TopicMap;

pub use crate::runtime::topics::CONTROL;

pub const WEBHOOK_RAW: &str = "whatsapp.webhook.raw";
pub const INBOUND_MESSAGES: &str = "whatsapp.inbound.messages";
pub const STATUS_EVENTS: &str = "whatsapp.status.events";
pub const SEND_RECEIPTS: &str = "whatsapp.send.receipts";
pub const ACCOUNT_EVENTS: &str = "whatsapp.account.events";
pub const PREFERENCES: &str = "whatsapp.preferences";
pub const SEND_COMMANDS: &str = "omnichannel.send.commands";
pub const SEND_COMMANDS_JSON: &str = "omnichannel.send.commands.json";
pub const OUTBOUND_MESSAGES: &str = "whatsapp.outbound.messages";
pub const MEDIA_REQUESTS: &str = "whatsapp.media.requests";
pub const MEDIA_STORED: &str = "whatsapp.media.stored";
pub const MEDIA_PREPARED: &str = "whatsapp.media.prepared";
pub const SENT_MESSAGES: &str = "whatsapp.sent.messages";
pub const HISTORY: &str = "whatsapp.history";
pub const MESSAGE_STATUS: &str = "whatsapp.message.status";
pub const TEMPLATES: &str = "whatsapp.templates";
pub const ADMIN_ALERTS: &str = "omnichannel.admin.alerts";
pub const OPS_AUDIT: &str = "whatsapp.ops.audit";
pub const INBOUND_DEFAULT: &str = "omnichannel.inbound.default";

/// Every name above: the catalogue describes each of them.
pub const ALL: [&str; 20] = [
    WEBHOOK_RAW,
    INBOUND_MESSAGES,
    STATUS_EVENTS,
    SEND_RECEIPTS,
    ACCOUNT_EVENTS,
    PREFERENCES,
    SEND_COMMANDS,
    SEND_COMMANDS_JSON,
    OUTBOUND_MESSAGES,
    MEDIA_REQUESTS,
    MEDIA_STORED,
    MEDIA_PREPARED,
    SENT_MESSAGES,
    HISTORY,
    MESSAGE_STATUS,
    TEMPLATES,
    ADMIN_ALERTS,
    OPS_AUDIT,
    CONTROL,
    INBOUND_DEFAULT,
];

const WHATSAPP: &str = "whatsapp.";
const OMNICHANNEL: &str = "omnichannel.";

/// Turns logical names into physical ones: `whatsapp.` and `omnichannel.` are replaced by the configured prefixes, which
/// then also prefix groups, transactional ids and subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    whatsapp: String,
    omnichannel: String,
}

impl Default for Names {
    fn default() -> Self {
        Self { whatsapp: WHATSAPP.to_owned(), omnichannel: OMNICHANNEL.to_owned() }
    }
}

impl Names {
    #[must_use]
    pub fn new(whatsapp: impl Into<String>, omnichannel: impl Into<String>) -> Self {
        Self { whatsapp: whatsapp.into(), omnichannel: omnichannel.into() }
    }

    /// What stands for `whatsapp.`.
    #[must_use]
    pub fn whatsapp(&self) -> &str {
        &self.whatsapp
    }

    /// What stands for `omnichannel.`.
    #[must_use]
    pub fn omnichannel(&self) -> &str {
        &self.omnichannel
    }

    /// `whatsapp.inbound.messages` → `<whatsapp prefix>inbound.messages`; other names stay as they are.
    #[must_use]
    pub fn physical(&self, logical: &str) -> String {
        if let Some(rest) = logical.strip_prefix(WHATSAPP) {
            format!("{}{rest}", self.whatsapp)
        } else if let Some(rest) = logical.strip_prefix(OMNICHANNEL) {
            format!("{}{rest}", self.omnichannel)
        } else {
            logical.to_owned()
        }
    }

    /// The reverse of [`physical`](Self::physical).
    #[must_use]
    pub fn logical(&self, physical: &str) -> String {
        if let Some(rest) = physical.strip_prefix(&self.whatsapp) {
            format!("{WHATSAPP}{rest}")
        } else if let Some(rest) = physical.strip_prefix(&self.omnichannel) {
            format!("{OMNICHANNEL}{rest}")
        } else {
            physical.to_owned()
        }
    }

    /// Consumer group and transactional id stem of a stage.
    #[must_use]
    pub fn group(&self, stage: &str) -> String {
        format!("{}{stage}", self.whatsapp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_replace_and_come_back() {
        let names = Names::new("t1.wa.", "t1.omni.");
        assert_eq!(names.physical(WEBHOOK_RAW), "t1.wa.webhook.raw");
        assert_eq!(names.physical(SEND_COMMANDS_JSON), "t1.omni.send.commands.json");
        assert_eq!(names.physical("elsewhere"), "elsewhere");
        assert_eq!(names.group("sender"), "t1.wa.sender");
        for name in ALL {
            assert_eq!(names.logical(&names.physical(name)), name);
        }
    }

    #[test]
    fn default_names_are_the_logical_ones() {
        for name in ALL {
            assert_eq!(Names::default().physical(name), name);
        }
    }
}
