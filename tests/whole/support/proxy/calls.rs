//! Which APIs the requests on a Kafka connection call: four bytes of size, two of API key, the rest is passed over. Of another
//! protocol it makes nonsense, and that must be of no consequence.

#[derive(Default)]
pub struct Calls {
    /// The beginning of a request, as far as it has come.
    head: Vec<u8>,
    /// Bytes of the current request that are still to come.
    rest: usize,
}

const HEAD: usize = 6;
const API_KEY: usize = 2;

impl Calls {
    /// The API keys of the requests that begin (or whose beginning is completed) in this chunk, which follows the last one.
    pub fn in_chunk(&mut self, mut chunk: &[u8]) -> Vec<i16> {
        let mut called = Vec::new();
        while let Some((byte, behind)) = chunk.split_first() {
            if self.rest > 0 {
                let passed = self.rest.min(chunk.len());
                self.rest -= passed;
                chunk = &chunk[passed..];
                continue;
            }
            self.head.push(*byte);
            chunk = behind;
            if let &[a, b, c, d, e, f] = self.head.as_slice() {
                let size = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
                called.push(i16::from_be_bytes([e, f]));
                self.rest = size.saturating_sub(API_KEY);
                self.head = Vec::with_capacity(HEAD);
            }
        }
        called
    }
}
