//! A place in a request: its path, as Meta's errors name it, and what must hold of the value there. Knows no message type.

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::simulator::cloud_api::refusal::Refusal;

/// Where no length is documented.
pub const ANY: usize = usize::MAX;

/// A value and its path: `interactive['action']['buttons'][0]`.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    path: String,
    value: &'a Value,
}

impl<'a> Field<'a> {
    pub fn new(path: &str, value: &'a Value) -> Self {
        Self { path: path.to_owned(), value }
    }

    /// A member; `null` is none.
    pub fn find(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        Some(Self { path: self.path_of(name), value })
    }

    pub fn need(&self, name: &str) -> Result<Self, Refusal> {
        self.find(name).ok_or_else(|| missing(&self.path_of(name)))
    }

    /// A member that is text and not empty, of at most so many characters.
    pub fn need_text(&self, name: &str, most: usize) -> Result<&'a str, Refusal> {
        let member = self.need(name)?;
        match member.within(most)? {
            "" => Err(missing(&member.path)),
            text => Ok(text),
        }
    }

    /// The same where it may be absent or empty.
    pub fn find_text(&self, name: &str, most: usize) -> Result<Option<&'a str>, Refusal> {
        self.find(name).map(|member| member.within(most)).transpose()
    }

    pub fn need_one_of(&self, name: &str, words: &[&str]) -> Result<&'a str, Refusal> {
        let member = self.need(name)?;
        match member.within(ANY)? {
            word if words.contains(&word) => Ok(word),
            _ => Err(member.bad(&format!("must be one of {{{}}}", words.join(", ")))),
        }
    }

    /// A list of so many items.
    pub fn need_items(&self, name: &str, count: RangeInclusive<usize>) -> Result<Vec<Self>, Refusal> {
        let member = self.need(name)?;
        let items = member.list()?;
        match count.contains(&items.len()) {
            true => Ok(items),
            false => Err(member.bad(&format!("must have between {} and {} items", count.start(), count.end()))),
        }
    }

    /// The items of a list that may be absent.
    pub fn find_items(&self, name: &str) -> Result<Vec<Self>, Refusal> {
        self.find(name).map_or_else(|| Ok(Vec::new()), |member| member.list())
    }

    pub fn find_bool(&self, name: &str) -> Result<bool, Refusal> {
        let Some(member) = self.find(name) else { return Ok(false) };
        member.value.as_bool().ok_or_else(|| member.wrong("must be a boolean"))
    }

    /// A number, or the text of one, between two others.
    pub fn need_number(&self, name: &str, range: RangeInclusive<f64>) -> Result<f64, Refusal> {
        let member = self.need(name)?;
        let number = member.value.as_f64().or_else(|| member.value.as_str()?.parse().ok());
        let number = number.ok_or_else(|| member.wrong("must be a number"))?;
        let within = format!("must be between {} and {}", range.start(), range.end());
        if range.contains(&number) { Ok(number) } else { Err(member.bad(&within)) }
    }

    /// Nothing but these members.
    pub fn only(&self, names: &[&str]) -> Result<(), Refusal> {
        let members = self.value.as_object().ok_or_else(|| self.wrong("must be a JSON object"))?;
        match members.keys().find(|key| !names.contains(&key.as_str())) {
            Some(key) => Err(Refusal::parameter(&format!("Unexpected key \"{key}\" on param \"{}\"", self.path))),
            None => Ok(()),
        }
    }

    /// Text of at most so many characters; what is no text has another code than what is too long for no reason but
    /// Meta's, whose pages leave the code of a length open.
    pub fn within(&self, most: usize) -> Result<&'a str, Refusal> {
        let text = self.value.as_str().ok_or_else(|| self.wrong("must be a string"))?;
        match text.chars().count() > most {
            true => Err(self.wrong(&format!("must be at most {most} characters long"))),
            false => Ok(text),
        }
    }

    pub fn list(&self) -> Result<Vec<Self>, Refusal> {
        let items = self.value.as_array().ok_or_else(|| self.wrong("must be an array"))?;
        let item = |(n, value)| Self { path: format!("{}[{n}]", self.path), value };
        Ok(items.iter().enumerate().map(item).collect())
    }

    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// 131009: of the right kind, and not a value Meta takes.
    pub fn bad(&self, why: &str) -> Refusal {
        Refusal::new(131_009, format!("Parameter {} {why}", self.path))
    }

    /// 100: not of the right kind.
    pub fn wrong(&self, why: &str) -> Refusal {
        Refusal::parameter(&format!("Param {} {why}.", self.path))
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}['{name}']", self.path) }
    }
}

/// 131008.
pub fn missing(path: &str) -> Refusal {
    Refusal::new(131_008, format!("Required parameter is missing: {path}"))
}
