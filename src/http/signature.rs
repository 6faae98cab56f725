//! `X-Hub-Signature-256`: HMAC-SHA256 over the bytes as received, under one of several secrets. Must not parse what it signs,
//! and must not tell by its timing how much of a signature was right.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::domain::secret::Secret;

pub const HEADER: &str = "x-hub-signature-256";
const PREFIX: &str = "sha256=";
const HEX_DIGITS: usize = 64;

/// A Meta app whose webhooks come here.
#[derive(Debug, Clone)]
pub struct App {
    /// The operator's name for it; becomes the record header `app`.
    pub name: String,
    /// Its app secret; during a rotation the old one too.
    pub secrets: Vec<Secret>,
    /// What Meta repeats when the callback URL is saved.
    pub verify_token: Option<Secret>,
}

/// The keys of all apps, prepared once: the key schedule is a third of the work on a short body.
pub struct Keys(Vec<(Arc<str>, Hmac<Sha256>)>);

impl Keys {
    /// An empty secret signs nothing and is left out.
    #[must_use]
    pub fn new(apps: &[App]) -> Self {
        let key = |secret: &Secret| {
            Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes a key of any length")
        };
        let keys_of = |app: &App| {
            let name: Arc<str> = app.name.as_str().into();
            app.secrets.iter().filter(|s| !s.is_empty()).map(|s| (name.clone(), key(s))).collect::<Vec<_>>()
        };
        Self(apps.iter().flat_map(keys_of).collect())
    }

    /// The app whose secret made `signature` over `body`.
    #[must_use]
    pub fn signer(&self, signature: &Signature, body: &[u8]) -> Option<&Arc<str>> {
        self.0.iter().find_map(|(app, key)| {
            let mut mac = key.clone();
            mac.update(body);
            mac.verify_slice(&signature.0).is_ok().then_some(app)
        })
    }
}

/// A well-formed signature header.
pub struct Signature([u8; 32]);

impl Signature {
    /// `None` for a missing, short, long, non-hex or differently prefixed header.
    #[must_use]
    pub fn parse(header: Option<&[u8]>) -> Option<Self> {
        let digits = header?.strip_prefix(PREFIX.as_bytes())?;
        let mut bytes = [0; HEX_DIGITS / 2];
        hex::decode_to_slice(digits, &mut bytes).ok().map(|()| Self(bytes))
    }
}

/// What Meta would send for this body. For tests, the simulator and bridges.
#[must_use]
pub fn sign(secret: &Secret, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes a key of any length");
    mac.update(body);
    format!("{PREFIX}{}", hex::encode(mac.finalize().into_bytes()))
}

/// Whether any app has this verify token. Compares digests, so that not even the length shows.
#[must_use]
pub fn knows_token(apps: &[App], token: &str) -> bool {
    let given = Sha256::digest(token);
    let tokens = apps.iter().filter_map(|app| app.verify_token.as_ref()).filter(|t| !t.is_empty());
    tokens.fold(false, |known, token| known | bool::from(Sha256::digest(token.expose()).ct_eq(&given)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(name: &str, secrets: &[&str], token: &str) -> App {
        App {
            name: name.to_owned(),
            secrets: secrets.iter().map(|s| Secret::new(*s)).collect(),
            verify_token: Some(Secret::new(token)),
        }
    }

    fn signer(apps: &[App], header: &str, body: &[u8]) -> Option<String> {
        let signature = Signature::parse(Some(header.as_bytes()))?;
        Keys::new(apps).signer(&signature, body).map(ToString::to_string)
    }

    /// RFC 4231, test case 2.
    #[test]
    fn the_signature_is_hmac_sha256() {
        assert_eq!(
            sign(&Secret::new("Jefe"), b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn the_app_that_signed_is_found_by_any_of_its_secrets() {
        let apps = [app("shop", &["s1", "s2"], "t"), app("bank", &["s3"], "t")];
        for (secret, name) in [("s1", "shop"), ("s2", "shop"), ("s3", "bank")] {
            assert_eq!(signer(&apps, &sign(&Secret::new(secret), b"{}"), b"{}").as_deref(), Some(name));
        }
        assert_eq!(signer(&apps, &sign(&Secret::new("s4"), b"{}"), b"{}"), None);
        assert_eq!(signer(&apps, &sign(&Secret::new("s1"), b"{}"), b"{} "), None);
    }

    #[test]
    fn an_empty_secret_signs_nothing() {
        let apps = [app("shop", &[""], "")];
        assert_eq!(signer(&apps, &sign(&Secret::new(""), b"{}"), b"{}"), None);
        assert!(!knows_token(&apps, ""));
    }

    #[test]
    fn malformed_headers_are_refused() {
        let good = sign(&Secret::new("s"), b"");
        assert!(Signature::parse(Some(good.as_bytes())).is_some());
        let digits = &good[PREFIX.len()..];
        for bad in [
            "",
            "sha256=",
            digits,
            &good[..70],
            &format!("{good}0"),
            &format!("sha1={digits}"),
            &good.replace('=', " "),
        ] {
            assert!(Signature::parse(Some(bad.as_bytes())).is_none(), "{bad}");
        }
        assert!(Signature::parse(Some(format!("{PREFIX}{}", "zz".repeat(32)).as_bytes())).is_none());
        assert!(Signature::parse(None).is_none());
    }

    #[test]
    fn verify_tokens_of_all_apps_are_known() {
        let apps = [app("shop", &[], "t1"), app("bank", &[], "t2")];
        assert!(knows_token(&apps, "t1") && knows_token(&apps, "t2"));
        assert!(!knows_token(&apps, "t") && !knows_token(&apps, ""));
    }
}
