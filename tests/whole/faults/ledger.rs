//! The sender's ledger as its state topic tells it. It must not trust the worker to read it.

use std::{collections::BTreeMap, time::Duration};

use crate::support::{clients, pipeline::Pipeline};

/// The phase of every command in the sender's ledger, as far as it is committed.
pub fn phases(pipeline: &Pipeline) -> BTreeMap<String, String> {
    let state = pipeline.ground.scenario.topic("whatsapp.sender.state");
    let entries =
        tokio::task::block_in_place(|| clients::all(pipeline.ground.stack, &[state], Duration::from_secs(20)));
    let mut phases = BTreeMap::new();
    for entry in &entries {
        if let Some(id) = entry["key"].as_str().and_then(|key| key.strip_prefix("ledger/")) {
            phases.insert(id.to_owned(), entry["value"]["phase"].as_str().unwrap_or_default().to_owned());
        }
    }
    phases
}
