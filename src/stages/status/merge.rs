//! How status events become a projection. A join: in whatever order, however often and however grouped the same events
//! are merged, the result is the same record. So nothing here may look at a clock, count calls, or prefer what came last.

use std::cmp::Ordering;

use crate::{
    domain::status,
    wire::records::{MessageStatus, StatusEvent},
};

/// The projection after one more event.
#[must_use]
pub fn merge(current: Option<MessageStatus>, key: &str, event: &StatusEvent) -> MessageStatus {
    let said = statement(key, event);
    match current {
        Some(current) => join(current, said),
        None => said,
    }
}

/// What a single event says, as the projection of a message of which nothing else is known.
fn statement(key: &str, event: &StatusEvent) -> MessageStatus {
    let at = |word: &str| (event.status == word).then_some(event.occurred_at);
    numbered(MessageStatus {
        key: key.to_owned(),
        status: event.status.clone(),
        last_event: event.event_id.clone(),
        version: 0,
        changed_at: event.occurred_at,
        message_id: event.message_id.clone(),
        command_id: event.command_id.clone(),
        conversation_key: event.conversation_key.clone().or_else(|| event.lane.clone()),
        account: event.account.clone(),
        tenant: event.tenant.clone(),
        to: event.to.clone(),
        queued_at: at(status::QUEUED),
        accepted_at: at(status::ACCEPTED),
        sent_at: at(status::SENT),
        delivered_at: at(status::DELIVERED),
        read_at: at(status::READ),
        played_at: at(status::PLAYED),
        failed_at: status::ends_unsent(&event.status).then_some(event.occurred_at),
        attempts: event.attempt,
        error: event.error.clone(),
        pricing: event.pricing.clone(),
        template: event.template.clone(),
        fallback_used: event.fallback_used,
        correlation_id: event.correlation_id.clone(),
        source: event.command_source.clone(),
        labels: event.labels.clone(),
        test: event.test,
        violations: event.violations.clone(),
    })
}

/// The least projection that says what both say. Commutative, associative, idempotent: every field is.
fn join(a: MessageStatus, b: MessageStatus) -> MessageStatus {
    let (further, other) = if further(&a, &b) == Ordering::Less { (b, a) } else { (a, b) };
    let mut labels = other.labels;
    for (name, value) in further.labels {
        let kept = labels.entry(name).or_default();
        *kept = value.max(std::mem::take(kept));
    }
    numbered(MessageStatus {
        key: further.key,
        status: further.status,
        last_event: further.last_event,
        error: further.error,
        version: 0,
        changed_at: further.changed_at.max(other.changed_at),
        message_id: further.message_id.max(other.message_id),
        command_id: further.command_id.max(other.command_id),
        conversation_key: further.conversation_key.max(other.conversation_key),
        account: further.account.max(other.account),
        tenant: further.tenant.max(other.tenant),
        to: further.to.max(other.to),
        queued_at: earliest(further.queued_at, other.queued_at),
        accepted_at: earliest(further.accepted_at, other.accepted_at),
        sent_at: earliest(further.sent_at, other.sent_at),
        delivered_at: earliest(further.delivered_at, other.delivered_at),
        read_at: earliest(further.read_at, other.read_at),
        played_at: earliest(further.played_at, other.played_at),
        failed_at: earliest(further.failed_at, other.failed_at),
        attempts: further.attempts.max(other.attempts),
        pricing: further.pricing.max(other.pricing),
        template: further.template.max(other.template),
        fallback_used: further.fallback_used || other.fallback_used,
        correlation_id: further.correlation_id.max(other.correlation_id),
        source: further.source.max(other.source),
        labels,
        test: further.test || other.test,
        violations: further.violations,
    })
}

/// Which of two says more; between equals an arbitrary but fixed order, down to the errors, which go with the status.
fn further(a: &MessageStatus, b: &MessageStatus) -> Ordering {
    let place = |m: &MessageStatus| status::rank(&m.status);
    (place(a).cmp(&place(b)))
        .then_with(|| a.status.cmp(&b.status))
        .then_with(|| a.last_event.cmp(&b.last_event))
        .then_with(|| a.error.cmp(&b.error))
        .then_with(|| a.violations.cmp(&b.violations))
}

fn earliest(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, None) | (None, one) => one,
    }
}

/// Gives the projection its version: the facts it holds, so that it grows with every fact, in whatever order they come.
fn numbered(mut m: MessageStatus) -> MessageStatus {
    let times = [m.queued_at, m.accepted_at, m.sent_at, m.delivered_at, m.read_at, m.played_at, m.failed_at];
    let texts = [
        &m.message_id,
        &m.command_id,
        &m.conversation_key,
        &m.account,
        &m.tenant,
        &m.to,
        &m.template,
        &m.correlation_id,
        &m.source,
    ];
    let facts = times.iter().flatten().count()
        + texts.into_iter().flatten().count()
        + m.labels.len()
        + usize::from(m.pricing.is_some())
        + usize::from(m.fallback_used)
        + usize::from(m.test)
        + usize::from(status::rank(&m.status));
    m.version = 1 + i64::from(m.attempts) + i64::try_from(facts).unwrap_or(i64::MAX / 2);
    m
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::{option, prelude::*, sample::select};

    use super::*;
    use crate::wire::records::WhatsAppError;

    fn event(status: &str, occurred_at: i64) -> StatusEvent {
        StatusEvent {
            event_id: format!("{status}-{occurred_at}"),
            status: status.to_owned(),
            occurred_at,
            command_id: Some("c1".into()),
            ..StatusEvent::default()
        }
    }

    fn all(events: &[StatusEvent]) -> MessageStatus {
        events.iter().fold(None, |m, e| Some(merge(m, "c1", e))).expect("at least one event")
    }

    #[test]
    fn a_message_on_its_way_keeps_the_time_of_each_step() {
        let m = all(&[event("queued", 1), event("accepted", 2), event("sent", 3), event("delivered", 4)]);
        assert_eq!(m.status, "delivered");
        assert_eq!((m.queued_at, m.accepted_at, m.sent_at, m.delivered_at), (Some(1), Some(2), Some(3), Some(4)));
        assert_eq!((m.changed_at, m.last_event.as_str()), (4, "delivered-4"));
    }

    #[test]
    fn a_late_accepted_does_not_take_a_read_back() {
        let m = all(&[event("read", 5), event("accepted", 2)]);
        assert_eq!((m.status.as_str(), m.accepted_at, m.read_at), ("read", Some(2), Some(5)));
    }

    #[test]
    fn an_error_goes_with_its_status() {
        let failed = StatusEvent {
            error: Some(WhatsAppError { code: "131026".into(), ..WhatsAppError::default() }),
            ..event("failed", 3)
        };
        assert_eq!(all(&[failed.clone(), event("sent", 2)]).error.map(|e| e.code), Some("131026".into()));
        assert_eq!(all(&[failed, event("delivered", 4)]).error, None);
    }

    #[test]
    fn another_command_with_the_same_id_does_not_undo_the_first() {
        let m = all(&[event("accepted", 1), event("rejected", 9)]);
        assert_eq!(m.status, "accepted");
    }

    #[test]
    fn each_new_fact_raises_the_version_and_a_repeated_one_does_not() {
        let steps = [event("queued", 1), event("pending", 2), event("held", 2), event("accepted", 3), event("sent", 3)];
        let versions: Vec<i64> = (1..=steps.len()).map(|n| all(&steps[..n]).version).collect();
        assert!(versions.windows(2).all(|pair| pair[0] < pair[1]), "{versions:?}");
        assert_eq!(all(&[event("queued", 1), event("queued", 1)]), all(&[event("queued", 1)]));
    }

    fn words() -> impl Strategy<Value = String> {
        select(vec![
            "queued",
            "pending",
            "held",
            "accepted",
            "sent",
            "delivered",
            "read",
            "failed",
            "rejected",
            "x",
            "y",
        ])
        .prop_map(str::to_owned)
    }

    fn texts() -> impl Strategy<Value = Option<String>> {
        option::of("[ab]{1,2}")
    }

    prop_compose! {
        fn events()(
            status in words(), occurred_at in 0..4_i64, event_id in "[ab]", message_id in texts(), command_id in texts(),
            code in texts(), to in texts(), attempt in 0..3_i32, label in texts(), flags in any::<(bool, bool)>(),
        ) -> StatusEvent {
            StatusEvent {
                event_id, status, occurred_at, message_id, command_id, to, attempt,
                error: code.map(|code| WhatsAppError { code, ..WhatsAppError::default() }),
                labels: label.map_or_else(BTreeMap::new, |value| [("l".to_owned(), value)].into()),
                fallback_used: flags.0,
                test: flags.1,
                ..StatusEvent::default()
            }
        }
    }

    proptest! {
        #[test]
        fn any_order_and_any_repetition_give_the_same_projection(
            (events, shuffled) in proptest::collection::vec(events(), 1..7).prop_flat_map(|events| {
                let twice: Vec<StatusEvent> = events.iter().chain(&events).cloned().collect();
                (Just(events), Just(twice).prop_shuffle())
            })
        ) {
            prop_assert_eq!(all(&events), all(&shuffled));
        }

        #[test]
        fn projections_join_in_any_grouping(a in events(), b in events(), c in events()) {
            let [a, b, c] = [a, b, c].map(|e| statement("k", &e));
            let left = join(join(a.clone(), b.clone()), c.clone());
            prop_assert_eq!(left, join(a, join(b, c)));
        }

        #[test]
        fn the_version_never_goes_down(events in proptest::collection::vec(events(), 2..7)) {
            let versions: Vec<i64> = (1..=events.len()).map(|n| all(&events[..n]).version).collect();
            prop_assert!(versions.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", versions);
        }
    }
}
