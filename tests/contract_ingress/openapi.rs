//! Every webhook example of Meta's own OpenAPI file, as ingress publishes it.

use std::{env, fs};

use omnichannel_whatsapp::stages::ingress::Settings;
use serde_json::{Value, json};

use crate::{Bench, items_posted};

/// Name and body of every example; none when the file is not there.
fn examples() -> Option<Vec<(String, Value)>> {
    let Ok(path) = env::var("META_OPENAPI") else {
        assert!(env::var("CI").is_err(), "META_OPENAPI must name Meta's OpenAPI file in CI");
        return None;
    };
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let document: Value = serde_yaml_ng::from_str(&text).expect("Meta's file is YAML");
    let content = &document["paths"]["/whatsapp/webhooks"]["post"]["requestBody"]["content"]["application/json"];
    let examples = content["examples"].as_object().expect("Meta's file has webhook examples");
    Some(examples.iter().map(|(name, example)| (name.clone(), example["value"].clone())).collect())
}

#[tokio::test]
async fn every_webhook_example_of_meta_becomes_these_records() {
    let Some(examples) = examples() else { return };
    assert_eq!(examples.len(), 16, "Meta's file has other examples now");
    for (name, body) in examples {
        let body = body.to_string();
        let mut bench = Bench::new(Settings::default());
        let (mut shown, mut published) = (Vec::new(), 0);
        for (key, emit) in bench.post(&body).await {
            let emit = emit.expect("handled");
            published += emit.state.len();
            // the codec has written each record as Avro and read it back
            shown.push(json!({ "raw record": key, "outcome": bench.shown(&emit).await }));
        }
        assert_eq!(published, items_posted(&body), "{name}");
        let suffix = name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        insta::with_settings!({ snapshot_path => "../snapshots", snapshot_suffix => suffix, prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_json_snapshot!("meta", shown);
        });
    }
}
