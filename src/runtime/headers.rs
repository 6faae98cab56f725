//! Record headers: an ordered list in which the last value of a name wins. Values are untrusted bytes.

use std::borrow::Cow;

use bytes::Bytes;

/// Kafka record headers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Headers(Vec<(Cow<'static, str>, Bytes)>);

impl Headers {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends without looking for an older value: how a consumed record's headers are rebuilt.
    pub fn push(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Bytes>) {
        self.0.push((name.into(), value.into()));
    }

    /// Replaces every older value of `name`.
    pub fn set(&mut self, name: &'static str, value: impl Into<Bytes>) {
        self.remove(name);
        self.push(name, value);
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Bytes>) -> Self {
        self.set(name, value);
        self
    }

    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| n != name);
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        self.0.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    #[must_use]
    pub fn get_str(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }

    /// A header written as ASCII decimal.
    #[must_use]
    pub fn get_i64(&self, name: &str) -> Option<i64> {
        self.get_str(name)?.parse().ok()
    }

    /// Those whose name is to be kept, in their order.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|(name, _)| keep(name)).cloned().collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Bytes)> {
        self.0.iter().map(|(n, v)| (&**n, v))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Bytes of names and values.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.iter().map(|(n, v)| n.len() + v.len()).sum()
    }
}
