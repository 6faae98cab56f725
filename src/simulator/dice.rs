//! Chance out of a seed: the same seed and label always roll the same. Keeps no state, so nothing depends on the order of
//! tasks.

use sha2::{Digest, Sha256};

/// Seeded, labelled chance.
#[derive(Debug, Clone, Copy)]
pub struct Dice(u64);

impl Dice {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 32 bytes that belong to this label.
    #[must_use]
    pub fn bytes(self, label: &str) -> [u8; 32] {
        Sha256::new().chain_update(self.0.to_be_bytes()).chain_update(label).finalize().into()
    }

    #[must_use]
    pub fn roll(self, label: &str) -> u64 {
        let bytes = self.bytes(label);
        u64::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
    }

    /// `0..=most`.
    #[must_use]
    pub fn up_to(self, label: &str, most: u64) -> u64 {
        match most.checked_add(1) {
            Some(sides) => self.roll(label) % sides,
            None => self.roll(label),
        }
    }

    /// True for `share` of all labels.
    #[must_use]
    pub fn happens(self, label: &str, share: f64) -> bool {
        // 32 bits are plenty for a share and convert without loss
        let rolled = u32::try_from(self.roll(label) >> 32).unwrap_or(u32::MAX);
        f64::from(rolled) < share * (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_rolls_the_same_with_a_seed_and_otherwise_with_another() {
        assert_eq!(Dice::new(7).roll("sent"), Dice::new(7).roll("sent"));
        assert_ne!(Dice::new(7).roll("sent"), Dice::new(8).roll("sent"));
    }

    #[test]
    fn shares_are_kept_and_the_ends_are_sure() {
        let dice = Dice::new(1);
        let count = (0..2_000).filter(|n| dice.happens(&n.to_string(), 0.25)).count();
        assert!((400..600).contains(&count), "{count}");
        assert!((0..100).all(|n| !dice.happens(&n.to_string(), 0.0) && dice.happens(&n.to_string(), 1.0)));
    }
}
