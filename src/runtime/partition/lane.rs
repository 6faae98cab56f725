//! A key's records in their order. Only the head ever runs.

use std::collections::VecDeque;

use bytes::Bytes;

use super::item::Item;

/// Records of one key share a lane; a record without order has one of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum LaneKey {
    Key(Bytes),
    Own(u64),
}

/// Items are boxed: most lanes hold one at a time, and an empty queue makes room for four.
#[derive(Debug, Default)]
pub(super) struct Lane(VecDeque<Box<Item>>);

impl Lane {
    pub fn push(&mut self, item: Item) {
        self.0.push_back(Box::new(item));
    }

    pub fn pop(&mut self) -> Option<Box<Item>> {
        self.0.pop_front()
    }

    pub fn head(&self) -> Option<&Item> {
        self.0.front().map(Box::as_ref)
    }

    pub fn head_mut(&mut self) -> Option<&mut Item> {
        self.0.front_mut().map(Box::as_mut)
    }

    pub fn get_mut(&mut self, index: usize) -> Option<&mut Item> {
        self.0.get_mut(index).map(Box::as_mut)
    }

    pub fn remove(&mut self, index: usize) -> Option<Box<Item>> {
        self.0.remove(index)
    }

    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.0.iter().map(Box::as_ref)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}
