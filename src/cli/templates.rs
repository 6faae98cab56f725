//! The grammar of `templates`. Does nothing.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const SYNC: &str =
    "Run it once after installing, and whenever you doubt the catalogue: webhooks keep it fresh from then on. What is
unchanged is not written; what Meta has no more stays as DELETED. Running it again is safe.";

const PULL: &str =
    "One file per template and language, NAME.LANGUAGE.json, with what one writes when a template is created: no id,
no status. Files of templates that Meta has no more stay. Handles of example files cannot be read back: a file that is
written anew has none, and they are no difference.";

const PUSH: &str =
    "Creates what Meta lacks and edits what differs; what is there and has no file stays as it is. Files that Meta is
documented to refuse are refused before anything is sent.

Examples:
  templates pull templates/                  then commit the folder
  templates diff templates/                  what push would change; exit 1 when there is something
  templates push templates/ --dry-run
  templates push templates/

Exit codes: 0 all of it is done, 1 something was refused.";

/// Message templates: Meta's, the catalogue's and those in files.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Templates {
    /// Bring the catalogue (the topic whatsapp.templates) to what Meta has
    #[command(after_help = SYNC)]
    Sync {
        #[command(flatten)]
        of: Of,
        /// Say what would be written, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// What Meta has: name, language, category, status, quality and reason
    List {
        #[command(flatten)]
        of: Of,
        /// One JSON object a line, as Meta tells it
        #[arg(long)]
        json: bool,
    },
    /// One template, with what its user sees
    Show {
        name: String,
        /// Only in this language
        #[arg(long, value_name = "LANGUAGE")]
        language: Option<String>,
        #[command(flatten)]
        of: Of,
        /// As Meta tells it
        #[arg(long)]
        json: bool,
    },
    /// Write Meta's templates to files
    #[command(after_help = PULL)]
    Pull {
        #[command(flatten)]
        folder: Folder,
    },
    /// What differs between files and Meta, as a unified diff; exit 1 when something does
    Diff {
        #[command(flatten)]
        folder: Folder,
    },
    /// Create and edit at Meta what files say
    #[command(after_help = PUSH)]
    Push {
        #[command(flatten)]
        folder: Folder,
        /// Say what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// Whose templates.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Of {
    /// Alias or phone number id: its business account; all that are configured where none is named
    #[arg(long = "account", value_name = "ACCOUNT")]
    pub accounts: Vec<String>,
}

/// A folder belongs to one business account.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Folder {
    #[arg(value_name = "DIR")]
    pub path: PathBuf,
    /// Alias or phone number id: its business account; needed where there are several
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
}

impl Templates {
    /// Whether it speaks to Kafka.
    #[must_use]
    pub fn needs_kafka(&self) -> bool {
        match self {
            Self::Sync { .. } => true,
            Self::List { .. } | Self::Show { .. } | Self::Pull { .. } | Self::Diff { .. } | Self::Push { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use crate::{
        cli::{Cli, Command},
        config::Needs,
    };

    fn parse(line: &str) -> Result<Command, clap::Error> {
        Ok(Cli::read(&line.split(' ').map(OsString::from).collect::<Vec<_>>())?.command)
    }

    #[test]
    fn only_a_sync_needs_a_cluster() {
        let needs = |line: &str| parse(line).expect("a good command line").needs();
        let tokens = Needs { tokens: true, ..Needs::default() };
        assert_eq!(needs("x templates sync --account a --account b"), Needs { kafka: true, registry: true, ..tokens });
        for line in ["x templates list --json", "x templates show a --language de", "x templates push d --dry-run"] {
            assert_eq!(needs(line), tokens, "{line}");
        }
        for line in ["x templates", "x templates show", "x templates pull"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
