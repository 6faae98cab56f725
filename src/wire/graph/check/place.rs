//! A place in a request's body, and the problems found there. The path is only written down where something is wrong.

use std::{collections::BTreeSet, iter};

use serde_json::Value;

use crate::wire::{
    field_problem::FieldProblem,
    graph::limits::{Limit, Unit},
};

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Member(&'a str),
    Item(usize),
}

/// A value and the way to it; what is absent is `null`. `'v` is the body's, `'p` that of the places above.
#[derive(Debug, Clone, Copy)]
pub struct Place<'v, 'p> {
    value: &'v Value,
    step: Step<'p>,
    above: Option<&'p Place<'v, 'p>>,
}

impl<'v, 'p> Place<'v, 'p> {
    pub fn root(name: &'p str, value: Option<&'v Value>) -> Self {
        Self { value: value.unwrap_or(&Value::Null), step: Step::Member(name), above: None }
    }

    pub fn member<'q>(&'q self, name: &'q str) -> Place<'v, 'q> {
        let value = self.value.get(name).unwrap_or(&Value::Null);
        Place { value, step: Step::Member(name), above: Some(self) }
    }

    /// None where there is no list.
    pub fn items<'q>(&'q self) -> impl Iterator<Item = Place<'v, 'q>> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items.map(|(at, value)| Place { value, step: Step::Item(at), above: Some(self) })
    }

    pub fn value(&self) -> &'v Value {
        self.value
    }

    pub fn is_absent(&self) -> bool {
        self.value.is_null()
    }

    pub fn text(&self) -> Option<&'v str> {
        self.value.as_str()
    }

    /// Of a list; 0 where there is none.
    pub fn count(&self) -> usize {
        self.value.as_array().map_or(0, Vec::len)
    }

    pub fn path(&self) -> String {
        let mut ways: Vec<_> = iter::successors(Some(self), |place| place.above).map(|place| place.step).collect();
        ways.reverse();
        ways.iter().enumerate().fold(String::new(), |path, (at, step)| match step {
            Step::Member(name) if at == 0 => (*name).to_owned(),
            Step::Member(name) => format!("{path}.{name}"),
            Step::Item(at) => format!("{path}[{at}]"),
        })
    }
}

/// Problems found so far, under the paths of the body.
#[derive(Debug, Default)]
pub struct Problems(pub Vec<FieldProblem>);

impl Problems {
    pub fn add(&mut self, place: &Place<'_, '_>, problem: impl Into<String>, fix: impl Into<String>) {
        self.0.push(FieldProblem::invalid(place.path(), problem, fix));
    }

    pub fn required(&mut self, place: &Place<'_, '_>) {
        match place.value() {
            Value::Null => self.add(place, "is missing", "set it"),
            Value::String(text) if text.trim().is_empty() => self.add(place, "is empty", "set it"),
            _ => {}
        }
    }

    /// Not empty, and within its limit.
    pub fn text(&mut self, place: &Place<'_, '_>, limit: &Limit) {
        self.required(place);
        self.optional(place, limit);
    }

    /// Within its limit where it is there.
    pub fn optional(&mut self, place: &Place<'_, '_>, limit: &Limit) {
        let text = place.text().unwrap_or_default();
        // a text of so many bytes cannot have more characters
        if text.len() > limit.max {
            self.at_most(place, text.chars().count(), limit);
        }
    }

    /// Where it is there, it is not empty.
    pub fn given(&mut self, place: &Place<'_, '_>, limit: &Limit) {
        if !place.is_absent() {
            self.text(place, limit);
        }
    }

    pub fn at_most(&mut self, place: &Place<'_, '_>, value: usize, limit: &Limit) {
        if value > limit.max {
            self.outside(place, value, limit, limit.max);
        }
    }

    pub fn within(&mut self, place: &Place<'_, '_>, value: usize, limit: &Limit) {
        if value < limit.min {
            self.outside(place, value, limit, limit.min);
        }
        self.at_most(place, value, limit);
    }

    fn outside(&mut self, place: &Place<'_, '_>, value: usize, limit: &Limit, exceeded: usize) {
        let Limit { min, max, unit, .. } = limit;
        let problem = match unit {
            Unit::Position => format!("is {value}"),
            Unit::Characters | Unit::Items | Unit::LineBreaks | Unit::Days => format!("has {value} {unit}"),
        };
        let fix = if min == max { format!("give {max}") } else { format!("keep it between {min} and {max}") };
        self.0.push(FieldProblem::invalid(place.path(), problem, fix).beyond(exceeded, value));
    }

    pub fn one_of(&mut self, place: &Place<'_, '_>, known: &[&str]) {
        if !place.text().is_some_and(|word| known.contains(&word)) {
            self.add(place, "is not a word Meta knows here", format!("use {}", known.join(", ")));
        }
    }

    /// `seen`: the texts of the places like this one.
    pub fn unique<'v>(&mut self, place: &Place<'v, '_>, seen: &mut BTreeSet<&'v str>) {
        if place.text().is_some_and(|text| !text.is_empty() && !seen.insert(text)) {
            self.add(place, "is used twice", "give each its own");
        }
    }
}
