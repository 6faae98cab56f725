//! The command line, parsed. Does nothing and knows no default of a setting: those are `config`'s.

pub mod dlq;
pub mod ops;
mod roles;
pub mod simulator;
pub mod templates;

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, CommandFactory as _, Parser, Subcommand};

pub use self::roles::{Role, Roles};
use crate::config::Needs;

/// Joins the WhatsApp Business Cloud API to Apache Kafka.
#[derive(Debug, Parser)]
#[command(name = "omnichannel-whatsapp", version, about)]
pub struct Cli {
    /// Settings as YAML; docs/configuration.md lists them
    #[arg(long, global = true, value_name = "FILE", env = "OMNICHANNEL_CONFIG")]
    pub config: Option<PathBuf>,

    /// How log lines are written: text or json
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<String>,

    /// Sets one key of the configuration, over variables and file; may be repeated
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = key_value)]
    pub settings: Vec<(String, String)>,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the pipeline, or some of its stages, until told to stop
    Run(Roles),
    /// Run all of it here and now: embedded broker and registry, a local folder, a simulator as Meta
    Dev(Dev),
    /// Send one message, and follow its status until it is read or has ended
    Send(Send),
    /// Stand in for Meta: the Cloud API and a phone that answers with webhooks; or say what happens on one that runs
    Simulator(simulator::Simulator),
    /// Pause, resume and cancel while the workers run, and see what rests
    #[command(subcommand)]
    Ops(ops::Ops),
    /// Compare the cluster's topics with what they should be, or bring them there
    #[command(subcommand)]
    Topics(Topics),
    /// List, show, replay or discard the dead letters of a stage
    #[command(subcommand)]
    Dlq(dlq::Dlq),
    /// Keep Meta's templates, the catalogue of them and files of them alike
    #[command(subcommand)]
    Templates(templates::Templates),
    /// Check the records' schemas against the released ones, or register them
    #[command(subcommand)]
    Schemas(Schemas),
    /// Check the configuration, or show it without its secrets
    #[command(subcommand)]
    Config(Settings),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Topics {
    /// Print what `apply` would do; exit 1 when something cannot be done
    Plan,
    /// Create topics and widen settings; never changes a partition count
    Apply,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Schemas {
    /// Exit 1 when a record breaks full transitive compatibility with a released version
    Check {
        /// Folder with one folder per release
        #[arg(long, default_value = "schemas/released", value_name = "FOLDER")]
        released: PathBuf,
    },
    /// Register every record under the subject of each of its topics; safe to run again
    Register,
}

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Dev {
    /// A real cluster instead of the embedded broker; with SCHEMA_REGISTRY_URL its registry too
    #[arg(long, value_name = "HOST:PORT")]
    pub bootstrap: Option<String>,
    /// Play a short conversation both ways, show every record of it and end; exit 1 when a stage stayed silent
    #[arg(long)]
    pub demo: bool,
    /// Leave a stage out, to see what is missing then
    #[arg(long, hide = true, value_name = "STAGE")]
    pub without: Option<Role>,
}

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Send {
    /// +4915112345678, a business-scoped user id, or `group:ID`
    #[arg(long)]
    pub to: String,
    #[command(flatten)]
    pub content: Content,
    /// Language of the template
    #[arg(long, default_value = "en", requires = "template")]
    pub language: String,
    /// A value of the template's body, in order; may be repeated
    #[arg(long = "param", value_name = "VALUE", requires = "template")]
    pub params: Vec<String>,
    /// Alias or phone number id of the account; needed where there are several
    #[arg(long)]
    pub from: Option<String>,
    /// The same id again is the same message, not a second one
    #[arg(long, value_name = "ID")]
    pub command_id: Option<String>,
    /// Seconds to follow the status; 0 only publishes
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    pub wait: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[group(required = true, multiple = false)]
pub struct Content {
    #[arg(long)]
    pub text: Option<String>,
    /// Name of an approved template
    #[arg(long, value_name = "NAME")]
    pub template: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Settings {
    /// Tell every mistake at once; exit 64 when there is one
    Check(Roles),
    /// Print what is in force and who said it, as a configuration file
    Show,
}

impl Command {
    #[must_use]
    pub fn needs(&self) -> Needs {
        match self {
            Self::Run(roles) => roles.needs(),
            // statuses are Avro
            Self::Send(send) => Needs { kafka: true, registry: send.wait > 0, ..Needs::default() },
            // what `dev` needs it brings along
            Self::Dev(_) | Self::Simulator(_) | Self::Schemas(Schemas::Check { .. }) => Needs::default(),
            Self::Schemas(Schemas::Register) => Needs { registry: true, ..Needs::default() },
            Self::Templates(command) => {
                let kafka = command.needs_kafka();
                Needs { kafka, registry: kafka, tokens: true, ..Needs::default() }
            }
            // what `show` decodes may need the registry, and may not
            Self::Dlq(_) => Needs { kafka: true, ..Needs::default() },
            Self::Ops(_) | Self::Topics(Topics::Plan | Topics::Apply) => Needs { kafka: true, ..Needs::default() },
            Self::Config(Settings::Check(roles)) => roles.needs(),
            Self::Config(Settings::Show) => Needs::default(),
        }
    }
}

/// Their standard output is for people, so standard error is quiet.
const TALKING: &[(&str, &str)] = &[("telemetry.log_filter", "warn")];

impl Command {
    /// Settings it is usually run with, where nobody says otherwise.
    #[must_use]
    pub fn defaults(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Dev(_) | Self::Send(_) | Self::Dlq(_) | Self::Templates(_) | Self::Ops(_) => TALKING,
            Self::Simulator(simulator) if simulator.act.is_some() => TALKING,
            Self::Run(_) | Self::Simulator(_) | Self::Topics(_) | Self::Schemas(_) | Self::Config(_) => &[],
        }
    }
}

impl Cli {
    /// The arguments, the program's name first.
    ///
    /// # Errors
    /// Clap's; also for `--set` on both sides of the command, of which clap would keep one side and forget the other.
    pub fn read(args: &[OsString]) -> Result<Self, clap::Error> {
        let cli = Self::try_parse_from(args)?;
        let is_setting =
            |arg: &&OsString| arg.to_str().is_some_and(|text| text == "--set" || text.starts_with("--set="));
        if args.iter().filter(is_setting).count() == cli.settings.len() {
            return Ok(cli);
        }
        let problem = "--set stands before and after the command; write all of them after it";
        Err(Self::command().error(clap::error::ErrorKind::ArgumentConflict, problem))
    }

    /// What flags say about settings, by key.
    #[must_use]
    pub fn flags(&self) -> Vec<(String, String)> {
        let log_format = self.log_format.iter().map(|format| ("telemetry.log_format".to_owned(), format.clone()));
        self.settings.iter().cloned().chain(log_format).collect()
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Cli {
        read(line).expect("a good command line")
    }

    fn read(line: &str) -> Result<Cli, clap::Error> {
        Cli::read(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_grammar_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn flags_become_settings_wherever_they_stand() {
        let cli = parse("x topics plan --set kafka.partitions=4 --log-format json --set http.path=/a=b");
        let flags = cli.flags();
        let pairs: Vec<_> = flags.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(pairs, [("kafka.partitions", "4"), ("http.path", "/a=b"), ("telemetry.log_format", "json")]);
    }

    #[test]
    fn settings_on_one_side_of_the_command_are_kept_and_on_both_refused() {
        assert_eq!(parse("x --set a=1 --set=b=2 topics plan").settings.len(), 2);
        let refused = read("x --set a=1 topics plan --set b=2").expect_err("half would be lost");
        assert!(refused.to_string().contains("before and after"), "{refused}");
    }

    #[test]
    fn a_command_that_does_not_exist_is_refused() {
        assert!(Cli::try_parse_from(["x", "topics", "delete"]).is_err());
        assert!(Cli::try_parse_from(["x", "topics", "plan", "--set", "novalue"]).is_err());
    }
}
