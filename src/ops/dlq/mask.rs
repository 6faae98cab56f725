//! Keys without what makes them a person's. Knows no letter.

use bytes::Bytes;

use super::{letter::phone_number_id, view::clean};

/// A key without what makes it a person's: of a conversation key the user, of any other a long number or Meta's message
/// id, which holds one. The ends are left to tell keys apart by.
#[must_use]
pub fn masked(key: &Bytes) -> String {
    let Ok(key) = std::str::from_utf8(key) else { return format!("({} bytes)", key.len()) };
    match phone_number_id(key) {
        Some(number) => format!("{number}:{}", covered(&key[number.len() + 1..])),
        None => covered(key),
    }
}

const LONGEST_PLAIN: usize = 4;
const END: usize = 2;

fn covered(text: &str) -> String {
    if let Some(id) = text.strip_prefix("wamid.") {
        let end: String = id.chars().rev().take(LONGEST_PLAIN).collect();
        return format!("wamid.…{}", clean(&end.chars().rev().collect::<String>()));
    }
    let (mut out, mut digits) = (String::new(), String::new());
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        match digits.len() > LONGEST_PLAIN {
            true => out.extend(["…", &digits[digits.len() - END..]]),
            false => out.push_str(&digits),
        }
        digits.clear();
        out.push(c);
    }
    out.pop();
    clean(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_masked_whatever_they_are() {
        let of = |key: &'static str| masked(&Bytes::from_static(key.as_bytes()));
        assert_eq!(of("+4915112345678"), "+…78");
        assert_eq!(of("200000000000001:US.ENT.13491208655302741918"), "200000000000001:US.ENT.…18");
        assert_eq!(of("wamid.HBgNNDkxNTExMjM0NTY3OBUCABEYEjQ3"), "wamid.…EjQ3");
        assert_eq!(of("order-1042"), "order-1042");
        assert_eq!(of("group:120363041234567890"), "group:…90");
        assert_eq!(of("a\u{1b}[31mb"), "a\u{fffd}[31mb");
        assert_eq!(masked(&Bytes::from_static(b"\xff\xfe")), "(2 bytes)");
    }
}
