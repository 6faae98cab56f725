//! The generated pages under docs/ are what the code says today. `UPDATE_DOCS=1` writes them instead of comparing.

use std::{
    fs,
    path::{Path, PathBuf},
};

use omnichannel_whatsapp::{
    config, ops, telemetry,
    wire::{
        graph::{limits, request},
        send_command::validate,
        send_command_json::parse,
        topics::catalogue,
    },
};
use serde_json::Value;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

fn is_current(name: &str, page: &str) {
    let path = path(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, page).expect("docs/ can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/{name} is not current: run UPDATE_DOCS=1 cargo test --test docs");
}

/// Who opens the page and who opens the code see the same picture.
#[test]
fn the_readme_draws_the_map_of_the_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name| fs::read_to_string(root.join(name)).expect("a file of ours");
    let (code, page) = (read("src/lib.rs"), read("README.md"));
    let (_, map) = code.split_once("//! # The map\n//!\n//! ```text\n").expect("the map begins");
    let (map, _) = map.split_once("//! ```").expect("the map ends");
    let map: Vec<&str> = map.lines().map(|line| line.strip_prefix("//! ").unwrap_or_default()).collect();
    assert!(page.contains(&map.join("\n")), "README.md draws another map than src/lib.rs");
}

#[test]
fn topics_are_current() {
    is_current("topics.md", &ops::topics::page(catalogue()));
}

#[test]
fn settings_are_current() {
    is_current("configuration.md", &config::page());
}

#[test]
fn signals_are_current() {
    is_current("signals.md", &telemetry::page());
}

/// The page of sending is written by hand, but for its table.
#[test]
fn limits_are_current() {
    const BEGIN: &str = "<!-- limits: written from src/wire/graph/limits.rs -->\n";
    const END: &str = "<!-- end of limits -->";
    let written = fs::read_to_string(path("sending.md")).expect("the page");
    let (before, rest) = written.split_once(BEGIN).expect("the table begins");
    let (_, after) = rest.split_once(END).expect("the table ends");
    is_current("sending.md", &format!("{before}{BEGIN}{}{END}{after}", limits::table()));
}

/// The commands of the page of sending.
fn examples() -> Vec<Value> {
    let page = fs::read_to_string(path("sending.md")).expect("the page");
    let blocks = page.split("```json\n").skip(1).map(|rest| rest.split_once("```").expect("the block ends").0);
    blocks.map(|block| serde_json::from_str(block).unwrap_or_else(|error| panic!("{error}\n{block}"))).collect()
}

#[test]
fn every_example_of_sending_can_be_sent() {
    for example in examples() {
        let command =
            parse(example.to_string().as_bytes(), "c-1").unwrap_or_else(|wrong| panic!("{wrong:?}\n{example}"));
        let built = validate(&command).and_then(|valid| request::build(&valid));
        assert_eq!(built.err(), None, "{example}");
    }
}

#[test]
fn there_is_an_example_of_every_content_and_interactive_type() {
    const CONTENTS: [&str; 11] = [
        "text",
        "media",
        "location",
        "contacts",
        "reaction",
        "interactive",
        "template",
        "mark_read",
        "typing",
        "pin",
        "raw_json",
    ];
    const TYPES: [&str; 15] = [
        "button",
        "list",
        "cta_url",
        "flow",
        "carousel",
        "product",
        "product_list",
        "catalog_message",
        "location_request_message",
        "call_permission_request",
        "voice_call",
        "request_contact_info",
        "address_message",
        "order_details",
        "order_status",
    ];
    let examples = examples();
    for content in CONTENTS {
        assert!(examples.iter().any(|example| example.get(content).is_some()), "no example of {content}");
    }
    for kind in TYPES {
        let is = |example: &Value| example["interactive"]["type"] == kind;
        assert!(examples.iter().any(is), "no example of {kind}");
    }
}
