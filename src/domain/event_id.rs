//! The deterministic ids of events: the same happening has the same id however often it is delivered. Public for ever, so
//! neither the strings nor the namespace may change; the vectors in the tests hold them.

use uuid::Uuid;

/// UUIDv5 of the name `urn:omnichannel-whatsapp:events` in the standard URL namespace.
pub const NAMESPACE: Uuid = Uuid::from_u128(0x0e2a_c049_433f_5a0d_a5ee_7e7c_2145_f83e);

/// An inbound message.
#[must_use]
pub fn message(phone_number_id: &str, wamid: &str) -> Uuid {
    of(&format!("message|{phone_number_id}|{wamid}"))
}

/// A status Meta reports. `timestamp` is its unix seconds, empty where Meta gave none; `participant` is the group member it
/// speaks of, else empty.
#[must_use]
pub fn status(phone_number_id: &str, wamid: &str, status: &str, timestamp: Option<i64>, participant: &str) -> Uuid {
    of(&format!("status|{phone_number_id}|{wamid}|{status}|{}|{participant}", or_empty(timestamp)))
}

/// An account-level event. `entry_time` is unix seconds, empty where Meta gave none; `value_sha256` is the lowercase hex
/// digest of the value's JSON text as received.
#[must_use]
pub fn account(waba_id: &str, field: &str, entry_time: Option<i64>, value_sha256: &str) -> Uuid {
    of(&format!("account|{waba_id}|{field}|{}|{value_sha256}", or_empty(entry_time)))
}

/// A status we report ourselves (accepted, rejected, pending …).
#[must_use]
pub fn own(command_id: &str, status: &str, attempt: u32) -> Uuid {
    of(&format!("own|{command_id}|{status}|{attempt}"))
}

/// What became of an inbound file: `outcome` is `stored`, `failed` or `skipped`.
#[must_use]
pub fn media(phone_number_id: &str, wamid: &str, media_id: &str, outcome: &str) -> Uuid {
    of(&format!("media|{phone_number_id}|{wamid}|{media_id}|{outcome}"))
}

fn or_empty(number: Option<i64>) -> String {
    number.map(|n| n.to_string()).unwrap_or_default()
}

fn of(name: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn the_namespace_is_derived_as_documented() {
        assert_eq!(NAMESPACE, Uuid::new_v5(&Uuid::NAMESPACE_URL, b"urn:omnichannel-whatsapp:events"));
    }

    /// Computed with Python's `uuid.uuid5`. A change here breaks every reader that de-duplicates.
    #[test]
    fn ids_are_these_for_ever() {
        let vectors = [
            (message("200000000000001", "wamid.TESTin0001=="), "b631ca64-da13-5acf-a587-79826b4b528f"),
            (
                status("200000000000001", "wamid.TESTout0001==", "delivered", Some(1_780_000_060), ""),
                "aaa56a60-46a6-51d6-bd12-41898a001e59",
            ),
            (
                status("200000000000001", "wamid.TESTout0001==", "read", Some(1_780_000_090), "15550000999"),
                "fa011758-c66d-5c6f-b8bd-eb1a062855de",
            ),
            (
                account("100000000000001", "account_update", Some(1_780_000_000), EMPTY_SHA256),
                "aa7af30b-ba30-5e58-a67f-1d75b71a65d1",
            ),
            (
                media("200000000000001", "wamid.TESTin0001==", "300000000000001", "stored"),
                "23b3e9d9-33a5-5425-a3e6-08ed2cc5511c",
            ),
            (own("order-1042", "accepted", 0), "4d586de2-ad0b-5f14-96be-b8102c395076"),
        ];
        for (id, expected) in vectors {
            assert_eq!(id.to_string(), expected);
        }
    }
}
