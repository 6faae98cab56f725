//! Who stands before the terminal: the name that audit records carry. Proves nothing: access is the broker's to refuse.

use std::env;

/// What `--by` said, else `user@host`.
#[must_use]
pub fn operator(named: Option<&str>) -> String {
    named.map_or_else(|| at_host(env::var("USER").or_else(|_| env::var("LOGNAME")).ok().as_deref()), str::to_owned)
}

/// A container has no name for its user, only a number.
fn at_host(user: Option<&str>) -> String {
    let host = rustix::system::uname();
    let host = host.nodename().to_string_lossy();
    match user.filter(|user| !user.is_empty()) {
        Some(user) => format!("{user}@{host}"),
        None => format!("uid-{}@{host}", rustix::process::getuid().as_raw()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_given_is_taken_and_else_there_always_is_one() {
        assert_eq!(operator(Some("kim")), "kim");
        assert!(at_host(Some("kim")).starts_with("kim@"));
        for nameless in [None, Some("")] {
            assert!(at_host(nameless).starts_with("uid-"), "{}", at_host(nameless));
        }
    }
}
