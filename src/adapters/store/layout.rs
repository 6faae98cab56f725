//! How entries and dates lie in a partition's keyspace. Reads and writes nothing.
//!
//! | key | value |
//! |---|---|
//! | `d` table `00` key | the entry |
//! | `x` date (8 bytes, big-endian) table `00` key | nothing |
//! | `c` | the checkpoint |

use crate::runtime::store::Due;

pub(super) const CHECKPOINT: &[u8] = b"c";
/// Of entries, and the first key behind them all.
pub(super) const ENTRIES: [&[u8]; 2] = [b"d", b"e"];
const DATES: u8 = b'x';

pub(super) fn entry(table: &str, key: &str) -> Vec<u8> {
    named(ENTRIES[0], table, key)
}

pub(super) fn date(at_ms: i64, table: &str, key: &str) -> Vec<u8> {
    named(&dates_from(at_ms), table, key)
}

/// Every date at or after `at_ms` has a key at or after this one.
pub(super) fn dates_from(at_ms: i64) -> [u8; 9] {
    let mut key = [DATES; 9];
    // so that negative ones come first
    key[1..].copy_from_slice(&(at_ms.cast_unsigned() ^ (1 << 63)).to_be_bytes());
    key
}

/// Reads what [`date`] writes.
pub(super) fn due(key: &[u8]) -> Option<Due> {
    let (at, named) = key.strip_prefix(&[DATES])?.split_first_chunk::<8>()?;
    let (table, key) = std::str::from_utf8(named).ok()?.split_once('\0')?;
    let at_ms = (u64::from_be_bytes(*at) ^ (1 << 63)).cast_signed();
    Some(Due { at_ms, table: table.to_owned(), key: key.to_owned() })
}

fn named(prefix: &[u8], table: &str, key: &str) -> Vec<u8> {
    [prefix, table.as_bytes(), &[0], key.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_lie_in_their_order_and_come_back() {
        let all = [i64::MIN, -1, 0, 1, 255, 256, i64::MAX];
        let keys: Vec<_> = all.iter().map(|at| date(*at, "seen", "a\0b")).collect();
        assert!(keys.is_sorted());
        for (at_ms, key) in all.iter().zip(&keys) {
            assert_eq!(due(key), Some(Due { at_ms: *at_ms, table: "seen".into(), key: "a\0b".into() }));
            assert!(key[..] >= dates_from(*at_ms)[..]);
        }
    }

    #[test]
    fn the_checkpoint_lies_first() {
        assert!(CHECKPOINT < ENTRIES[0] && CHECKPOINT < &dates_from(i64::MIN)[..]);
    }

    #[test]
    fn no_entry_is_taken_for_a_date() {
        assert_eq!(due(&entry("seen", "a")), None);
        assert_eq!(due(CHECKPOINT), None);
        assert!(entry("\u{10ffff}", "") < ENTRIES[1].to_vec());
    }
}
