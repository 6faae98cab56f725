//! The command line, parsed. Does nothing and knows no default of a setting: those are `config`'s.

pub mod dlq;
pub mod simulator;
pub mod templates;

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

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
    Ops(Ops),
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

/// Parts of the pipeline; none named means all.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Roles {
    #[arg(value_name = "STAGE")]
    pub roles: Vec<Role>,
}

/// What a process can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Role {
    /// Takes webhooks over HTTP
    Receiver,
    /// Webhooks to events
    Ingress,
    /// Commands to requests, inbound messages to queues: three stages
    Router,
    /// Requests to Meta
    Sender,
    /// The state of every message
    Status,
    /// Media to the object store
    Media,
    /// What Meta says of templates to their catalogue
    Catalogue,
}

impl Role {
    /// In the pipeline's order.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied()
    }

    /// As it is written on the command line.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

impl Roles {
    /// The named ones, else all, in the pipeline's order.
    #[must_use]
    pub fn chosen(&self) -> Vec<Role> {
        let mut roles = if self.roles.is_empty() { Role::all().collect() } else { self.roles.clone() };
        roles.sort();
        roles.dedup();
        roles
    }

    /// What these parts cannot do without.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let mut needs = Needs { kafka: true, ..Needs::default() };
        for role in self.chosen() {
            match role {
                Role::Receiver => needs.apps = true,
                Role::Ingress | Role::Router | Role::Status => needs.registry = true,
                Role::Sender | Role::Media | Role::Catalogue => (needs.registry, needs.tokens) = (true, true),
            }
        }
        needs
    }
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
    fn no_stage_named_means_all_and_their_needs() {
        let Command::Config(Settings::Check(all)) = parse("x config check").command else { panic!("not a check") };
        assert_eq!(all.chosen().len(), 7);
        assert_eq!(all.needs(), Needs::everything());
        let Command::Config(Settings::Check(some)) = parse("x config check status receiver receiver").command else {
            panic!("not a check")
        };
        assert_eq!(some.chosen(), [Role::Receiver, Role::Status]);
        assert_eq!(some.needs(), Needs { kafka: true, registry: true, apps: true, tokens: false });
    }

    #[test]
    fn a_pause_must_say_of_what_and_may_say_more_than_one_thing() {
        let paused = parse("x ops pause --stage sender --stage media --label a=b --reason trouble");
        let Command::Ops(Ops::Pause { reach, because }) = paused.command else { panic!("no pause") };
        assert_eq!((reach.stages.len(), reach.labels.as_slice(), reach.all), (2, &["a=b".to_owned()][..], false));
        assert_eq!((because.by, because.reason.as_deref()), (None, Some("trouble")));
        for line in ["x ops pause", "x ops resume --by kim", "x ops cancel"] {
            assert!(read(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_command_that_does_not_exist_is_refused() {
        assert!(Cli::try_parse_from(["x", "topics", "delete"]).is_err());
        assert!(Cli::try_parse_from(["x", "topics", "plan", "--set", "novalue"]).is_err());
    }
}
