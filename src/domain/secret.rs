//! A text that must not leave the process by accident: no `Display`, no `Serialize`, and a `Debug` that tells nothing.
//! Must not learn where it came from or what it is used for.

use std::fmt;

/// An app secret, a verify token, an access token.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it: a signature, a comparison, an authorisation header.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// An empty secret protects nothing: configuration refuses it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_tells_nothing_of_the_text() {
        let shown = format!("{:?} {:#?}", Secret::new("hunter2"), Some(Secret::new("hunter2")));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
