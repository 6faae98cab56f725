//! `docs/topics.md`, written from the catalogue. Adds no fact of its own about a topic.

use std::fmt::Write as _;

use crate::wire::topics::{Catalogue, Layout, Profile, TopicSpec};

const HEAD: &str = "# Topics

Generated from `schemas/topics.yaml`; `UPDATE_DOCS=1 cargo test --test docs` writes it anew. Prefixes (`whatsapp.`, `omnichannel.`) are configurable.

`topics plan` shows what a cluster lacks, `topics apply` creates and widens. Neither takes anything away, and a partition
count is never changed: keys, order and state belong to partitions.

Replicas: three, or as many as there are brokers. In-sync replicas: two of three; one where there are fewer replicas.
";

/// The page, with the partition counts of the default profile.
#[must_use]
pub fn page(catalogue: &Catalogue) -> String {
    let layout = Layout {
        queues: vec!["<queue>".to_owned()],
        carriers: vec!["<carrier>".to_owned()],
        ..catalogue.layout(Profile::Default)
    };
    let specs = catalogue.topics(&layout);
    let (public, internal): (Vec<_>, Vec<_>) = specs.iter().partition(|spec| spec.public);
    let mut text = HEAD.to_owned();
    section(
        &mut text,
        "Public",
        "A compatibility promise: schemas evolve FULL_TRANSITIVE, names and keys stay.",
        &public,
    );
    section(
        &mut text,
        "Internal",
        "May change between releases, as far as the previous release can still read them.",
        &internal,
    );
    counts(&mut text, catalogue);
    text
}

fn section(text: &mut String, title: &str, promise: &str, specs: &[&TopicSpec]) {
    let _ = write!(text, "\n## {title}\n\n{promise}\n\n");
    text.push_str("| topic | key | value | partitions | cleanup | largest record | writer → reader |\n|---|---|---|---|---|---|---|\n");
    for spec in specs {
        let retention = spec.retention_ms.map_or(String::new(), |ms| format!(" {} d", ms / 86_400_000));
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {}{retention} | {} KiB | {} → {} |",
            spec.name,
            spec.key,
            spec.record,
            spec.partitions,
            spec.cleanup,
            spec.max_message_bytes / 1024,
            spec.writer.join(", "),
            spec.readers.join(", "),
        );
    }
}

fn counts(text: &mut String, catalogue: &Catalogue) {
    text.push_str("\n## Partition counts\n\n| profile | lanes | quiet topics |\n|---|---|---|\n");
    for (name, profile) in [("default", Profile::Default), ("`dev`", Profile::Dev), ("tests", Profile::Tests)] {
        let layout = catalogue.layout(profile);
        let _ = writeln!(text, "| {name} | {} | {} |", layout.lanes, layout.few);
    }
}
