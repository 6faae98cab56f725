//! What release 0.1.0 writes for itself, as bytes that are never made anew: a rolling update and its rollback read each
//! other's state, retries and ledger. Public records are `released`'s; these are the topics that nobody else reads.

#[path = "frozen/ingress.rs"]
mod ingress;
#[path = "frozen/records.rs"]
mod records;
#[path = "frozen/release.rs"]
mod release;
#[path = "frozen/retry.rs"]
mod retry;
#[path = "frozen/sample.rs"]
mod sample;
#[path = "frozen/sender.rs"]
mod sender;

use std::{collections::BTreeMap, fs};

use sha2::{Digest, Sha256};

use self::sample::folder;

/// A changed sample would be a promise taken back: a format that changes gets samples of its own release beside these.
#[test]
fn no_sample_of_a_release_has_changed() {
    let sums = fs::read_to_string(folder().join("SHA256SUMS")).unwrap();
    let kept: BTreeMap<&str, &str> =
        sums.lines().filter_map(|line| line.split_once("  ")).map(|(sum, name)| (name, sum)).collect();
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with(".json") {
            found.insert(name, hex::encode(Sha256::digest(fs::read(path).unwrap())));
        }
    }
    let found: BTreeMap<&str, &str> = found.iter().map(|(name, sum)| (name.as_str(), sum.as_str())).collect();
    assert_eq!(found, kept, "samples are frozen: put those of a new format under the version that brings it");
}
