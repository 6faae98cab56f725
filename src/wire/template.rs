//! Templates as Meta has them: its objects as records, what a send of one must give, and whether a command gives it. Asks
//! nobody and keeps nothing.

mod fit;
mod news;
mod object;
mod record;
mod shape;

pub use self::{
    fit::problems,
    news::{FIELDS, News},
    object::{Page, gone, page, state},
    record::record,
    shape::{Shape, placeholders, text, word},
};

/// Key of a template's record on `whatsapp.templates`, and what names it in an `OutboundMessage`.
#[must_use]
pub fn key(waba_id: &str, name: &str, language: &str) -> String {
    format!("{waba_id}/{name}/{language}")
}
