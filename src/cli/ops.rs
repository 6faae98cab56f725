//! The grammar of `ops`. Does nothing.

use clap::{Args, Subcommand};

/// Every running worker obeys within two seconds; restarts change nothing.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Ops {
    /// Let nothing new start: a stage, everything, or the sends of an account, a template or a label
    #[command(after_help = PAUSE_EXAMPLES)]
    Pause {
        #[command(flatten)]
        reach: Reach,
        #[command(flatten)]
        because: Because,
    },
    /// Take a pause back; for a stage also what its trip wire said
    #[command(after_help = RESUME_EXAMPLES)]
    Resume {
        #[command(flatten)]
        reach: Reach,
        #[command(flatten)]
        because: Because,
    },
    /// Do not send these commands, unless their requests have left already; each is told of as `cancelled`
    #[command(after_help = CANCEL_EXAMPLES)]
    Cancel {
        #[arg(required = true, value_name = "COMMAND_ID")]
        ids: Vec<String>,
        #[command(flatten)]
        because: Because,
    },
    /// What is paused and tripped, since when, by whom and why
    Status {
        /// For programs; names cancelled commands too
        #[arg(long)]
        json: bool,
    },
}

const PAUSE_EXAMPLES: &str = "Examples:
  ops pause --stage sender --reason 'wrong template since 9:00'   commands wait, webhooks are still taken
  ops pause --account support                                    other accounts go on
  ops pause --template order_ready --label campaign=spring
  ops pause --all                                                everything but the receiver";
const RESUME_EXAMPLES: &str = "Examples:
  ops resume --stage sender       after a pause, or after its trip wire stopped it
  ops resume --label campaign=spring
  ops resume --all                takes `pause --all` back, and nothing else";
const CANCEL_EXAMPLES: &str = "Examples:
  ops cancel order-1042 order-1043 --reason 'sent twice by the shop'";

/// What is meant; several at once are fine.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[group(required = true, multiple = true)]
pub struct Reach {
    /// ingress, router, sender, media, status, catalogue, or one of the router's stages
    #[arg(long = "stage", value_name = "STAGE")]
    pub stages: Vec<String>,
    /// Alias or phone number id: its sends
    #[arg(long = "account", value_name = "ACCOUNT")]
    pub accounts: Vec<String>,
    /// NAME or NAME/LANGUAGE: its sends
    #[arg(long = "template", value_name = "TEMPLATE")]
    pub templates: Vec<String>,
    /// NAME=VALUE of a command's labels: its sends
    #[arg(long = "label", value_name = "NAME=VALUE")]
    pub labels: Vec<String>,
    /// Every stage but the receiver
    #[arg(long)]
    pub all: bool,
}

/// For the record of what operators did.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Because {
    /// Who does it; user@host unless said otherwise
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::cli::{Cli, Command};

    fn parse(line: &str) -> Result<Ops, clap::Error> {
        let cli = Cli::read(&line.split(' ').map(OsString::from).collect::<Vec<_>>())?;
        let Command::Ops(ops) = cli.command else { panic!("not ops") };
        Ok(ops)
    }

    #[test]
    fn a_pause_must_say_of_what_and_may_say_more_than_one_thing() {
        let paused = parse("x ops pause --stage sender --stage media --label a=b --reason trouble");
        let Ok(Ops::Pause { reach, because }) = paused else { panic!("no pause") };
        assert_eq!((reach.stages.len(), reach.labels.as_slice(), reach.all), (2, &["a=b".to_owned()][..], false));
        assert_eq!((because.by, because.reason.as_deref()), (None, Some("trouble")));
        for line in ["x ops pause", "x ops resume --by kim", "x ops cancel"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
