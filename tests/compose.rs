//! docker-compose.kafka.yml offers what the worker needs, under the addresses it advertises. It must not need Docker to be checked.

use std::{collections::BTreeMap, fs};

use serde::Deserialize;
use serde_yaml_ng::Value;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docker-compose.kafka.yml");

#[derive(Debug, Deserialize)]
struct Compose {
    services: BTreeMap<String, Service>,
    volumes: BTreeMap<String, Option<Value>>,
}

#[derive(Debug, Deserialize)]
struct Service {
    image: String,
    ports: Vec<String>,
    healthcheck: Healthcheck,
    #[serde(default)]
    environment: BTreeMap<String, Value>,
    #[serde(default)]
    volumes: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Healthcheck {
    test: Vec<String>,
    retries: u32,
}

fn text() -> String {
    fs::read_to_string(FILE).expect("the file is part of the repository")
}

fn compose() -> Compose {
    serde_yaml_ng::from_str(&text()).expect("the file has the form of a compose file")
}

/// A tag that names one version: not absent, not `latest`, not a bare major.
fn pinned(image: &str) -> bool {
    let tag = image.rsplit('/').next().and_then(|name| name.split_once(':')).map_or("", |(_, tag)| tag);
    let version = tag.strip_prefix('v').unwrap_or(tag);
    version.split('.').count() == 3 && version.split('.').all(|part| part.parse::<u32>().is_ok())
}

/// The port on the host; the machine's own address must be named, or the whole network is let in.
fn host_port(mapping: &str) -> Option<u16> {
    mapping.strip_prefix("127.0.0.1:")?.split_once(':')?.0.parse().ok()
}

#[test]
fn it_offers_kafka_a_registry_and_an_object_store() {
    let services: Vec<String> = compose().services.into_keys().collect();
    assert_eq!(services, ["kafka", "objects", "registry"]);
}

#[test]
fn every_image_is_pinned_to_one_version() {
    for (name, service) in compose().services {
        assert!(pinned(&service.image), "{name}: {}", service.image);
    }
    assert!(!pinned("apache/kafka"));
    assert!(!pinned("apache/kafka:latest"));
    assert!(!pinned("apache/kafka:4"));
    assert!(!pinned("localhost:5000/kafka"));
}

#[test]
fn every_service_says_when_it_is_healthy() {
    for (name, service) in compose().services {
        assert!(matches!(service.healthcheck.test[0].as_str(), "CMD" | "CMD-SHELL"), "{name}");
        assert!(service.healthcheck.test.len() > 1 && service.healthcheck.retries > 0, "{name}");
    }
}

#[test]
fn ports_are_published_to_this_machine_alone_and_none_twice() {
    let mut ports = Vec::new();
    for (name, service) in compose().services {
        for mapping in service.ports {
            ports.push(host_port(&mapping).unwrap_or_else(|| panic!("{name}: {mapping}")));
        }
    }
    ports.sort_unstable();
    assert_eq!(ports, [7070, 8081, 9092]);
    assert_eq!(host_port("9092:9092"), None);
    assert_eq!(host_port("0.0.0.0:9092:9092"), None);
}

#[test]
fn the_exports_in_its_head_are_the_addresses_it_publishes() {
    let text = text();
    for (service, export) in [
        ("kafka", "KAFKA_BOOTSTRAP_SERVERS=localhost:"),
        ("registry", "SCHEMA_REGISTRY_URL=http://localhost:"),
        ("objects", "AWS_ENDPOINT_URL_S3=http://localhost:"),
    ] {
        let (_, rest) = text.split_once(export).unwrap_or_else(|| panic!("no export {export}"));
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let published = host_port(&compose().services[service].ports[0]);
        assert_eq!(digits.parse().ok(), published, "{service}");
    }
}

#[test]
fn kafka_runs_without_zookeeper_and_creates_no_topic_unasked() {
    let compose = compose();
    let kafka = |key: &str| match &compose.services["kafka"].environment[key] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => panic!("{key}: {other:?}"),
    };
    assert_eq!(kafka("KAFKA_PROCESS_ROLES"), "broker,controller");
    assert_eq!(kafka("KAFKA_AUTO_CREATE_TOPICS_ENABLE"), "false");
    for one in [
        "OFFSETS_TOPIC_REPLICATION_FACTOR",
        "TRANSACTION_STATE_LOG_REPLICATION_FACTOR",
        "TRANSACTION_STATE_LOG_MIN_ISR",
    ] {
        assert_eq!(kafka(&format!("KAFKA_{one}")), "1", "a cluster of one cannot replicate");
    }
    assert!(kafka("KAFKA_ADVERTISED_LISTENERS").contains("HOST://localhost:9092"));
}

#[test]
fn every_volume_that_is_mounted_is_declared_and_the_other_way_round() {
    let compose = compose();
    let mounted: Vec<&str> = compose
        .services
        .values()
        .flat_map(|service| &service.volumes)
        .filter_map(|mount| mount.split(':').next())
        .collect();
    let mut declared: Vec<&str> = compose.volumes.keys().map(String::as_str).collect();
    declared.sort_unstable();
    let mut sorted = mounted.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, declared);
}
