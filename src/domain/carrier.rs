//! Which carrier a command goes to. Knows names only; what a carrier's worker does is not ours.

use std::collections::BTreeSet;

/// This worker's own carrier.
pub const WHATSAPP: &str = "whatsapp";

/// The carriers whose workers read a topic of ours, unless configured otherwise.
pub const OTHERS: [&str; 5] = ["twilio", "bandwidth", "livechat", "messagebird", "inteliquent"];

/// The carriers there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carriers {
    default: String,
    others: BTreeSet<String>,
}

impl Default for Carriers {
    fn default() -> Self {
        Self::new(WHATSAPP, OTHERS.map(str::to_owned))
    }
}

/// Where a command goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    WhatsApp,
    /// To that carrier's topic.
    Other(String),
    /// Nobody serves it.
    Unknown(String),
}

impl Carriers {
    /// `default` is the carrier of a command that names none.
    #[must_use]
    pub fn new(default: impl Into<String>, others: impl IntoIterator<Item = String>) -> Self {
        Self { default: default.into(), others: others.into_iter().collect() }
    }

    /// The first of `carriers`, else `carrier`, else the default.
    #[must_use]
    pub fn choose(&self, carriers: &[String], carrier: Option<&str>) -> Choice {
        let name = carriers.first().map(String::as_str).or(carrier).unwrap_or(&self.default);
        match name {
            WHATSAPP => Choice::WhatsApp,
            other if self.others.contains(other) => Choice::Other(other.to_owned()),
            unknown => Choice::Unknown(unknown.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(carriers: &[&str], carrier: Option<&str>) -> Choice {
        let carriers: Vec<String> = carriers.iter().map(|name| (*name).to_owned()).collect();
        Carriers::default().choose(&carriers, carrier)
    }

    #[test]
    fn the_list_comes_before_the_single_name_and_both_before_the_default() {
        assert_eq!(choose(&["twilio", "whatsapp"], Some("bandwidth")), Choice::Other("twilio".into()));
        assert_eq!(choose(&[], Some("bandwidth")), Choice::Other("bandwidth".into()));
        assert_eq!(choose(&[], None), Choice::WhatsApp);
    }

    #[test]
    fn a_carrier_nobody_serves_is_unknown() {
        assert_eq!(choose(&[], Some("pigeon")), Choice::Unknown("pigeon".into()));
        assert_eq!(choose(&[], Some("")), Choice::Unknown(String::new()));
    }

    #[test]
    fn the_default_can_be_another_carrier() {
        let carriers = Carriers::new("twilio", ["twilio".to_owned()]);
        assert_eq!(carriers.choose(&[], None), Choice::Other("twilio".into()));
    }
}
