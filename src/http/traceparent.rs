//! W3C trace context of a webhook: continued where a bridge sent one, begun otherwise. Must not sample or export: a trace
//! begun here says "not sampled", since nobody recorded any of it, and "sampled" would make every reader that follows its
//! parent (the default of OpenTelemetry, and of our own telemetry) record every webhook, whatever share it wants.

pub const HEADER: &str = "traceparent";

/// The incoming header where it is well-formed, else a new trace made of `random` (its low half becomes the parent id).
#[must_use]
pub fn continued_or_new(incoming: Option<&str>, random: u128) -> String {
    match incoming.filter(|text| is_well_formed(text)) {
        Some(text) => text.to_owned(),
        // all-zero ids are invalid; the set bits make sure of it
        None => format!("00-{:032x}-{:016x}-00", random | 1 << 127, random as u64 | 1),
    }
}

/// Version 00: `00-<32 hex>-<16 hex>-<2 hex>`, lowercase, ids not zero.
fn is_well_formed(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let hex = |part: &str, len| part.len() == len && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let zero = |part: &str| part.bytes().all(|b| b == b'0');
    matches!(parts[..], ["00", trace, parent, flags]
        if hex(trace, 32) && hex(parent, 16) && hex(flags, 2) && !zero(trace) && !zero(parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    #[test]
    fn a_good_trace_is_continued_with_its_sender_s_decision() {
        let sampled = GIVEN.replace("b7-00", "b7-01");
        for given in [GIVEN, &sampled] {
            assert_eq!(continued_or_new(Some(given), 7), given);
        }
    }

    #[test]
    fn anything_else_begins_a_well_formed_one() {
        let upper = GIVEN.to_uppercase();
        let zero = format!("00-{}-00f067aa0ba902b7-00", "0".repeat(32));
        for bad in [None, Some(""), Some("00-1-2-3"), Some(upper.as_str()), Some(zero.as_str()), Some("ff-a-b-c")] {
            for random in [0, u128::MAX] {
                let new = continued_or_new(bad, random);
                assert!(is_well_formed(&new) && bad != Some(new.as_str()), "{new}");
                assert!(new.ends_with("-00"), "nobody sampled it: {new}");
            }
        }
    }
}
