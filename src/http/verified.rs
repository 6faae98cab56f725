//! A body is either unverified, and nothing can be done with it, or verified. Must not offer another way from one to the
//! other than the signature.

use std::sync::Arc;

use bytes::Bytes;

use super::signature::{Keys, Signature};

/// A body as it came, with the signature it came with. Gives its bytes to nobody.
pub struct Unverified {
    body: Bytes,
    signature: Signature,
}

/// Something whose signature was checked. Only [`Unverified::verify`] makes one:
///
/// ```compile_fail,E0451
/// use omnichannel_whatsapp::http::verified::Verified;
/// let forged = Verified { value: bytes::Bytes::new(), app: "shop".into() };
/// ```
#[derive(Debug)]
pub struct Verified<T> {
    value: T,
    app: Arc<str>,
}

/// No app's secret made this signature over this body.
#[derive(Debug, thiserror::Error)]
#[error("the signature belongs to none of the apps")]
pub struct InvalidSignature;

impl Unverified {
    #[must_use]
    pub fn new(body: Bytes, signature: Signature) -> Self {
        Self { body, signature }
    }

    /// Bytes of the body.
    #[must_use]
    pub fn len(&self) -> usize {
        self.body.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    /// # Errors
    /// [`InvalidSignature`].
    pub fn verify(self, keys: &Keys) -> Result<Verified<Bytes>, InvalidSignature> {
        let app = keys.signer(&self.signature, &self.body).ok_or(InvalidSignature)?.clone();
        Ok(Verified { value: self.body, app })
    }
}

impl<T> Verified<T> {
    #[must_use]
    pub fn get(&self) -> &T {
        &self.value
    }

    /// The app whose secret signed it.
    #[must_use]
    pub fn app(&self) -> &Arc<str> {
        &self.app
    }
}
