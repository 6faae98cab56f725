//! Media the simulator holds, by id and owner. Bounded: the oldest file goes when a new one does not fit.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use sha2::{Digest, Sha256};

/// A file.
#[derive(Debug, Clone)]
pub struct File {
    pub phone_number_id: String,
    pub mime_type: String,
    pub bytes: Bytes,
}

impl File {
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }
}

/// The files, oldest first.
#[derive(Debug)]
pub struct Shelf {
    limit: usize,
    size: usize,
    files: HashMap<String, File>,
    order: VecDeque<String>,
}

impl Shelf {
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, size: 0, files: HashMap::new(), order: VecDeque::new() }
    }

    pub fn put(&mut self, id: String, file: File) {
        self.size += file.bytes.len();
        self.order.push_back(id.clone());
        self.files.insert(id, file);
        while self.size > self.limit && self.order.len() > 1 {
            let Some(oldest) = self.order.pop_front() else { return };
            self.size -= self.files.remove(&oldest).map_or(0, |file| file.bytes.len());
        }
    }

    #[must_use]
    pub fn get(&self, id: &str) -> Option<File> {
        self.files.get(id).cloned()
    }

    pub fn clear(&mut self) {
        *self = Self::new(self.limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_file_makes_room() {
        let mut shelf = Shelf::new(10);
        let file = |size| File {
            phone_number_id: "7".into(),
            mime_type: "image/png".into(),
            bytes: Bytes::from(vec![0; size]),
        };
        shelf.put("a".into(), file(6));
        shelf.put("b".into(), file(4));
        assert!(shelf.get("a").is_some());
        shelf.put("c".into(), file(1));
        assert!(shelf.get("a").is_none() && shelf.get("b").is_some() && shelf.get("c").is_some());
    }
}
