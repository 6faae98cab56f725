//! Every webhook example of Meta's own OpenAPI file, as ingress publishes it.

use omnichannel_whatsapp::stages::ingress::Settings;
use serde_json::json;

use crate::{Bench, items_posted, meta};

#[tokio::test]
async fn every_webhook_example_of_meta_becomes_these_records() {
    let Some(document) = meta::document() else { return };
    let examples = meta::examples(&document, "/whatsapp/webhooks");
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
