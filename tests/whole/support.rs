//! What scenarios are written with. It must not know what a scenario proves.
#![allow(dead_code)] // a tool box: not every scenario needs every tool

pub mod clients;
pub mod kafka;
pub mod ports;
pub mod process;
pub mod scenario;
pub mod stack;
pub mod wait;

/// For scenarios that speak HTTP themselves.
pub fn http_client() -> reqwest::Client {
    let limit = std::time::Duration::from_secs(10);
    reqwest::Client::builder().timeout(limit).build().expect("the settings are valid")
}
