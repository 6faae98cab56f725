//! What a scraper sees after each event. Reads the text, as a scraper does.

use std::{collections::BTreeSet, time::Duration};

use opentelemetry_sdk::metrics::SdkMeterProvider;

use super::*;
use crate::telemetry::{Exposition, SIGNALS};

const SECOND: Duration = Duration::from_secs(1);

fn measured() -> (Signals, Exposition, SdkMeterProvider) {
    let registry = prometheus::Registry::new();
    let exporter =
        opentelemetry_prometheus::exporter().with_registry(registry.clone()).build().expect("a new registry");
    let meters = SdkMeterProvider::builder().with_reader(exporter).build();
    (Signals::new(&meters.meter("test")), Exposition::new(registry), meters)
}

fn lines(exposition: &Exposition, name: &str) -> Vec<String> {
    let text = exposition.metrics_text().expect("text");
    let scope = |line: &str| line.replace("otel_scope_name=\"test\",", "").replace(",otel_scope_name=\"test\"", "");
    text.lines().filter(|line| line.starts_with(name)).map(scope).collect()
}

#[test]
fn every_signal_of_the_list_is_exposed_and_no_other() {
    let (signals, exposition, _meters) = measured();
    let levels = signals.partition("sender", 0);
    levels.in_flight(1);
    signals.record("sender", "done", "");
    signals.webhook_accepted(SECOND);
    signals.transaction_committed("sender", SECOND);
    signals.commit_interval("sender", SECOND);
    signals.retry_ran("sender", SECOND);
    signals.graph_request("send", "ok".into(), SECOND);
    signals.graph_usage("app", 28);
    signals.in_doubt_opened("c1");
    signals.in_doubt_settled("c1", "receipt");
    signals.rebalanced("sender", "assigned", &[0, 1]);
    signals.restored("sender", 0, 3, 4, SECOND);
    signals.store_emptied("sender", 0, true, "it is new");
    signals.unavailable("sender", "graph");
    signals.lost_to_retention("sender", 0, 5);
    signals.worker_rebuilt("sender");
    signals.stage_rests("sender", "paused", "by kim");
    signals.tripped("sender", "20 of 20");
    signals.stage_stopped("sender", "no topic");
    let text = exposition.metrics_text().expect("text");
    let typed = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next().map(str::to_owned));
    let exposed: BTreeSet<String> = typed.filter(|name| name != "target_info").collect();
    assert_eq!(exposed, SIGNALS.iter().map(|spec| spec.exposed()).collect());
}

#[test]
fn a_record_is_counted_by_stage_outcome_and_code() {
    let (signals, exposition, _meters) = measured();
    signals.record("sender", "parked", "graph_131000");
    signals.record("sender", "parked", "graph_131000");
    signals.record("sender", "parked", "graph_130429");
    assert_eq!(
        lines(&exposition, "omnichannel_records_total"),
        [
            r#"omnichannel_records_total{code="graph_130429",outcome="parked",stage="sender"} 1"#,
            r#"omnichannel_records_total{code="graph_131000",outcome="parked",stage="sender"} 2"#,
        ]
    );
}

#[test]
fn labels_of_an_end_are_made_once() {
    let ends = Ends::default();
    assert!(Arc::ptr_eq(&ends.labels("sender", "done", "x"), &ends.labels("sender", "done", "x")));
    assert!(!Arc::ptr_eq(&ends.labels("sender", "done", "x"), &ends.labels("status", "done", "x")));
}

#[test]
fn a_partition_that_was_given_away_disappears() {
    let (signals, exposition, _meters) = measured();
    let (kept, given_away) = (signals.partition("status", 1), signals.partition("status", 2));
    kept.parked(7);
    given_away.parked(9);
    kept.outstanding(-1);
    assert_eq!(lines(&exposition, "omnichannel_parked").len(), 2);
    drop(given_away);
    assert_eq!(lines(&exposition, "omnichannel_parked"), [r#"omnichannel_parked{partition="1",stage="status"} 7"#]);
    assert_eq!(
        lines(&exposition, "omnichannel_outstanding"),
        [r#"omnichannel_outstanding{partition="1",stage="status"} 0"#]
    );
}

#[test]
fn refusals_have_their_reason() {
    let (signals, exposition, _meters) = measured();
    signals.webhook_refused("invalid_signature", SECOND);
    assert_eq!(
        lines(&exposition, "omnichannel_webhooks_total"),
        [r#"omnichannel_webhooks_total{code="invalid_signature",outcome="refused"} 1"#]
    );
}

#[test]
fn without_a_meter_signals_go_nowhere() {
    let signals = Signals::default();
    signals.record("sender", "done", "");
    signals.partition("sender", 0).parked(1);
}

#[test]
fn a_resting_stage_has_one_reason_at_a_time() {
    let (signals, exposition, _meters) = measured();
    let level = |why: &str, value: u8| format!(r#"omnichannel_stage_halted{{stage="sender",why="{why}"}} {value}"#);
    signals.stage_rests("sender", "tripped", "by the trip wire");
    signals.stage_rests("sender", "paused", "by kim");
    let shown = [level("paused", 1), level("tripped", 0), level("unread", 0)];
    assert_eq!(lines(&exposition, "omnichannel_stage_halted"), shown);
    signals.stage_resumed("sender");
    let shown = [level("paused", 0), level("tripped", 0), level("unread", 0)];
    assert_eq!(lines(&exposition, "omnichannel_stage_halted"), shown);
}
