//! What has to be written so that the catalogue says what Meta says. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    domain::template::DELETED,
    wire::{
        records::TemplateState,
        template::{gone, key},
    },
};

/// Records to write, and how many need none.
#[derive(Debug, Default, PartialEq)]
pub struct Difference {
    /// New to the catalogue.
    pub added: Vec<TemplateState>,
    pub changed: Vec<TemplateState>,
    /// Not at Meta any more: they stay, as DELETED.
    pub deleted: Vec<TemplateState>,
    pub same: usize,
}

impl Difference {
    pub fn records(&self) -> impl Iterator<Item = &TemplateState> {
        self.added.iter().chain(&self.changed).chain(&self.deleted)
    }
}

/// `known`: the catalogue's records of this business account by key. `there`: all that Meta had when it was asked. What a
/// webhook has told since then is younger, and stays.
#[must_use]
pub fn difference(
    known: &BTreeMap<String, TemplateState>,
    there: impl IntoIterator<Item = TemplateState>,
    asked_ms: i64,
) -> Difference {
    let mut found = Difference::default();
    let mut left = known.clone();
    for state in there {
        match left.remove(&key(&state.waba_id, &state.name, &state.language)) {
            None => found.added.push(state),
            Some(before) if before.updated_at > asked_ms || same(&before, &state) => found.same += 1,
            // why it is paused only the webhook said
            Some(before) if before.status == state.status => {
                found.changed.push(TemplateState { reason: state.reason.clone().or(before.reason), ..state });
            }
            Some(_) => found.changed.push(state),
        }
    }
    let still = left.into_values().filter(|state| state.status != DELETED && state.updated_at <= asked_ms);
    found.deleted = still.map(|state| gone(state, asked_ms, "api")).collect();
    found
}

/// Whether there is nothing to tell. Examples are addresses that Meta signs anew for each answer.
fn same(before: &TemplateState, now: &TemplateState) -> bool {
    let plain = |state: &TemplateState| TemplateState {
        updated_at: 0,
        source: String::new(),
        reason: None,
        components_json: String::new(),
        ..state.clone()
    };
    let reason = now.reason.is_none() || now.reason == before.reason;
    reason && plain(before) == plain(now) && components(before) == components(now)
}

fn components(state: &TemplateState) -> Value {
    let mut components: Value = serde_json::from_str(&state.components_json).unwrap_or_default();
    for component in components.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        component.remove("example");
    }
    components
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(language: &str, status: &str) -> TemplateState {
        TemplateState {
            waba_id: "100".into(),
            name: "order".into(),
            language: language.into(),
            status: status.into(),
            source: "api".into(),
            updated_at: 5,
            ..TemplateState::default()
        }
    }

    fn known(states: impl IntoIterator<Item = TemplateState>) -> BTreeMap<String, TemplateState> {
        states.into_iter().map(|state| (key(&state.waba_id, &state.name, &state.language), state)).collect()
    }

    #[test]
    fn what_is_new_changed_or_gone_is_written_and_nothing_else() {
        let before = known([state("de", "APPROVED"), state("en", "APPROVED"), state("fr", "PENDING")]);
        let told = TemplateState { updated_at: 9, source: "webhook".into(), ..state("de", "APPROVED") };
        let found = difference(&before, [told, state("en", "PAUSED"), state("es", "PENDING")], 9);
        assert_eq!(
            (found.added, found.changed, found.same),
            (vec![state("es", "PENDING")], vec![state("en", "PAUSED")], 1)
        );
        let gone = TemplateState { updated_at: 9, ..state("fr", "DELETED") };
        assert_eq!(found.deleted, [gone]);
    }

    #[test]
    fn running_it_again_finds_nothing_and_the_deleted_are_told_once() {
        let after = known([state("de", "APPROVED"), state("fr", "DELETED")]);
        let again = difference(&after, [state("de", "APPROVED")], 9);
        assert_eq!((again.records().count(), again.same), (0, 1));
    }

    #[test]
    fn what_a_webhook_told_after_meta_was_asked_stays() {
        let young = |language| TemplateState { updated_at: 10, ..state(language, "PAUSED") };
        let found = difference(&known([young("de"), young("fr")]), [state("de", "APPROVED")], 9);
        assert_eq!((found.records().count(), found.same), (0, 1));
    }

    #[test]
    fn signed_addresses_are_no_change_and_a_reason_that_only_a_webhook_told_stays() {
        let with = |url: &str| {
            let components_json = format!(r#"[{{"type":"HEADER","example":{{"header_handle":["{url}"]}}}}]"#);
            TemplateState { components_json, ..state("de", "PAUSED") }
        };
        let before = known([TemplateState { reason: Some("FIRST_PAUSE".into()), ..with("https://a") }]);
        assert_eq!(difference(&before, [with("https://b")], 9).same, 1);
        let better = TemplateState { quality: Some("GREEN".into()), ..with("https://b") };
        let found = difference(&before, [better], 9);
        assert_eq!(found.changed[0].reason.as_deref(), Some("FIRST_PAUSE"));
    }
}
