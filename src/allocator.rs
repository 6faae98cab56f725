//! Memory, librdkafka's included, comes from jemalloc: a record on its way is allocated by one thread and freed by another,
//! which costs glibc's allocator a lock each time and leaves its arenas full of holes. Part of the binary, not of the library.

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Few arenas and small caches, however many processors there are; what is free goes back to the system within a second.
/// `MALLOC_CONF` in the environment wins.
#[allow(unsafe_code, non_upper_case_globals)] // jemalloc looks for this name
#[unsafe(export_name = "malloc_conf")]
pub static malloc_conf: &[u8; 86] =
    b"narenas:2,background_thread:true,dirty_decay_ms:300,muzzy_decay_ms:0,lg_tcache_max:13\0";
