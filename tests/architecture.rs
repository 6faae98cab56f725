//! Holds the arrows of `lib.rs`: who may import whom, and where the crates with side effects may appear. It reads sources; it must
//! not trust a name to be where it says.

#[path = "architecture/paths.rs"]
mod paths;
#[path = "architecture/rules.rs"]
mod rules;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use rules::{ARROWS, CRATES, Violation, violations};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src is there").map(|entry| entry.expect("it can be listed").path()) {
        if entry.is_dir() {
            sources(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

fn all_sources() -> Vec<(Vec<String>, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    files.sort();
    let read = |file: &PathBuf| {
        let relative = file.strip_prefix(&src).expect("it was found there").with_extension("");
        let module = relative.iter().map(|part| part.to_str().expect("module names are ASCII").to_owned()).collect();
        (module, fs::read_to_string(file).expect("sources are UTF-8"))
    };
    files.iter().map(read).collect()
}

fn found_in(file: &str, source: &str) -> Vec<Violation> {
    let module: Vec<String> = file.split('/').map(str::to_owned).collect();
    violations(&module, source)
}

#[test]
fn every_import_follows_an_arrow() {
    let found: Vec<String> = all_sources()
        .iter()
        .flat_map(|(module, source)| violations(module, source))
        .map(|violation| violation.to_string())
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_module_has_its_arrows() {
    for (module, _) in all_sources() {
        assert!(
            ARROWS.iter().any(|arrow| arrow.module == module[0]),
            "{} is not in tests/architecture/rules.rs",
            module[0]
        );
    }
}

/// Every pair of modules, as an import: caught exactly where no arrow leads.
#[test]
fn each_arrow_that_does_not_exist_is_caught() {
    for from in ARROWS {
        for to in ARROWS.iter().filter(|to| to.module != from.module) {
            let import = format!("use crate::{}::inner::Thing;", to.module);
            let listed = from.may.contains(&to.module) || from.may.contains(&"*");
            let allowed = listed && !from.never.contains(&to.module);
            assert_eq!(found_in(from.module, &import).is_empty(), allowed, "{} → {}", from.module, to.module);
        }
    }
}

#[test]
fn adapters_see_the_ports_of_their_callers_and_nothing_behind_them() {
    assert_eq!(found_in("adapters/graph", "use crate::stages::ports::Graph;"), []);
    assert_eq!(found_in("adapters/graph", "use crate::http::ports::Produce;"), []);
    assert_eq!(found_in("adapters/graph", "use crate::stages::sender::Sender;").len(), 1);
    assert_eq!(found_in("adapters/graph", "use crate::stages::{ports::Graph, sender};").len(), 1);
    assert_eq!(found_in("adapters/kafka", "use crate::runtime::worker::Worker;").len(), 1);
}

#[test]
fn crates_with_side_effects_stay_where_they_belong() {
    for rule in CRATES {
        let import = format!("use {}::thing::Thing;", rule.name);
        for arrow in ARROWS {
            let allowed = rule.only_in.contains(&arrow.module);
            assert_eq!(found_in(arrow.module, &import).is_empty(), allowed, "{} in {}", rule.name, arrow.module);
        }
    }
}

/// Tests turn the feature on by a dev-dependency of the crate on itself, which must not reach anybody else.
#[test]
fn what_users_build_has_no_crash_points() {
    let features = |edges: &str| {
        let cargo = std::env::var("CARGO").expect("cargo runs the tests");
        let asked = ["tree", "--locked", "--offline", "--depth", "0", "--format", "{f}", "--edges", edges];
        let told = Command::new(cargo).args(asked).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("it runs");
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        String::from_utf8_lossy(&told.stdout).into_owned()
    };
    assert!(features("all").contains("crash-points"), "the tests are built with them");
    assert!(!features("normal").contains("crash-points"));
}

/// However an import is written, it is seen.
#[test]
fn no_spelling_hides_an_import() {
    for source in [
        "use crate::stages;",
        "use crate::stages as other;",
        "use crate::{telemetry::Signal, stages::{self, sender}};",
        "use crate::{telemetry::*, wire::records::*};",
        "use super::super::stages::sender::Sender;",
        "use crate::runtime::super::stages::Sender;",
        "fn f() -> crate::stages::sender::Sender { todo() }",
        "fn f() { let s = <crate::stages::Sender as Default>::default(); }",
        "fn f() { assert_eq!(1, crate::stages::count()); }",
        "mod tests { use super::super::super::stages::Sender; }",
        "mod tests { mod deeper { fn f() { super::super::super::super::stages::run() } } }",
        "pub use omnichannel_whatsapp::stages::Sender;",
        "fn f() { rdkafka::util::get_rdkafka_version(); }",
        "use ::rdkafka::config::ClientConfig;",
        "fn f() -> u8 { return ::rdkafka::version(); }",
        "use rdkafka as kafka;",
        "extern crate rdkafka;",
    ] {
        assert!(!found_in("runtime/worker", source).is_empty(), "missed: {source}");
    }
}

#[test]
fn what_only_looks_like_an_import_is_let_through() {
    for source in [
        "//! see [`crate::stages`] and rdkafka::Thing",
        "const NAME: &str = \"crate::stages::sender\";",
        "pub(crate) fn f() {}",
        "use super::fault::Fault;",
        "use self::log::Log;",
        "mod tests { use super::*; use super::super::fault::Fault; }",
        "fn f(x: X) { x.rdkafka(); let stages = 1; Self::stages(); }",
        "mod stages {} use crate::runtime::stages::Local;",
    ] {
        assert_eq!(found_in("runtime/worker", source), [], "{source}");
    }
}
