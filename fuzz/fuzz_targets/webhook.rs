//! What the receiver and ingress do with the bytes of a webhook: no panic, and no item lost in splitting.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use omnichannel_whatsapp::wire::webhook::{
    Envelope, Kind, account, echo, history, message,
    split::split,
    status,
    value::{Part, parts},
};

fn items(body: &[u8]) -> usize {
    Envelope::read(body).map_or(0, |envelope| envelope.places().len())
}

fuzz_target!(|body: &[u8]| {
    let split = split(&Bytes::copy_from_slice(body));
    // of bytes that are no UTF-8 others are made, if the rest is an envelope
    if std::str::from_utf8(body).is_ok() {
        assert_eq!(split.iter().map(|part| items(&part.value)).sum::<usize>(), items(body));
    }
    let Ok(envelope) = Envelope::read(body) else { return };
    for place in envelope.places() {
        match place.kind {
            Kind::Message => drop(message::read(&place, 0)),
            Kind::Status => drop(status::read(&place, 0)),
            Kind::Value | Kind::Leftover | Kind::Change | Kind::Entry => {
                for part in parts(&place) {
                    match part {
                        Part::Echo(raw) => drop(echo::read(&place, raw, 0)),
                        Part::Past(chunk, raw) => drop(history::read(&place, &chunk, raw, 0)),
                        Part::Account(raw) => drop(account::read(&place, &raw, 0)),
                    }
                }
            }
        }
    }
});
