//! What scenarios are written with. It must not know what a scenario proves.
#![allow(dead_code)] // a tool box: not every scenario needs every tool

use std::io::Write as _;

pub mod clients;
pub mod kafka;
pub mod observer;
pub mod pipeline;
pub mod ports;
pub mod process;
pub mod proxies;
pub mod proxy;
pub mod scenario;
pub mod stack;
pub mod wait;
pub mod webhooks;

/// Says it where it is seen: what a test that passes prints with `eprintln!` is kept from everybody.
pub fn say(what: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{what}");
}

/// For scenarios that speak HTTP themselves.
pub fn http_client() -> reqwest::Client {
    let limit = std::time::Duration::from_secs(10);
    // no idle connection: it would belong to the runtime of the test that made it, and clients are shared
    reqwest::Client::builder().timeout(limit).pool_max_idle_per_host(0).build().expect("the settings are valid")
}
