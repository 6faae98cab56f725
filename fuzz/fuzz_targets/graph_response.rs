//! What is made of the bytes that the Graph API answers with: no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use omnichannel_whatsapp::wire::graph::{refusal, response, stated::Stated};

fuzz_target!(|body: &[u8]| {
    let _ = (response::sent(body), response::succeeded(body), response::media(body));
    let _ = refusal::error(400, body);
    let _ = std::str::from_utf8(body).map(|header| Stated::read(|_| Some(header)));
});
