//! The grammar of `dlq`. Does nothing.

use clap::{Args, Subcommand, ValueEnum, builder::PossibleValuesParser};

use crate::{
    ops::dlq::{Place, Rate, State, When},
    wire::topics::catalogue,
};

const LIST: &str = "Examples:
  dlq list sender                                   what is open, oldest first
  dlq list router-json --code not_json --since 2h   of the last two hours, by cause
  dlq list sender --state all --json | jq -r .code | sort | uniq -c";

const SHOW: &str = "Examples:
  dlq show sender 3/42            the place as `dlq list` prints it
  dlq show sender 3/42 --json | jq .value.json";

const REPLAY: &str =
    "The stage takes a replay at the tail of its lane: behind what waits for the same key, before what comes later.
A letter that was replayed is passed over from then on, so a run that was stopped or killed is simply started again.

Examples:
  dlq replay sender --code graph_131000 --dry-run    what would be replayed
  dlq replay sender --code graph_131000 --rate 20/s --reason 'Meta is back'
  dlq replay router-json 3/42 --yes                  this one, without a question

Exit codes: 0 all of it is done, 1 something was refused or left, 64 wrong usage.";

const DISCARD: &str = "Nothing is deleted: the letter stays until its retention ends, and who discarded it and why is on `whatsapp.ops.audit`.

Examples:
  dlq discard router-json --code not_json --reason 'test traffic of the staging shop'
  dlq discard sender 3/42 --reason 'sent by hand' --yes";

/// Dead letters of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Dlq {
    /// One line per dead letter, oldest first; shows neither content nor whole phone numbers
    #[command(after_help = LIST)]
    List(List),
    /// One dead letter with its headers and its content, decoded with the schema it was written with
    #[command(after_help = SHOW)]
    Show(Show),
    /// Give dead letters to their stage again, each once, however often this is run
    #[command(after_help = REPLAY)]
    Replay(Replay),
    /// Mark dead letters as done with, for a reason
    #[command(after_help = DISCARD)]
    Discard(Discard),
}

/// Stage and conditions: all that are given must hold, and of a repeated one any.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Which {
    /// Whose dead letters
    #[arg(value_name = "STAGE", value_parser = PossibleValuesParser::new(catalogue().stages()))]
    pub stage: String,
    /// Only these, PARTITION/OFFSET as `dlq list` prints it
    #[arg(value_name = "PLACE")]
    pub places: Vec<Place>,
    /// Only with this error code; may be repeated
    #[arg(long = "code", value_name = "CODE")]
    pub codes: Vec<String>,
    /// Only of this account, by alias or phone number id; may be repeated
    #[arg(long = "account", value_name = "ACCOUNT")]
    pub accounts: Vec<String>,
    /// Only with exactly this key; may be repeated
    #[arg(long = "key", value_name = "KEY")]
    pub keys: Vec<String>,
    /// Only those that died then or later: 2h, 2026-05-28, 2026-05-28T20:26:40Z
    #[arg(long, value_name = "WHEN")]
    pub since: Option<When>,
    /// Only those that died before then
    #[arg(long, value_name = "WHEN")]
    pub until: Option<When>,
    /// No more than so many, the oldest; what was dealt with already does not count
    #[arg(long, value_name = "COUNT")]
    pub limit: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct List {
    #[command(flatten)]
    pub which: Which,
    /// How they stand
    #[arg(long, value_enum, default_value = "open", value_name = "STATE")]
    pub state: Standing,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// States a letter can be asked for by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Standing {
    Open,
    Replayed,
    Discarded,
    All,
}

impl Standing {
    /// `None`: whatever it is.
    #[must_use]
    pub fn state(self) -> Option<State> {
        match self {
            Self::Open => Some(State::Open),
            Self::Replayed => Some(State::Replayed),
            Self::Discarded => Some(State::Discarded),
            Self::All => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Show {
    /// Whose dead letter
    #[arg(value_name = "STAGE", value_parser = PossibleValuesParser::new(catalogue().stages()))]
    pub stage: String,
    /// PARTITION/OFFSET as `dlq list` prints it
    #[arg(value_name = "PLACE")]
    pub place: Place,
    /// As one JSON object
    #[arg(long)]
    pub json: bool,
}

/// How an act is done.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct How {
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask; needed where there is no terminal to ask on
    #[arg(long)]
    pub yes: bool,
    /// Those that were dealt with before too
    #[arg(long)]
    pub again: bool,
    /// Who does it, in the audit; the user and host of this process where nobody says so
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Replay {
    #[command(flatten)]
    pub which: Which,
    #[command(flatten)]
    pub how: How,
    /// Why, in the audit
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// No faster than this: 50/s, 30/m
    #[arg(long, value_name = "RATE")]
    pub rate: Option<Rate>,
    /// What was replayed so often is refused: it would go in circles
    #[arg(long, default_value_t = 3, value_name = "COUNT")]
    pub max_replays: u32,
    /// Replay also what --max-replays refuses
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Discard {
    #[command(flatten)]
    pub which: Which,
    #[command(flatten)]
    pub how: How,
    /// Why, in the audit
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::cli::{Cli, Command};

    fn parse(line: &str) -> Result<Dlq, clap::Error> {
        let cli = Cli::read(&line.split(' ').map(OsString::from).collect::<Vec<_>>())?;
        let Command::Dlq(dlq) = cli.command else { panic!("not dlq") };
        Ok(dlq)
    }

    #[test]
    fn all_conditions_go_together() {
        let line = "x dlq replay sender 3/42 1/7 --code a --code b --account main --key k --since 2h --until 1h --limit 5 \
                    --rate 20/s --max-replays 1 --force --again --yes --by kim --reason r --json --dry-run";
        let Ok(Dlq::Replay(replay)) = parse(line) else { panic!("not a replay") };
        let Which { stage, places, codes, accounts, keys, since, until, limit } = replay.which;
        assert_eq!((stage.as_str(), places.len(), codes.len(), accounts.len(), keys.len()), ("sender", 2, 2, 1, 1));
        assert!(since.is_some() && until.is_some() && limit == Some(5) && replay.rate.is_some());
        let How { dry_run, yes, again, by, json } = replay.how;
        assert!(dry_run && yes && again && json && by.as_deref() == Some("kim"));
        assert_eq!((replay.max_replays, replay.force), (1, true));
    }

    #[test]
    fn what_says_too_little_or_nonsense_is_refused() {
        for line in [
            "x dlq list",
            "x dlq list nobody",
            "x dlq show sender",
            "x dlq show sender 3-42",
            "x dlq list sender --since yesterday",
            "x dlq replay sender --rate fast",
            "x dlq discard sender",
            "x dlq discard sender --reason=",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        let Ok(Dlq::List(list)) = parse("x dlq list media") else { panic!("not a list") };
        assert_eq!((list.state.state(), list.json), (Some(State::Open), false));
    }
}
