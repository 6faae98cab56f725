//! Webhooks as Meta writes them: the envelope, ASCII-escaped JSON, the signature, ids. Posts nothing.

use std::io;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde_json::{Value, json, ser::Formatter};
use sha2::Sha256;

use super::{people::Person, settings::Number};
use crate::domain::{errors::lookup, secret::Secret};

/// One change of field `messages` with these members beside the metadata.
#[must_use]
pub fn envelope(number: &Number, members: Value) -> Value {
    change(&number.waba_id, "messages", shared(number, members), None)
}

/// One change of a field; `time` is in seconds, and absent on messages.
#[must_use]
pub fn change(entry: &str, field: &str, value: Value, time: Option<i64>) -> Value {
    let mut entry = json!({"id": entry, "changes": [{"field": field, "value": value}]});
    if let Some(time) = time {
        entry["time"] = json!(time);
    }
    json!({"object": "whatsapp_business_account", "entry": [entry]})
}

/// Which number a change is about, and these members beside.
#[must_use]
pub fn shared(number: &Number, members: Value) -> Value {
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number.display_phone_number, "phone_number_id": number.phone_number_id},
    });
    with(value, members)
}

/// An object with the members of another put over its own.
#[must_use]
pub fn with(mut value: Value, members: Value) -> Value {
    if let (Some(value), Value::Object(members)) = (value.as_object_mut(), members) {
        value.extend(members);
    }
    value
}

/// A user in `contacts`; the number and the username only where this webhook tells them.
#[must_use]
pub fn contact(person: &Person, wa_id: Option<&str>, username: Option<&str>) -> Value {
    let mut contact = json!({"profile": {"name": person.name}});
    if let Some(username) = username {
        contact["profile"]["username"] = json!(username);
    }
    for (name, value) in [("wa_id", wa_id), ("user_id", person.user_id.as_deref())] {
        if let Some(value) = value {
            contact[name] = json!(value);
        }
    }
    contact
}

/// An error as webhooks carry it: without the type and trace of an answer's, with a link where it ends a message.
#[must_use]
pub fn error(code: i64) -> Value {
    let mut error = brief_error(code);
    error["href"] = json!("https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/");
    error
}

/// The same as it stands in or beside a message of a user.
#[must_use]
pub fn brief_error(code: i64) -> Value {
    let title = lookup(code, None).map_or("Unknown error", |known| known.title);
    json!({
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": format!("{title} (simulated)")},
    })
}

/// The bytes on the wire: everything outside ASCII as `\uXXXX` in lowercase hex, and `/` as `\/`.
#[must_use]
pub fn ascii(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Ascii);
    // a Value has string keys only and a Vec takes every byte
    value.serialize(&mut serializer).expect("a JSON value is always written to memory");
    bytes
}

/// The value of `X-Hub-Signature-256`.
#[must_use]
pub fn signature(secret: &Secret, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes keys of every length");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// A message id in the shape of Meta's: the user's digits and a random part, in base64.
#[must_use]
pub fn wamid(user: &str, chance: &[u8; 32], outbound: bool) -> String {
    let random = hex::encode_upper(&chance[..9]);
    let user = &user.as_bytes()[..user.len().min(127)];
    let mut bytes = vec![0x1c, 0x18, u8::try_from(user.len()).unwrap_or(127)];
    bytes.extend_from_slice(user);
    bytes.extend_from_slice(&[0x15, 0x02, 0x00, if outbound { 0x11 } else { 0x12 }, 0x18, 0x12]);
    bytes.extend_from_slice(random.as_bytes());
    bytes.push(0x00);
    format!("wamid.{}", STANDARD.encode(bytes))
}

struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for character in fragment.chars() {
            match character {
                '/' => writer.write_all(b"\\/")?,
                ascii if ascii.is_ascii() => writer.write_all(&[u8::try_from(ascii).unwrap_or(b'?')])?,
                other => {
                    for unit in other.encode_utf16(&mut [0; 2]) {
                        write!(writer, "\\u{unit:04x}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_outside_ascii_is_escaped_and_reads_back_the_same() {
        let value = json!({"é": "a/b \"q\" \n é 😀"});
        let bytes = ascii(&value);
        assert_eq!(String::from_utf8_lossy(&bytes), r#"{"\u00e9":"a\/b \"q\" \n \u00e9 \ud83d\ude00"}"#);
        assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), value);
    }

    #[test]
    fn the_signature_is_that_of_the_published_vector() {
        // RFC 4231, test case 2
        let signed = signature(&Secret::new("Jefe"), b"what do ya want for nothing?");
        assert_eq!(signed, "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn a_message_id_holds_the_user_as_metas_does() {
        let id = wamid("15550000999", &[7; 32], true);
        let bytes = STANDARD.decode(id.strip_prefix("wamid.").unwrap()).unwrap();
        assert_eq!(&bytes[3..14], b"15550000999");
        assert_ne!(id, wamid("15550000999", &[8; 32], true));
    }
}
