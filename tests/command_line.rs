//! Exit codes and streams of the binary, where no cluster is needed. Commands' results go to standard output, all else to
//! standard error.

use std::process::{Command, Output};

/// Without this machine's variables.
fn run(args: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_omnichannel-whatsapp"));
    command.args(args).env_clear().envs(env.iter().copied());
    command.output().expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn wrong_usage_ends_with_64() {
    let output = run(&["topics", "delete"], &[]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(64), 0));
    assert!(text(&output.stderr).contains("unrecognized subcommand"));
}

#[test]
fn a_wrong_configuration_ends_with_64_and_tells_everything() {
    let output = run(&["config", "check"], &[("OMNICHANNEL_RETRY_BASE", "soon")]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(64), 0));
    let told = text(&output.stderr);
    for key in ["OMNICHANNEL_RETRY_BASE (retry.base)", "kafka.bootstrap_servers", "accounts.0.token", "apps.0.secrets"]
    {
        assert!(told.contains(key), "{key} in {told}");
    }
}

#[test]
fn a_file_that_is_not_there_is_the_only_mistake_told() {
    let output = run(&["config", "show", "--config", "/nowhere/worker.yaml"], &[]);
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).starts_with("1 mistake in the configuration:\n  --config: "));
}

#[test]
fn what_is_in_force_is_printed_without_secrets_and_what_is_replaced_is_said() {
    let env = [("WHATSAPP_WEBHOOK_SECRET", "hunter2"), ("DYNAMODB_TABLE", "messages")];
    let output = run(&["config", "show", "--log-format", "json"], &env);
    assert_eq!(output.status.code(), Some(0));
    let (shown, logged) = (text(&output.stdout), text(&output.stderr));
    assert!(shown.contains("telemetry.log_format: \"json\"  # flag"), "{shown}");
    assert!(!shown.contains("hunter2") && !logged.contains("hunter2"));
    let lines: Vec<serde_json::Value> =
        logged.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
    assert_eq!(lines.len(), 1, "{logged}");
    assert!(lines[0]["message"].as_str().is_some_and(|message| message.starts_with("DYNAMODB_TABLE is not used")));
}

#[test]
fn nothing_is_replayed_without_a_yes_where_nobody_can_be_asked() {
    let cluster = [("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")];
    for act in [&["dlq", "replay", "sender"][..], &["dlq", "discard", "sender", "--reason", "junk"]] {
        let output = run(act, &cluster);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(64), 0));
        assert!(text(&output.stderr).contains("--yes"), "{}", text(&output.stderr));
    }
}

#[test]
fn what_a_simulator_can_do_is_listed_without_one() {
    for (act, line) in [("inbound", "button_reply "), ("event", "user_preferences ")] {
        let output = run(&["simulator", act, "--list"], &[]);
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).lines().any(|told| told.starts_with(line)), "{}", text(&output.stdout));
    }
    let output = run(&["simulator", "inbound", "text", "--at", "http://127.0.0.1:1"], &[]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(
        text(&output.stderr).starts_with("no simulator answers at http://127.0.0.1:1/"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn help_is_not_a_failure() {
    assert_eq!(run(&["--help"], &[]).status.code(), Some(0));
}

#[test]
fn a_schema_that_breaks_a_release_ends_with_1() {
    let dir = tempfile::tempdir().expect("a folder");
    let version = dir.path().join("0.0.9");
    std::fs::create_dir(&version).expect("a folder");
    let gone = r#"{"type":"record","name":"Forgotten","namespace":"omnichannel.whatsapp","fields":[]}"#;
    std::fs::write(version.join("Forgotten.avsc"), gone).expect("a file");
    let folder = dir.path().to_str().expect("a name in UTF-8");
    let output = run(&["schemas", "check", "--released", folder], &[]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("Forgotten of version 0.0.9 no longer exists"));
}

/// As `… | head -1` does it, only sooner.
#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_omnichannel-whatsapp"));
    let command = command.args(["config", "show"]).env_clear().stdout(writer);
    let output = command.output().expect("the binary runs");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
}
