//! Who this process is among its like: part of transactional ids, so unique, and stable where the platform makes it so.

use std::collections::BTreeMap;

/// What is taken where nobody set one.
#[derive(Debug, PartialEq, Eq)]
pub struct Derived {
    pub name: String,
    /// A successor gets it again.
    pub stable: bool,
}

/// A StatefulSet's pod is named `<set>-<ordinal>` again after a restart, so its successor ends its transactions at once.
/// Elsewhere the name must only be unique.
#[must_use]
pub fn derive(env: &BTreeMap<String, String>, process: u32) -> Derived {
    let set = |name: &str| env.get(name).filter(|value| !value.is_empty());
    let host = set("HOSTNAME").map_or("host", String::as_str);
    let ordinal = host.rsplit_once('-').is_some_and(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    if set("KUBERNETES_SERVICE_HOST").is_some() && ordinal {
        return Derived { name: host.to_owned(), stable: true };
    }
    let name = set("POD_UID").cloned().unwrap_or_else(|| format!("{host}-{process}"));
    Derived { name, stable: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(env: &[(&str, &str)]) -> (String, bool) {
        let Derived { name, stable } =
            derive(&env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(), 42);
        (name, stable)
    }

    #[test]
    fn a_stateful_pod_keeps_its_name_and_others_are_unique() {
        let in_kubernetes = ("KUBERNETES_SERVICE_HOST", "10.0.0.1");
        let named = |name: &str, stable| (name.to_owned(), stable);
        assert_eq!(derived(&[in_kubernetes, ("HOSTNAME", "worker-3"), ("POD_UID", "u-1")]), named("worker-3", true));
        assert_eq!(derived(&[in_kubernetes, ("HOSTNAME", "worker-5d9-x7k"), ("POD_UID", "u-1")]), named("u-1", false));
        assert_eq!(derived(&[("HOSTNAME", "laptop-2")]), named("laptop-2-42", false));
        assert_eq!(derived(&[]), named("host-42", false));
    }
}
