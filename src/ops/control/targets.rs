//! What an operator named on the command line, as subjects. A name that nobody could mean is refused: a brake that takes hold of
//! nothing looks like one that works.

/// As they were named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets {
    pub stages: Vec<String>,
    pub accounts: Vec<String>,
    pub templates: Vec<String>,
    /// `name=value`
    pub labels: Vec<String>,
    pub all: bool,
}

/// What there is, as far as it is known here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    pub stages: Vec<String>,
    /// Aliases and phone number ids; none: they are configured elsewhere.
    pub accounts: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    #[error(
        "--stage receiver: the receiver cannot be paused, since Meta's webhooks would be refused; pause ingress instead"
    )]
    Receiver,
    #[error("--stage {name}: is none of router, {}", known.join(", "))]
    Stage { name: String, known: Vec<String> },
    #[error("--account {name}: is none of the configured {}: name one, or run this with the workers' configuration", known.join(", "))]
    Account { name: String, known: Vec<String> },
    #[error("--template {0}: write a template's name, or name/language")]
    Template(String),
    #[error("--label {0}: write NAME=VALUE")]
    Label(String),
}

/// Three stages that people know as one.
const ROUTER: &str = "router";

impl Targets {
    /// # Errors
    /// The first name that cannot be meant.
    pub fn subjects(&self, known: &Known) -> Result<Vec<String>, BadTarget> {
        let mut subjects: Vec<String> = self.all.then(|| "all".to_owned()).into_iter().collect();
        for name in &self.stages {
            subjects.extend(stages(name, known)?.into_iter().map(|stage| format!("stage/{stage}")));
        }
        for name in &self.accounts {
            if !known.accounts.is_empty() && !known.accounts.contains(name) {
                return Err(BadTarget::Account { name: name.clone(), known: known.accounts.clone() });
            }
            subjects.push(format!("account/{name}"));
        }
        for name in &self.templates {
            let parts = name.split('/').collect::<Vec<_>>();
            if parts.len() > 2 || parts.contains(&"") {
                return Err(BadTarget::Template(name.clone()));
            }
            subjects.push(format!("template/{name}"));
        }
        for label in &self.labels {
            let named = label.split_once('=').is_some_and(|(name, _)| !name.is_empty());
            named.then_some(()).ok_or_else(|| BadTarget::Label(label.clone()))?;
            subjects.push(format!("label/{label}"));
        }
        Ok(subjects)
    }
}

fn stages(name: &str, known: &Known) -> Result<Vec<String>, BadTarget> {
    let meant: Vec<String> = match name {
        ROUTER => known.stages.iter().filter(|stage| stage.starts_with("router-")).cloned().collect(),
        "receiver" => return Err(BadTarget::Receiver),
        _ => known.stages.iter().filter(|stage| *stage == name).cloned().collect(),
    };
    match meant.is_empty() {
        true => Err(BadTarget::Stage { name: name.to_owned(), known: known.stages.clone() }),
        false => Ok(meant),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Known {
            stages: list(&["ingress", "router-json", "router-inbound", "sender"]),
            accounts: list(&["main", "106"]),
        }
    }

    #[test]
    fn each_kind_has_its_subjects_and_the_router_is_three_stages() {
        let targets = Targets {
            stages: vec!["router".into(), "sender".into()],
            accounts: vec!["106".into()],
            templates: vec!["order_ready".into(), "order_ready/en".into()],
            labels: vec!["campaign=spring=24".into()],
            all: true,
        };
        let all = [
            "all",
            "stage/router-json",
            "stage/router-inbound",
            "stage/sender",
            "account/106",
            "template/order_ready",
            "template/order_ready/en",
            "label/campaign=spring=24",
        ];
        assert_eq!(targets.subjects(&known()).expect("good names"), all);
    }

    #[test]
    fn a_name_that_nobody_could_mean_is_refused_with_what_there_is() {
        let refused = |targets: Targets| targets.subjects(&known()).expect_err("refused").to_string();
        let stage = |name: &str| Targets { stages: vec![name.into()], ..Targets::default() };
        assert_eq!(
            refused(stage("sendr")),
            "--stage sendr: is none of router, ingress, router-json, router-inbound, sender"
        );
        assert!(refused(stage("receiver")).contains("Meta's webhooks would be refused"));
        let account = Targets { accounts: vec!["mian".into()], ..Targets::default() };
        assert_eq!(
            refused(account),
            "--account mian: is none of the configured main, 106: name one, or run this with the workers' configuration"
        );
        for template in ["", "a/", "102/a/en"] {
            assert!(
                refused(Targets { templates: vec![template.into()], ..Targets::default() }).contains("name/language")
            );
        }
        assert!(refused(Targets { labels: vec!["campaign".into()], ..Targets::default() }).contains("NAME=VALUE"));
    }

    #[test]
    fn where_accounts_are_configured_elsewhere_any_is_taken() {
        let targets = Targets { accounts: vec!["other".into()], ..Targets::default() };
        assert_eq!(targets.subjects(&Known::default()), Ok(vec!["account/other".to_owned()]));
    }
}
