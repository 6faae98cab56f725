//! Free ports for servers that a test starts. It must not choose from the range that outgoing connections take theirs from:
//! a port has to stay free until it is bound, and through the restart of its server.

use std::{fs, net::TcpListener};

use rand::seq::SliceRandom;

const LOWEST: u16 = 10_000;
const HIGHEST: u16 = 19_999; // the stack's own servers are above

/// A port of 127.0.0.1 on which nothing listens now.
pub fn free() -> u16 {
    let ephemeral = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")
        .ok()
        .and_then(|limits| limits.split_whitespace().next()?.parse().ok())
        .unwrap_or(32_768);
    let mut candidates: Vec<u16> = (LOWEST..HIGHEST.min(ephemeral.max(LOWEST + 1_000))).collect();
    candidates.shuffle(&mut rand::rng());
    candidates
        .into_iter()
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a thousand ports and more were tried")
}
