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

#[derive(Debug, Default)]
pub(super) struct Lane(VecDeque<Item>);

impl Lane {
    pub fn push(&mut self, item: Item) {
        self.0.push_back(item);
    }

    pub fn pop(&mut self) -> Option<Item> {
        self.0.pop_front()
    }

    pub fn head(&self) -> Option<&Item> {
        self.0.front()
    }

    pub fn head_mut(&mut self) -> Option<&mut Item> {
        self.0.front_mut()
    }

    pub fn get_mut(&mut self, index: usize) -> Option<&mut Item> {
        self.0.get_mut(index)
    }

    pub fn remove(&mut self, index: usize) -> Option<Item> {
        self.0.remove(index)
    }

    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.0.iter()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}
