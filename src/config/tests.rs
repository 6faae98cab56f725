//! What an operator meets: precedence, all mistakes at once, redaction. Reads no real variable and no real file.

use std::{collections::BTreeMap, io, path::Path, path::PathBuf, time::Duration};

use super::*;

fn load_from(file: &str, env: &[(&str, &str)], flags: &[(&str, &str)], needs: Needs) -> Result<Loaded, Mistakes> {
    load_over(&[], file, env, flags, needs)
}

fn load_over(
    defaults: &[(&'static str, &'static str)],
    file: &str,
    env: &[(&str, &str)],
    flags: &[(&str, &str)],
    needs: Needs,
) -> Result<Loaded, Mistakes> {
    let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    };
    let read = |path: &Path| match path.to_str() {
        Some("/run/token") => Ok("token-from-file\n".to_owned()),
        Some("/run/secrets") => Ok("new\nold\n".to_owned()),
        Some("/run/empty") => Ok("\n".to_owned()),
        _ => Err(io::Error::from(io::ErrorKind::NotFound)),
    };
    let sources = Sources {
        flags: owned(flags),
        defaults,
        env: owned(env).into_iter().collect::<BTreeMap<_, _>>(),
        file: (!file.is_empty()).then(|| (PathBuf::from("worker.yaml"), file.to_owned())),
        read: &read,
    };
    load(&sources, needs, 1)
}

/// A file and nothing else.
pub(super) fn load_file(text: &str) -> Result<Loaded, Mistakes> {
    load_from(text, &[], &[], Needs::default())
}

fn keys_of(result: Result<Loaded, Mistakes>) -> Vec<String> {
    result.expect_err("there are mistakes").0.into_iter().map(|mistake| mistake.key).collect()
}

const USER: &[(&str, &str)] = &[
    ("WHATSAPP_BUSINESS_ACCOUNT_ID", "1001"),
    ("WHATSAPP_PHONE_NUMBER_ID", "2002"),
    ("WHATSAPP_ACCESS_TOKEN", "token-of-env"),
    ("WHATSAPP_API_VERSION", "v24.0"),
    ("WHATSAPP_VERIFY_TOKEN", "verify-me"),
    ("WHATSAPP_WEBHOOK_SECRET", "app-secret"),
    ("AWS_REGION", "eu-central-1"),
    ("MEDIA_BUCKET", "media-bucket"),
    ("DYNAMODB_TABLE", "messages"),
    ("WHATSAPP_RETRY_QUEUE_URL", "https://sqs.example.com/1/q"),
    ("KAFKA_BOOTSTRAP_SERVERS", "broker:9092"),
    ("SCHEMA_REGISTRY_URL", "http://registry:8081"),
];

#[test]
fn the_familiar_variables_are_enough_to_run_everything() {
    let loaded = load_from("", USER, &[], Needs::everything()).expect("a complete configuration");
    let config = &loaded.config;
    let [account] = &config.accounts[..] else { panic!("one account: {:?}", config.accounts) };
    assert_eq!((account.account.alias.as_str(), account.account.app.as_str()), ("default", "default"));
    assert_eq!((account.account.waba_id.as_str(), account.account.phone_number_id.as_str()), ("1001", "2002"));
    assert_eq!(account.token.as_ref().map(|t| t.expose()), Some("token-of-env"));
    assert_eq!(config.apps[0].verify_token.as_ref().map(|t| t.expose()), Some("verify-me"));
    assert_eq!(config.apps[0].secrets[0].expose(), "app-secret");
    assert_eq!(config.graph.api_version, "v24.0");
    assert_eq!(
        (config.media.store.as_str(), config.media.region.as_deref()),
        ("s3://media-bucket", Some("eu-central-1"))
    );
    assert_eq!(loaded.notices.len(), 1, "one line: {:?}", loaded.notices);
    assert!(loaded.notices[0].contains("DYNAMODB_TABLE") && loaded.notices[0].contains("WHATSAPP_RETRY_QUEUE_URL"));
}

#[test]
fn a_flag_wins_over_a_variable_over_the_file_over_the_default() {
    let file = "sender:\n  in_doubt: { wait: 200s }\nretry.attempts: 3\nruntime.window: 7\n";
    let env = [("OMNICHANNEL_SENDER_IN_DOUBT_WAIT", "300s"), ("OMNICHANNEL_RETRY_ATTEMPTS", "4")];
    let config = load_from(file, &env, &[("sender.in_doubt.wait", "400s")], Needs::default()).expect("valid").config;
    assert_eq!(config.sender.in_doubt_wait, Duration::from_secs(400));
    assert_eq!((config.retry.attempts, config.runtime.window, config.runtime.parked_max), (4, 7, 100_000));
}

#[test]
fn defaults_alone_are_valid() {
    let config = load_from("", &[], &[], Needs::default()).expect("valid").config;
    assert_eq!(config.graph.api_version, "v25.0");
    assert_eq!(config.sender.in_doubt_wait, Duration::from_secs(120));
    assert_eq!(config.layout(crate::wire::topics::Profile::Dev).lanes, 3);
    assert!(config.media.store.starts_with("file:///"), "{}", config.media.store);
    assert!(config.accounts.is_empty() && config.apps.is_empty());
}

#[test]
fn all_mistakes_are_told_at_once_with_key_and_fix() {
    let file = "kafka: { bootstrap_server: b:9092, partitions: none }\nhttp: { listen: everywhere }\nretry: [1]\n";
    let env = [("OMNICHANNEL_SENDER_INTENT_VALID", "10"), ("WHATSAPP_PHONE_NUMBER_ID", "+49 151")];
    let error = load_from(file, &env, &[("graph.version", "v1.0")], Needs::everything()).expect_err("many mistakes");
    insta::assert_snapshot!(error.to_string());
}

#[test]
fn a_send_could_happen_twice_if_the_wait_is_too_short() {
    assert_eq!(keys_of(load_from("sender.in_doubt.wait: 90s", &[], &[], Needs::default())), ["sender.in_doubt.wait"]);
    load_from("sender.in_doubt.wait: 90001ms", &[], &[], Needs::default()).expect("just enough");
}

#[test]
fn secrets_come_from_files_too() {
    let file = "apps:\n  - secrets_file: /run/secrets\n\
                accounts:\n  - { waba_id: 1, phone_number_id: 2, token_file: /run/token }\n";
    let config = load_from(file, &[], &[], Needs::default()).expect("valid").config;
    assert_eq!(config.apps[0].secrets.iter().map(|s| s.expose()).collect::<Vec<_>>(), ["new", "old"]);
    assert_eq!(config.accounts[0].token.as_ref().map(|t| t.expose()), Some("token-from-file"));
    let env = [("WHATSAPP_WEBHOOK_SECRET_FILE", "/run/secrets"), ("WHATSAPP_ACCESS_TOKEN_FILE", "/run/nowhere")];
    assert_eq!(keys_of(load_from("", &env, &[], Needs::default())), ["WHATSAPP_ACCESS_TOKEN_FILE"]);
    let twice = [("WHATSAPP_ACCESS_TOKEN", "t"), ("WHATSAPP_ACCESS_TOKEN_FILE", "/run/token")];
    assert_eq!(
        keys_of(load_from("", &twice, &[], Needs::default())),
        ["accounts.0.token", "accounts.0.waba_id", "accounts.0.phone_number_id"]
    );
    let twice = [("KAFKA_PROPERTIES_SASL_PASSWORD", "p"), ("KAFKA_PROPERTIES_SASL_PASSWORD_FILE", "/run/token")];
    assert_eq!(keys_of(load_from("", &twice, &[], Needs::default())), ["kafka.properties.sasl.password"]);
    let both = "apps: [{secrets: a, secrets_file: /run/secrets}]";
    assert_eq!(keys_of(load_from(both, &[], &[], Needs::default())), ["apps.0.secrets"]);
    assert_eq!(
        keys_of(load_from("apps: [{secrets_file: /run/empty}]", &[], &[], Needs::default())),
        ["apps.0.secrets_file"]
    );
}

#[test]
fn a_variable_changes_the_only_account_and_is_refused_beside_several() {
    let one = "accounts: [{alias: shop, waba_id: 1, phone_number_id: 2, token: t}]";
    let config = load_from(one, &[("WHATSAPP_ACCESS_TOKEN", "newer")], &[], Needs::default()).expect("valid").config;
    assert_eq!(config.accounts[0].account.alias, "shop");
    assert_eq!(config.accounts[0].token.as_ref().map(|t| t.expose()), Some("newer"));
    let two = "accounts: [{alias: a, waba_id: 1, phone_number_id: 2}, {alias: b, waba_id: 1, phone_number_id: 3}]";
    assert_eq!(
        keys_of(load_from(two, &[("WHATSAPP_ACCESS_TOKEN", "t")], &[], Needs::default())),
        ["WHATSAPP_ACCESS_TOKEN"]
    );
}

#[test]
fn accounts_name_their_app_and_do_not_share_a_number() {
    let file = "apps: [{name: a, secrets: x}, {name: b, secrets: y}]\n\
                accounts: [{alias: m, waba_id: 1, phone_number_id: 2, app: c}, {alias: m, waba_id: 1, phone_number_id: 2}]";
    assert_eq!(
        keys_of(load_from(file, &[], &[], Needs::default())),
        ["accounts.0.app", "accounts.1.app", "accounts.1.alias", "accounts.1.phone_number_id"]
    );
}

#[test]
fn an_entry_that_nobody_would_read_is_refused_however_high_its_number() {
    for flag in
        ["accounts.18446744073709551615.token", "accounts.1000000000.token", "accounts.1.token", "accounts.00.token"]
    {
        let (entry, _) = flag.rsplit_once('.').expect("a path");
        assert_eq!(keys_of(load_from("", &[], &[(flag, "x")], Needs::default())), [entry]);
    }
    let one = "accounts: [{alias: a, waba_id: 1, phone_number_id: 2}]";
    let second = [("accounts.1.alias", "b"), ("accounts.1.waba_id", "1"), ("accounts.1.phone_number_id", "3")];
    assert_eq!(load_from(one, &[], &second, Needs::default()).expect("valid").config.accounts.len(), 2);
}

#[test]
fn a_webhook_path_that_cannot_be_served_is_refused() {
    for path in ["/:x", "/*x", "/healthz", "/readyz", "/metrics"] {
        assert_eq!(keys_of(load_from("", &[], &[("http.path", path)], Needs::default())), ["http.path"], "{path}");
    }
}

#[test]
fn a_webhook_that_no_raw_record_could_hold_is_not_promised() {
    let limit = |text| load_from("", &[], &[("http.body_limit", text)], Needs::default());
    assert_eq!(limit("4032KiB").expect("fits").config.http.body_limit, 4032 << 10);
    assert_eq!(keys_of(limit("4033KiB")), ["http.body_limit"]);
}

#[test]
fn there_is_always_a_default_queue() {
    for file in ["routing.queues: [sales]", "routing.queues: []"] {
        assert_eq!(keys_of(load_from(file, &[], &[], Needs::default())), ["routing.queues"]);
    }
}

#[test]
fn properties_pass_through_except_those_the_promises_rest_on() {
    let file = "kafka: { properties: { security.protocol: SASL_SSL, sasl: { password_file: /run/token } } }";
    let env = [("KAFKA_PROPERTIES_SSL_CA_LOCATION", "/ca.pem")];
    let config = load_from(file, &env, &[], Needs::default()).expect("valid").config;
    let pairs: Vec<_> = config.kafka.properties.expose().iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        pairs,
        [("sasl.password", "token-from-file"), ("security.protocol", "SASL_SSL"), ("ssl.ca.location", "/ca.pem")]
    );
    let ours = "kafka.properties: { isolation.level: read_uncommitted }";
    assert_eq!(keys_of(load_from(ours, &[], &[], Needs::default())), ["kafka.properties.isolation.level"]);
}

#[test]
fn no_secret_is_shown_logged_or_told_in_a_mistake() {
    let env: Vec<_> = USER.iter().copied().chain([("KAFKA_PROPERTIES_SASL_PASSWORD", "hunter2")]).collect();
    let loaded = load_from("", &env, &[], Needs::everything()).expect("valid");
    let broken = "apps: [{secrets: {hunter2: hunter2}}]\naccounts: [{token: [hunter2, app-secret]}]";
    let mistakes = load_from(broken, &[], &[], Needs::default()).expect_err("not texts").to_string();
    let torn = load_from("apps: [{secrets: 'hunter2", &[], &[], Needs::default()).expect_err("no YAML").to_string();
    for text in [loaded.show(), &format!("{:?}", loaded.config), &mistakes, &torn] {
        for secret in ["token-of-env", "verify-me", "app-secret", "hunter2"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    assert!(loaded.show().contains("# accounts.0.token: set, not shown  # variable WHATSAPP_ACCESS_TOKEN"));
}

#[test]
fn what_is_shown_can_be_read_again() {
    let loaded =
        load_from("routing.queues: [default, sales]", &[("LOG_FORMAT", "json")], &[], Needs::default()).expect("valid");
    assert!(loaded.show().contains("telemetry.log_format: \"json\"  # variable LOG_FORMAT"), "{}", loaded.show());
    let again = load_from(loaded.show(), &[], &[], Needs::default()).expect("valid again");
    assert_eq!(format!("{:?}", again.config), format!("{:?}", loaded.config));
}

#[test]
fn prefixes_that_begin_alike_are_refused() {
    let file = "kafka.prefix: { whatsapp: t., omnichannel: t.omni. }";
    assert_eq!(keys_of(load_from(file, &[], &[], Needs::default())), ["kafka.prefix"]);
}

/// A default is written twice, for the reader of the documentation and for a component used without configuration.
#[test]
fn defaults_are_those_of_the_components() {
    let config = load_from("", &[], &[], Needs::default()).expect("valid").config;
    assert_eq!(format!("{:?}", config.worker()), format!("{:?}", crate::runtime::worker::Settings::default()));
    assert_eq!(config.receiver(), crate::http::receiver::Settings::default());
    let graph =
        crate::adapters::graph::Settings { base_url: "https://graph.facebook.com/".to_owned(), ..Default::default() };
    assert_eq!(format!("{:?}", config.graph_client()), format!("{graph:?}"));
    let sender = config.sender_stage();
    assert_eq!(sender, crate::stages::sender::Settings::new(crate::stages::sender::Values::default()));
    assert_eq!(config.ingress_stage(), crate::stages::ingress::Settings::default());
    assert_eq!(format!("{:?}", config.media_stage()), format!("{:?}", crate::stages::media::Settings::default()));
    assert_eq!(config.registry().timeout, crate::adapters::registry::Settings::TIMEOUT);
    let kafka = config.kafka_client();
    assert_eq!(kafka.transaction_timeout, crate::adapters::kafka::Settings::default().transaction_timeout);
    assert_eq!(kafka.session_timeout, crate::adapters::kafka::Settings::default().session_timeout);
}

#[test]
fn a_misspelt_variable_is_named_and_a_foreign_one_is_not() {
    let env = [("OMNICHANNEL_RUNTIME_WINDOWS", "1"), ("OMNICHANNEL_WHATSAPP_SERVICE_HOST", "10.0.0.1")];
    let notices = load_from("", &env, &[], Needs::default()).expect("valid").notices;
    assert_eq!(notices, ["OMNICHANNEL_RUNTIME_WINDOWS is not a setting; OMNICHANNEL_RUNTIME_WINDOW is"]);
}

#[test]
fn a_registry_user_needs_a_password() {
    let file = "schema_registry: { url: ['http://a:1', 'http://b:2'], username: ada }";
    assert_eq!(keys_of(load_from(file, &[], &[], Needs::default())), ["schema_registry.password"]);
    let config = load_from(file, &[("SCHEMA_REGISTRY_PASSWORD", "p")], &[], Needs::default()).expect("valid").config;
    assert_eq!(config.registry().urls, ["http://a:1/", "http://b:2/"]);
    assert!(config.registry().basic_auth.is_some());
}

#[test]
fn a_commands_default_is_below_every_other_source() {
    let attempts = |file, env: &[_]| {
        let loaded = load_over(&[("retry.attempts", "3")], file, env, &[], Needs::default());
        loaded.expect("no mistake").config.retry.attempts
    };
    assert_eq!(attempts("", &[]), 3);
    assert_eq!(attempts("retry.attempts: 4", &[]), 4);
    assert_eq!(attempts("retry.attempts: 4", &[("OMNICHANNEL_RETRY_ATTEMPTS", "5")]), 5);
}
