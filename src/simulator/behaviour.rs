//! How the phone and the network behave, switchable while the simulator runs. Holds no secret, so it can be shown.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Read and changed through `/_sim/settings`; times in milliseconds, shares between 0 and 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// Where webhooks go; without it none is posted.
    pub webhook_url: Option<String>,
    /// After the accepted request.
    pub sent_after_ms: u64,
    /// After `sent`.
    pub delivered_after_ms: u64,
    /// After `delivered`; `null` when the user does not read.
    pub read_after_ms: Option<u64>,
    /// Up to this much more, by the seed, for each status.
    pub jitter_ms: u64,
    /// Share of webhooks posted twice.
    pub duplicate_share: f64,
    /// Share of webhooks held back by up to `reorder_by_ms`.
    pub reorder_share: f64,
    pub reorder_by_ms: u64,
    /// First gap after an unacknowledged webhook; doubles each time.
    pub retry_gap_ms: u64,
    pub retry_gap_max_ms: u64,
    /// Meta drops a webhook after seven days.
    pub retry_for_ms: u64,
    /// How long the receiver may take to answer.
    pub webhook_timeout_ms: u64,
    /// Posts under way at once.
    pub parallel_posts: usize,
    /// Whether a message outside a user's 24-hour window fails (131047) unless it is a template.
    pub window: bool,
    /// Whether users with a phone number have a business-scoped user id too, as since April 2026.
    pub user_ids: bool,
    /// Messages a second and number; more are refused with 130429.
    pub per_second: Option<u32>,
    /// Messages to one user at once, refilled at one in `pair_refill_ms`; more are refused with 131056.
    pub pair_burst: Option<u32>,
    pub pair_refill_ms: u64,
    /// How long a file's URL works.
    pub media_url_ms: u64,
    /// How long Meta looks at a new or edited template before it approves it; `null` for ever.
    pub template_review_ms: Option<u64>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            webhook_url: None,
            sent_after_ms: 50,
            delivered_after_ms: 150,
            read_after_ms: Some(300),
            jitter_ms: 50,
            duplicate_share: 0.0,
            reorder_share: 0.0,
            reorder_by_ms: 1_000,
            retry_gap_ms: 500,
            retry_gap_max_ms: 60_000,
            retry_for_ms: 7 * 24 * 3_600_000,
            webhook_timeout_ms: 10_000,
            parallel_posts: 32,
            window: false,
            user_ids: true,
            per_second: None,
            pair_burst: None,
            pair_refill_ms: 6_000,
            media_url_ms: 300_000,
            template_review_ms: Some(500),
        }
    }
}

impl Behaviour {
    /// This behaviour with the members of a JSON object put over it.
    ///
    /// # Errors
    /// An unknown member or a value of the wrong kind, in words.
    pub fn changed(&self, change: &Value) -> Result<Self, String> {
        let change = change.as_object().ok_or("expected a JSON object")?;
        let mut current = serde_json::to_value(self).map_err(|error| error.to_string())?;
        for (name, value) in change {
            current[name.as_str()] = value.clone();
        }
        let changed: Self = serde_json::from_value(current).map_err(|error| error.to_string())?;
        let shares = [changed.duplicate_share, changed.reorder_share];
        match shares.iter().all(|share| (0.0..=1.0).contains(share)) && changed.parallel_posts > 0 {
            true => Ok(changed),
            false => Err("shares lie between 0 and 1, and parallel_posts is at least 1".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_touches_only_what_it_names() {
        let changed = Behaviour::default().changed(&json!({"duplicate_share": 0.5, "read_after_ms": null})).unwrap();
        let expected = Behaviour { duplicate_share: 0.5, read_after_ms: None, ..Behaviour::default() };
        assert_eq!(changed, expected);
    }

    #[test]
    fn unknown_members_and_impossible_values_are_refused() {
        for change in [json!({"dupes": 1}), json!({"jitter_ms": -1}), json!({"reorder_share": 2}), json!([])] {
            assert!(Behaviour::default().changed(&change).is_err(), "{change}");
        }
    }
}
