//! `templates` as a person runs it: the binary against the simulator, and for `sync` an embedded broker and registry.

use std::{path::Path, process::Output};

use omnichannel_whatsapp::{
    adapters::kafka::{Settings, embedded::EmbeddedBroker, scan::Scan},
    simulator::{registry, templates::Verdict},
    wire::topics::{Profile, catalogue},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, process::Command};

use super::harness::{NUMBER, World};

const WABA: &str = "100000000000001";

async fn run(world: &World, args: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_omnichannel-whatsapp"));
    command.arg("templates").args(args).env_clear().envs([
        ("GRAPH_BASE_URL", world.base_url.as_str()),
        ("WHATSAPP_BUSINESS_ACCOUNT_ID", WABA),
        ("WHATSAPP_PHONE_NUMBER_ID", NUMBER),
        ("WHATSAPP_ACCESS_TOKEN", "simulator-token"),
    ]);
    command.envs(env.iter().copied()).output().await.unwrap()
}

/// Exit code and standard output.
async fn told(world: &World, args: &[&str]) -> (Option<i32>, String) {
    let output = run(world, args, &[]).await;
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

fn decide(world: &World, name: &str, status: &str) {
    let verdict = Verdict { name: name.to_owned(), status: Some(status.to_owned()), ..Verdict::default() };
    world.simulator.decide(&verdict).unwrap();
}

#[tokio::test]
async fn templates_are_listed_and_shown_for_people_and_for_programs() {
    let world = World::with_three_templates().await;
    let (code, words) = told(&world, &["list"]).await;
    assert_eq!((code, words.lines().count()), (Some(0), 4), "{words}");
    assert!(words.starts_with("NAME") && words.contains("order_ready  de        UTILITY   APPROVED"), "{words}");
    let (_, lines) = told(&world, &["list", "--json"]).await;
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((&first["name"], &first["waba_id"]), (&json!("hello_world"), &json!(WABA)));
    let (code, words) = told(&world, &["show", "order_ready", "--language", "de"]).await;
    assert!(code == Some(0) && words.contains("Simulated text: {{1}} {{2}}."), "{words}");
    let (code, words) = told(&world, &["show", "order_ready", "--language", "fr"]).await;
    assert_eq!((code, words.as_str()), (Some(1), ""));
}

fn edit(folder: &Path, file: &str, change: impl FnOnce(&mut Value)) {
    let path = folder.join(file);
    let mut definition = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut definition);
    std::fs::write(path, definition.to_string()).unwrap();
}

#[tokio::test]
async fn files_are_pulled_compared_and_pushed() {
    let (world, folder) = (World::with_three_templates().await, tempfile::tempdir().unwrap());
    let (dir, path) = (folder.path(), folder.path().to_str().unwrap());
    assert_eq!(told(&world, &["pull", path]).await.0, Some(0));
    assert_eq!(told(&world, &["diff", path]).await, (Some(0), String::new()));
    assert!(told(&world, &["pull", path]).await.1.ends_with("0 of 3 files written\n"), "nothing has changed");

    edit(dir, "order_ready.de.json", |one| one["components"][0]["text"] = json!("Bereit: {{1}}, {{2}}."));
    edit(dir, "order_ready.de.json", |one| one["components"][0]["example"] = json!({"body_text": [["7", "8"]]}));
    let british = "hello_world.en_GB.json";
    std::fs::rename(dir.join("hello_world.en_US.json"), dir.join(british)).unwrap();
    edit(dir, british, |one| one["language"] = json!("en_GB"));
    let (code, words) = told(&world, &["diff", path]).await;
    assert_eq!(code, Some(1));
    for line in ["+++ file/order_ready.de.json", "--- meta/hello_world.en_US.json", "+++ file/hello_world.en_GB.json"] {
        assert!(words.contains(line), "{line}: {words}");
    }
    let (code, words) = told(&world, &["push", path, "--dry-run"]).await;
    assert!(code == Some(0) && words.contains("create  hello_world en_GB\nedit    order_ready de\n"), "{words}");
    assert_eq!(world.simulator.templates().len(), 3, "a dry run changes nothing");
    let (code, words) = told(&world, &["push", path]).await;
    assert!(code == Some(0) && words.contains("create  hello_world en_GB PENDING"), "{words}");
    assert_eq!(world.simulator.templates().len(), 4);
    let (code, words) = told(&world, &["push", path]).await;
    assert!(code == Some(0) && words == "3 files, 3 the same, 0 refused\n", "{words}");
}

#[tokio::test]
async fn what_meta_would_refuse_is_not_sent() {
    let (world, folder) = (World::with_three_templates().await, tempfile::tempdir().unwrap());
    let (dir, path) = (folder.path(), folder.path().to_str().unwrap());
    told(&world, &["pull", path]).await;
    decide(&world, "hello_world", "PENDING");
    edit(dir, "hello_world.en_US.json", |one| one["components"][0]["text"] = json!("Other"));
    std::fs::rename(dir.join("order_ready.en.json"), dir.join("Order Ready.en.json")).unwrap();
    edit(dir, "Order Ready.en.json", |one| one["name"] = json!("Order Ready"));
    let (code, words) = told(&world, &["push", path]).await;
    assert_eq!(code, Some(1));
    assert!(words.contains("refuse  hello_world en_US: status: Meta takes changes of"), "{words}");
    assert!(words.contains("refuse  Order Ready en: name: use lowercase"), "{words}");
    assert_eq!(world.simulator.templates().len(), 3);
    let (code, _) = told(&world, &["diff", "/nowhere"]).await;
    assert_eq!(code, Some(1));
}

/// Keys of what lies on the topic, in order.
async fn keys(settings: &Settings) -> Vec<String> {
    let settings = settings.clone();
    let read = move || {
        let mut scan = Scan::whole(&settings, "whatsapp.templates").unwrap();
        std::iter::from_fn(|| scan.next_record().unwrap()).filter_map(|r| Some(r.key_str()?.to_owned())).collect()
    };
    tokio::task::spawn_blocking(read).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_brings_the_catalogue_to_what_meta_has_and_writes_nothing_twice() {
    let world = World::with_three_templates().await;
    let broker = EmbeddedBroker::start().unwrap();
    for topic in catalogue().topics(&catalogue().layout(Profile::Dev)) {
        broker.create_topic(&topic.name, topic.partitions).unwrap();
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // ends with the test's runtime
    tokio::spawn(registry::serve(listener, std::future::pending()));
    let env = [("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap_servers()), ("SCHEMA_REGISTRY_URL", url.as_str())];
    let mut register = Command::new(env!("CARGO_BIN_EXE_omnichannel-whatsapp"));
    let registered = register.args(["schemas", "register"]).env_clear().envs(env).output().await.unwrap();
    assert!(registered.status.success(), "{}", String::from_utf8_lossy(&registered.stderr));
    let sync = async |args: &[&str]| {
        let output = run(&world, &[&["sync"], args].concat(), &env).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let settings = Settings { bootstrap: broker.bootstrap_servers().to_owned(), embedded: true, ..Settings::default() };

    assert!(sync(&["--dry-run"]).await.contains("3 new, 0 changed, 0 deleted, 0 the same (dry run"));
    assert_eq!(keys(&settings).await, Vec::<String>::new());
    assert!(sync(&[]).await.contains("3 new, 0 changed, 0 deleted, 0 the same"));
    assert!(sync(&[]).await.contains("0 new, 0 changed, 0 deleted, 3 the same"));
    let all = ["hello_world/en_US", "order_ready/de", "order_ready/en"].map(|name| format!("{WABA}/{name}"));
    assert_eq!(keys(&settings).await, all);

    decide(&world, "hello_world", "PAUSED");
    assert!(sync(&["--account", "default"]).await.contains("changed hello_world en_US PAUSED\n"));
    assert_eq!(keys(&settings).await[3], all[0]);
}
