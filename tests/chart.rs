//! The chart's configuration is one that the worker accepts. Rendering is `make helm`'s; this must not need helm.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_yaml_ng::{Mapping, Value};

const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/helm/omnichannel-whatsapp");
const SECRETS: &str = "/run/secrets/omnichannel-whatsapp";

fn read(file: &Path) -> Value {
    let text = fs::read_to_string(file).expect("the chart is part of the repository");
    serde_yaml_ng::from_str(&text).expect("values are YAML")
}

/// As helm lays one values file over another: mappings are merged, everything else is replaced.
fn merge(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Mapping(below), Value::Mapping(above)) => {
            for (key, value) in above {
                merge(below.entry(key).or_insert(Value::Mapping(Mapping::new())), value);
            }
        }
        (below, above) => *below = above,
    }
}

fn examples() -> Vec<PathBuf> {
    let listed = fs::read_dir(Path::new(CHART).join("ci")).expect("the chart has examples");
    listed.map(|entry| entry.expect("it can be listed").path()).collect()
}

/// The `config` of the values, with the mounted Secret's folder replaced by one that exists here.
fn config_of(example: &Path, secrets: &Path) -> String {
    let mut values = read(&Path::new(CHART).join("values.yaml"));
    merge(&mut values, read(example));
    let text = serde_yaml_ng::to_string(&values["config"]).expect("it came from YAML");
    assert!(text.contains(SECRETS), "{}: no secret is read from the mounted folder", example.display());
    text.replace(SECRETS, secrets.to_str().expect("the folder is UTF-8"))
}

/// Whether `config check` accepts it, and its words.
fn check(config: &str, folder: &Path) -> (bool, String) {
    check_with(&[], config, folder)
}

fn check_with(env: &[(&str, &str)], config: &str, folder: &Path) -> (bool, String) {
    let file = folder.join("config.yaml");
    fs::write(&file, config).expect("the folder is writable");
    let checked = Command::new(env!("CARGO_BIN_EXE_omnichannel-whatsapp"))
        .args(["config", "check", "--config"])
        .arg(&file)
        .env_clear()
        .envs(env.iter().copied())
        .output()
        .expect("the binary runs");
    (checked.status.success(), String::from_utf8_lossy(&checked.stderr).into_owned())
}

fn secrets() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["app-secrets", "verify-token", "access-token", "registry-password"] {
        fs::write(folder.path().join(name), "0123456789abcdef0123456789abcdef\n").expect("the folder is writable");
    }
    folder
}

#[test]
fn every_example_is_a_configuration_that_the_worker_accepts() {
    let secrets = secrets();
    let examples = examples();
    assert!(examples.len() >= 2, "{examples:?}");
    for example in examples {
        let (accepted, words) = check(&config_of(&example, secrets.path()), secrets.path());
        assert!(accepted, "{}: {words}", example.display());
    }
}

/// Its root is read-only, so tables must lie on the mounted volume.
#[test]
fn tables_lie_on_the_volume() {
    let values = read(&Path::new(CHART).join("values.yaml"));
    assert_eq!(values["config"]["state"]["store"].as_str(), Some("disk"));
    let path = values["config"]["state"]["path"].as_str().expect("a path");
    let deployment = fs::read_to_string(Path::new(CHART).join("templates/workload.yaml")).expect("the template");
    let mount = deployment.lines().skip_while(|line| !line.contains("- name: data")).nth(1).expect("a mount");
    let mounted = mount.trim().strip_prefix("mountPath: ").expect("a mount path");
    assert!(Path::new(path).starts_with(mounted), "{path} is not in {mounted}");
    assert!(values["dataVolume"]["emptyDir"].is_mapping());
}

#[test]
fn a_key_that_the_worker_does_not_know_is_not_let_through() {
    let secrets = secrets();
    let config = config_of(&Path::new(CHART).join("ci/minimal.yaml"), secrets.path());
    let (accepted, words) = check(&config.replace("bootstrap_servers", "bootstrap_server"), secrets.path());
    assert!(!accepted && words.contains("bootstrap_server"), "{words}");
}

/// What `templates/workload.yaml` puts beside the file for a StatefulSet.
#[test]
fn a_statefulsets_pod_is_a_static_member_under_its_own_name() {
    let secrets = secrets();
    let config = config_of(&Path::new(CHART).join("ci/stateful.yaml"), secrets.path());
    let template = fs::read_to_string(Path::new(CHART).join("templates/workload.yaml")).expect("the template");
    let (name, membership) = ("OMNICHANNEL_INSTANCE", "OMNICHANNEL_KAFKA_MEMBERSHIP");
    assert!(template.contains(name) && template.contains(membership));
    let (accepted, words) = check_with(&[(name, "whatsapp-0"), (membership, "static")], &config, secrets.path());
    assert!(accepted, "{words}");
    let (accepted, words) = check_with(&[(membership, "static")], &config, secrets.path());
    assert!(!accepted && words.contains("kafka.membership"), "a name that comes back is needed: {words}");
}

#[test]
fn the_chart_installs_this_version() {
    let chart = read(&Path::new(CHART).join("Chart.yaml"));
    assert_eq!(chart["appVersion"].as_str(), Some(env!("CARGO_PKG_VERSION")));
}
