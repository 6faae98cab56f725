//! The generated pages under docs/ are what the code says today. `UPDATE_DOCS=1` writes them instead of comparing.

use std::{fs, path::Path};

use omnichannel_whatsapp::{config, ops, telemetry, wire::topics::catalogue};

fn is_current(name: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, page).expect("docs/ can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/{name} is not current: run UPDATE_DOCS=1 cargo test --test docs");
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
