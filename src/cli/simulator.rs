//! `simulator`, parsed: Meta's side itself, or what a user does and what happens on one that runs.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use url::Url;

#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_value_name = "ACT",
    subcommand_help_heading = "Acts on one that runs"
)]
pub struct Simulator {
    /// Where the Cloud API and the control routes are served; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDRESS")]
    pub listen: std::net::SocketAddr,
    /// Where webhooks are posted
    #[arg(long, default_value = "http://127.0.0.1:8080/webhooks/whatsapp", value_name = "URL")]
    pub webhook: Url,
    /// The same seed and the same requests give the same ids, delays and disorder
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[command(subcommand)]
    pub act: Option<Act>,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Act {
    /// A user writes, sends a file, taps a button, changes number …
    #[command(after_help = INBOUND_EXAMPLES)]
    Inbound(Box<Inbound>),
    /// Something happens to the account, its templates or its users
    #[command(after_help = EVENT_EXAMPLES)]
    Event(Box<Event>),
}

const INBOUND_EXAMPLES: &str = "Examples:
  simulator inbound --list
  simulator inbound text --from +12025550143 --text 'Is my order ready?'
  simulator inbound image --file cat.jpg --mime-type image/jpeg
  simulator inbound button_reply --to WAMID --option 2     the second button of that message, tapped by who got it
  simulator inbound text --from US.1234 --username zoe     a user whose phone number is hidden
  simulator inbound unsupported --option poll_creation";
const EVENT_EXAMPLES: &str = "Examples:
  simulator event --list
  simulator event user_preferences stop --from +12025550143
  simulator event message_template_status_update paused --with message_template_name=order_ready
  simulator event account_update --json value.json         the value as it stands in the file
  simulator event --json webhook.json                      a whole webhook, signed and posted as it stands";

/// The simulator that is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Whom {
    /// The running simulator; `.dev/env` of `dev` sets the variable
    #[arg(long, env = "SIMULATOR_URL", default_value = "http://127.0.0.1:8090", value_name = "URL")]
    pub at: Url,
    /// Phone number id of the business; the simulator's first where absent
    #[arg(long, value_name = "ID")]
    pub number: Option<String>,
    /// Show what there is, and do nothing
    #[arg(long)]
    pub list: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Inbound {
    /// One of `--list`
    #[arg(value_name = "TYPE", required_unless_present = "list")]
    pub kind: Option<String>,
    #[command(flatten)]
    pub whom: Whom,
    /// Phone number, or a business-scoped user id whose number is hidden; +12025550143, or who got the message of --to
    #[arg(long, value_name = "USER")]
    pub from: Option<String>,
    /// Name in the user's profile
    #[arg(long)]
    pub name: Option<String>,
    /// A text's body, a file's caption
    #[arg(long)]
    pub text: Option<String>,
    /// The message that is answered, tapped on, reacted to, edited or revoked
    #[arg(long, value_name = "WAMID")]
    pub to: Option<String>,
    /// A button's or row's id, title or number; an emoji; accept or reject; the new number; what is not supported
    #[arg(long, value_name = "CHOICE")]
    pub option: Option<String>,
    /// In a group
    #[arg(long, value_name = "ID")]
    pub group: Option<String>,
    /// A file instead of the small sample
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// What the file is; that of the sample where absent
    #[arg(long, value_name = "TYPE", requires = "file")]
    pub mime_type: Option<String>,
    /// Forwarded from another chat
    #[arg(long)]
    pub forwarded: bool,
    /// The user's public name, without @
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,
    /// The user's business-scoped id
    #[arg(long, value_name = "ID")]
    pub user_id: Option<String>,
    /// As with identity checks switched on
    #[arg(long, value_name = "HASH")]
    pub identity_key_hash: Option<String>,
    /// The object named like TYPE as it stands; the answers of a flow, the fields of an address
    #[arg(long, value_name = "JSON", value_parser = json)]
    pub content: Option<serde_json::Value>,
}

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Event {
    /// Meta's name of the webhook field
    #[arg(required_unless_present_any = ["list", "json"])]
    pub field: Option<String>,
    /// What happens in it; the first of `--list` where absent
    #[arg(conflicts_with = "json")]
    pub what: Option<String>,
    #[command(flatten)]
    pub whom: Whom,
    /// The user it is about; +15550000999 where absent
    #[arg(long, value_name = "USER")]
    pub from: Option<String>,
    /// A member of the value, put over the usual one; may be repeated
    #[arg(long = "with", value_name = "NAME=VALUE", value_parser = member, conflicts_with = "json")]
    pub members: Vec<(String, serde_json::Value)>,
    /// The value as JSON, or a whole webhook with its member `object`
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

fn json(text: &str) -> Result<serde_json::Value, String> {
    serde_json::from_str(text).map_err(|error| format!("write JSON: {error}"))
}

/// What is no JSON is text, so that names need no quotes within quotes.
fn member(text: &str) -> Result<(String, serde_json::Value), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), json(value).unwrap_or_else(|_| value.into())))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use serde_json::json;

    use super::*;
    use crate::cli::{Cli, Command};

    fn parse(line: &str) -> Result<Simulator, clap::Error> {
        match Cli::try_parse_from(line.split(' '))?.command {
            Command::Simulator(simulator) => Ok(simulator),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn it_serves_unless_it_is_told_what_to_do() {
        assert_eq!(parse("x simulator --seed 7").unwrap().act, None);
        let Some(Act::Inbound(tap)) = parse("x simulator inbound button_reply --to wamid.A --option 2").unwrap().act
        else {
            panic!("no act")
        };
        assert_eq!((tap.kind.as_deref(), tap.option.as_deref()), (Some("button_reply"), Some("2")));
    }

    #[test]
    fn members_are_json_where_they_can_be() {
        let line = "x simulator event flows --with threshold=10 --with message=down --with errors=[]";
        let Some(Act::Event(event)) = parse(line).unwrap().act else { panic!("no act") };
        let values: Vec<_> = event.members.into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, [json!(10), json!("down"), json!([])]);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for line in [
            "x simulator inbound",
            "x simulator event",
            "x simulator --seed 7 inbound text",
            "x simulator inbound text --content {",
            "x simulator event flows published --json file",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
