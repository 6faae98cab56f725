//! The words of a message's status and how far each is. Compares only; merging is the status stage's.

pub const QUEUED: &str = "queued";
pub const PENDING: &str = "pending";
pub const HELD: &str = "held";
pub const CANCELLED: &str = "cancelled";
pub const REQUIRES_TEMPLATE: &str = "requires_template";
pub const EXPIRED: &str = "expired";
pub const REJECTED: &str = "rejected";
pub const UNKNOWN: &str = "unknown";
pub const ACCEPTED: &str = "accepted";
pub const SENT: &str = "sent";
pub const FAILED: &str = "failed";
pub const DELIVERED: &str = "delivered";
pub const READ: &str = "read";
pub const PLAYED: &str = "played";

/// From the weakest statement to the strongest. What proves more wins, in whatever order it is heard: a message that was
/// reported unknown and then turns out delivered is delivered; one that was rejected, replayed and accepted is accepted;
/// one of whose two attempts failed is delivered when the other was.
const ORDER: [&str; 14] = [
    QUEUED,
    PENDING,
    HELD,
    CANCELLED,
    REQUIRES_TEMPLATE,
    EXPIRED,
    REJECTED,
    UNKNOWN,
    ACCEPTED,
    SENT,
    FAILED,
    DELIVERED,
    READ,
    PLAYED,
];

/// How far a status is, from 1; 0 for a word that is not known, which therefore hides nothing that is.
#[must_use]
pub fn rank(word: &str) -> u8 {
    ORDER.iter().zip(1..).find(|(known, _)| **known == word).map_or(0, |(_, rank)| rank)
}

/// Whether the message ended without reaching anybody.
#[must_use]
pub fn ends_unsent(word: &str) -> bool {
    matches!(word, CANCELLED | REQUIRES_TEMPLATE | EXPIRED | REJECTED | FAILED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proof_outranks_assumption() {
        for pair in [
            [QUEUED, ACCEPTED],
            [UNKNOWN, ACCEPTED],
            [REJECTED, ACCEPTED],
            [SENT, FAILED],
            [FAILED, DELIVERED],
            [READ, PLAYED],
            ["something_new", QUEUED],
        ] {
            assert!(rank(pair[0]) < rank(pair[1]), "{pair:?}");
        }
    }
}
