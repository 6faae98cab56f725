//! What reading a webhook allocates: for what we use of it, not for what is in it.
#![allow(unsafe_code, reason = "an allocator that counts has to be one")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use omnichannel_whatsapp::wire::webhook::{Envelope, message};

use crate::fixture;

/// The system's allocator, and how often this thread called it.
struct Counting;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    // a thread that ends has no count any more
    let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
}

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of reading a body with one message into our record.
fn allocations(body: &str) -> usize {
    let before = CALLS.get();
    let envelope = Envelope::read(body.as_bytes()).expect("an envelope");
    let message = message::read(&envelope.places()[0], 0).expect("readable").expect("of a conversation");
    let calls = CALLS.get() - before;
    assert_eq!(message.text.expect("a text").body, "hello");
    calls
}

/// The text fixture with `members` in its message.
fn with(members: &str) -> String {
    let text = fixture("001_text");
    let changed = text.replace(r#""type": "text","#, &format!(r#""type": "text",{members}"#));
    assert!(changed.len() == text.len() + members.len());
    changed
}

#[test]
fn unknown_fields_have_no_allocation_of_their_own() {
    let plain = allocations(&with(""));
    let members: String = (0..1_000).map(|n| format!(r#""new_{n}":{{"a":[{n}]}},"#)).collect();
    let more = allocations(&with(&members)) - plain;
    // the list of an object's members doubles seven times, whenever it is read
    assert!(more <= 2 * 7, "{plain} allocations, and {more} more for 1,000 unknown fields");
}

#[test]
fn what_an_unknown_field_holds_is_not_allocated() {
    let plain = allocations(&with(r#""new":0,"#));
    let inside: String = (0..1_000).map(|n| format!(r#""m{n}":["x",{n}],"#)).collect();
    let more = allocations(&with(&format!(r#""new":{{{inside}"z":1}},"#))) - plain;
    // the parser's own note of how deep it is
    assert!(more <= 2, "{plain} allocations, and {more} more for what is in it");
}
