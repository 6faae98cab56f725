//! The arrows as data, and the check of one file against them. It must not read files.

use std::fmt;

use crate::paths::{Root, uses};

/// Who may import what; `*` is everything, a path such as `stages::ports` only what is below it.
pub struct Arrow {
    pub module: &'static str,
    pub may: &'static [&'static str],
    /// Exceptions to `may`.
    pub never: &'static [&'static str],
}

const fn arrow(module: &'static str, may: &'static [&'static str]) -> Arrow {
    Arrow { module, may, never: &[] }
}

pub const ARROWS: &[Arrow] = &[
    arrow("domain", &[]),
    arrow("telemetry", &[]),
    arrow("runtime", &["telemetry"]),
    arrow("wire", &["runtime", "domain"]),
    arrow("stages", &["wire", "runtime", "domain", "telemetry"]),
    arrow("http", &["wire", "runtime", "domain", "telemetry"]),
    Arrow {
        module: "adapters",
        may: &["stages::ports", "http::ports", "runtime", "wire", "domain", "telemetry"],
        // of the runtime its ports and their vocabulary, not what decides
        never: &["runtime::worker", "runtime::supervisor", "runtime::partition"],
    },
    arrow("simulator", &["wire", "domain", "adapters"]),
    arrow("ops", &["adapters", "wire", "runtime", "domain", "telemetry"]),
    // builds every component's Settings, so it may name every component
    Arrow { module: "config", may: &["*"], never: &["app", "cli"] },
    arrow("app", &["*"]),
    arrow("cli", &["*"]),
    arrow("main", &["*"]),
    arrow("allocator", &[]),
    arrow("lib", &["*"]),
];

/// A crate that acts on the world, or that is about to be replaced, and the modules that may name it.
pub struct CrateRule {
    pub name: &'static str,
    pub only_in: &'static [&'static str],
}

pub const CRATES: &[CrateRule] = &[
    CrateRule { name: "rdkafka", only_in: &["adapters"] },
    CrateRule { name: "reqwest", only_in: &["adapters", "simulator"] },
    CrateRule { name: "fjall", only_in: &["adapters"] },
    CrateRule { name: "object_store", only_in: &["adapters"] },
    CrateRule { name: "schema_registry_converter", only_in: &["adapters"] },
    // what answers HTTP: the receiver and operations pages, the simulator, the embedded registry, and app, which serves the first two
    CrateRule { name: "axum", only_in: &["http", "simulator", "adapters", "app"] },
    CrateRule { name: "backoff", only_in: &["runtime"] },
    CrateRule { name: "clap", only_in: &["cli", "main"] },
    CrateRule { name: "tikv_jemallocator", only_in: &["allocator"] },
];

#[derive(Debug, PartialEq, Eq)]
pub struct Violation {
    pub file: String,
    pub line: usize,
    pub path: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{}.rs:{}: may not use {}", self.file, self.line, self.path)
    }
}

/// What the file of this module path imports against the rules.
pub fn violations(module: &[String], source: &str) -> Vec<Violation> {
    let own = module[0].as_str();
    let mut found = Vec::new();
    for used in uses(source, module) {
        let allowed = match used.root {
            Root::Crate => used.path.is_empty() || used.path[0] == own || may(own, &used.path),
            Root::Elsewhere => may_name_crate(own, &used.path[0]),
        };
        if !allowed {
            found.push(Violation { file: module.join("/"), line: used.line, path: used.path.join("::") });
        }
    }
    found
}

fn may(own: &str, path: &[String]) -> bool {
    let covers = |rule: &str| {
        rule == "*" || rule.split("::").enumerate().all(|(n, part)| path.get(n).is_some_and(|p| p == part))
    };
    let arrow = ARROWS.iter().find(|arrow| arrow.module == own);
    arrow.is_some_and(|arrow| arrow.may.iter().any(|rule| covers(rule)) && !arrow.never.iter().any(|rule| covers(rule)))
}

fn may_name_crate(own: &str, name: &str) -> bool {
    CRATES.iter().find(|rule| rule.name == name).is_none_or(|rule| rule.only_in.contains(&own))
}
